"""Admin pages of drivers, tokens and parked messages."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.contrib import admin
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget

from chargepoints.admin import as_json
from sessions_app.models import Driver, IdToken, ParkedMessage
from tenants.access import Right
from tenants.admin import TenantAdmin, TenantInline


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


@admin.register(Driver)
class DriverAdmin(TenantAdmin):
    """People who charge and pay."""

    add_right = change_right = Right.OPERATE
    form = DriverForm
    empty_text = _("Add the people who charge here, with their cards and key fobs.")
    list_display = ("name", "email", "phone", "language")
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
