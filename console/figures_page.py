"""The page of key figures, its CSV file, and the counted days behind them."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminDateWidget, UnfoldAdminSelectWidget

from anomalies.models import ConnectorDay
from anomalies.selectors.figures import (
    Part,
    Period,
    RepairFigures,
    Scope,
    UseFigures,
    counted_days,
    repair_figures,
    use_figures,
)
from anomalies.uptime import TALLY_FIELDS
from chargepoints.models import ChargePoint, Connector, Site
from console.charts import Chart, share_chart
from console.figures_words import Figures, figure_rows, percent, span
from tenants.admin import TenantAdmin, button

USUAL_DAYS = 30
LONGEST_DAYS = 3 * 366
RAPID_W = 50_000
# Above so many days the chart has a point a month.
DAYS_IN_CHART = 92
NEXT_PART = {Part.SITE: Part.STATION, Part.STATION: Part.CONNECTOR}


class FiguresForm(forms.Form):
    """Which period, which outlets."""

    date_from = forms.DateField(label=_("From"), widget=UnfoldAdminDateWidget)
    date_to = forms.DateField(label=_("Up to and including"), widget=UnfoldAdminDateWidget)
    site = forms.UUIDField(required=False, widget=forms.HiddenInput)
    charge_point = forms.UUIDField(required=False, widget=forms.HiddenInput)
    connector = forms.UUIDField(required=False, widget=forms.HiddenInput)
    rapid = forms.ChoiceField(
        label=_("Outlets"),
        required=False,
        choices=(("", _("All")), ("1", _("50 kW and more"))),
        widget=UnfoldAdminSelectWidget,
    )

    def clean(self) -> dict[str, Any]:
        """The end comes after the start, and not more than three years after."""
        said: dict[str, Any] = super().clean() or {}
        first, last = said.get("date_from"), said.get("date_to")
        if first and last and last < first:
            raise forms.ValidationError({"date_to": _t("The end comes before the start.")})
        if first and last and (last - first).days >= LONGEST_DAYS:
            raise forms.ValidationError({"date_to": _t("At most three years at a time.")})
        return said

    @property
    def period(self) -> Period:
        """The days that were asked for."""
        last: date = self.cleaned_data["date_to"]
        return Period(self.cleaned_data["date_from"], last + timedelta(days=1))

    @property
    def scope(self) -> Scope:
        """The outlets that were asked for."""
        said = self.cleaned_data
        return Scope(
            site_id=said["site"],
            charge_point_id=said["charge_point"],
            connector_id=said["connector"],
            least_power_w=RAPID_W if said["rapid"] else 0,
        )


@admin.register(ConnectorDay)
class ConnectorDayAdmin(TenantAdmin):
    """The rows behind the key figures; counted, never entered."""

    list_display = (
        "day",
        "connector",
        "shown_up",
        "shown_down",
        "shown_offline",
        "shown_unknown",
        "shown_failing",
        "visits",
        "first_charged",
        "attempts",
    )
    list_filter = ("connector__charge_point__site", "connector__charge_point", "connector")
    list_select_related = ("connector__charge_point",)
    date_hierarchy = "day"
    empty_text = _(
        "Days are counted an hour after they have ended, from statuses, silences and sessions."
    )
    actions_list: Any = ("figures",)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """The links of the figures' page."""
        allowed = "connector__max_power_w__gte"
        return lookup == allowed or super().lookup_allowed(lookup, value, request)  # type: ignore[arg-type]

    def get_urls(self) -> list[URLPattern]:
        """The admin's own, and the page."""
        view = self.admin_site.admin_view(self.key_figures)
        return [path("figures/", view, name="key-figures"), *super().get_urls()]

    @button(_("Key figures"), icon="monitoring")
    def figures(self, request: HttpRequest) -> HttpResponse:
        """To the page."""
        return HttpResponseRedirect(reverse("admin:key-figures"))

    def key_figures(self, request: HttpRequest) -> HttpResponse:
        """Key figures of a period beside the one before; `?format=csv` for a file."""
        form = FiguresForm(_asked(request))
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": _t("Key figures"),
            "form": form,
            "opts": self.opts,
            "counted": counted_days(),
        }
        if form.is_valid():
            if request.GET.get("format") == "csv":
                return csv_file(form.scope, form.period)
            context |= figures_context(form.scope, form.period)
            context["csv_link"] = f"?{_query(form)}&format=csv"
        return TemplateResponse(request, "anomalies/figures.html", context)

    @admin.display(description=_("up"), ordering="up_s")
    def shown_up(self, row: ConnectorDay) -> str:
        """Hours and minutes."""
        return span(row.up_s)

    @admin.display(description=_("out of order"), ordering="down_s")
    def shown_down(self, row: ConnectorDay) -> str:
        """Hours and minutes."""
        return span(row.down_s)

    @admin.display(description=_("offline"), ordering="offline_s")
    def shown_offline(self, row: ConnectorDay) -> str:
        """Hours and minutes."""
        return span(row.offline_s)

    @admin.display(description=_("unknown"), ordering="unknown_s")
    def shown_unknown(self, row: ConnectorDay) -> str:
        """Hours and minutes."""
        return span(row.unknown_s)

    @admin.display(description=_("gives no power"), ordering="failing_s")
    def shown_failing(self, row: ConnectorDay) -> str:
        """Hours and minutes."""
        return span(row.failing_s)


def figures_context(scope: Scope, period: Period) -> dict[str, Any]:
    """What the template shows of a scope and a period."""
    now, before = _figures(scope, period), _figures(scope, period.before)
    part = _part_of(scope)
    rows = []
    if part is not None:
        repairs = repair_figures(scope, period, part)
        for use in use_figures(scope, period, part):
            key = use.key if isinstance(use.key, UUID) else None
            repair = repairs.get(key, RepairFigures(key))
            rows.append(_place_row(use, repair, part, scope, period))
    return {
        "period": period,
        "last_day": period.day_to - timedelta(days=1),
        "before_from": period.before.day_from,
        "before_to": period.day_from - timedelta(days=1),
        "trail": _trail(scope, period),
        "rows": figure_rows(now, before, scope, period),
        "charts": _charts(scope, period),
        "places": rows,
        "is_empty": now.use.tally.total_s == 0,
    }


def csv_file(scope: Scope, period: Period) -> HttpResponse:
    """The places of the page as a file, one row each, seconds as whole numbers."""
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    name = f"laddbok-figures-{period.day_from}-{period.day_to - timedelta(days=1)}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    writer = csv.writer(response)
    shares = ("first_attempt_percent", "visit_percent", "nevi_percent", "uk_percent")
    counts = ("outlets", "attempts", "charged_attempts", "visits", "first_charged")
    repairs = ("opened", "detect_median_s", "detect_p95_s", "ended", "repair_median_s")
    more = ("repair_mean_s", "repair_p95_s", "healed_remotely", "healed_on_site")
    part = _part_of(scope) or Part.CONNECTOR
    writer.writerow(["place", *shares, *counts, "charged_visits", *TALLY_FIELDS, *repairs, *more])
    found = repair_figures(scope, period, part)
    for use in use_figures(scope, period, part):
        key = use.key if isinstance(use.key, UUID) else None
        repair = found.get(key, RepairFigures(key))
        writer.writerow(
            [
                _safe(use.name),
                *(getattr(use, name) for name in (*shares, *counts, "charged_visits")),
                *(getattr(use.tally, name) for name in TALLY_FIELDS),
                *(getattr(repair, name) for name in (*repairs, *more)),
            ]
        )
    return response


def _safe(text: str) -> str:
    """A name that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t") else text


def _figures(scope: Scope, period: Period) -> Figures:
    [use] = use_figures(scope, period)
    return Figures(use, repair_figures(scope, period).get(None, RepairFigures(None)))


def _part_of(scope: Scope) -> Part | None:
    if scope.connector_id is not None:
        return None
    if scope.charge_point_id is not None:
        return Part.CONNECTOR
    return Part.SITE if scope.site_id is None else Part.STATION


def _place_row(
    use: UseFigures, repair: RepairFigures, part: Part, scope: Scope, period: Period
) -> dict[str, Any]:
    field = {Part.SITE: "site", Part.STATION: "charge_point", Part.CONNECTOR: "connector"}[part]
    rapid = "&rapid=1" if scope.least_power_w else ""
    return {
        "name": use.name,
        "link": f"?{_days(period)}&{field}={use.key}{rapid}",
        "outlets": use.outlets,
        "first": percent(use.first_attempt_percent),
        "visits": use.visits,
        "nevi": percent(use.nevi_percent),
        "uk": percent(use.uk_percent),
        "repair": span(repair.repair_median_s),
        "remote": percent(repair.remote_percent),
    }


def _charts(scope: Scope, period: Period) -> list[Chart]:
    part = Part.DAY if period.days <= DAYS_IN_CHART else Part.MONTH
    points = [row for row in use_figures(scope, period, part) if isinstance(row.key, date)]
    if len(points) < 2:
        return []
    style = ("j b" if get_language() == "sv" else "j M") if part is Part.DAY else "b Y"
    labels = [date_format(row.key, style) for row in points if isinstance(row.key, date)]
    wanted = (
        (_t("Uptime, NEVI (%)"), [row.nevi_percent for row in points]),
        (_t("First-attempt success (%)"), [row.first_attempt_percent for row in points]),
    )
    return [
        share_chart(title, labels, [None if one is None else float(one) for one in values])
        for title, values in wanted
        if any(one is not None for one in values)
    ]


def _trail(scope: Scope, period: Period) -> list[tuple[str, str]]:
    """The way from all outlets down to these, as names and links."""
    trail = [(_t("All sites"), f"?{_days(period)}")]
    for field, place in _places(scope):
        trail.append((str(place), f"?{_days(period)}&{field}={place.pk}"))
    return trail


def _places(scope: Scope) -> list[tuple[str, Site | ChargePoint | Connector]]:
    if scope.connector_id is not None:
        outlets = Connector.objects.select_related("charge_point__site")
        outlet = outlets.filter(pk=scope.connector_id).first()
        if outlet is None:
            return []
        station = outlet.charge_point
        return [("site", station.site), ("charge_point", station), ("connector", outlet)]
    if scope.charge_point_id is not None:
        stations = ChargePoint.objects.select_related("site").filter(pk=scope.charge_point_id)
        return [
            found
            for station in stations
            for found in (("site", station.site), ("charge_point", station))
        ]
    sites = Site.objects.none() if scope.site_id is None else Site.objects.filter(pk=scope.site_id)
    return [("site", site) for site in sites]


def _days(period: Period) -> str:
    last = period.day_to - timedelta(days=1)
    return f"date_from={period.day_from}&date_to={last}"


def _asked(request: HttpRequest) -> dict[str, Any]:
    """The request's choice; without one the 30 days up to yesterday."""
    yesterday = timezone.localdate() - timedelta(days=1)
    return {
        "date_from": yesterday - timedelta(days=USUAL_DAYS - 1),
        "date_to": yesterday,
        **request.GET.dict(),
    }


def _query(form: FiguresForm) -> str:
    said = {name: value for name, value in form.cleaned_data.items() if value}
    return "&".join(f"{name}={value}" for name, value in said.items())
