"""What somebody wants to see of a tariff: a week of one kind of price, and a made-up session."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing.editor.calendar import Situation
from billing.editor.fields import MinutesField, ThousandsField
from billing.editor.preview import Sketch
from billing.editor.words import KINDS
from billing.rating import LineKind
from billing.rating.tariff import PRICED_KINDS

SESSION_BEFORE: Final = {"energy": "22", "time_from": "17:40", "time_to": "20:10"}
_SHOWN_KINDS: Final = [(kind.value, KINDS[kind]) for kind in LineKind if kind in PRICED_KINDS]


def _time_field(label: Any, *, required: bool = False) -> forms.TimeField:
    return forms.TimeField(
        label=label, required=required, widget=forms.TimeInput({"type": "time"}, "%H:%M")
    )


def _date_field(label: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))


class WeekForm(forms.Form):
    """Which week of which kind of price, and of a session that has come how far."""

    kind = forms.ChoiceField(label=_("price of"), choices=_SHOWN_KINDS)
    day = _date_field(_("in the week of"))
    after_energy = ThousandsField(label=_("after kWh"))
    after_time = MinutesField(label=_("after minutes"))
    at_power = ThousandsField(label=_("at kW"))

    def situation(self) -> Situation:
        """How far the session has come."""
        entered = self.cleaned_data
        return Situation(
            energy_wh=entered["after_energy"] or 0,
            elapsed_s=entered["after_time"] or 0,
            power_w=entered["at_power"] or 0,
        )


class SessionForm(forms.Form):
    """A session somebody imagines, in the local time of the organisation."""

    energy = ThousandsField(label=_("energy (kWh)"), required=True, min_value=Decimal("0.001"))
    day = _date_field(_("day"))
    time_from = _time_field(_("from"), required=True)
    time_to = _time_field(_("to"), required=True)
    charging_ends = _time_field(_("charging ends"))
    power = ThousandsField(label=_("power (kW)"))
    reserved = MinutesField(label=_("reserved before (min)"))
    area = forms.ChoiceField(label=_("price area"), required=False)

    def __init__(self, areas: list[str], *args: Any, **more: Any) -> None:
        """Offer the areas there are sites in."""
        super().__init__(*args, **more)
        area = self.fields["area"]
        if isinstance(area, forms.ChoiceField):
            area.choices = [(each, each) for each in areas]

    def clean(self) -> dict[str, Any]:
        """Give the session its instants: an end before the start is on the next day."""
        entered = self.cleaned_data
        if self.errors:
            return entered
        start = self._instant("time_from")
        end = _after(self._instant("time_to"), start)
        entered["start_at"], entered["end_at"] = start, end
        entered["charging_ends_at"] = charged = self._end_of_charging(start, end)
        if charged > end:
            name = "charging_ends" if entered["charging_ends"] else "power"
            self.add_error(name, _("Charging would go on when the session has ended."))
        return entered

    def sketch(self) -> Sketch:
        """The session, once it is valid."""
        entered = self.cleaned_data
        return Sketch(
            energy_wh=entered["energy"],
            start_at=entered["start_at"],
            end_at=entered["end_at"],
            charging_ends_at=entered["charging_ends_at"],
            time_zone=timezone.get_current_timezone_name(),
            power_w=entered["power"],
            reserved_s=entered["reserved"],
        )

    def _instant(self, name: str) -> datetime:
        entered = self.cleaned_data
        return timezone.make_aware(datetime.combine(entered["day"], entered[name]))

    def _end_of_charging(self, start: datetime, end: datetime) -> datetime:
        """When it is told, or when the power has delivered the energy, or at the end."""
        entered = self.cleaned_data
        if entered["charging_ends"] is not None:
            return _after(self._instant("charging_ends"), start)
        if entered["power"]:
            return start + timedelta(seconds=-(-entered["energy"] * 3600 // entered["power"]))
        return end


def _after(at: datetime, start: datetime) -> datetime:
    if at > start:
        return at
    next_day = at.replace(tzinfo=None) + timedelta(days=1)
    return timezone.make_aware(next_day)
