"""Stripe's movements and payouts as listed, and where they and the books do not agree."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.models.invoices import Invoice
from billing.models.ledger import JournalEntry
from billing.models.payments import Payment
from tenants.models import TenantRecord


class Reconciliation(TenantRecord):
    """How far a Stripe account has been compared with the books; locked while it is."""

    stripe_account_ref = models.CharField(_("Stripe account"), max_length=64, blank=True)
    listed_until = models.DateTimeField(_("compared until"), null=True, blank=True)
    movement_count = models.PositiveIntegerField(_("movements at Stripe"), default=0)
    matched_count = models.PositiveIntegerField(_("of which booked"), default=0)
    stranger_count = models.PositiveIntegerField(_("of nobody here"), default=0)
    opening_minor = models.JSONField(default=dict, editable=False)
    problem = models.CharField(_("problem"), max_length=255, blank=True)

    class Meta(TenantRecord.Meta):
        verbose_name = _("reconciliation")
        verbose_name_plural = _("reconciliations")
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "stripe_account_ref"), name="an_account_is_reconciled_in_one_row"
            ),
        )

    def __str__(self) -> str:
        return self.stripe_account_ref or "-"


class StripeMovement(TenantRecord):
    """One balance transaction at Stripe, kept until the books have their side of it.

    `amount_minor` is what came in (below zero: went out), `fee_minor` all that was kept back of
    it, of which `platform_fee_minor` the platform's. `about` is the metadata of what moved.
    """

    class Purpose(models.TextChoices):
        """What kind of booking it wants."""

        PAYMENT = "payment", _("Payment")
        REFUND = "refund", _("Refund")
        RETURN = "return", _("Refund that came back")
        DISPUTE = "dispute", _("Dispute")
        PAYOUT = "payout", _("Payout")
        PAYOUT_RETURN = "payout_return", _("Payout that came back")
        FEE = "fee", _("Fee")
        OTHER = "other", _("Something else")

    stripe_account_ref = models.CharField(max_length=64, blank=True)
    movement_ref = models.CharField(_("Stripe movement"), max_length=64)
    purpose = models.CharField(_("kind"), max_length=16, choices=Purpose.choices)
    amount_minor = models.BigIntegerField(_("amount"))
    fee_minor = models.BigIntegerField(_("fees"), default=0)
    platform_fee_minor = models.BigIntegerField(_("platform's fee"), default=0)
    currency = models.CharField(_("currency"), max_length=3)
    source_ref = models.CharField(_("Stripe object"), max_length=64, blank=True)
    intent_ref = models.CharField(_("Stripe payment"), max_length=64, blank=True)
    payout_ref = models.CharField(_("paid out with"), max_length=64, blank=True)
    about = models.JSONField(default=dict)
    occurred_at = models.DateTimeField(_("occurred"))
    entry = models.OneToOneField(
        JournalEntry,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="movement",
        verbose_name=_("booked as"),
    )
    fee_difference_minor = models.BigIntegerField(_("fees above those agreed"), default=0)

    class Meta(TenantRecord.Meta):
        verbose_name = _("movement at Stripe")
        verbose_name_plural = _("movements at Stripe")
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "stripe_account_ref", "movement_ref"),
                name="a_movement_is_listed_once",
            ),
        )
        indexes = (
            models.Index(
                fields=("tenant", "stripe_account_ref"),
                condition=Q(entry__isnull=True),
                name="movements_not_booked",
            ),
            models.Index(fields=("tenant", "payout_ref"), name="movements_by_payout"),
        )

    def __str__(self) -> str:
        return self.movement_ref


class StripePayout(TenantRecord):
    """Money Stripe sent to the bank; `contents_minor` is what its movements come to."""

    stripe_account_ref = models.CharField(max_length=64, blank=True)
    payout_ref = models.CharField(_("Stripe payout"), max_length=64)
    amount_minor = models.BigIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    status = models.CharField(_("state"), max_length=20)
    contents_minor = models.BigIntegerField(_("its movements"), null=True, blank=True)
    occurred_at = models.DateTimeField(_("occurred"))

    class Meta(TenantRecord.Meta):
        verbose_name = _("payout")
        verbose_name_plural = _("payouts")
        ordering = ("-occurred_at",)
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "stripe_account_ref", "payout_ref"),
                name="a_payout_is_listed_once",
            ),
        )

    def __str__(self) -> str:
        return self.payout_ref


class Discrepancy(TenantRecord):
    """Something Stripe and the books do not say alike, until they do or a person ends it.

    `about` names the movement, entry, payout or balance, so that it is found once whatever it is
    called. One that a person ended comes back only with other amounts.
    """

    class Kind(models.TextChoices):
        """What is wrong."""

        PAYMENT_NOT_BOOKED = "payment_not_booked", _("Paid at Stripe, not booked")
        UNKNOWN_PAYMENT = "unknown_payment", _("A payment nobody here asked for")
        WRONG_ACCOUNT = "wrong_account", _("Paid to the wrong Stripe account")
        CHARGED_TWICE = "charged_twice", _("Paid twice at Stripe")
        AMOUNT_DIFFERS = "amount_differs", _("Another amount is booked")
        CURRENCY_DIFFERS = "currency_differs", _("Another currency is booked")
        REFUND_NOT_BOOKED = "refund_not_booked", _("Refunded at Stripe, not booked")
        RETURN_NOT_BOOKED = "return_not_booked", _("A refund came back, not booked")
        DISPUTE_NOT_BOOKED = "dispute_not_booked", _("Disputed at Stripe, not booked")
        NOT_AT_STRIPE = "not_at_stripe", _("Booked, unknown to Stripe")
        BOOKED_TWICE = "booked_twice", _("Booked twice")
        FEE_DIFFERS = "fee_differs", _("Other fees than agreed")
        PAYOUT_DIFFERS = "payout_differs", _("A payout is not what its movements come to")
        PAYOUT_FAILED = "payout_failed", _("A payout did not reach the bank")
        BALANCE_DIFFERS = "balance_differs", _("Stripe's balance is not what its movements come to")
        OTHER_MOVEMENT = "other_movement", _("A movement of a kind that is not booked here")

    class State(models.TextChoices):
        """Whether somebody has to look."""

        OPEN = "open", _("Needs a person")
        MATCHED = "matched", _("Agrees by now")
        SETTLED = "settled", _("Dealt with")

    stripe_account_ref = models.CharField(_("Stripe account"), max_length=64, blank=True)
    kind = models.CharField(_("what is wrong"), max_length=20, choices=Kind.choices)
    about = models.CharField(max_length=140, editable=False)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.OPEN)
    stripe_ref = models.CharField(_("Stripe object"), max_length=64, blank=True)
    currency = models.CharField(_("currency"), max_length=3)
    ours_minor = models.BigIntegerField(_("in the books"), null=True, blank=True)
    theirs_minor = models.BigIntegerField(_("at Stripe"), null=True, blank=True)
    entry = models.ForeignKey(
        JournalEntry,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("journal entry"),
    )
    invoice = models.ForeignKey(
        Invoice,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("invoice"),
    )
    payment = models.ForeignKey(
        Payment,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("payment by QR code"),
    )
    found_at = models.DateTimeField(_("found"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
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
        verbose_name = _("discrepancy")
        verbose_name_plural = _("discrepancies")
        ordering = ("-found_at",)
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "stripe_account_ref", "about"), name="a_discrepancy_is_found_once"
            ),
            models.CheckConstraint(
                condition=~Q(state="settled")
                | (Q(ended_by__isnull=False) & ~Q(note="") & Q(ended_at__isnull=False)),
                name="a_settled_discrepancy_says_by_whom_and_how",
            ),
        )

    def __str__(self) -> str:
        return str(self.get_kind_display())
