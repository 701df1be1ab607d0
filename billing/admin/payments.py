"""Admin pages of payments by QR code and the terms on which strangers may pay."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from billing.models import AdHocTerms, Payment
from billing.money import Money, format_money
from billing.services.ad_hoc.opening import refund_again
from tenants.access import Right
from tenants.admin import TenantAdmin, coloured, may

_COLOURS = {
    "created": "info",
    "authorised": "info",
    "capturing": "info",
    "captured": "success",
    "partly_refunded": "warning",
    "refunded": "warning",
    "cancelling": "info",
    "cancelled": "default",
    "expired": "default",
}


@admin.register(AdHocTerms)
class AdHocTermsAdmin(TenantAdmin):
    """One set of terms for the organisation; without it nobody can pay by QR code."""

    view_right = add_right = change_right = Right.MONEY
    list_display = ("__str__", "is_offered", "energy_wh", "largest_hold_minor")
    fields = ("is_offered", "energy_wh", "largest_hold_minor")
    empty_text = _("Without terms nobody can pay by QR code: add them to let strangers charge.")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only while there are none."""
        return may(request, Right.MONEY) and not AdHocTerms.objects.exists()


@admin.register(Payment)
class PaymentAdmin(TenantAdmin):
    """Payments by QR code: where the money is, where the charging is, what was written off."""

    view_right = change_right = Right.MONEY
    list_display = (
        "created_at",
        "connector",
        "shown_state",
        "shown_phase",
        "shown_held",
        "shown_captured",
        "problem",
    )
    list_filter = ("state", "ending")
    list_select_related = ("connector__charge_point",)
    fields = (
        "created_at",
        "connector",
        "session",
        "shown_state",
        "shown_phase",
        "ending",
        "shown_held",
        "shown_captured",
        "shown_refunded",
        "shown_written_off",
        "capture_before",
        "due_at",
        "is_disputed",
        "problem",
        "stripe_checkout_ref",
        "stripe_intent_ref",
    )
    readonly_fields = fields
    ordering = ("-id",)
    actions = ("give_back_again",)
    empty_text = _("A payment appears as soon as somebody scans a connector's QR code and pays.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Payment]:
        """With what the page shows of others."""
        rows: QuerySet[Payment] = super().get_queryset(request)
        return rows.select_related("connector__charge_point", "session__charge_point")

    @coloured(_("state"), _COLOURS)
    def shown_state(self, payment: Payment) -> tuple[str, str]:
        """Where the money is."""
        return payment.state, str(payment.get_state_display())

    @admin.display(description=_("charging"), ordering="phase")
    def shown_phase(self, payment: Payment) -> str:
        """Where the charging is."""
        return str(payment.get_phase_display())

    @admin.display(description=_("held"), ordering="authorised_minor")
    def shown_held(self, payment: Payment) -> str:
        """With currency."""
        return _money(payment, payment.authorised_minor)

    @admin.display(description=_("captured"), ordering="captured_minor")
    def shown_captured(self, payment: Payment) -> str:
        """With currency."""
        return _money(payment, payment.captured_minor)

    @admin.display(description=_("refunded"))
    def shown_refunded(self, payment: Payment) -> str:
        """With currency."""
        return _money(payment, payment.refunded_minor)

    @admin.display(description=_("written off"))
    def shown_written_off(self, payment: Payment) -> str:
        """With currency."""
        return _money(payment, payment.written_off_minor)

    @admin.action(
        description=_("Try again to give back what was captured too much"), permissions=("change",)
    )
    def give_back_again(self, request: HttpRequest, queryset: Any) -> None:
        """Owe the refunds that were refused once more."""
        tried = sum(refund_again(payment_id=payment.pk, now=timezone.now()) for payment in queryset)
        self.message_user(request, _("Refunds tried again: %s") % tried)


def _money(payment: Payment, amount_minor: int) -> str:
    return format_money(Money(amount_minor, payment.currency), get_language() or "sv")
