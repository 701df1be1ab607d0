"""Drivers are told of an interruption that concerns them, and of its end: once each."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import translation
from django.utils.translation import gettext as _t

from anomalies.interruptions import BEARABLE, Effect, effect_of
from anomalies.models import DriverChoice, DriverNotice, Incident, StatusPage
from anomalies.notice_texts import interruption_letter, recovery_letter
from anomalies.selectors.status import Outlet, covering, site_of, site_status
from anomalies.services.opening import STORM_WINDOW
from chargepoints.models import Reservation, Site
from outbox.letters import Letter, Link, public_url
from outbox.models import Message
from outbox.services import owe_message, withdraw_messages
from outbox.types import Channel, NewMessage
from sessions_app.flags import SessionFlag
from sessions_app.models import ChargingSession, Driver, IdToken

# What is over sooner was nobody's trouble.
BLIP: Final = timedelta(minutes=5)
USED_LATELY: Final = timedelta(days=60)
# A session that was never stopped says nothing about who stands there.
STILL_THERE: Final = timedelta(days=2)
POINTLESS_AFTER: Final = timedelta(hours=12)

Why = DriverNotice.Why
Concerned = dict[Driver, DriverNotice.Why]


def tell_drivers(*, incident_id: UUID, now: datetime) -> int:
    """Owe a notice to each driver an interruption concerns; returns to how many. Repeatable.

    It waits until the interruption has lasted five minutes, and two minutes for a site's storm to
    become one incident; what ends before that is told to nobody. Without PUBLIC_URL nothing is
    sent: there would be no way to say no.
    """
    incident = _incident(incident_id)
    if incident is None or not settings.PUBLIC_URL:
        return 0
    effect = effect_of(incident.kind, incident.cause)
    is_news = incident.state == Incident.State.OPEN and incident.parent_id is None
    if effect is None or not is_news or incident.is_muted:
        return 0
    site = site_of(incident)
    Site.objects.select_for_update(no_key=True).only("id").get(pk=site.pk)
    _take_over_parts(incident)
    free = site_status(site, now).free
    due_at = max(now + STORM_WINDOW, incident.since_at + BLIP)
    told = 0
    for driver, why in _concerned(incident, effect, site, now).items():
        if DriverNotice.objects.filter(
            Q(incident=incident) | Q(site=site, ended_at=None), driver=driver
        ).exists():
            continue
        notice = DriverNotice.objects.create(driver=driver, site=site, incident=incident, why=why)
        _owe_interruption(notice, effect, free, due_at, now)
        told += 1
    return told


def tell_drivers_of_end(*, incident_id: UUID, now: datetime) -> int:
    """Owe the news of the end to those who were told; returns to how many. Repeatable.

    Those whose place another incident still interrupts hear of the end of that one.
    """
    incident = _incident(incident_id)
    if incident is None or incident.state == Incident.State.OPEN:
        return 0
    site = site_of(incident)
    Site.objects.select_for_update(no_key=True).only("id").get(pk=site.pk)
    others = [
        each
        for each in covering(incident)
        if (effect_of(each.kind, each.cause) or Effect.SLOW) not in BEARABLE
    ]
    told = 0
    open_notices = _notices().filter(incident=incident, ended_at=None)
    for notice in open_notices.select_for_update(of=("self",)):
        if withdraw_messages(topic=topic_of(notice)):
            notice.delete()
        elif (
            others
            and not DriverNotice.objects.filter(
                incident=others[0], driver=notice.driver_id
            ).exists()
        ):
            DriverNotice.objects.filter(pk=notice.pk).update(incident=others[0])
        else:
            DriverNotice.objects.filter(pk=notice.pk).update(ended_at=now)
            told += _owe_end(notice, incident.resolved_at or now, now)
    return told


def choice_of(driver: Driver) -> DriverChoice:
    """What a driver wants to hear, with the link by which that is changed; made on first ask."""
    return DriverChoice.objects.get_or_create(driver=driver)[0]


def choose_notices(*, choice: DriverChoice, wants: DriverChoice.Wants) -> None:
    """Keep what a driver wants from now on; none takes back what was not sent yet."""
    DriverChoice.objects.filter(pk=choice.pk).update(wants=wants)
    if wants is DriverChoice.Wants.NOTHING:
        for notice in DriverNotice.objects.filter(driver=choice.driver_id, ended_at=None):
            withdraw_messages(topic=topic_of(notice))


def topic_of(notice: DriverNotice) -> str:
    """What a notice's messages are about."""
    return f"driver_notice:{notice.pk}"


def _concerned(incident: Incident, effect: Effect, site: Site, now: datetime) -> Concerned:
    """Who charges there, has a reservation there, or asked to hear of sites they use."""
    found: Concerned = {}
    groups: list[tuple[DriverNotice.Why, QuerySet[Driver]]] = [
        (Why.SESSION, _charging(incident, now))
    ]
    if effect not in BEARABLE:
        groups += [(Why.RESERVATION, _reserving(incident, now)), (Why.SITE, _using(site, now))]
    for why, drivers in groups:
        reachable = drivers.exclude(notice_choice__wants=DriverChoice.Wants.NOTHING)
        for driver in reachable.exclude(email="", phone=""):
            found.setdefault(driver, why)
    return found


def _charging(incident: Incident, now: datetime) -> QuerySet[Driver]:
    sessions = ChargingSession.objects.filter(
        _place(incident, "charge_point", "connector"),
        state=ChargingSession.State.OPEN,
        ended_at=None,
        started_at__gt=now - STILL_THERE,
    ).exclude(flags__contains=[SessionFlag.SUPERSEDED])
    return Driver.objects.filter(pk__in=sessions.values("driver"))


def _reserving(incident: Incident, now: datetime) -> QuerySet[Driver]:
    tokens = Reservation.objects.filter(
        _place(incident, "charge_point", "connector"),
        state__in=(Reservation.State.ASKED, Reservation.State.ACTIVE),
        expires_at__gt=now,
    ).values("token_uid")
    return Driver.objects.filter(pk__in=IdToken.objects.filter(uid__in=tokens).values("driver"))


def _using(site: Site, now: datetime) -> QuerySet[Driver]:
    sessions = ChargingSession.objects.filter(
        charge_point__site=site, started_at__gt=now - USED_LATELY
    )
    return Driver.objects.filter(
        pk__in=sessions.values("driver"), notice_choice__wants=DriverChoice.Wants.SITES
    )


def _place(incident: Incident, station: str, connector: str) -> Q:
    if incident.charge_point_id is None:
        return Q(**{f"{station}__site": incident.site_id})
    here = Q(**{station: incident.charge_point_id})
    if incident.connector_id is None:
        return here
    return here & (Q(**{connector: incident.connector_id}) | Q(**{connector: None}))


def _take_over_parts(incident: Incident) -> None:
    """A storm's notice replaces its parts': unsent ones go, sent ones end with the storm."""
    parts = DriverNotice.objects.filter(incident__parent=incident, ended_at=None)
    for notice in parts.select_for_update(of=("self",)):
        if withdraw_messages(topic=topic_of(notice)):
            notice.delete()
        else:
            DriverNotice.objects.filter(pk=notice.pk).update(incident=incident)


def _owe_interruption(
    notice: DriverNotice, effect: Effect, free: list[Outlet], due_at: datetime, now: datetime
) -> None:
    with translation.override(notice.driver.language):
        letter = interruption_letter(notice, effect, free, _links(notice))
        _owe(notice, letter, "opened", due_at, now)


def _owe_end(notice: DriverNotice, ended_at: datetime, now: datetime) -> bool:
    arrived = (Message.State.SENT, Message.State.SENDING)
    was_told = Message.objects.filter(key=_key(notice, "opened"), state__in=arrived).exists()
    if not was_told or choice_of(notice.driver).wants == DriverChoice.Wants.NOTHING:
        return False
    with translation.override(notice.driver.language):
        _owe(notice, recovery_letter(notice, ended_at, _links(notice)), "ended", now, now)
    return True


def _owe(notice: DriverNotice, letter: Letter, what: str, due_at: datetime, now: datetime) -> None:
    is_mail = bool(notice.driver.email)
    stop = public_url("notices-stop", choice_of(notice.driver).token)
    new = NewMessage(
        key=_key(notice, what),
        channel=Channel.EMAIL if is_mail else Channel.SMS,
        recipient=notice.driver.email or notice.driver.phone,
        subject=letter.title,
        text=letter.as_text() if is_mail else _sms(letter),
        html=letter.as_html() if is_mail else "",
        topic=topic_of(notice),
        # One click in the mail program (RFC 8058).
        headers={
            "List-Unsubscribe": f"<{stop}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
        due_at=due_at,
        expires_at=due_at + POINTLESS_AFTER,
    )
    owe_message(new, now=now)


def _sms(letter: Letter) -> str:
    facts = " ".join(f"{name}: {value}." for name, value in letter.facts)
    return f"{letter.sender}. {letter.title}. {facts} {letter.links[-1].url}"


def _links(notice: DriverNotice) -> list[Link]:
    links = []
    page = StatusPage.objects.filter(site=notice.site_id, is_open=True).first()
    if page is not None:
        url = public_url("site-status", notice.tenant.slug, page.code)
        links.append(Link(_t("How the site is doing now"), url))
    url = public_url("notices", choice_of(notice.driver).token)
    return [*links, Link(_t("Choose which notices you get, or none"), url)]


def _key(notice: DriverNotice, what: str) -> str:
    return f"driver_notice:{notice.pk}:{what}"


def _notices() -> QuerySet[DriverNotice]:
    return DriverNotice.objects.select_related(
        *("driver", "site", "tenant", "incident__site", "incident__charge_point__site"),
        "incident__connector__charge_point",
    )


def _incident(incident_id: UUID) -> Incident | None:
    rows = Incident.objects.select_related("site", "charge_point__site", "connector__charge_point")
    return rows.filter(pk=incident_id).first()
