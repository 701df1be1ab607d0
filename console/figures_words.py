"""Key figures in words: each with its value, the one before, its formula and its source."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from anomalies.selectors.figures import Period, RepairFigures, Scope, UseFigures

NOTHING = "–"


@dataclass(frozen=True, slots=True)
class FigureRow:
    """A figure of a period beside that of the period before."""

    code: str
    name: str
    value: str
    before: str
    change: str
    formula: str
    inputs: str
    link: str


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything that was counted of one period."""

    use: UseFigures
    repair: RepairFigures


def percent(value: Decimal | None) -> str:
    """With two decimals, as people write it."""
    return NOTHING if value is None else f"{number_format(value, 2)} %"


def span(seconds: int | None) -> str:
    """Days, hours and minutes; seconds below an hour."""
    if seconds is None:
        return NOTHING
    if seconds < 3600:
        return _("%(minutes)s min %(seconds)s s") % {
            "minutes": seconds // 60,
            "seconds": seconds % 60,
        }
    told = {
        "days": seconds // 86_400,
        "hours": seconds % 86_400 // 3600,
        "minutes": seconds % 3600 // 60,
    }
    if told["days"]:
        return _("%(days)s d %(hours)s h %(minutes)s min") % told
    return _("%(hours)s h %(minutes)s min") % told


def rows_link(scope: Scope, period: Period) -> str:
    """To the counted days that the figures of use are summed from."""
    asked = {
        "day__gte": period.day_from.isoformat(),
        "day__lt": period.day_to.isoformat(),
        "connector__charge_point__site__id__exact": scope.site_id,
        "connector__charge_point__id__exact": scope.charge_point_id,
        "connector__id__exact": scope.connector_id,
        "connector__max_power_w__gte": scope.least_power_w or None,
    }
    known = {name: value for name, value in asked.items() if value is not None}
    return f"{reverse('admin:anomalies_connectorday_changelist')}?{urlencode(known)}"


def incidents_link(scope: Scope, period: Period, field: str) -> str:
    """To the incidents whose `field` (created_at, resolved_at) lies in the period."""
    asked = {
        f"{field}__gte": period.day_from.isoformat(),
        f"{field}__lt": period.day_to.isoformat(),
        "charge_point__id__exact": scope.charge_point_id,
        "connector__id__exact": scope.connector_id,
    }
    known = {name: value for name, value in asked.items() if value is not None}
    return f"{reverse('admin:anomalies_incident_changelist')}?{urlencode(known)}"


def figure_rows(now: Figures, before: Figures, scope: Scope, period: Period) -> list[FigureRow]:
    """The key figures of a period in the order of the page."""
    return [*_use_rows(now, before, scope, period), *_repair_rows(now, before, scope, period)]


def _use_rows(now: Figures, before: Figures, scope: Scope, period: Period) -> list[FigureRow]:
    link = rows_link(scope, period)
    use = now.use
    visits = _("%(part)s of %(whole)s visits; %(attempts)s attempts, %(charged)s charged")
    return [
        _share(
            "first_attempt",
            _("First-attempt success"),
            (now.use.first_attempt_percent, before.use.first_attempt_percent),
            _(
                "Visits whose first attempt gave at least 0.5 kWh, of all visits. A visit is one"
                " token's attempts at one site, each within 10 minutes of the end of those before,"
                " until one has charged. Source: completed sessions."
            ),
            visits
            % {
                "part": use.first_charged,
                "whole": use.visits,
                "attempts": use.attempts,
                "charged": use.charged_attempts,
            },
            link,
        ),
        _share(
            "visits",
            _("Success per visit"),
            (now.use.visit_percent, before.use.visit_percent),
            _("Visits in which any attempt gave at least 0.5 kWh, of all visits."),
            _("%(part)s of %(whole)s visits") % {"part": use.charged_visits, "whole": use.visits},
            link,
        ),
        _share(
            "nevi",
            _("Uptime, NEVI"),
            (now.use.nevi_percent, before.use.nevi_percent),
            _(
                "µ = (T − (T_outage − T_excluded)) / T, 23 CFR 680.116(b)(3); T is the time of the"
                " period, 525,600 minutes a year. Outage: out of order, offline, unknown, or gives"
                " no power (failures in a row, derated). Source: statuses, silent stations,"
                " maintenance and outages of somebody else's making."
            ),
            _nevi_inputs(use),
            link,
        ),
        _uk_row(now, before, link),
    ]


def _uk_row(now: Figures, before: Figures, link: str) -> FigureRow:
    tally = now.use.tally
    return _share(
        "uk",
        _("Reliability, UK"),
        (now.use.uk_percent, before.use.uk_percent),
        _(
            "Time not inoperative or out of order, of the opening hours, SI 2023/1168"
            " regulation 7. Unknown and offline are “ineligible for measurement” and count as"
            " reliable, as the regulation says; planned work is no excuse. The law counts"
            " outlets of 50 kW and more."
        ),
        _("T %(total)s, not working %(down)s, ineligible %(unknown)s")
        % {
            "total": span(tally.measured_s),
            "down": span(tally.not_working_s),
            "unknown": span(tally.offline_s + tally.unknown_s),
        },
        link,
    )


def _nevi_inputs(use: UseFigures) -> str:
    tally = use.tally
    text = _(
        "T %(total)s; outage %(outage)s (out of order %(down)s, offline %(offline)s, unknown"
        " %(unknown)s, no power %(failing)s)"
    ) % {
        "total": span(tally.total_s),
        "outage": span(tally.outage_s),
        "down": span(tally.down_s),
        "offline": span(tally.offline_s),
        "unknown": span(tally.unknown_s),
        "failing": span(tally.failing_s),
    }
    excused = [
        (_("maintenance"), tally.excused_maintenance_s),
        (_("grid"), tally.excused_utility_s),
        (_("vandalism"), tally.excused_vandalism_s),
        (_("natural disaster"), tally.excused_disaster_s),
        (_("vehicle"), tally.excused_vehicle_s),
        (_("closed"), tally.excused_closed_s),
    ]
    parts = ", ".join(f"{name} {span(seconds)}" for name, seconds in excused if seconds)
    left_out = _("excluded %s") % span(tally.excluded_s)
    return f"{text}; {left_out} ({parts})" if parts else f"{text}; {left_out}"


def _repair_rows(now: Figures, before: Figures, scope: Scope, period: Period) -> list[FigureRow]:
    repair, old = now.repair, before.repair
    opened = incidents_link(scope, period, "created_at")
    ended = incidents_link(scope, period, "resolved_at")
    return [
        _time(
            "detect",
            _("Time to detect"),
            (repair.detect_median_s, old.detect_median_s),
            _(
                "From the first evidence to the incident, median, of incidents opened in the"
                " period. Dismissed ones, false alarms and parts of a site's incident are left out."
            ),
            _("%(count)s incidents; 95 %% within %(p95)s")
            % {"count": repair.opened, "p95": span(repair.detect_p95_s)},
            opened,
        ),
        _time(
            "repair",
            _("Time to repair"),
            (repair.repair_median_s, old.repair_median_s),
            _("From the first evidence to the end, median, of incidents that ended in the period."),
            _("%(count)s incidents; mean %(mean)s, 95 %% within %(p95)s")
            % {
                "count": repair.ended,
                "mean": span(repair.repair_mean_s),
                "p95": span(repair.repair_p95_s),
            },
            ended,
        ),
        _share(
            "remote",
            _("Healed remotely"),
            (repair.remote_percent, old.remote_percent),
            _(
                "Incidents that ended after a message or restart from afar that helped and without"
                " a finished work order, of those that ended after either."
            ),
            _("%(remote)s from afar, %(site)s on site, %(rest)s went away by themselves")
            % {
                "remote": repair.healed_remotely,
                "site": repair.healed_on_site,
                "rest": repair.ended - repair.healed,
            },
            ended,
        ),
    ]


def _share(
    code: str,
    name: str,
    values: tuple[Decimal | None, Decimal | None],
    formula: str,
    inputs: str,
    link: str,
) -> FigureRow:
    value, before = values
    change = ""
    if value is not None and before is not None:
        step = value - before
        sign = "+" if step > 0 else ""
        change = _("%s points") % f"{sign}{number_format(step, 2)}"
    return FigureRow(code, name, percent(value), percent(before), change, formula, inputs, link)


def _time(
    code: str,
    name: str,
    values: tuple[int | None, int | None],
    formula: str,
    inputs: str,
    link: str,
) -> FigureRow:
    value, before = values
    change = ""
    if value is not None and before is not None:
        step = value - before
        change = f"{'+' if step > 0 else '−' if step < 0 else ''}{span(abs(step))}"
    return FigureRow(code, name, span(value), span(before), change, formula, inputs, link)
