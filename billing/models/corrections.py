"""Corrections of what sessions cost: runs, corrections, and credit notes."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from billing.models.charges import Charge
from billing.models.invoices import Invoice
from billing.models.tariffs import TariffVersion
from sessions_app.models import ChargingSession
from tenants.models import TenantRecord


class CorrectionKind(models.TextChoices):
    """What becomes of what was charged."""

    VOID = "void", _("Void: the session costs nothing")
    RE_RATE = "re_rate", _("Price again")


class CorrectionRun(TenantRecord):
    """What a person decided after a dry run, for one session or many; never changed.

    `tariff_version` is the one they chose, blank for each session's own. Market prices are those
    known at `prices_known_at`; blank: at the time of the charge that is corrected. `digest` is
    the dry run's: what was shown is what is done.
    """

    append_only = True

    kind = models.CharField(_("kind"), max_length=8, choices=CorrectionKind.choices)
    tariff_version = models.ForeignKey(
        TariffVersion,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("tariff version"),
    )
    prices_known_at = models.DateTimeField(_("market prices as known"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=500)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("decided by"),
    )
    digest = models.CharField(max_length=64)
    session_count = models.PositiveIntegerField(_("sessions"))

    class Meta(TenantRecord.Meta):
        verbose_name = _("correction run")
        verbose_name_plural = _("correction runs")
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(condition=~Q(reason=""), name="a_correction_run_has_a_reason"),
            models.CheckConstraint(
                condition=Q(kind="re_rate")
                | Q(tariff_version__isnull=True, prices_known_at__isnull=True),
                name="a_void_has_no_prices",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.session_count})"


class CorrectionTask(TenantRecord):
    """One session of a run: waits to be corrected as it was shown, was, or could not be."""

    class State(models.TextChoices):
        """Where the task is."""

        PENDING = "pending", _("Waiting")
        DONE = "done", _("Corrected")
        REFUSED = "refused", _("Not corrected")

    run = models.ForeignKey(CorrectionRun, on_delete=models.PROTECT, related_name="tasks")
    charge = models.ForeignKey(
        Charge, on_delete=models.PROTECT, related_name="+", verbose_name=_("charge")
    )
    digest = models.CharField(max_length=64)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.PENDING)
    problem = models.CharField(_("problem"), max_length=255, blank=True)

    class Meta(TenantRecord.Meta):
        verbose_name = _("correction to be made")
        verbose_name_plural = _("corrections to be made")
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=("run", "charge"), name="a_run_has_a_charge_once"),
        )

    def __str__(self) -> str:
        return f"{self.charge_id} {self.state}"


class Correction(TenantRecord):
    """A charge taken back, and (re-rate) the one in its place; never changed.

    Totals are minor units; those after a void are 0.
    """

    append_only = True

    run = models.ForeignKey(
        CorrectionRun,
        on_delete=models.PROTECT,
        related_name="corrections",
        verbose_name=_("correction run"),
    )
    kind = models.CharField(_("kind"), max_length=8, choices=CorrectionKind.choices)
    session = models.ForeignKey(
        ChargingSession,
        on_delete=models.PROTECT,
        related_name="corrections",
        verbose_name=_("session"),
    )
    old_charge = models.OneToOneField(
        Charge, on_delete=models.PROTECT, related_name="correction", verbose_name=_("old charge")
    )
    new_charge = models.OneToOneField(
        Charge,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="made_by",
        verbose_name=_("new charge"),
    )
    reason = models.CharField(_("reason"), max_length=500)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("decided by"),
    )
    currency = models.CharField(_("currency"), max_length=3)
    old_gross_minor = models.BigIntegerField(_("before"))
    old_vat_minor = models.BigIntegerField(_("VAT before"))
    new_gross_minor = models.BigIntegerField(_("after"))
    new_vat_minor = models.BigIntegerField(_("VAT after"))
    corrected_at = models.DateTimeField(_("corrected"))

    class Meta(TenantRecord.Meta):
        verbose_name = _("correction")
        verbose_name_plural = _("corrections")
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(condition=~Q(reason=""), name="a_correction_has_a_reason"),
            models.CheckConstraint(
                condition=Q(kind="re_rate", new_charge__isnull=False)
                | Q(kind="void", new_charge__isnull=True, new_gross_minor=0, new_vat_minor=0),
                name="a_re_rate_has_a_new_charge_and_a_void_has_none",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.session}"

    @property
    def difference_minor(self) -> int:
        """How much more (or, below zero, less) the session costs now, VAT included."""
        return self.new_gross_minor - self.old_gross_minor


class CreditNote(TenantRecord):
    """Takes back a whole invoice, with seller and buyer as they were on it; never changed.

    `vat_amounts` has one {"rate", "net_minor", "vat_minor"} for each VAT rate.
    """

    append_only = True

    correction = models.OneToOneField(
        Correction,
        on_delete=models.PROTECT,
        related_name="credit_note",
        verbose_name=_("correction"),
    )
    invoice = models.OneToOneField(
        Invoice, on_delete=models.PROTECT, related_name="credit_note", verbose_name=_("invoice")
    )
    number = models.PositiveIntegerField(_("number"))
    invoice_number = models.PositiveIntegerField(_("invoice number"))
    invoice_issued_at = models.DateTimeField(_("invoice issued"))
    currency = models.CharField(_("currency"), max_length=3)
    total_minor = models.BigIntegerField(_("total"))
    vat_minor = models.BigIntegerField(_("VAT"))
    vat_amounts = models.JSONField(_("VAT by rate"))
    seller = models.JSONField(_("seller"))
    buyer = models.JSONField(_("buyer"))
    reason = models.CharField(_("reason"), max_length=500)
    issued_at = models.DateTimeField(_("issued"))

    class Meta(TenantRecord.Meta):
        verbose_name = _("credit note")
        verbose_name_plural = _("credit notes")
        ordering = ("-number",)
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "number"), name="credit_note_numbers_are_unique_at_a_tenant"
            ),
            models.CheckConstraint(
                condition=Q(vat_minor__gte=0) & Q(total_minor__gte=F("vat_minor")),
                name="credit_note_vat_is_part_of_its_total",
            ),
        )

    def __str__(self) -> str:
        return str(self.number)


class CreditNoteCounter(TenantRecord):
    """The tenant's last credit note number; locked while the next one is taken."""

    last_number = models.PositiveIntegerField(default=0)

    class Meta(TenantRecord.Meta):
        constraints = (
            models.UniqueConstraint(
                fields=("tenant",), name="a_tenant_has_one_credit_note_counter"
            ),
        )

    def __str__(self) -> str:
        return str(self.last_number)
