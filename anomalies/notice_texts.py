"""What people are told of incidents and work, in the language in force."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from anomalies.hints import hint_of
from anomalies.interruptions import SENTENCES, TITLES, Effect
from anomalies.models import DriverNotice, Incident, WorkOrder
from anomalies.selectors.status import Outlet, site_of
from anomalies.wording import SEVERITIES, explain, title_of_order
from chargepoints.models import Site
from outbox.letters import Letter, Link, public_url

MOST_ALTERNATIVES: Final = 4


class News(StrEnum):
    """What operators are told of an incident."""

    OPENED = "opened"
    ESCALATED = "escalated"
    ENDED = "ended"


HEADLINES: Final[dict[str, str | Promise]] = {
    News.OPENED: _("New: %(title)s"),
    News.ESCALATED: _("A technician is needed: %(title)s"),
    News.ENDED: _("Over: %(title)s"),
}
WHY: Final[dict[str, str | Promise]] = {
    DriverNotice.Why.SESSION: _("You get this because you charge there."),
    DriverNotice.Why.RESERVATION: _("You get this because you have a reservation there."),
    DriverNotice.Why.SITE: _("You get this because you asked to hear of sites you use."),
}


def moment(at: datetime, zone: ZoneInfo) -> str:
    """A local day and time to the minute."""
    local = at.astimezone(zone)
    return f"{date_format(local, 'SHORT_DATE_FORMAT')} {local:%H:%M}"


def incident_subject(incident: Incident, news: News) -> str:
    """One line: what, and where."""
    title = str(HEADLINES[news]) % {"title": explain(incident).title}
    return f"{title} · {_whereabouts(incident)}"


def incident_letter(incident: Incident, news: News, *, sender: str, zone: ZoneInfo) -> Letter:
    """For the operator's people."""
    said = explain(incident)
    facts = [
        (_t("Where"), _whereabouts(incident)),
        (_t("Severity"), str(SEVERITIES.get(incident.severity, incident.severity))),
        (_t("Since"), moment(incident.since_at, zone)),
    ]
    if news is News.ENDED:
        if incident.resolved_at is not None:
            facts.append((_t("Over since"), moment(incident.resolved_at, zone)))
    else:
        facts.append((_t("What to do first"), said.advice))
    url = public_url("admin:anomalies_incident_change", incident.pk)
    return Letter(
        title=str(HEADLINES[news]) % {"title": said.title},
        sender=sender,
        language=get_language() or "sv",
        paragraphs=[said.sentence],
        facts=[(name, value) for name, value in facts if value],
        button=Link(_t("Open the incident"), url) if url else None,
    )


def incident_payload(incident: Incident, news: News) -> dict[str, Any]:
    """For other systems."""
    said, site = explain(incident), site_of(incident)
    station, connector = incident.charge_point, incident.connector
    return {
        "event": f"incident.{news}",
        "incident": {
            "id": str(incident.pk),
            "kind": incident.kind,
            "cause": incident.cause,
            "severity": incident.severity,
            "state": incident.state,
            "title": said.title,
            "sentence": said.sentence,
            "advice": said.advice,
            "site": site.name,
            "charge_point": station.identity if station else None,
            "evse_id": connector.evse_id if connector else None,
            "since_at": incident.since_at.isoformat(),
            "resolved_at": incident.resolved_at.isoformat() if incident.resolved_at else None,
            "url": public_url("admin:anomalies_incident_change", incident.pk),
        },
    }


def work_letter(order: WorkOrder, headline: str, *, sender: str, zone: ZoneInfo) -> Letter:
    """A work order for whoever does it, or has to know that it is late."""
    incident, site = order.incident, order.site
    parts = order.parts or (str(hint_of(incident.kind).parts) if incident else "")
    url = public_url("admin:work-page", order.pk)
    facts = [
        (_t("Where"), str(site) if order.place == site else f"{site}, {order.place}"),
        (_t("Address"), ", ".join(part for part in (site.address, site.city) if part)),
        (_t("Due"), moment(order.due_at, zone)),
        (_t("Severity"), str(SEVERITIES.get(order.severity, order.severity))),
        (_t("Who can do it"), str(order.get_skill_display())),
        (_t("Bring along"), parts),
    ]
    said = (explain(incident).sentence if incident else "", order.description)
    return Letter(
        title=headline % {"title": title_of_order(order)},
        sender=sender,
        language=get_language() or "sv",
        paragraphs=[text for text in said if text],
        facts=[(name, value) for name, value in facts if value],
        button=Link(_t("Open the work order"), url) if url else None,
    )


def public_place(incident: Incident) -> str:
    """Where, by what the signs on the place say."""
    if incident.connector is not None:
        return outlet_name(incident.connector.charge_point.public_code, incident.connector.evse_id)
    if incident.charge_point is not None:
        return _t("Station %(code)s") % {"code": incident.charge_point.public_code}
    if "storm" in incident.params:
        return _t("Several stations at %(site)s") % {"site": site_of(incident)}
    return _t("The whole of %(site)s") % {"site": site_of(incident)}


def outlet_name(public_code: str, evse_id: int) -> str:
    """An outlet by its station's code and its number."""
    return _t("Station %(code)s, outlet %(number)s") % {"code": public_code, "number": evse_id}


def what_we_do(technician_asked: bool) -> str:
    """What happens now."""
    if technician_asked:
        return _t("A technician has been asked to come.")
    return _t("We are looking into it.")


def interruption_letter(
    notice: DriverNotice, effect: Effect, free: Sequence[Outlet], links: Sequence[Link]
) -> Letter:
    """For a driver: what is wrong, since when, what happens now, and where else to charge."""
    incident, site = notice.incident, notice.site
    others = [
        outlet_name(each.connector.charge_point.public_code, each.connector.evse_id)
        for each in free[:MOST_ALTERNATIVES]
    ]
    asked = WorkOrder.objects.filter(incident=incident, state__in=("open", "started")).exists()
    return _driver_letter(
        notice,
        title=f"{TITLES[effect]}: {site}",
        paragraphs=[str(SENTENCES[effect])],
        facts=[
            (_t("Where"), public_place(incident)),
            (_t("Since"), moment(incident.since_at, ZoneInfo(site.time_zone))),
            (_t("What we do"), what_we_do(asked)),
            (_t("Free at the same place"), "; ".join(others) or _t("No other outlet just now.")),
        ],
        links=links,
    )


def recovery_letter(notice: DriverNotice, ended_at: datetime, links: Sequence[Link]) -> Letter:
    """For a driver who was told of an interruption: it is over."""
    zone = ZoneInfo(notice.site.time_zone)
    return _driver_letter(
        notice,
        title=_t("Working again: %(site)s") % {"site": notice.site},
        paragraphs=[_t("The interruption we told you of is over. You can charge as usual.")],
        facts=[
            (_t("Where"), public_place(notice.incident)),
            (_t("Interrupted since"), moment(notice.incident.since_at, zone)),
            (_t("Over since"), moment(ended_at, zone)),
        ],
        links=links,
    )


def _driver_letter(
    notice: DriverNotice,
    *,
    title: str,
    paragraphs: Sequence[str],
    facts: Sequence[tuple[str, str]],
    links: Sequence[Link],
) -> Letter:
    address = _address(notice.site)
    return Letter(
        title=title,
        sender=notice.tenant.name,
        language=get_language() or "sv",
        paragraphs=paragraphs,
        facts=[facts[0], (_t("Address"), address), *facts[1:]] if address else facts,
        links=links,
        small_print=str(WHY[notice.why]),
    )


def _address(site: Site) -> str:
    return ", ".join(part for part in (site.address, site.city) if part)


def _whereabouts(incident: Incident) -> str:
    site = site_of(incident)
    return str(site) if incident.place == site else f"{site}, {incident.place}"
