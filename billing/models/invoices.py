"""Who pays, and the invoices they get."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from billing.models.charges import Charge
from sessions_app.models import Driver
from tenants.models import TenantRecord


class StripeAccount(TenantRecord):
    """Where a tenant's payments go: a connected account, or (blank) the platform's own."""

    account_ref = models.CharField(_("Stripe account"), max_length=64, blank=True)

    class Meta(TenantRecord.Meta):
        verbose_name = _("Stripe account")
        verbose_name_plural = _("Stripe accounts")
        constraints = (
            models.UniqueConstraint(fields=("tenant",), name="a_tenant_has_one_stripe_account"),
        )

    def __str__(self) -> str:
        return self.account_ref or "-"


class BillingAccount(TenantRecord):
    """How one driver pays a tenant.

    `payment_method_ref` is what the driver gave us; Stripe's own once it is attached.
    """

    driver = models.OneToOneField(
        Driver,
        on_delete=models.PROTECT,
        related_name="billing_account",
        verbose_name=_("driver"),
    )
    stripe_account_ref = models.CharField(max_length=64, blank=True, editable=False)
    stripe_customer_ref = models.CharField(_("Stripe customer"), max_length=64, blank=True)
    payment_method_ref = models.CharField(_("payment method"), max_length=64, blank=True)

    class Meta(TenantRecord.Meta):
        verbose_name = _("billing account")
        verbose_name_plural = _("billing accounts")

    def __str__(self) -> str:
        return str(self.driver)


class Invoice(TenantRecord):
    """One invoice for one charge, with seller and buyer as they were when it was issued.

    `settled_minor` is how much of the total had been paid with an earlier invoice of the session
    (or was too little to ask for) when it was issued.
    """

    class State(models.TextChoices):
        """Where the invoice is on its way to being paid."""

        PREPARING = "preparing", _("Being prepared")
        OPEN = "open", _("Awaiting payment")
        PAID = "paid", _("Paid")
        ACTION_REQUIRED = "action_required", _("Needs the driver")
        PAST_DUE = "past_due", _("Payment failed")
        VOID = "void", _("Void")
        BLOCKED = "blocked", _("Needs a person")

    charge = models.OneToOneField(
        Charge, on_delete=models.PROTECT, related_name="invoice", verbose_name=_("charge")
    )
    billing_account = models.ForeignKey(
        BillingAccount,
        on_delete=models.PROTECT,
        related_name="invoices",
        verbose_name=_("billing account"),
    )
    number = models.PositiveIntegerField(_("number"))
    state = models.CharField(
        _("state"), max_length=16, choices=State.choices, default=State.PREPARING
    )
    currency = models.CharField(_("currency"), max_length=3)
    total_minor = models.BigIntegerField(_("total"))
    vat_minor = models.BigIntegerField(_("VAT"))
    settled_minor = models.BigIntegerField(_("paid before"), default=0)
    seller = models.JSONField(_("seller"))
    buyer = models.JSONField(_("buyer"))
    issued_at = models.DateTimeField(_("issued"))
    paid_at = models.DateTimeField(_("paid"), null=True, blank=True)
    stripe_account_ref = models.CharField(max_length=64, blank=True, editable=False)
    stripe_invoice_ref = models.CharField(_("Stripe invoice"), max_length=64, blank=True)
    hosted_url = models.URLField(_("payment page"), max_length=500, blank=True)
    problem = models.CharField(_("problem"), max_length=255, blank=True)

    class Meta(TenantRecord.Meta):
        verbose_name = _("invoice")
        verbose_name_plural = _("invoices")
        ordering = ("-number",)
        indexes = (models.Index(fields=("tenant", "state"), name="invoices_by_state"),)
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "number"), name="invoice_numbers_are_unique_at_a_tenant"
            ),
            models.UniqueConstraint(
                fields=("stripe_account_ref", "stripe_invoice_ref"),
                condition=~models.Q(stripe_invoice_ref=""),
                name="a_stripe_invoice_is_one_invoice",
            ),
            models.CheckConstraint(
                condition=models.Q(state="paid", paid_at__isnull=False)
                | (~models.Q(state="paid") & models.Q(paid_at__isnull=True)),
                name="a_paid_invoice_says_when",
            ),
            models.CheckConstraint(
                condition=models.Q(vat_minor__gte=0)
                & models.Q(total_minor__gte=models.F("vat_minor")),
                name="invoice_vat_is_part_of_its_total",
            ),
            models.CheckConstraint(
                condition=models.Q(settled_minor__gte=0)
                & models.Q(total_minor__gte=models.F("settled_minor")),
                name="no_more_is_settled_than_an_invoice_comes_to",
            ),
        )

    def __str__(self) -> str:
        return str(self.number)

    @property
    def due_minor(self) -> int:
        """What is to be paid with this invoice."""
        return self.total_minor - self.settled_minor


class InvoiceCounter(TenantRecord):
    """The tenant's last invoice number; locked while the next one is taken, so none is missing."""

    last_number = models.PositiveIntegerField(default=0)

    class Meta(TenantRecord.Meta):
        constraints = (
            models.UniqueConstraint(fields=("tenant",), name="a_tenant_has_one_invoice_counter"),
        )

    def __str__(self) -> str:
        return str(self.last_number)
