"""Operators and technicians are told: of incidents, escalations, their end, and of work."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet
from django.utils import translation
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_noop

from anomalies.calendars import calendar_text
from anomalies.models import Incident, NoticeAddress, WorkOrder
from anomalies.notice_texts import (
    News,
    incident_letter,
    incident_payload,
    incident_subject,
    work_letter,
)
from anomalies.selectors.status import site_of
from anomalies.services.opening import STORM_WINDOW
from anomalies.types import Severity
from outbox.letters import Letter
from outbox.models import Message
from outbox.services import owe_message, withdraw_messages
from outbox.types import Attachment, Channel, NewMessage
from tenants.models import Tenant
from tenants.scope import required_tenant_id
from tenants.sealing import unseal

# A fault that comes and goes is told of at most so often.
MOST_RETURNS: Final = 3
# What is at least so bad is told at once, at any hour.
WAKES: Final = Severity.HARDWARE
LATE_FOR: Final = timedelta(days=1)
ASSIGNED: Final = gettext_noop("Work for you: %(title)s")
LATE: Final = gettext_noop("Late: %(title)s")

_WANTS: Final = {
    News.OPENED: "tells_opened",
    News.ESCALATED: "tells_escalated",
    News.ENDED: "tells_ended",
}


def tell_operators(*, incident_id: UUID, news: News, now: datetime) -> int:
    """Owe the news to every address that wants it; returns to how many. Repeatable.

    The news of a new incident waits two minutes, in which several may turn out to be one of the
    site, or be over: then it is withdrawn, and so is the news of its end.
    """
    incident = _with_place().filter(pk=incident_id).first()
    if incident is None or incident.parent_id is not None:
        return 0
    if news is News.ENDED:
        withdraw_messages(topic=topic_of(incident))
    elif incident.state != Incident.State.OPEN or incident.is_muted:
        return 0
    for part in incident.parts.all():
        withdraw_messages(topic=topic_of(part))
    told = 0
    for address in _addresses(incident, news):
        if news is News.ENDED and address.tells_opened and not _was_told(address, incident):
            continue
        _owe(address, incident, news, now)
        told += 1
    return told


def tell_assignee(*, work_order_id: UUID, assigned_at: datetime, now: datetime) -> bool:
    """Mail a work order to who is to do it, with a calendar file; False when nobody is."""
    order = _orders().filter(pk=work_order_id).first()
    if order is None or order.assignee is None or not order.is_to_do:
        return False
    key = f"work:{order.pk}:{order.assignee_id}:{assigned_at.timestamp():.6f}"
    _mail_work(order, ASSIGNED, key=key, now=now)
    return True


def tell_late_work(*, now: datetime) -> int:
    """Say once of each order that it is late: to who does it and who wants escalations.

    Of one tenant; returns how many orders are late since a day at most.
    """
    orders = list(
        _orders().filter(state__in=("open", "started"), due_at__range=(now - LATE_FOR, now))
    )
    for order in orders:
        key = f"late:{order.pk}:{order.due_at.timestamp():.0f}"
        if order.assignee is not None:
            _mail_work(order, LATE, key=f"{key}:{order.assignee_id}", now=now)
        for address in _wanting(order.severity, "tells_escalated", order.site_id):
            with translation.override(address.language):
                letter = work_letter(order, _t(LATE), sender=_sender(), zone=_zone())
                _owe_letter(address, letter, key=f"{key}:{address.pk}", due_at=now, now=now)
    return len(orders)


def owe_test_message(*, address: NoticeAddress, now: datetime) -> Message:
    """A message that says nothing but that it arrived; to send at once and look at."""
    with translation.override(address.language):
        letter = Letter(
            title=_t("A test message"),
            sender=_sender(),
            language=address.language,
            paragraphs=[
                _t("%(name)s will be told of incidents here.") % {"name": address.name},
            ],
        )
    key = f"test:{address.pk}:{now.timestamp():.6f}"
    return _owe_letter(address, letter, key=key, due_at=now, now=now, payload={"event": "test"})


def topic_of(incident: Incident) -> str:
    """What an incident's messages are about."""
    return f"incident:{incident.pk}"


def quiet_until(address: NoticeAddress, at: datetime, zone: ZoneInfo) -> datetime:
    """When the address may be told: at once, or at the end of its quiet hours."""
    begin, end = address.quiet_from, address.quiet_to
    if begin is None or end is None or begin == end:
        return at
    local = at.astimezone(zone)
    clock = local.time().replace(tzinfo=None)
    is_quiet = begin <= clock < end if begin < end else clock >= begin or clock < end
    if not is_quiet:
        return at
    day = local.date() + timedelta(days=1 if clock >= end else 0)
    return datetime.combine(day, time(end.hour, end.minute), tzinfo=zone)


def _owe(address: NoticeAddress, incident: Incident, news: News, now: datetime) -> None:
    is_urgent = incident.severity <= WAKES
    due_at = now
    if news is News.OPENED and not is_urgent and incident.charge_point_id is not None:
        due_at = now + STORM_WINDOW
    if not is_urgent:
        due_at = quiet_until(address, due_at, _zone())
    with translation.override(address.language):
        letter = incident_letter(incident, news, sender=_sender(), zone=_zone())
        _owe_letter(
            address,
            letter,
            key=_key(address, incident, news),
            subject=incident_subject(incident, news),
            topic=topic_of(incident),
            payload=incident_payload(incident, news),
            due_at=due_at,
            now=now,
        )


def _owe_letter(
    address: NoticeAddress,
    letter: Letter,
    *,
    key: str,
    due_at: datetime,
    now: datetime,
    subject: str = "",
    topic: str = "",
    payload: dict[str, object] | None = None,
) -> Message:
    is_mail = address.channel == Channel.EMAIL
    new = NewMessage(
        key=key,
        channel=Channel(address.channel),
        recipient=address.address,
        secret=unseal(address.sealed_url) if address.sealed_url else "",
        subject=subject or letter.title,
        text=letter.as_text() if is_mail else _line(letter, subject),
        html=letter.as_html() if is_mail else "",
        topic=topic,
        payload=payload or {},
        due_at=due_at,
    )
    return owe_message(new, now=now)


def _line(letter: Letter, subject: str) -> str:
    link = letter.button.url if letter.button else ""
    parts = (f"{letter.sender}: {subject or letter.title}.", *letter.paragraphs, link)
    return " ".join(part for part in parts if part)


def _mail_work(order: WorkOrder, headline: str, *, key: str, now: datetime) -> None:
    if order.assignee is None:
        return
    with translation.override(_tenant().language):
        letter = work_letter(order, _t(headline), sender=_sender(), zone=_zone())
        attachment = Attachment("work.ics", "text/calendar", calendar_text([order], now))
        new = NewMessage(
            key=key,
            recipient=order.assignee.user.email,
            subject=letter.title,
            text=letter.as_text(),
            html=letter.as_html(),
            topic=f"work:{order.pk}",
            attachments=[attachment],
        )
    owe_message(new, now=now)


def _addresses(incident: Incident, news: News) -> Iterator[NoticeAddress]:
    return _wanting(incident.severity, _WANTS[news], site_of(incident).pk)


def _wanting(severity: int, flag: str, site_id: UUID) -> Iterator[NoticeAddress]:
    rows = NoticeAddress.objects.filter(is_on=True, least__gte=severity, **{flag: True})
    yield from rows.filter(Q(site_ids=[]) | Q(site_ids__contains=[site_id]))


def _was_told(address: NoticeAddress, incident: Incident) -> bool:
    told = Message.objects.filter(key=_key(address, incident, News.OPENED))
    return told.filter(state__in=(Message.State.SENT, Message.State.SENDING)).exists()


def _key(address: NoticeAddress, incident: Incident, news: News) -> str:
    returns = min(incident.reopened, MOST_RETURNS)
    return f"incident:{incident.pk}:{returns}:{news}:{address.pk}"


def _with_place() -> QuerySet[Incident]:
    return Incident.objects.select_related("site", "charge_point__site", "connector__charge_point")


def _orders() -> QuerySet[WorkOrder]:
    return WorkOrder.objects.select_related(
        *("site", "charge_point", "connector__charge_point", "assignee__user"),
        *("incident__charge_point", "incident__connector__charge_point", "incident__site"),
    )


def _tenant() -> Tenant:
    return Tenant.objects.get(pk=required_tenant_id())


def _sender() -> str:
    return _tenant().name


def _zone() -> ZoneInfo:
    return ZoneInfo(_tenant().time_zone)
