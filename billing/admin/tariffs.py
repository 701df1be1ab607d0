"""Admin pages of tariffs and their versions."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing.models import Tariff, TariffAssignment, TariffVersion
from billing.rating import plain_tariff
from billing.services.tariffs import TariffTimeConflict, publish_tariff_version
from tenants.access import Right
from tenants.admin import TenantAdmin, TenantInline


class TariffVersionInline(TenantInline):
    """Prices by date; a published version never changes, a new one takes over."""

    model = TariffVersion
    fields: ClassVar[Any] = ("number", "valid_from", "valid_to", "currency", "note")


@admin.register(Tariff)
class TariffAdmin(TenantAdmin):
    """Named prices."""

    add_right = change_right = Right.MONEY
    list_display = ("name",)
    inlines = (TariffVersionInline,)
    empty_text = _("Without a tariff sessions are not priced.")

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        """A new tariff has no prices yet."""
        return () if obj is None else self.inlines


@admin.register(TariffAssignment)
class TariffAssignmentAdmin(TenantAdmin):
    """Who gets which tariff."""

    list_display = ("tariff", "level", "target", "valid_from", "valid_to")
    list_select_related = ("tariff", "driver", "driver_group", "connector", "charge_point", "site")


class PriceForm(forms.ModelForm):  # type: ignore[type-arg]
    """Plain prices of a version, including VAT."""

    per_kwh = forms.DecimalField(min_value=0, max_digits=12, decimal_places=6)
    per_minute = forms.DecimalField(min_value=0, max_digits=12, decimal_places=6, initial=0)
    per_session = forms.DecimalField(min_value=0, max_digits=12, decimal_places=6, initial=0)

    def clean_valid_from(self) -> Any:
        """Prices are never changed for what has already been charged."""
        valid_from = self.cleaned_data["valid_from"]
        if valid_from < timezone.now():
            raise forms.ValidationError(_("New prices start in the future."))
        return valid_from


@admin.register(TariffVersion)
class TariffVersionAdmin(TenantAdmin):
    """Prices from a date on."""

    form = PriceForm
    add_right = Right.MONEY
    list_display = ("tariff", "number", "valid_from", "valid_to", "currency", "note")
    list_select_related = ("tariff",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What is entered, or what was."""
        entered = ("tariff", "valid_from", "per_kwh", "per_minute", "per_session")
        return entered if obj is None else (*self.list_display, "document")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """A published version never changes."""
        return () if obj is None else (*self.list_display, "document")

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """From tomorrow on, if nothing else is said."""
        tomorrow = timezone.localdate() + timedelta(days=1)
        start = timezone.make_aware(datetime.combine(tomorrow, time()))
        given: dict[str, Any] = super().get_changeform_initial_data(request)
        return {"valid_from": start, **given}

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Publish through the service, which gives the number."""
        entered = form.cleaned_data
        prices = plain_tariff(
            "",
            "SEK",
            vat_rate=Decimal(25),
            per_kwh=entered["per_kwh"],
            per_minute=entered["per_minute"] or None,
            per_session=entered["per_session"] or None,
        )
        try:
            made = publish_tariff_version(
                tariff_id=obj.tariff_id,
                prices=prices,
                valid_from=obj.valid_from,
                now=timezone.now(),
            )
        except TariffTimeConflict as problem:
            raise forms.ValidationError(str(problem)) from problem
        obj.pk, obj.number, obj.document = made.pk, made.number, made.document
        obj._state.adding = False
