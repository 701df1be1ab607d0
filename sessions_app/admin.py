"""Admin pages of drivers, tokens and parked messages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db.models import Count
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget

from chargepoints.admin import as_json
from sessions_app.models import Driver, DriverGroup, IdToken, ParkedMessage
from tenants.access import Right
from tenants.admin import TenantAdmin, TenantInline

# So many of a group's drivers are named on its page.
SHOWN = 100


class IdTokenForm(forms.ModelForm):  # type: ignore[type-arg]
    """A token; the tenant is not asked for, so its uniqueness is checked here."""

    def clean_uid(self) -> str:
        """In capitals; refuse one the organisation already has."""
        uid: str = self.cleaned_data["uid"].upper()
        if IdToken.objects.filter(uid=uid).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(_("There is already a token with this number."))
        return uid


class IdTokenInline(TenantInline):
    """A driver's cards and fobs on the driver's page."""

    model = IdToken
    form = IdTokenForm
    add_right = change_right = delete_right = Right.OPERATE
    fields = ("uid", "state", "expires_at")


class DriverForm(forms.ModelForm):  # type: ignore[type-arg]
    """A driver, whose invoices are in a language we have."""

    language = forms.ChoiceField(
        label=capfirst(_("language")), choices=settings.LANGUAGES, widget=UnfoldAdminSelectWidget()
    )

    class Meta:
        model = Driver
        fields = ("name", "email", "phone", "language")


class DriverGroupForm(forms.ModelForm):  # type: ignore[type-arg]
    """A group; the tenant is not asked for, so its uniqueness is checked here."""

    def clean_name(self) -> str:
        """Refuse a name the organisation already has a group of."""
        name: str = self.cleaned_data["name"]
        if DriverGroup.objects.filter(name=name).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(_("There is already a group with this name."))
        return name


@admin.register(DriverGroup)
class DriverGroupAdmin(TenantAdmin):
    """Drivers who belong together, to give them a tariff of their own."""

    add_right = change_right = Right.OPERATE
    form = DriverGroupForm
    fields = ("name", "shown_drivers")
    readonly_fields = ("shown_drivers",)
    empty_text = _("Put a fleet, residents or staff in a group, to give them a tariff together.")
    list_display = ("name", "shown_count")
    search_fields = ("name",)

    def get_queryset(self, request: HttpRequest) -> Any:
        """With how many drivers are in each."""
        return super().get_queryset(request).annotate(driver_count=Count("drivers"))

    @admin.display(description=_("drivers"), ordering="driver_count")
    def shown_count(self, group: Any) -> int:
        """How many drivers are in it."""
        return int(group.driver_count)

    @admin.display(description=_("drivers"))
    def shown_drivers(self, group: DriverGroup) -> SafeString:
        """Who is in it; each joins on their own page."""
        if group.pk is None or not (drivers := list(group.drivers.order_by("name")[:SHOWN])):
            return format_html("{}", _("Nobody yet: choose the group on a driver's page."))
        page = "admin:sessions_app_driver_change"
        links = ((reverse(page, args=(driver.pk,)), driver) for driver in drivers)
        return format_html_join(", ", '<a class="laddbok-link" href="{}">{}</a>', links)


@admin.register(Driver)
class DriverAdmin(TenantAdmin):
    """People who charge and pay."""

    add_right = change_right = Right.OPERATE
    form = DriverForm
    # Not in the form's own list: choices of groups are only read for a request.
    fields = ("name", "email", "phone", "language", "group")
    empty_text = _("Add the people who charge here, with their cards and key fobs.")
    list_display = ("name", "email", "phone", "language", "group")
    list_filter = ("group",)
    list_select_related = ("group",)
    search_fields = ("name", "email", "phone")
    inlines = (IdTokenInline,)


@admin.register(IdToken)
class IdTokenAdmin(TenantAdmin):
    """Cards, fobs and app tokens."""

    add_right = change_right = Right.OPERATE
    form = IdTokenForm
    empty_text = _("A card or key fob starts charging for its driver: add the first one here.")
    list_display = ("uid", "driver", "state", "expires_at")
    list_filter = ("state",)
    list_select_related = ("driver",)
    search_fields = ("uid", "driver__name")
    autocomplete_fields = ("driver",)


@admin.register(ParkedMessage)
class ParkedMessageAdmin(TenantAdmin):
    """Messages about transactions nobody has started yet."""

    empty_text = _("Messages wait here for the start of their session; none does.")
    list_display = ("received_at", "charge_point", "transaction_ref", "action", "session")
    list_filter = ("charge_point", "action")
    list_select_related = ("charge_point", "session__charge_point")
    fields = ("received_at", "charge_point", "transaction_ref", "action", "shown_payload")
    readonly_fields = fields

    @admin.display(description=_("content"))
    def shown_payload(self, message: ParkedMessage) -> str:
        """As it came."""
        return as_json(message.payload)
