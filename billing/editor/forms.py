"""The forms a tariff is written with: one per row, and what holds for the whole."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext_lazy as _

from billing.editor.fields import (
    HoursField,
    MinutesField,
    NumberField,
    SeasonDayField,
    ThousandsField,
)
from billing.money import UnknownCurrency, minor_exponent
from billing.rating import LineKind

SPOT: Final = "energy_spot"
KIND_CHOICES: Final = (
    (LineKind.ENERGY.value, _("Energy, fixed price per kWh")),
    (SPOT, _("Energy, spot price per kWh")),
    (LineKind.TIME.value, _("Time charging")),
    (LineKind.SESSION_TIME.value, _("Time connected")),
    (LineKind.PARKING_TIME.value, _("Time parked after charging")),
    (LineKind.FLAT.value, _("Start fee per session")),
    (LineKind.POWER.value, _("Power fee per kW (costliest hour)")),
)
TIME_UNITS: Final = (("60", _("per minute")), ("3600", _("per hour")))
DAYS: Final = [(str(n), WEEKDAYS_ABBR[n]) for n in range(7)]
RANGES: Final = ("energy", "duration", "power", "current")
THRESHOLDS: Final = tuple(f"{bound}_{name}" for name in RANGES for bound in ("min", "max"))
SEASONS: Final = ("season_from", "season_to", "date_from", "date_to")
_TIME: Final = {"type": "time"}
_DATE: Final = {"type": "date"}


def vat_field() -> NumberField:
    """A VAT rate of its own, in percent."""
    return NumberField(label=_("own VAT rate (%)"), min_value=0, max_value=100)


class RowForm(forms.Form):
    """One price: what, how much, when."""

    kind = forms.ChoiceField(label=_("what"), choices=KIND_CHOICES)
    price = NumberField(label=_("price"), required=True)
    time_unit = forms.ChoiceField(label=_("for"), choices=TIME_UNITS, required=False)
    markup_pct = NumberField(label=_("added to the spot price (%)"))
    adder = NumberField(label=_("added per kWh, before VAT"))
    floor = NumberField(label=_("never under, per kWh with VAT"))
    ceiling = NumberField(label=_("never over, per kWh with VAT"))
    days = forms.MultipleChoiceField(
        label=_("days"), choices=DAYS, required=False, widget=forms.CheckboxSelectMultiple
    )
    time_from = forms.TimeField(
        label=_("from"), required=False, widget=forms.TimeInput(_TIME, "%H:%M")
    )
    time_to = forms.TimeField(label=_("to"), required=False, widget=forms.TimeInput(_TIME, "%H:%M"))
    season_from = SeasonDayField(label=_("every year from"), is_last=False)
    season_to = SeasonDayField(label=_("through"), is_last=True)
    date_from = forms.DateField(
        label=_("first day"), required=False, widget=forms.DateInput(_DATE, "%Y-%m-%d")
    )
    date_to = forms.DateField(
        label=_("last day"), required=False, widget=forms.DateInput(_DATE, "%Y-%m-%d")
    )
    min_energy = ThousandsField(label=_("from kWh"))
    max_energy = ThousandsField(label=_("up to kWh"))
    min_duration = MinutesField(label=_("from minute"))
    max_duration = MinutesField(label=_("up to minute"))
    min_power = ThousandsField(label=_("from kW"))
    max_power = ThousandsField(label=_("under kW"))
    min_current = ThousandsField(label=_("from A"))
    max_current = ThousandsField(label=_("under A"))
    step = ThousandsField(label=_("charged in whole steps of (kWh, kW)"))
    time_step = MinutesField(label=_("charged in whole steps of (min)"))
    vat_rate = vat_field()

    def clean(self) -> dict[str, Any]:
        """What two fields together must not say."""
        entered = self.cleaned_data
        for name in RANGES:
            self._refuse_empty_range(f"min_{name}", f"max_{name}")
        self._refuse_empty_range("date_from", "date_to", may_be_equal=True)
        self._refuse_empty_range("floor", "ceiling", may_be_equal=True)
        start, end = entered.get("time_from"), entered.get("time_to")
        if start is not None and start == end and (start.hour or start.minute):
            self.add_error("time_to", _("This is no time at all; leave both empty for all day."))
        if (entered.get("season_from") is None) != (entered.get("season_to") is None):
            missing = "season_to" if entered.get("season_from") else "season_from"
            self.add_error(missing, _("A season has a first and a last day."))
        price = entered.get("price")
        if entered.get("kind") == LineKind.POWER and price is not None and price < 0:
            self.add_error("price", _("A power fee is not negative."))
        return entered

    def _refuse_empty_range(self, low: str, high: str, *, may_be_equal: bool = False) -> None:
        first, last = self.cleaned_data.get(low), self.cleaned_data.get(high)
        if first is None or last is None:
            return
        if first > last or (first == last and not may_be_equal):
            self.add_error(high, _("This has to be more than where it begins."))

    @property
    def has_more(self) -> bool:
        """Whether any of the conditions that are folded away is in use."""
        names = (*THRESHOLDS, *SEASONS, "step", "time_step", "vat_rate")
        return any(self[name].errors or _is_filled(self[name].value()) for name in names)

    @property
    def thresholds(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        """From and up to, of energy, time, power and current."""
        return [(self[f"min_{name}"], self[f"max_{name}"]) for name in RANGES]


class WholeForm(forms.Form):
    """What holds for the whole tariff."""

    currency = forms.CharField(label=_("currency"), max_length=3)
    prices_include_vat = forms.ChoiceField(
        label=_("prices are entered"),
        choices=(("yes", _("including VAT")), ("no", _("excluding VAT"))),
    )
    vat_rate = NumberField(label=_("VAT rate (%)"), required=True, min_value=0, max_value=100)
    min_price = NumberField(label=_("least price of a session"))
    max_price = NumberField(label=_("highest price of a session"))
    free_energy = ThousandsField(label=_("free in every session (kWh)"))
    free_time = MinutesField(label=_("free in every session (min)"))

    def clean_currency(self) -> str:
        """One we keep accounts in."""
        code: str = self.cleaned_data["currency"].strip().upper()
        try:
            minor_exponent(code)
        except UnknownCurrency as unknown:
            text = _("Write a currency's three letters, for example SEK.")
            raise forms.ValidationError(text) from unknown
        return code

    def clean(self) -> dict[str, Any]:
        """The least is not more than the highest."""
        entered = self.cleaned_data
        least, highest = entered.get("min_price"), entered.get("max_price")
        if least is not None and highest is not None and least > highest:
            self.add_error("max_price", _("The highest price is under the least one."))
        return entered


class IdleForm(forms.Form):
    """What it costs to stay when charging has ended; without a price there is none."""

    price = NumberField(label=_("price per minute"))
    grace = MinutesField(label=_("free minutes after charging"))
    cap = NumberField(label=_("never more than"))
    quiet = HoursField(
        label=_("not in these hours"),
        required=False,
        max_length=80,
        widget=forms.TextInput({"placeholder": "22:00-07:00"}),
    )
    vat_rate = vat_field()

    def clean(self) -> dict[str, Any]:
        """Conditions need a price."""
        return _ask_for_price(self, ("price",))


class ReservationForm(forms.Form):
    """What the time reserved before a session costs; without a price nothing."""

    flat = NumberField(label=_("per reservation"))
    time_price = NumberField(label=_("by the time reserved"))
    time_unit = forms.ChoiceField(label=_("for"), choices=TIME_UNITS, required=False)
    step = MinutesField(label=_("charged in whole steps of (min)"))
    vat_rate = vat_field()

    def clean(self) -> dict[str, Any]:
        """Conditions need a price."""
        return _ask_for_price(self, ("flat", "time_price"))


def _ask_for_price(form: forms.Form, prices: tuple[str, ...]) -> dict[str, Any]:
    """Put an error at the first price when something else is filled in and no price is."""
    entered = form.cleaned_data
    if form.errors or any(entered.get(name) is not None for name in prices):
        return entered
    if any(value for name, value in entered.items() if name not in (*prices, "time_unit")):
        form.add_error(prices[0], _("There is no price for this yet."))
    return entered


def _is_filled(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return any(value)
    return value not in (None, "")
