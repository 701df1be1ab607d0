"""Admin pages of who is invoiced and how, the seller on documents, alarms and closed periods."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from billing.admin.invoicing_forms import AlarmForm, BillingAccountForm, SellerForm
from billing.models import (
    BillingAccount,
    ClosedPeriod,
    DunningTerms,
    InvoiceAlarm,
    SellerDetails,
)
from billing.selectors.payments import charges_waiting
from billing.services.alarms import end_alarm
from billing.services.parties import name_seller
from billing.services.write_offs import write_off_waiting
from billing.wording import money
from tenants.access import Right
from tenants.admin import TenantAdmin, coloured
from tenants.models import Tenant, User
from tenants.scope import required_tenant_id


@admin.register(BillingAccount)
class BillingAccountAdmin(TenantAdmin):
    """How drivers are invoiced, and how they pay."""

    view_right = change_right = Right.MONEY
    form = BillingAccountForm
    list_display = ("driver", "collection", "payment_way", "paid_by", "stripe_customer_ref")
    list_select_related = ("driver", "paid_by__driver")
    list_filter = ("collection", "payment_way", "is_company")
    search_fields = ("driver__name", "buyer_name", "organisation_number", "stripe_customer_ref")
    autocomplete_fields = ("paid_by",)
    readonly_fields = ("driver", "stripe_customer_ref", "shown_waiting")
    fieldsets = (
        (None, {"fields": ("driver", "collection", "lines_per", "paid_by", "shown_waiting")}),
        (_("Payment"), {"fields": ("payment_way", "payment_days", "stripe_customer_ref")}),
        (
            _("Buyer on invoices"),
            {
                "fields": (
                    "is_company",
                    "buyer_name",
                    "buyer_address",
                    "buyer_email",
                    "organisation_number",
                    "vat_number",
                    "reference",
                )
            },
        ),
        (_("Written off"), {"fields": ("write_off_reason",)}),
    )
    empty_text = _("A billing account is opened when a driver gives a way to pay.")

    @admin.display(description=_("waits for the next invoice"))
    def shown_waiting(self, account: BillingAccount) -> str:
        """By currency."""
        sums: dict[str, int] = {}
        for charge in charges_waiting(account).only("currency", "gross_minor"):
            sums[charge.currency] = sums.get(charge.currency, 0) + charge.gross_minor
        return ", ".join(money(total, currency) for currency, total in sums.items()) or "–"

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save, then write off what was asked for."""
        super().save_model(request, obj, form, change)
        reason = form.cleaned_data.get("write_off_reason")
        if reason:
            actor = cast(User, request.user)
            count = write_off_waiting(
                account_id=obj.pk, reason=reason, actor=actor, now=timezone.now()
            )
            self.message_user(request, _("Sessions written off: %(count)d") % {"count": count})


@admin.register(SellerDetails)
class SellerDetailsAdmin(TenantAdmin):
    """The organisation on its own documents; what was issued stays as it was."""

    view_right = change_right = Right.MONEY
    form = SellerForm
    list_display = ("__str__", "bankgiro", "has_f_tax")
    fields = (
        "name",
        "organisation_number",
        "vat_number",
        "address",
        "seat",
        "has_f_tax",
        "bankgiro",
        "contact",
    )
    empty_text = _("Add what must stand on invoices: numbers, address, F-tax and bankgiro.")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Once."""
        may_change = self.has_change_permission(request)
        return may_change and not SellerDetails.objects.exists()

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The organisation as it is known."""
        return _known_of(Tenant.objects.get(pk=required_tenant_id()))

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **more: Any
    ) -> Any:
        """The same when it is changed."""
        made = super().get_form(request, obj, change=change, **more)
        if obj is not None:
            for name, value in _known_of(obj.tenant).items():
                made.base_fields[name].initial = value
        return made

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Names and numbers are the organisation's own."""
        super().save_model(request, obj, form, change)
        given = form.cleaned_data
        name_seller(**{name: given[name] for name in _known_of(obj.tenant)})


@admin.register(InvoiceAlarm)
class InvoiceAlarmAdmin(TenantAdmin):
    """Invoices that stopped: nothing of them is collected until somebody has looked."""

    view_right = change_right = Right.MONEY
    form = AlarmForm
    list_display = ("raised_at", "shown_invoice", "problem", "shown_state", "ended_by")
    list_select_related = ("invoice", "ended_by")
    list_display_links = ("raised_at",)
    fields = ("shown_invoice", "problem", "raised_at", "shown_state", "ended_by", "note")
    readonly_fields = ("shown_invoice", "problem", "raised_at", "shown_state", "ended_by")
    empty_text = _("Nothing stopped: every invoice came to the same at Stripe.")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Until it is dealt with."""
        return super().has_change_permission(request, obj) and (obj is None or obj.ended_at is None)

    @admin.display(description=_("invoice"))
    def shown_invoice(self, alarm: InvoiceAlarm) -> SafeString:
        """With a link."""
        page = reverse("admin:billing_invoice_change", args=(alarm.invoice_id,))
        return format_html('<a class="laddbok-link" href="{}">{}</a>', page, alarm.invoice)

    @coloured(_("state"), {"open": "danger", "ended": "success"})
    def shown_state(self, alarm: InvoiceAlarm) -> tuple[str, str]:
        """Whether it still asks for somebody."""
        if alarm.ended_at is None:
            return "open", str(_("Needs a person"))
        return "ended", str(_("Dealt with"))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Say who dealt with it, and when."""
        actor = cast(User, request.user)
        end_alarm(alarm_id=obj.pk, note=obj.note, actor=actor, now=timezone.now())


@admin.register(DunningTerms)
class DunningTermsAdmin(TenantAdmin):
    """Who charges refused cards again, and when a driver may not charge any more."""

    view_right = add_right = change_right = Right.MONEY
    list_display = ("__str__", "by", "blocked_after_days")
    fields = ("by", "blocked_after_days")
    empty_text = _("Without terms this platform charges refused cards again, and blocks in time.")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only while there are none."""
        return super().has_change_permission(request) and not DunningTerms.objects.exists()


@admin.register(ClosedPeriod)
class ClosedPeriodAdmin(TenantAdmin):
    """What was closed, and what it left to the next period."""

    view_right = Right.MONEY
    list_display = ("billing_account", "kind", "period_from_on", "shown_carried", "closed_at")
    list_select_related = ("billing_account__driver",)
    list_filter = ("kind",)
    fields = ("billing_account", "kind", "period_from_on", "period_to_on", "shown_carried")
    readonly_fields = fields
    empty_text = _("A week or month is closed some hours after its last midnight.")

    @admin.display(description=_("carried to the next"))
    def shown_carried(self, closed: ClosedPeriod) -> str:
        """By currency."""
        found = (money(amount, currency) for currency, amount in closed.carried.items())
        return ", ".join(found) or "–"


def _known_of(tenant: Tenant) -> dict[str, Any]:
    return {
        "name": tenant.name,
        "organisation_number": tenant.organisation_number,
        "vat_number": tenant.vat_number,
        "address": tenant.address,
    }
