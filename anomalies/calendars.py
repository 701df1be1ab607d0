"""Work orders as a calendar file (RFC 5545)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

from anomalies.models import WorkOrder
from anomalies.wording import title_of_order

LINE_BYTES: Final = 75


def calendar_text(orders: Iterable[WorkOrder], now: datetime) -> str:
    """The orders as iCalendar events of one hour that end when they are due."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Laddbok//work orders//EN"]
    for order in orders:
        title = title_of_order(order)
        done = order.state == WorkOrder.State.DONE
        where = ", ".join(part for part in (order.site.address, order.site.city) if part)
        lines += [
            "BEGIN:VEVENT",
            f"UID:{order.pk}@laddbok",
            f"DTSTAMP:{_stamp(now)}",
            f"DTSTART:{_stamp(order.due_at - timedelta(hours=1))}",
            f"DTEND:{_stamp(order.due_at)}",
            f"SUMMARY:{_escaped(('✓ ' if done else '') + title)}",
            f"LOCATION:{_escaped(f'{order.site} {where}'.strip())}",
            f"DESCRIPTION:{_escaped(order.description)}",
            "END:VEVENT",
        ]
    return "\r\n".join(_folded(line) for line in (*lines, "END:VCALENDAR")) + "\r\n"


def _stamp(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _escaped(text: str) -> str:
    for plain, safe in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\r", ""), ("\n", "\\n")):
        text = text.replace(plain, safe)
    return text


def _folded(line: str) -> str:
    """At most 75 bytes a line; what follows begins with a blank."""
    parts: list[str] = []
    part = ""
    for sign in line:
        if len((part + sign).encode()) > LINE_BYTES - bool(parts):
            parts.append(part)
            part = ""
        part += sign
    return "\r\n ".join((*parts, part))
