"""Forms of tariffs beside their prices: names, publishing, who gets which."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any, cast
from uuid import UUID

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing.editor.starts import Start
from billing.models import Tariff, TariffAssignment, TariffLevel, TariffVersion
from billing.selectors.tariffs import Target
from chargepoints.models import ChargePoint, Connector, Site
from sessions_app.models import Driver, DriverGroup


class LocalTimeField(forms.SplitDateTimeField):
    """A date and a time of the organisation's clock."""

    def __init__(self, **more: Any) -> None:
        """Two fields of the browser's own."""
        widget = forms.SplitDateTimeWidget(
            date_format="%Y-%m-%d",
            time_format="%H:%M",
            date_attrs={"type": "date"},
            time_attrs={"type": "time"},
        )
        super().__init__(**{"widget": widget, **more})


def _rows(model: Any) -> Any:
    return forms.ModelChoiceField(queryset=None, required=False, label=model._meta.verbose_name)


class NameForm(forms.Form):
    """What a tariff is called."""

    name = forms.CharField(label=_("name"), max_length=80)


class StartForm(NameForm):
    """A new tariff's name and what it begins with."""

    start = forms.ChoiceField(
        label=_("begin with"),
        choices=Start.choices,
        initial=Start.ONE_PRICE,
        widget=forms.RadioSelect,
    )
    version: Any = forms.ModelChoiceField(
        label=_("tariff to copy"), queryset=None, required=False, empty_label="–"
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        """Offer the organisation's own versions."""
        super().__init__(*args, **more)
        rows = TariffVersion.objects.select_related("tariff")
        _offer(self, "version", rows.order_by("tariff__name", "-number"))

    def clean(self) -> dict[str, Any]:
        """A copy is of something."""
        entered = self.cleaned_data
        if entered.get("start") == Start.COPY and entered.get("version") is None:
            self.add_error("version", _("Choose what is copied."))
        return entered


class PublishForm(forms.Form):
    """From when a draft holds."""

    valid_from = LocalTimeField(label=_("holds from"))
    note = forms.CharField(
        label=_("note"), max_length=200, required=False, help_text=_("Why; for your colleagues.")
    )


class EndForm(forms.Form):
    """When an assignment ends."""

    at = LocalTimeField(label=_("holds until"))


class AssignForm(forms.Form):
    """Who gets a tariff from when; only the target of the level counts."""

    tariff: Any = forms.ModelChoiceField(label=_("tariff"), queryset=None)
    level = forms.ChoiceField(
        label=_("for whom or where"),
        choices=TariffLevel.choices,
        initial=TariffLevel.TENANT,
        help_text=_("The first of this list that a session has an assignment for wins."),
    )
    driver = _rows(Driver)
    driver_group = _rows(DriverGroup)
    connector = _rows(Connector)
    charge_point = _rows(ChargePoint)
    site = _rows(Site)
    valid_from = LocalTimeField(label=_("holds from"))

    def __init__(self, *args: Any, **more: Any) -> None:
        """Offer what the organisation has."""
        super().__init__(*args, **more)
        _offer(self, "tariff", Tariff.objects.all())
        _offer_targets(self)

    def clean(self) -> dict[str, Any]:
        """The level needs its target."""
        entered = self.cleaned_data
        level = entered.get("level")
        is_missing = level and level != TariffLevel.TENANT and entered.get(level) is None
        if is_missing and level not in self.errors:
            self.add_error(level, _("Choose for whom or where."))
        return entered

    @property
    def target_id(self) -> UUID | None:
        """The target of the level, once the form is valid."""
        target = self.cleaned_data.get(self.cleaned_data["level"])
        return None if target is None else target.pk

    @property
    def targets(self) -> list[forms.BoundField]:
        """The fields of which one counts."""
        return [self[level] for level in TariffLevel.values if level != TariffLevel.TENANT]


class QuestionForm(forms.Form):
    """Who charges where and when: which tariff is it?"""

    charge_point = _rows(ChargePoint)
    connector = _rows(Connector)
    driver = _rows(Driver)
    at = LocalTimeField(label=_("at the time"))

    def __init__(self, *args: Any, **more: Any) -> None:
        """Offer what the organisation has."""
        super().__init__(*args, **more)
        _offer_targets(self)
        self.fields["charge_point"].required = True

    def clean(self) -> dict[str, Any]:
        """The connector is one of the station's."""
        entered = self.cleaned_data
        connector, station = entered.get("connector"), entered.get("charge_point")
        is_elsewhere = connector and station and connector.charge_point_id != station.pk
        if is_elsewhere:
            self.add_error("connector", _("This connector belongs to another charge point."))
        return entered

    @property
    def target(self) -> Target:
        """Who charges where, once the form is valid."""
        entered = self.cleaned_data
        driver, connector = entered["driver"], entered["connector"]
        return Target(
            site_id=entered["charge_point"].site_id,
            charge_point_id=entered["charge_point"].pk,
            connector_id=connector and connector.pk,
            driver_id=driver and driver.pk,
            driver_group_id=driver and driver.group_id,
        )


def tomorrow() -> datetime:
    """Midnight to come, by the organisation's clock."""
    day = timezone.localdate() + timedelta(days=1)
    return timezone.make_aware(datetime.combine(day, time()))


def _offer(form: forms.Form, name: str, rows: Any) -> None:
    cast("forms.ModelChoiceField[Any]", form.fields[name]).queryset = rows


def _offer_targets(form: forms.Form) -> None:
    """Fill the choices; drivers may be many, so they are looked up while typing."""
    wanted = {
        "driver_group": DriverGroup.objects.all(),
        "connector": Connector.objects.select_related("charge_point").order_by(
            "charge_point__identity", "evse_id", "connector_id"
        ),
        "charge_point": ChargePoint.objects.order_by("identity"),
        "site": Site.objects.all(),
    }
    for name, rows in wanted.items():
        if name in form.fields:
            _offer(form, name, rows)
    driver = cast("forms.ModelChoiceField[Any]", form.fields["driver"])
    field = TariffAssignment._meta.get_field("driver")
    driver.widget = AutocompleteSelect(field, admin.site)
    driver.queryset = Driver.objects.all()
