"""The form of any call to a station, made from its OCPP schema."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from chargepoints.call_shapes import Field, Kind, fields_of, needed_objects, payload_of
from chargepoints.errors import CallRefused
from chargepoints.schemas import check_call

# What `chargepoints.schemas` says of a field that does not fit, for people.
REASONS: dict[str, str | Promise] = {
    "is missing": _("is missing"),
    "is too long": _("is too long"),
    "is too short": _("is too short"),
    "has too few elements": _("has too few elements"),
    "has too many elements": _("has too many elements"),
    "is not one of the allowed values": _("is not one of the allowed values"),
    "is not a date and time": _("is not a date and time"),
    "is too small": _("is too small"),
    "is too large": _("is too large"),
    "has too many decimals": _("has too many decimals"),
    "is not a field of this message": _("is not a field of this message"),
    "is not valid": _("is not valid"),
}


class MomentField(forms.DateTimeField):
    """A time of the reader's own zone; OCPP's text in UTC once it is cleaned."""

    def prepare_value(self, value: Any) -> Any:
        """OCPP's text in UTC as the browser's field takes it; what was typed stays."""
        if not isinstance(value, str) or not value.endswith("Z"):
            return super().prepare_value(value)
        return f"{timezone.localtime(datetime.fromisoformat(value)):%Y-%m-%dT%H:%M:%S}"

    def clean(self, value: Any) -> Any:
        """As stations read it."""
        moment = super().clean(value)
        return None if moment is None else f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


class CallForm(forms.Form):
    """Fields of one call; `payload` is its content once the form is valid."""

    def __init__(self, version: str, action: str, *args: Any, **kwargs: Any) -> None:
        """One field for each of the schema's."""
        super().__init__(*args, **kwargs)
        self._version, self._action = version, action
        self.payload: dict[str, Any] = {}
        for field in fields_of(version, action):
            self.fields[field.path] = _form_field(field)

    def clean(self) -> dict[str, Any]:
        """Put the call together and have OCPP's schema look at it."""
        cleaned = super().clean() or {}
        if not self.errors:
            self.payload = payload_of(
                {name: _plain(cleaned[name]) for name in self.fields},
                needed_objects(self._version, self._action),
            )
            try:
                check_call(self._version, self._action, self.payload)
            except CallRefused as refusal:
                self._blame(refusal.reason)
        return cleaned

    def _blame(self, reason: str) -> None:
        path, _colon, text = reason.partition(": ")
        told = f"{path}: {REASONS.get(text, text)}"
        field = next((n for n in self.fields if path == n or path.startswith(f"{n}.")), None)
        self.add_error(field, told)


class HandForm(forms.Form):
    """The content of a call, typed as JSON."""

    payload = forms.JSONField(
        label=_("Content (JSON)"), widget=UnfoldAdminTextareaWidget(attrs={"rows": 14})
    )

    def __init__(self, version: str, action: str, *args: Any, **kwargs: Any) -> None:
        """For this call."""
        super().__init__(*args, **kwargs)
        self._version, self._action = version, action

    def clean_payload(self) -> dict[str, Any]:
        """An object that fits OCPP's schema of the call."""
        payload = self.cleaned_data["payload"]
        if not isinstance(payload, dict):
            raise forms.ValidationError(_("The content is an object: {…}."))
        try:
            check_call(self._version, self._action, payload)
        except CallRefused as refusal:
            path, _colon, text = refusal.reason.partition(": ")
            raise forms.ValidationError(f"{path}: {REASONS.get(text, text)}") from refusal
        return payload


def _plain(value: Any) -> Any:
    """A flag left open is None, and one that is set a truth value."""
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value


def _form_field(field: Field) -> forms.Field:
    common: dict[str, Any] = {"label": field.path, "required": field.is_required}
    match field.kind:
        case Kind.CHOICE:
            return _choice(field, [(c, c) for c in field.choices], common)
        case Kind.FLAG:
            return _choice(field, [("true", _("Yes")), ("false", _("No"))], common)
        case Kind.CHOICES:
            return forms.MultipleChoiceField(
                choices=[(c, c) for c in field.choices],
                widget=UnfoldAdminCheckboxSelectMultipleWidget,
                **common,
            )
        case Kind.INTEGER:
            return forms.IntegerField(widget=UnfoldAdminIntegerFieldWidget(), **common)
        case Kind.NUMBER:
            return forms.FloatField(widget=UnfoldAdminDecimalFieldWidget(), **common)
        case Kind.TIME:
            widget = UnfoldAdminTextInputWidget(attrs={"type": "datetime-local", "step": "1"})
            return MomentField(widget=widget, help_text=_("In your own time zone."), **common)
        case Kind.JSON:
            return forms.JSONField(
                widget=UnfoldAdminTextareaWidget(attrs={"rows": 6}),
                help_text=_("As JSON; the example shows the form."),
                **common,
            )
        case Kind.LONG_TEXT:
            area = UnfoldAdminTextareaWidget(attrs={"rows": 4})
            return forms.CharField(max_length=field.longest, widget=area, **common)
    return forms.CharField(max_length=field.longest, widget=UnfoldAdminTextInputWidget(), **common)


def _choice(
    field: Field, choices: list[tuple[str, str | Promise]], common: dict[str, Any]
) -> forms.Field:
    empty: list[tuple[str, str | Promise]] = [] if field.is_required else [("", "-")]
    return forms.ChoiceField(choices=[*empty, *choices], widget=UnfoldAdminSelectWidget(), **common)


def as_initial(values: dict[str, Any]) -> dict[str, Any]:
    """Field values as the form shows them."""
    return {path: _shown(value) for path, value in values.items()}


def _shown(value: Any) -> Any:
    return json.dumps(value).strip('"') if isinstance(value, bool) else value
