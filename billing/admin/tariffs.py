"""Admin pages of tariffs and their versions."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any, ClassVar
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from billing.models import Tariff, TariffVersion
from billing.services.tariffs import publish_tariff_version, store_tariff
from billing.wording import percent, price
from tenants.access import Right
from tenants.admin import TenantAdmin, TenantInline, button, may


@admin.display(description=capfirst(_("price per kWh")))
def energy_price(version: TariffVersion) -> str:
    """With currency, including VAT."""
    return price(version.energy_price, version.currency)


@admin.display(description=capfirst(_("price per minute")))
def minute_price(version: TariffVersion) -> str:
    """With currency, including VAT."""
    return price(version.minute_price, version.currency)


@admin.display(description=capfirst(_("price per session")))
def session_price(version: TariffVersion) -> str:
    """With currency, including VAT."""
    return price(version.session_price, version.currency)


@admin.display(description=capfirst(_("VAT")))
def vat_rate(version: TariffVersion) -> str:
    """In percent."""
    return percent(version.vat_rate)


ENTERED = ("tariff", "valid_from", "energy_price", "minute_price", "session_price", "vat_rate")
PRICES = (energy_price, minute_price, session_price, vat_rate)


class TariffVersionInline(TenantInline):
    """Prices by date; a published version never changes, a new one takes over."""

    model = TariffVersion
    fields: ClassVar[Any] = ("number", "valid_from", *PRICES)
    readonly_fields: ClassVar[Any] = PRICES


@admin.register(Tariff)
class TariffAdmin(TenantAdmin):
    """Named prices."""

    add_right = change_right = Right.MONEY
    list_display = ("name", "is_default")
    inlines = (TariffVersionInline,)
    actions_detail = ("new_prices",)
    empty_text = _("Without a tariff sessions are not priced.")

    def has_new_prices_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether prices may be set."""
        return may(request, Right.MONEY)

    @button(_("New prices"), permissions=("new_prices",), icon="add")
    def new_prices(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """To the form of a new version."""
        return _to_new_version(object_id)

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        """A new tariff has no prices yet."""
        return () if obj is None else self.inlines

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Through the service: there is one default at most."""
        store_tariff(tariff=obj)

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """A tariff is nothing without prices, so those are asked for next."""
        response: HttpResponse = super().response_add(request, obj, post_url_continue)
        return _to_new_version(str(obj.pk)) if "_save" in request.POST else response


class PriceForm(forms.ModelForm):  # type: ignore[type-arg]
    """A version's prices; the number is given by the service."""

    class Meta:
        # No model and no fields: a choice of tariffs would be read outside of any tenant's scope.
        help_texts = {
            "energy_price": _("Including VAT, like the other prices."),
            "valid_from": _("Sessions that begin from then on get these prices."),
        }

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
    list_display = ("tariff", "number", "valid_from", *PRICES)
    list_filter = ("tariff",)
    list_select_related = ("tariff",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What is entered, or what was."""
        return ENTERED if obj is None else self.list_display

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """A published version never changes."""
        return () if obj is None else self.list_display

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """From tomorrow on, if nothing else is said."""
        tomorrow = timezone.localdate() + timedelta(days=1)
        start = timezone.make_aware(datetime.combine(tomorrow, time()))
        given: dict[str, Any] = super().get_changeform_initial_data(request)
        return {"valid_from": start, **given}

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Publish through the service, which gives the number."""
        made = publish_tariff_version(
            tariff_id=obj.tariff_id,
            valid_from=obj.valid_from,
            energy_price=obj.energy_price,
            minute_price=obj.minute_price,
            session_price=obj.session_price,
            vat_rate=obj.vat_rate,
        )
        obj.pk, obj.number = made.pk, made.number
        obj._state.adding = False


def _to_new_version(tariff_id: str) -> HttpResponse:
    add = reverse("admin:billing_tariffversion_add")
    return HttpResponseRedirect(f"{add}?{urlencode({'tariff': tariff_id})}")
