"""What stands on invoices: their lines, which charges they cover, and what went wrong with them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.models.charges import Charge, ChargeLine
from billing.models.invoices import BillingAccount, Invoice
from tenants.models import TenantRecord


class SellerDetails(TenantRecord):
    """What the tenant's documents say of it beside its name, numbers and address."""

    seat = models.CharField(_("registered office"), max_length=60, blank=True)
    has_f_tax = models.BooleanField(_("approved for F-tax"), default=False)
    bankgiro = models.CharField(_("bankgiro"), max_length=9, blank=True)
    contact = models.CharField(_("contact on documents"), max_length=120, blank=True)

    class Meta(TenantRecord.Meta):
        verbose_name = _("seller on documents")
        verbose_name_plural = _("seller on documents")
        constraints = (models.UniqueConstraint(fields=("tenant",), name="a_tenant_is_one_seller"),)

    def __str__(self) -> str:
        return str(self.tenant)


class InvoiceLine(TenantRecord):
    """One line of an invoice, as facts that are put into words when it is shown; never changed.

    VAT is the sum of what was computed when the sessions were priced, never computed again.
    `covers` says how many charge lines were joined, and how: from one of them to all there are.
    """

    append_only = True

    class Covers(models.TextChoices):
        """What the line is about."""

        CHARGE_LINE = "charge_line", _("Part of a session")
        SESSION = "session", _("A session")
        DAY_AND_SITE = "day_and_site", _("A day at a site")
        SITE = "site", _("A site")
        EVERYTHING = "everything", _("All sessions")

    class Supply(models.TextChoices):
        """What is sold: electricity is goods, fees for the use of the station are a service."""

        ELECTRICITY = "electricity", _("Electricity")
        FEES = "fees", _("Charging fees")

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveSmallIntegerField()
    covers = models.CharField(max_length=12, choices=Covers.choices)
    supply = models.CharField(max_length=12, choices=Supply.choices)
    charge_kind = models.CharField(max_length=16, blank=True)
    site_name = models.CharField(max_length=120, blank=True)
    began_at = models.DateTimeField(null=True)
    day_on = models.DateField(null=True)
    session_count = models.PositiveIntegerField(default=1)
    quantity = models.BigIntegerField(null=True)
    unit = models.CharField(max_length=8, blank=True)
    per = models.PositiveIntegerField(default=1)
    unit_price = models.DecimalField(max_digits=12, decimal_places=6, null=True)
    vat_rate = models.DecimalField(max_digits=5, decimal_places=2)
    gross_minor = models.BigIntegerField()
    net_minor = models.BigIntegerField()
    vat_minor = models.BigIntegerField()

    class Meta(TenantRecord.Meta):
        ordering = ("position",)
        constraints = (
            models.UniqueConstraint(
                fields=("invoice", "position"), name="invoice_line_positions_are_unique"
            ),
            models.CheckConstraint(
                condition=Q(gross_minor=models.F("net_minor") + models.F("vat_minor")),
                name="invoice_line_net_and_vat_make_gross",
            ),
        )

    def __str__(self) -> str:
        return f"{self.position}: {self.gross_minor}"


class InvoicedLine(TenantRecord):
    """A charge line on an invoice line; live on one at most, and on none once that is void."""

    charge_line = models.ForeignKey(ChargeLine, on_delete=models.PROTECT, related_name="invoiced")
    charge = models.ForeignKey(Charge, on_delete=models.PROTECT, related_name="invoiced")
    invoice_line = models.ForeignKey(InvoiceLine, on_delete=models.PROTECT, related_name="parts")
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="parts")
    is_live = models.BooleanField(default=True)

    class Meta(TenantRecord.Meta):
        constraints = (
            models.UniqueConstraint(
                fields=("charge_line",),
                condition=Q(is_live=True),
                name="a_charge_line_is_invoiced_once",
            ),
        )

    def __str__(self) -> str:
        return str(self.charge_line_id)


class ClosedPeriod(TenantRecord):
    """A period that was closed for a customer: what comes later belongs to the next one.

    `carried` is what was too little to invoice, in minor units by currency; it comes again.
    """

    append_only = True

    billing_account = models.ForeignKey(
        BillingAccount,
        on_delete=models.PROTECT,
        related_name="closed_periods",
        verbose_name=_("billing account"),
    )
    kind = models.CharField(_("kind"), max_length=8, choices=Invoice.Kind.choices)
    period_from_on = models.DateField(_("period from"))
    period_to_on = models.DateField(_("period to, excluded"))
    carried = models.JSONField(_("carried to the next"), default=dict)
    closed_at = models.DateTimeField(_("closed"))

    class Meta(TenantRecord.Meta):
        verbose_name = _("closed period")
        verbose_name_plural = _("closed periods")
        ordering = ("-period_from_on", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("billing_account", "kind", "period_from_on"),
                name="a_period_is_closed_once_for_a_customer",
            ),
        )

    def __str__(self) -> str:
        return f"{self.billing_account} {self.period_from_on}"


class WriteOff(TenantRecord):
    """A charge nobody will be asked for, by somebody's decision; booked, and never changed."""

    append_only = True

    charge = models.OneToOneField(
        Charge, on_delete=models.PROTECT, related_name="write_off", verbose_name=_("charge")
    )
    amount_minor = models.BigIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    reason = models.CharField(_("reason"), max_length=500)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("decided by"),
    )
    written_off_at = models.DateTimeField(_("written off"))

    class Meta(TenantRecord.Meta):
        verbose_name = _("write-off")
        verbose_name_plural = _("write-offs")
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(condition=~Q(reason=""), name="a_write_off_has_a_reason"),
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0), name="a_write_off_is_of_something"
            ),
        )

    def __str__(self) -> str:
        return f"{self.amount_minor} {self.currency}"


class InvoiceAlarm(TenantRecord):
    """Something about an invoice that a person must look at, until they say they did."""

    invoice = models.ForeignKey(
        Invoice, on_delete=models.PROTECT, related_name="alarms", verbose_name=_("invoice")
    )
    problem = models.CharField(_("problem"), max_length=255)
    raised_at = models.DateTimeField(_("raised"))
    ended_at = models.DateTimeField(_("dealt with"), null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("dealt with by"),
    )
    note = models.CharField(_("what was done"), max_length=500, blank=True)

    class Meta(TenantRecord.Meta):
        verbose_name = _("invoice alarm")
        verbose_name_plural = _("invoice alarms")
        ordering = ("ended_at", "-raised_at")
        constraints = (
            models.UniqueConstraint(
                fields=("invoice", "problem"),
                condition=Q(ended_at__isnull=True),
                name="an_alarm_is_raised_once",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_by__isnull=True)
                | Q(ended_at__isnull=False, ended_by__isnull=False),
                name="an_ended_alarm_says_by_whom",
            ),
        )

    def __str__(self) -> str:
        return self.problem
