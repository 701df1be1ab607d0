"""Admin pages of tariffs, invoices, the books and the calls owed to Stripe."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from billing.models import (
    BillingAccount,
    Invoice,
    JournalEntry,
    LedgerAccount,
    Posting,
    StripeCommand,
    Tariff,
    TariffVersion,
)
from billing.money import Money, format_money
from billing.services.tariffs import publish_tariff_version
from chargepoints.admin import as_json
from tenants.access import Right
from tenants.admin import TenantAdmin, TenantInline, coloured

INVOICE_COLOURS = {
    "preparing": "info",
    "open": "info",
    "paid": "success",
    "action_required": "warning",
    "past_due": "danger",
    "void": "warning",
    "blocked": "danger",
}


def money(amount_minor: int, currency: str) -> str:
    """An amount in the language in force."""
    return format_money(Money(amount_minor, currency), get_language() or "sv")


class TariffVersionInline(TenantInline):
    """Prices by date; a published version never changes, a new one takes over."""

    model = TariffVersion
    fields = (
        "number",
        "valid_from",
        "energy_price",
        "minute_price",
        "session_price",
        "vat_rate",
        "currency",
    )


class PriceForm(forms.ModelForm):  # type: ignore[type-arg]
    """A version's prices; the number is given by the service."""

    def clean_valid_from(self) -> Any:
        """Prices are never changed for what has already been charged."""
        valid_from = self.cleaned_data["valid_from"]
        if valid_from < timezone.now():
            raise forms.ValidationError(_("New prices start in the future."))
        return valid_from


@admin.register(Tariff)
class TariffAdmin(TenantAdmin):
    """Named prices."""

    add_right = change_right = Right.MONEY
    list_display = ("name", "is_default")
    inlines = (TariffVersionInline,)


@admin.register(TariffVersion)
class TariffVersionAdmin(TenantAdmin):
    """Prices from a date on."""

    form = PriceForm
    add_right = Right.MONEY
    fields = (
        "tariff",
        "valid_from",
        "energy_price",
        "minute_price",
        "session_price",
        "vat_rate",
    )
    list_display = (
        "tariff",
        "number",
        "valid_from",
        "energy_price",
        "minute_price",
        "session_price",
    )
    list_filter = ("tariff",)
    list_select_related = ("tariff",)

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


@admin.register(BillingAccount)
class BillingAccountAdmin(TenantAdmin):
    """How drivers pay."""

    view_right = Right.MONEY
    list_display = ("driver", "stripe_customer_ref")
    list_select_related = ("driver",)
    search_fields = ("driver__name", "stripe_customer_ref")


@admin.register(Invoice)
class InvoiceAdmin(TenantAdmin):
    """Issued invoices and whether they are paid."""

    view_right = Right.MONEY
    list_display = ("number", "buyer_name", "shown_total", "shown_state", "issued_at", "paid_at")
    list_filter = ("state",)
    search_fields = ("=number", "stripe_invoice_ref")
    fields = (
        "number",
        "charge",
        "shown_total",
        "shown_vat",
        "shown_state",
        "problem",
        "issued_at",
        "paid_at",
        "hosted_url",
        "stripe_invoice_ref",
        "shown_seller",
        "shown_buyer",
    )
    readonly_fields = fields

    @admin.display(description=_("buyer"))
    def buyer_name(self, invoice: Invoice) -> str:
        """As on the invoice."""
        return str(invoice.buyer.get("name", "-"))

    @admin.display(description=_("total"), ordering="total_minor")
    def shown_total(self, invoice: Invoice) -> str:
        """With currency."""
        return money(invoice.total_minor, invoice.currency)

    @admin.display(description=_("of which VAT"))
    def shown_vat(self, invoice: Invoice) -> str:
        """With currency."""
        return money(invoice.vat_minor, invoice.currency)

    @coloured(_("state"), INVOICE_COLOURS)
    def shown_state(self, invoice: Invoice) -> tuple[str, str]:
        """Colour by state."""
        return invoice.state, str(invoice.get_state_display())

    @admin.display(description=_("seller"))
    def shown_seller(self, invoice: Invoice) -> str:
        """As copied in."""
        return as_json(invoice.seller)

    @admin.display(description=_("buyer"))
    def shown_buyer(self, invoice: Invoice) -> str:
        """As copied in."""
        return as_json(invoice.buyer)


class PostingInline(TenantInline):
    """The sides of an entry."""

    model = Posting
    view_right = Right.MONEY
    fields = ("account", "shown_amount")
    readonly_fields = fields

    @admin.display(description=_("amount"))
    def shown_amount(self, posting: Posting) -> str:
        """Debit above zero, credit below."""
        return money(posting.amount_minor, posting.account.currency)


@admin.register(JournalEntry)
class JournalEntryAdmin(TenantAdmin):
    """The books: nothing here can be changed."""

    view_right = Right.MONEY
    list_display = ("occurred_at", "ref", "description")
    search_fields = ("ref", "description")
    date_hierarchy = "occurred_at"
    inlines = (PostingInline,)


@admin.register(LedgerAccount)
class LedgerAccountAdmin(TenantAdmin):
    """Accounts of the ledger."""

    view_right = Right.MONEY
    list_display = ("code", "owner", "currency")
    list_filter = ("code",)


@admin.register(StripeCommand)
class StripeCommandAdmin(TenantAdmin):
    """Calls owed to Stripe and what became of them."""

    view_right = Right.MONEY
    list_display = ("created_at", "operation", "shown_state", "attempts", "due_at")
    list_filter = ("state", "operation")
    fields = (
        "operation",
        "shown_state",
        "attempts",
        "due_at",
        "first_sent_at",
        "idempotency_key",
        "last_error",
        "shown_params",
        "shown_result",
    )
    readonly_fields = fields

    @coloured(
        _("state"),
        {
            "pending": "info",
            "sending": "info",
            "unknown": "warning",
            "done": "success",
            "rejected": "danger",
            "manual": "danger",
        },
    )
    def shown_state(self, command: StripeCommand) -> tuple[str, str]:
        """Colour by state."""
        return command.state, str(command.get_state_display())

    @admin.display(description=_("parameters"))
    def shown_params(self, command: StripeCommand) -> str:
        """As frozen."""
        return as_json(command.params)

    @admin.display(description=_("answer"))
    def shown_result(self, command: StripeCommand) -> str:
        """As received."""
        return "-" if command.result is None else as_json(command.result)
