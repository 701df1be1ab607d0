"""Forms of settings templates and of campaigns."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import urlsplit

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from chargepoints.drift import stations_of
from chargepoints.masking import is_secret_setting
from chargepoints.models import Campaign, ChargePoint, ModelProfile, SettingsTemplate, Site

FETCHED_BY = frozenset({"http", "https", "ftp", "ftps", "sftp"})


class TemplateForm(forms.ModelForm):  # type: ignore[type-arg]
    """One setting and its value on each line."""

    lines = forms.CharField(
        label=capfirst(_("settings")),
        help_text=_(
            "One setting per line: HeartbeatInterval = 300. With OCPP 2 the component comes first:"
            " SampledDataCtrlr.TxUpdatedInterval = 60."
        ),
        widget=UnfoldAdminTextareaWidget,
    )

    profile: Any = forms.ModelChoiceField(
        label=capfirst(_("charger model")),
        queryset=None,
        required=False,
        help_text=_("Empty: stations of every model."),
        widget=UnfoldAdminSelectWidget(),
    )

    class Meta:
        model = SettingsTemplate
        fields = ("name", "speaks_16")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Kept settings are shown as lines."""
        super().__init__(*args, **kwargs)
        profile = cast(forms.ModelChoiceField, self.fields["profile"])  # type: ignore[type-arg]
        profile.queryset = ModelProfile.objects.all()
        self.initial["profile"] = self.instance.profile_id
        self.initial["lines"] = "\n".join(
            f"{component}.{name} = {value}".lstrip(".")
            for component, name, value in self.instance.values
        )

    def clean(self) -> dict[str, Any]:
        """The lines, read as the OCPP version needs them."""
        cleaned: dict[str, Any] = super().clean() or {}
        is_16, values = cleaned.get("speaks_16", False), []
        for line in cleaned.get("lines", "").splitlines():
            if not line.strip():
                continue
            left, equals, value = (part.strip() for part in line.partition("="))
            component, dot, name = left.rpartition(".")
            if not equals or not left or (not is_16 and not (dot and component)):
                text = _('"%(line)s" is not of the form: setting = value.')
                self.add_error("lines", text % {"line": line.strip()})
            elif is_secret_setting(left if is_16 else name):
                self.add_error("lines", _("Keys are made by the platform, not set."))
            else:
                values.append(["", left, value] if is_16 else [component, name, value])
        if not values and "lines" not in self.errors:
            self.add_error("lines", _("Name at least one setting."))
        self.instance.values = values
        self.instance.profile = cleaned.get("profile")
        return cleaned


class CampaignForm(forms.ModelForm):  # type: ignore[type-arg]
    """What is sent, to which stations, and how carefully."""

    template: Any = forms.ModelChoiceField(
        label=capfirst(_("settings template")),
        queryset=None,
        required=False,
        help_text=_("For settings: its model's stations get them."),
        widget=UnfoldAdminSelectWidget(),
    )
    location = forms.CharField(
        label=_("address of the firmware"),
        required=False,
        max_length=512,
        help_text=_("Where the stations fetch the image: https, http, ftp or sftp."),
        widget=UnfoldAdminTextInputWidget,
    )
    retrieve_at = forms.DateTimeField(
        label=_("fetch it from"),
        required=False,
        help_text=_("In your own time zone. Empty: at once."),
        widget=forms.DateTimeInput(
            attrs={
                "type": "datetime-local",
                "class": " ".join(UnfoldAdminTextInputWidget().attrs["class"].split()),
            },
            format="%Y-%m-%dT%H:%M",
        ),
    )
    signature = forms.CharField(
        label=_("signature of the image"),
        required=False,
        max_length=800,
        help_text=_("For a signed update, from the manufacturer (base64)."),
        widget=UnfoldAdminTextareaWidget,
    )
    signing_certificate = forms.CharField(
        label=_("signing certificate (PEM)"),
        required=False,
        max_length=5_500,
        widget=UnfoldAdminTextareaWidget,
    )
    sites: Any = forms.ModelMultipleChoiceField(
        label=_("only at these sites"),
        queryset=None,
        required=False,
        widget=UnfoldAdminSelectMultipleWidget(),
    )
    models: Any = forms.ModelMultipleChoiceField(
        label=_("only of these charger models"),
        queryset=None,
        required=False,
        widget=UnfoldAdminSelectMultipleWidget(),
    )

    class Meta:
        model = Campaign
        fields = (
            *("name", "kind", "wave_percent", "stop_at_failures", "attempts", "while_charging"),
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the organisation's own templates, sites and models."""
        super().__init__(*args, **kwargs)
        offers = {
            "template": SettingsTemplate.objects.all(),
            "sites": Site.objects.all(),
            "models": ModelProfile.objects.all(),
        }
        for name, rows in offers.items():
            if name in self.fields:
                self.fields[name].queryset = rows  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Settings need a template, firmware an address, a signature its certificate."""
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("kind") == Campaign.Kind.SETTINGS and not cleaned.get("template"):
            self.add_error("template", _("Choose what the stations are to be set to."))
        if cleaned.get("kind") == Campaign.Kind.FIRMWARE:
            if urlsplit(cleaned.get("location", "")).scheme not in FETCHED_BY:
                self.add_error("location", _("Give the address of the image."))
            if bool(cleaned.get("signature")) != bool(cleaned.get("signing_certificate")):
                self.add_error("signature", _("A signature and its certificate go together."))
        if not self.errors and not self.stations():
            self.add_error("name", _("No charge point fits this choice."))
        return cleaned

    def stations(self) -> list[ChargePoint]:
        """The stations that the choice means, by identity."""
        given = self.cleaned_data
        rows = ChargePoint.objects.filter(enabled=True).exclude(ocpp_version="")
        if given.get("kind") == Campaign.Kind.SETTINGS:
            rows = stations_of(given["template"])
        if given.get("sites"):
            rows = rows.filter(site__in=given["sites"])
        if given.get("models"):
            rows = rows.filter(profile__in=given["models"])
        return list(rows)
