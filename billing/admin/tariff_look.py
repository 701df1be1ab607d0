"""What a tariff looks like: its week, its warnings, its words and what a session would cost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from billing.editor.findings import Finding, find_problems
from billing.editor.grid import Week, draw_week, kinds_of
from billing.editor.looking import SESSION_BEFORE, SessionForm, WeekForm
from billing.editor.preview import Preview, charge_in_words, facts_of
from billing.editor.rows import elements_of, rows_of
from billing.editor.words import tariff_in_words, thousandth
from billing.rating import LineKind, TariffFacts, rate, uses_spot
from billing.selectors.spot_prices import areas_in_use, spot_slots
from billing.services.tariffs import never_below_nothing


@dataclass(frozen=True, slots=True)
class Look:
    """All that is shown of a tariff; a part whose question is wrong is None."""

    week: Week | None
    kind: str
    preview: Preview | None
    headline: str
    spot_note: str
    findings: list[Finding]
    words: list[str]


def asked_forms(asked: QueryDict, tariff: TariffFacts | None) -> tuple[WeekForm, SessionForm]:
    """What is asked of a tariff, with everyday answers where nothing was."""
    today = timezone.localdate().isoformat()
    kinds = kinds_of(tariff) if tariff else ()
    kind = LineKind.ENERGY if LineKind.ENERGY in kinds or not kinds else kinds[0]
    currency = tariff.currency if tariff else ""
    areas = [area for area, used in areas_in_use() if used == currency or not currency]
    defaults = {f"session-{name}": value for name, value in SESSION_BEFORE.items()}
    defaults |= {"session-day": today, "week-day": today, "week-kind": kind.value}
    defaults |= {"session-area": areas[0]} if areas else {}
    known = defaults | {name: str(asked.get(name, "")) for name in asked}
    return WeekForm(known, prefix="week"), SessionForm(areas, known, prefix="session")


def look_at(tariff: TariffFacts, week_form: WeekForm, session_form: SessionForm) -> Look:
    """Everything about a tariff that was asked for."""
    week, kind = None, LineKind.ENERGY
    if week_form.is_valid():
        kind = LineKind(week_form.cleaned_data["kind"])
        week = draw_week(tariff, kind, week_form.cleaned_data["day"], week_form.situation())
    preview, headline, spot_note = None, "", ""
    if session_form.is_valid():
        preview, spot_note = _preview(tariff, session_form)
        headline = _headline(session_form)
    return Look(
        week=week,
        kind=str(dict(week_form.fields["kind"].choices)[kind.value]),  # type: ignore[attr-defined]
        preview=preview,
        headline=headline,
        spot_note=spot_note,
        findings=find_problems(tariff, timezone.localdate()),
        words=tariff_in_words(tariff),
    )


def look_context(
    request: HttpRequest, tariff: TariffFacts | None, asked: QueryDict
) -> dict[str, Any]:
    """What `billing/tariff_look.html` needs; without a tariff nothing but the questions."""
    week_form, session_form = asked_forms(asked, tariff)
    published = None if tariff is None else never_below_nothing(tariff)
    look = None if published is None else look_at(published, week_form, session_form)
    return {
        "week_form": week_form,
        "session_form": session_form,
        "look": look,
        "hours": range(0, 24, 3),
    }


def _preview(tariff: TariffFacts, form: SessionForm) -> tuple[Preview, str]:
    """Rate the session with the market prices that are known, and say which are not."""
    # One price per element, so that the elements the rating names are the rows of the page.
    tariff = replace(tariff, elements=elements_of(rows_of(tariff)))
    facts = facts_of(form.sketch())
    if not uses_spot(tariff):
        return charge_in_words(rate(facts, tariff), tariff), ""
    area = form.cleaned_data["area"]
    slots = spot_slots(
        area=area, currency=tariff.currency, start_at=facts.started_at, end_at=facts.ended_at
    )
    preview = charge_in_words(rate(facts, tariff, slots), tariff)
    if not preview.spot_count and not preview.fallback_count:
        return preview, ""
    if not area:
        return preview, _("No site has a price area: the prices without a market price hold.")
    if not slots:
        text = _("No market prices of %(area)s are known for this day: the fallback prices hold.")
    elif preview.fallback_count:
        text = _("Some market prices of %(area)s are missing: the fallback prices hold there.")
    else:
        text = _("With the market prices of %(area)s on this day.")
    return preview, text % {"area": area}


def _headline(form: SessionForm) -> str:
    """Say for example "22 kWh, Tuesday 24 Nov, 17:40-20:10"."""
    entered = form.cleaned_data
    return _("%(energy)s kWh, %(day)s, %(start)s–%(end)s") % {
        "energy": thousandth(entered["energy"]),
        "day": date_format(entered["day"], "l j F"),
        "start": f"{entered['time_from']:%H:%M}",
        "end": f"{entered['time_to']:%H:%M}",
    }
