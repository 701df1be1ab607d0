"""What is out of order, or will be, at the sites where a driver charges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from anomalies.models import Incident, Maintenance
from anomalies.selectors import open_incidents
from chargepoints.models import ChargePoint, Connector, Site
from drivers import wording
from sessions_app.models import ChargingSession, Driver

# Where somebody has charged lately is where they are likely to charge next.
MINE_FOR: Final = timedelta(days=180)
TOLD_AHEAD: Final = timedelta(days=14)

# Only what keeps somebody from charging; doubts about meters and tokens are the operator's matter.
_WORDS: Final[Mapping[str, str | Promise]] = {
    "S3": _("Cannot be reached"),
    "S6": _("Does not let cars go or start"),
    "S8": _("Charging keeps failing"),
    "E8": _("Gives no energy"),
    "E9": _("Gives no energy"),
    "E15": _("Reports a fault"),
}


@dataclass(frozen=True, slots=True)
class Outage:
    """One thing that is wrong, or planned, in words."""

    site: str
    place: str
    what: str
    when: str
    is_planned: bool = False


def outages_for(driver: Driver, now: datetime) -> list[Outage]:
    """What is wrong now, then what is planned, at the driver's sites."""
    sites = _sites_of(driver, now)
    return [*_wrong_now(sites), *_planned(sites, now)] if sites else []


def _sites_of(driver: Driver, now: datetime) -> dict[UUID, Site]:
    lately = ChargingSession.objects.filter(driver=driver, started_at__gte=now - MINE_FOR)
    used = lately.order_by().values("charge_point__site")
    return {site.pk: site for site in Site.objects.filter(pk__in=used)}


def _wrong_now(sites: Mapping[UUID, Site]) -> list[Outage]:
    here = (
        Q(site__in=sites)
        | Q(charge_point__site__in=sites)
        | Q(connector__charge_point__site__in=sites)
    )
    found = (
        open_incidents()
        .filter(here, kind__in=_WORDS)
        .select_related("site", "charge_point__site", "connector__charge_point__site")
    )
    return [_tell_incident(incident) for incident in found]


def _tell_incident(incident: Incident) -> Outage:
    site, place = _place(incident.site, incident.charge_point, incident.connector)
    since = incident.since_at.astimezone(ZoneInfo(site.time_zone)).replace(second=0)
    return Outage(
        site=site.name,
        place=place,
        what=str(_WORDS[incident.kind]),
        when=_t("since %(when)s") % {"when": wording.day_and_time(since)},
    )


def _planned(sites: Mapping[UUID, Site], now: datetime) -> list[Outage]:
    here = (
        Q(site__in=sites)
        | Q(charge_point__site__in=sites)
        | Q(connector__charge_point__site__in=sites)
    )
    soon = Maintenance.objects.filter(
        here, ends_at__gt=now, starts_at__lt=now + TOLD_AHEAD
    ).select_related("site", "charge_point__site", "connector__charge_point__site")
    return [_tell_work(work) for work in soon.order_by("starts_at")]


def _tell_work(work: Maintenance) -> Outage:
    site, place = _place(work.site, work.charge_point, work.connector)
    zone = ZoneInfo(site.time_zone)
    begin, end = (
        wording.day_and_time(at.astimezone(zone).replace(second=0))
        for at in (work.starts_at, work.ends_at)
    )
    return Outage(site.name, place, _t("Planned work"), f"{begin} – {end}", is_planned=True)


def _place(
    site: Site | None, point: ChargePoint | None, connector: Connector | None
) -> tuple[Site, str]:
    """The site and which part of it; every incident and every work has one of the three."""
    if connector is not None:
        point = connector.charge_point
        words = {"station": point.public_code, "number": connector.evse_id}
        return point.site, _t("Station %(station)s, connector %(number)s") % words
    if point is not None:
        return point.site, _t("Station %(station)s") % {"station": point.public_code}
    if site is None:
        raise ValueError("an incident without a place")
    return site, _t("The whole site")
