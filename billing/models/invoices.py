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
    card_fee_bps = models.PositiveSmallIntegerField(
        _("Stripe's fee (hundredths of a per cent)"),
        null=True,
        blank=True,
        help_text=_("As agreed with Stripe; blank: what Stripe keeps is not checked."),
    )
    card_fee_fixed_minor = models.PositiveIntegerField(
        _("Stripe's fee for each payment (öre or cents)"), null=True, blank=True
    )

    class Meta(TenantRecord.Meta):
        verbose_name = _("Stripe account")
        verbose_name_plural = _("Stripe accounts")
        constraints = (
            models.UniqueConstraint(fields=("tenant",), name="a_tenant_has_one_stripe_account"),
        )

    def __str__(self) -> str:
        return self.account_ref or "-"


class BillingAccount(TenantRecord):
    """How one driver pays a tenant, or (`paid_by`) whose account pays for them.

    `payment_method_ref` is what the driver gave us; Stripe's own once it is attached. The buyer's
    particulars are copied onto each invoice when it is issued; a blank name or e-mail address is
    the driver's.
    """

    class Collection(models.TextChoices):
        """How often an invoice is made."""

        PER_SESSION = "per_session", _("One for each session")
        WEEKLY = "weekly", _("One a week")
        MONTHLY = "monthly", _("One a month")

    class LinesPer(models.TextChoices):
        """What one line of a collective invoice is about."""

        SESSION = "session", _("One for each session")
        SITE = "site", _("One for each site")

    class PaymentWay(models.TextChoices):
        """How an invoice is paid."""

        CARD = "card", _("Charged to the saved card")
        INVOICE = "invoice", _("Sent, to be paid by its due date")

    driver = models.OneToOneField(
        Driver,
        on_delete=models.PROTECT,
        related_name="billing_account",
        verbose_name=_("driver"),
    )
    stripe_account_ref = models.CharField(max_length=64, blank=True, editable=False)
    stripe_customer_ref = models.CharField(_("Stripe customer"), max_length=64, blank=True)
    payment_method_ref = models.CharField(_("payment method"), max_length=64, blank=True)
    collection = models.CharField(
        _("invoices"), max_length=12, choices=Collection.choices, default=Collection.PER_SESSION
    )
    lines_per = models.CharField(
        _("lines of a collective invoice"),
        max_length=8,
        choices=LinesPer.choices,
        default=LinesPer.SESSION,
    )
    payment_way = models.CharField(
        _("payment"), max_length=8, choices=PaymentWay.choices, default=PaymentWay.CARD
    )
    payment_days = models.PositiveSmallIntegerField(_("days to pay"), default=30)
    paid_by = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="pays_for",
        verbose_name=_("paid by"),
    )
    is_company = models.BooleanField(_("a company"), default=False)
    buyer_name = models.CharField(_("name on invoices"), max_length=120, blank=True)
    buyer_email = models.EmailField(_("e-mail address for invoices"), blank=True)
    buyer_address = models.TextField(_("address"), blank=True)
    organisation_number = models.CharField(_("organisation number"), max_length=20, blank=True)
    vat_number = models.CharField(_("VAT number"), max_length=20, blank=True)
    reference = models.CharField(_("buyer's reference"), max_length=60, blank=True)

    class Meta(TenantRecord.Meta):
        verbose_name = _("billing account")
        verbose_name_plural = _("billing accounts")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(paid_by__isnull=True) | ~models.Q(paid_by=models.F("id")),
                name="nobody_pays_through_their_own_account",
            ),
            models.CheckConstraint(
                condition=models.Q(payment_days__lte=120), name="payment_days_are_few"
            ),
        )

    def __str__(self) -> str:
        return str(self.driver)


class Invoice(TenantRecord):
    """One invoice, for one charge or for a period, with seller and buyer as they were at issue.

    `settled_minor` is how much of the total had been paid with an earlier invoice of the session
    (or was too little to ask for) when it was issued. The days of a period are the seller's, the
    last one excluded; `supplied_from_on` and `supplied_to_on` are the first and the last day on
    which somebody charged. `reference` is what a payer by bank states, with its check digits.
    """

    class Kind(models.TextChoices):
        """What the invoice is for."""

        SESSION = "session", _("One session")
        WEEK = "week", _("A week")
        MONTH = "month", _("A month")

    class State(models.TextChoices):
        """Where the invoice is on its way to being paid."""

        PREPARING = "preparing", _("Being prepared")
        OPEN = "open", _("Awaiting payment")
        PAID = "paid", _("Paid")
        ACTION_REQUIRED = "action_required", _("Needs the driver")
        PAST_DUE = "past_due", _("Payment failed")
        VOID = "void", _("Void")
        BLOCKED = "blocked", _("Needs a person")

    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices, default=Kind.SESSION)
    charge = models.OneToOneField(
        Charge,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="invoice",
        verbose_name=_("charge"),
    )
    period_from_on = models.DateField(_("period from"), null=True, blank=True)
    period_to_on = models.DateField(_("period to, excluded"), null=True, blank=True)
    supplied_from_on = models.DateField(_("first day of supply"))
    supplied_to_on = models.DateField(_("last day of supply"))
    payment_way = models.CharField(
        _("payment"),
        max_length=8,
        choices=BillingAccount.PaymentWay.choices,
        default=BillingAccount.PaymentWay.CARD,
    )
    payment_days = models.PositiveSmallIntegerField(_("days to pay"), default=0)
    issued_on = models.DateField(_("invoice date"))
    due_on = models.DateField(_("due date"))
    reference = models.CharField(_("payment reference"), max_length=25, blank=True)
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
            models.UniqueConstraint(
                fields=("tenant", "billing_account", "currency", "kind", "period_from_on"),
                condition=~models.Q(kind="session"),
                name="a_period_is_invoiced_once_to_a_customer",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    kind="session", charge__isnull=False, period_from_on__isnull=True
                )
                | models.Q(
                    ~models.Q(kind="session"),
                    charge__isnull=True,
                    period_from_on__lt=models.F("period_to_on"),
                ),
                name="an_invoice_is_for_a_charge_or_for_a_period",
            ),
            models.CheckConstraint(
                condition=models.Q(due_on__gte=models.F("issued_on"))
                & models.Q(supplied_to_on__gte=models.F("supplied_from_on")),
                name="an_invoice_is_due_after_its_issue",
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
