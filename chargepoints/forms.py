"""Forms of the admin pages of sites, stations and connectors."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminSelectWidget

from chargepoints.meter_keys import UnreadableKey, meter_key_text, read_meter_key
from chargepoints.models import ChargePoint, Connector, Site


class ThousandthsField(forms.DecimalField):
    """Amperes, volts or kilowatts for people; mA, mV or W in the database."""

    def __init__(self, **kwargs: Any) -> None:
        """Above zero, to the thousandth."""
        super().__init__(
            min_value=Decimal("0.001"),
            decimal_places=3,
            widget=UnfoldAdminDecimalFieldWidget(),
            **kwargs,
        )

    def prepare_value(self, value: Any) -> Any:
        """What is kept, in the unit that is shown; what was typed stays."""
        return f"{(Decimal(value) / 1000).normalize():f}" if isinstance(value, int) else value

    def clean(self, value: Any) -> Any:
        """What was typed, in the unit that is kept."""
        number = super().clean(value)
        return None if number is None else int(number * 1000)


class SiteForm(forms.ModelForm):  # type: ignore[type-arg]
    """A site, with a time zone that exists."""

    time_zone = forms.ChoiceField(
        label=capfirst(_("time zone")),
        choices=lambda: [(name, name) for name in sorted(available_timezones())],
        initial="Europe/Stockholm",
        widget=UnfoldAdminSelectWidget(),
    )
    nominal_voltage_mv = ThousandthsField(label=capfirst(_("nominal voltage (V)")), initial=230_000)

    class Meta:
        model = Site
        fields = (
            "name",
            "address",
            "city",
            "latitude",
            "longitude",
            "time_zone",
            "price_area",
            "nominal_voltage_mv",
        )
        help_texts = {
            "price_area": _(
                "SE1 to SE4 in Sweden. Tariffs that follow the market take its prices of this"
                " area; without one their fallback price holds."
            ),
            "latitude": _("In degrees, for example 59.3293."),
            "longitude": _("In degrees, for example 18.0686."),
        }

    def clean_price_area(self) -> str:
        """As markets write it: capitals and digits."""
        area: str = self.cleaned_data["price_area"].strip().upper()
        if area and not re.fullmatch(r"[A-Z0-9][A-Z0-9_-]{1,15}", area):
            raise forms.ValidationError(
                _("A price area has capital letters and digits, such as SE3 or DE-LU.")
            )
        return area


class ConnectorForm(forms.ModelForm):  # type: ignore[type-arg]
    """An outlet with its limits in amperes and kilowatts."""

    max_current_ma = ThousandthsField(label=capfirst(_("max current (A)")), initial=32_000)
    max_power_w = ThousandthsField(label=capfirst(_("max power (kW)")), initial=22_000)

    class Meta:
        model = Connector
        fields = (
            "evse_id",
            "connector_id",
            "current_type",
            "phases",
            "max_current_ma",
            "max_power_w",
            "meter_public_key",
        )
        help_texts = {
            "meter_public_key": _(
                "As printed on the meter: signed meter values are verified with it. In hex, base64"
                " or PEM."
            )
        }

    def clean_meter_public_key(self) -> str:
        """As meters have it printed on them, whatever form it was pasted in."""
        text: str = self.cleaned_data["meter_public_key"].strip()
        if not text:
            return ""
        try:
            return meter_key_text(read_meter_key(text))
        except UnreadableKey as problem:
            raise forms.ValidationError(
                _(
                    "This is no public key that meters sign with. Paste all of the key that is"
                    " printed on the meter; it begins with 30 in hex, with MF or MH in base64."
                )
            ) from problem


class ChargePointForm(forms.ModelForm):  # type: ignore[type-arg]
    """A station's own data; the tenant is not asked for, so its uniqueness is checked here."""

    def clean_identity(self) -> str:
        """Refuse an id the organisation already has."""
        identity: str = self.cleaned_data["identity"]
        if ChargePoint.objects.filter(identity=identity).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(_("There is already a charge point with this id."))
        return identity
