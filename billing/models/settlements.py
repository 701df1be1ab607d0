"""What became of the money after a correction: settlements, refunds, payments at Stripe."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.models.corrections import Correction
from billing.models.invoices import Invoice
from tenants.models import TenantRecord


class StripePayment(TenantRecord):
    """How an invoice was paid at Stripe, and what Stripe last said of it."""

    invoice = models.OneToOneField(
        Invoice, on_delete=models.PROTECT, related_name="stripe_payment", verbose_name=_("invoice")
    )
    stripe_account_ref = models.CharField(max_length=64, blank=True)
    payment_intent_ref = models.CharField(_("Stripe payment"), max_length=64, blank=True)
    refunded_minor = models.BigIntegerField(_("refunded"), default=0)
    is_disputed = models.BooleanField(_("disputed"), default=False)

    class Meta(TenantRecord.Meta):
        verbose_name = _("payment at Stripe")
        verbose_name_plural = _("payments at Stripe")
        constraints = (
            models.UniqueConstraint(
                fields=("stripe_account_ref", "payment_intent_ref"),
                condition=~Q(payment_intent_ref=""),
                name="a_stripe_payment_pays_one_invoice",
            ),
        )

    def __str__(self) -> str:
        return self.payment_intent_ref or "-"


class Settlement(TenantRecord):
    """Where the money of a correction is.

    closing (the old invoice is being voided at Stripe) -> refunding -> done | needs_person.
    `written_off_minor` is what was too little to collect; below zero, what an earlier correction
    wrote off and this one took up again.
    """

    class State(models.TextChoices):
        """Where the money is."""

        CLOSING = "closing", _("The old invoice is being withdrawn")
        REFUNDING = "refunding", _("Being refunded")
        DONE = "done", _("Settled")
        NEEDS_PERSON = "needs_person", _("Needs a person")

    correction = models.OneToOneField(
        Correction,
        on_delete=models.PROTECT,
        related_name="settlement",
        verbose_name=_("correction"),
    )
    state = models.CharField(
        _("state"), max_length=12, choices=State.choices, default=State.CLOSING
    )
    written_off_minor = models.BigIntegerField(_("written off"), default=0)
    problem = models.CharField(_("problem"), max_length=255, blank=True)

    class Meta(TenantRecord.Meta):
        verbose_name = _("settlement")
        verbose_name_plural = _("settlements")

    def __str__(self) -> str:
        return str(self.get_state_display())


class Refund(TenantRecord):
    """Money to be given back of one invoice's payment; `amount_minor` never changes.

    pending -> given -> failed (the bank sent it back); pending -> refused -> pending again. A
    person ends what failed or was refused: given back in Stripe's dashboard, or elsewhere.
    """

    class State(models.TextChoices):
        """Where the refund is."""

        PENDING = "pending", _("Being refunded")
        GIVEN = "given", _("Refunded")
        REFUSED = "refused", _("Refused")
        FAILED = "failed", _("Came back")
        IN_DASHBOARD = "dashboard", _("Refunded by hand in Stripe")
        ELSEWHERE = "elsewhere", _("Given back outside of Stripe")

    settlement = models.ForeignKey(
        Settlement, on_delete=models.PROTECT, related_name="refunds", verbose_name=_("settlement")
    )
    invoice = models.ForeignKey(
        Invoice, on_delete=models.PROTECT, related_name="refunds", verbose_name=_("invoice")
    )
    amount_minor = models.BigIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    owner = models.CharField(max_length=64)
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.PENDING)
    stripe_credit_note_ref = models.CharField(_("Stripe credit note"), max_length=64, blank=True)
    stripe_refund_ref = models.CharField(_("Stripe refund"), max_length=64, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("given back by"),
    )

    class Meta(TenantRecord.Meta):
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        constraints = (
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0), name="a_refund_gives_something_back"
            ),
            models.CheckConstraint(
                condition=Q(state__in=("dashboard", "elsewhere"), settled_by__isnull=False)
                | (~Q(state__in=("dashboard", "elsewhere")) & Q(settled_by__isnull=True)),
                name="a_refund_by_hand_says_by_whom",
            ),
        )

    def __str__(self) -> str:
        return f"{self.amount_minor} {self.currency}"
