"""The form of a charger model's profile: one reading and its unit per line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget

from chargepoints.models import ModelProfile
from chargepoints.schemas import measurands, units

_UNITS_HELP = _("One reading per line, in OCPP's words: Power.Active.Import = kW")

_NO_READING = _('There is no reading "%(word)s" in OCPP.')


class UnitsField(forms.CharField):
    """A reading and its unit on each line; a dictionary in the database."""

    def __init__(self, **kwargs: Any) -> None:
        """May be empty."""
        super().__init__(required=False, widget=UnfoldAdminTextareaWidget(), **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """What is kept, as lines; what was typed stays."""
        if isinstance(value, Mapping):
            return "\n".join(f"{name} = {unit}" for name, unit in sorted(value.items()))
        return value

    def clean(self, value: Any) -> dict[str, str]:
        """What was typed, by reading; every word must be OCPP's."""
        unit_of = {}
        for line in super().clean(value).splitlines():
            if not line.strip():
                continue
            name, equals, unit = (part.strip() for part in line.partition("="))
            if not equals:
                raise forms.ValidationError(
                    _('"%(line)s" is not of the form: reading = unit.'), params={"line": line}
                )
            _check_word(name, measurands(), _NO_READING)
            _check_word(unit, units(), _('There is no unit "%(word)s" in OCPP.'))
            unit_of[name] = unit
        return unit_of


class ModelProfileForm(forms.ModelForm):  # type: ignore[type-arg]
    """What is known of a charger model."""

    missing_units = UnitsField(
        label=capfirst(_("units where none is given")), help_text=_UNITS_HELP
    )
    forced_units = UnitsField(
        label=capfirst(_("units whatever is given")),
        help_text=_("For stations that name a wrong unit. One reading per line."),
    )
    ignored_measurands = forms.CharField(
        required=False,
        label=capfirst(_("readings left out")),
        help_text=_("One OCPP reading per line; it is not kept."),
        widget=UnfoldAdminTextareaWidget(),
    )

    class Meta:
        model = ModelProfile
        fields = (
            *("vendor", "model", "firmware_from", "lenient", "heartbeat_interval_s"),
            *("missing_units", "forced_units", "ignored_measurands"),
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Kept readings are shown as lines."""
        super().__init__(*args, **kwargs)
        self.initial["ignored_measurands"] = "\n".join(self.instance.ignored_measurands)

    def clean_ignored_measurands(self) -> list[str]:
        """The readings, each of them one of OCPP's."""
        lines = self.cleaned_data["ignored_measurands"].splitlines()
        names = [line.strip() for line in lines if line.strip()]
        for name in names:
            _check_word(name, measurands(), _NO_READING)
        return names

    def clean(self) -> dict[str, Any]:
        """Refuse a second profile of the same model."""
        cleaned: dict[str, Any] = super().clean() or {}
        key = {
            f"{name}__iexact": cleaned.get(name, "")
            for name in ("vendor", "model", "firmware_from")
        }
        if ModelProfile.objects.filter(**key).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(_("There is already a profile of this charger model."))
        return cleaned


def _check_word(word: str, words: frozenset[str], message: Any) -> None:
    if word not in words:
        raise forms.ValidationError(message, params={"word": word})
