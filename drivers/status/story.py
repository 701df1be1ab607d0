"""What a site's status page says, in the language in force; plain values that can be kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Final
from zoneinfo import ZoneInfo

from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from anomalies.interruptions import SENTENCES, TITLES
from anomalies.models import Maintenance
from anomalies.notice_texts import public_place, what_we_do
from anomalies.selectors.status import Day, Outlet, Shown, SiteStatus
from chargepoints.models import Site
from drivers.wording import day_and_time, power

LABELS: Final[Mapping[Shown, str | Promise]] = {
    Shown.FREE: _("Free"),
    Shown.BUSY: _("In use"),
    Shown.OUT: _("Out of order"),
    Shown.PLANNED: _("Planned work"),
    Shown.UNKNOWN: _("Not known"),
}
# Thousandths of a day in order from which a day is called good, or still fair.
GOOD_FROM: Final = 990
FAIR_FROM: Final = 950
BAR_STEP, BAR_WIDTH, CHART_HEIGHT = 8, 6, 64


@dataclass(frozen=True, slots=True)
class OutletStory:
    """One outlet: its number, what it gives, and how it is."""

    number: int
    gives: str
    shown: str
    label: str
    note: str


@dataclass(frozen=True, slots=True)
class StationStory:
    """The outlets of a station, by the code on its sign."""

    code: str
    outlets: Sequence[OutletStory]


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that is wrong, or planned."""

    title: str
    place: str
    sentence: str
    when: str
    doing: str


@dataclass(frozen=True, slots=True)
class NowStory:
    """How the site is at one moment."""

    at: str
    headline: str
    mood: str
    stations: Sequence[StationStory]
    troubles: Sequence[Trouble]
    planned: Sequence[Trouble]


@dataclass(frozen=True, slots=True)
class Bar:
    """One day of the chart."""

    x: int
    y: int
    height: int
    level: str
    label: str


@dataclass(frozen=True, slots=True)
class HistoryStory:
    """The last 90 days; `uptime` empty where there is nothing to tell of."""

    uptime: str
    bars: Sequence[Bar]
    width: int
    begins: str
    worse_days: Sequence[str]


def tell_now(site: Site, status: SiteStatus, now: datetime) -> NowStory:
    """The outlets, what is wrong and what is planned."""
    zone = ZoneInfo(site.time_zone)
    headline, mood = _headline(status)
    by_station = groupby(status.outlets, key=lambda each: each.connector.charge_point.public_code)
    return NowStory(
        at=day_and_time(_whole_minute(now, zone)),
        headline=headline,
        mood=mood,
        stations=[
            StationStory(code, [_tell_outlet(each) for each in outlets])
            for code, outlets in by_station
        ],
        troubles=[
            Trouble(
                title=str(TITLES[each.effect]),
                place=public_place(each.incident),
                sentence=str(SENTENCES[each.effect]),
                when=_t("Since %(when)s")
                % {"when": day_and_time(_whole_minute(each.incident.since_at, zone))},
                doing=what_we_do(each.technician_asked),
            )
            for each in status.interruptions
        ],
        planned=[_tell_work(work, site, zone) for work in status.planned],
    )


def tell_history(days: Sequence[Day]) -> HistoryStory:
    """Bars for the days, the mean of those there is something to tell of, and the worse ones."""
    known = [day.up_permille for day in days if day.up_permille is not None]
    return HistoryStory(
        uptime=_percent(sum(known) // len(known)) if known else "",
        bars=[_bar(place, day) for place, day in enumerate(days)],
        width=len(days) * BAR_STEP,
        begins=date_format(days[0].on, "j M"),
        worse_days=[
            f"{date_format(day.on, 'DATE_FORMAT')}: {_percent(day.up_permille)}"
            for day in reversed(days)
            if day.up_permille is not None and day.up_permille < GOOD_FROM
        ],
    )


def _headline(status: SiteStatus) -> tuple[str, str]:
    if not status.outlets:
        return _t("No outlets yet"), "unknown"
    usable = [each for each in status.outlets if each.shown in (Shown.FREE, Shown.BUSY)]
    free = len(status.free)
    if free:
        words = ngettext("%(count)s outlet is free", "%(count)s outlets are free", free)
        return words % {"count": free}, "good"
    if usable:
        return _t("All outlets are in use"), "fair"
    if all(each.shown is Shown.UNKNOWN for each in status.outlets):
        return _t("The site has no contact with our system"), "unknown"
    return _t("No outlet can be used just now"), "bad"


def _tell_outlet(outlet: Outlet) -> OutletStory:
    connector = outlet.connector
    return OutletStory(
        number=connector.evse_id,
        gives=f"{connector.get_current_type_display()} {power(connector.max_power_w)}",
        shown=str(outlet.shown),
        label=str(LABELS[outlet.shown]),
        note=str(SENTENCES[outlet.effect]) if outlet.effect else "",
    )


def _tell_work(work: Maintenance, site: Site, zone: ZoneInfo) -> Trouble:
    begin, end = (day_and_time(_whole_minute(at, zone)) for at in (work.starts_at, work.ends_at))
    connector, station = work.connector, work.charge_point
    if connector is not None:
        names = {"code": connector.charge_point.public_code, "number": connector.evse_id}
        place = _t("Station %(code)s, outlet %(number)s") % names
    elif station is not None:
        place = _t("Station %(code)s") % {"code": station.public_code}
    else:
        place = _t("The whole of %(site)s") % {"site": site}
    # The reason is written for colleagues and may name people.
    return Trouble(_t("Planned work"), place, "", f"{begin} – {end}", "")


def _bar(place: int, day: Day) -> Bar:
    on = date_format(day.on, "DATE_FORMAT")
    if day.up_permille is None:
        label = _t("%(day)s: nothing known") % {"day": on}
        return Bar(place * BAR_STEP, CHART_HEIGHT - 4, 4, "none", label)
    level = "good" if day.up_permille >= GOOD_FROM else "fair"
    level = level if day.up_permille >= FAIR_FROM else "bad"
    height = max(4, day.up_permille * CHART_HEIGHT // 1000)
    label = f"{on}: {_percent(day.up_permille)}"
    return Bar(place * BAR_STEP, CHART_HEIGHT - height, height, level, label)


def _percent(permille: int) -> str:
    """Tenths of a percent, rounded down: what was interrupted is never called whole."""
    return f"{number_format(Decimal(permille) / 10, 1)} %"


def _whole_minute(at: datetime, zone: ZoneInfo) -> datetime:
    return at.astimezone(zone).replace(second=0, microsecond=0)
