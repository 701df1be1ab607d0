"""Payments on the spot: a stranger's card, what is held on it, and what became of that."""

from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from billing.money import Money
from chargepoints.models import Command, Connector
from sessions_app.models import ChargingSession
from tenants.models import TenantRecord


class AdHocTerms(TenantRecord):
    """Whether strangers may pay by QR code, and how much may be held on their cards."""

    is_offered = models.BooleanField(
        _("payment by QR code"),
        default=True,
        help_text=_("Anybody may charge by paying on the page behind a connector's QR code."),
    )
    energy_wh = models.PositiveIntegerField(
        _("a hold is enough for (Wh)"),
        default=60_000,
        validators=[MinValueValidator(1_000)],
        help_text=_("At the highest price the tariff allows."),
    )
    largest_hold_minor = models.PositiveIntegerField(
        _("most that is held (in öre or cents)"),
        default=60_000,
        validators=[MinValueValidator(1_000)],
        help_text=_("Never more than this, whatever the tariff; charging stops before it is used."),
    )

    class Meta(TenantRecord.Meta):
        verbose_name = _("terms of payment by QR code")
        verbose_name_plural = _("terms of payment by QR code")
        constraints = (
            models.UniqueConstraint(
                fields=("tenant",), name="a_tenant_has_one_set_of_ad_hoc_terms"
            ),
        )

    def __str__(self) -> str:
        return str(self._meta.verbose_name)


class Payment(TenantRecord):
    """One payment on the spot, for one connector.

    `state` is where the money is, `phase` where the charging is; `services.ad_hoc.moves` has the
    table of moves. `due_at` is when the sweep must look again, empty once nothing can happen any
    more. `hold_minor` is asked for, `authorised_minor` held, `capture_minor` decided to be taken,
    `captured_minor` taken. The link's token is made as a receipt's is.
    """

    class State(models.TextChoices):
        """Where the money is."""

        CREATED = "created", _("Not paid yet")
        AUTHORISED = "authorised", _("Amount held")
        CAPTURING = "capturing", _("Being captured")
        CAPTURED = "captured", _("Captured")
        PARTLY_REFUNDED = "partly_refunded", _("Partly refunded")
        REFUNDED = "refunded", _("Refunded")
        CANCELLING = "cancelling", _("Being released")
        CANCELLED = "cancelled", _("Released")
        EXPIRED = "expired", _("Lapsed")

    class Phase(models.TextChoices):
        """Where the charging is."""

        WAITING = "waiting", _("Waiting for the payment")
        STARTING = "starting", _("Starting")
        CHARGING = "charging", _("Charging")
        ENDED = "ended", _("Ended")

    class Ending(models.TextChoices):
        """Why charging ended, or never began."""

        BUSY = "busy", _("The connector was taken")
        OFFLINE = "offline", _("The station could not be reached")
        REFUSED = "refused", _("The station refused to start")
        SILENT = "silent", _("Charging never began")
        BY_PAYER = "by_payer", _("Stopped by the payer")
        HOLD_USED = "hold_used", _("Stopped before the amount held was used up")
        WATCHDOG = "watchdog", _("Stopped before the hold lapsed")
        AT_STATION = "at_station", _("Ended at the station")
        WRONG_AMOUNT = "wrong_amount", _("Another amount was held than asked for")

    connector = models.ForeignKey(
        Connector, on_delete=models.PROTECT, related_name="+", verbose_name=_("connector")
    )
    session = models.OneToOneField(
        ChargingSession,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="payment",
        verbose_name=_("session"),
    )
    start_command = models.ForeignKey(
        Command, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    token_uid = models.CharField(max_length=20, editable=False)
    state = models.CharField(_("state"), max_length=16, choices=State.choices, default="created")
    phase = models.CharField(_("charging"), max_length=8, choices=Phase.choices, default="waiting")
    ending = models.CharField(_("ended because"), max_length=12, choices=Ending.choices, blank=True)
    language = models.CharField(max_length=8, default="sv")
    salt = models.CharField(max_length=64, editable=False)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    stripe_account_ref = models.CharField(max_length=64, blank=True, editable=False)
    stripe_checkout_ref = models.CharField(_("Stripe checkout"), max_length=255, blank=True)
    stripe_intent_ref = models.CharField(_("Stripe payment"), max_length=64, blank=True)
    checkout_url = models.TextField(blank=True, editable=False)
    currency = models.CharField(_("currency"), max_length=3)
    hold_minor = models.BigIntegerField(_("to be held"))
    authorised_minor = models.BigIntegerField(_("held"), default=0)
    capture_minor = models.BigIntegerField(_("to be captured"), null=True, blank=True)
    captured_minor = models.BigIntegerField(_("captured"), default=0)
    refunded_minor = models.BigIntegerField(_("refunded"), default=0)
    written_off_minor = models.BigIntegerField(_("written off"), default=0)
    write_off_count = models.PositiveSmallIntegerField(default=0, editable=False)
    is_disputed = models.BooleanField(_("disputed"), default=False)
    pay_by = models.DateTimeField(_("to be paid by"))
    capture_before = models.DateTimeField(_("hold lapses"), null=True, blank=True)
    start_by = models.DateTimeField(_("to start by"), null=True, blank=True)
    stop_asked_at = models.DateTimeField(_("stop asked for"), null=True, blank=True)
    due_at = models.DateTimeField(_("looked at next"), null=True, blank=True)
    problem = models.CharField(_("problem"), max_length=255, blank=True)

    class Meta(TenantRecord.Meta):
        verbose_name = _("payment by QR code")
        verbose_name_plural = _("payments by QR code")
        ordering = ("-id",)
        indexes = (
            models.Index(
                fields=("due_at",), condition=Q(due_at__isnull=False), name="payments_due"
            ),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "token_uid"), name="a_start_token_is_of_one_payment"
            ),
            models.UniqueConstraint(
                fields=("connector",),
                condition=Q(phase__in=("starting", "charging")),
                name="one_payment_charges_at_a_connector",
            ),
            models.UniqueConstraint(
                fields=("stripe_account_ref", "stripe_checkout_ref"),
                condition=~Q(stripe_checkout_ref=""),
                name="a_stripe_checkout_is_one_payment",
            ),
            models.CheckConstraint(
                condition=Q(refunded_minor__gte=0)
                & Q(captured_minor__gte=F("refunded_minor"))
                & Q(authorised_minor__gte=F("captured_minor"))
                & Q(hold_minor__gte=F("authorised_minor")),
                name="refunded_captured_held_asked_for_in_this_order",
            ),
            models.CheckConstraint(
                condition=Q(capture_minor__isnull=True)
                | (Q(capture_minor__gt=0) & Q(capture_minor__lte=F("authorised_minor"))),
                name="no_more_is_captured_than_is_held",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=("created", "authorised", "capturing", "cancelling"))
                | Q(due_at__isnull=False),
                name="an_unfinished_payment_is_looked_after",
            ),
        )

    def __str__(self) -> str:
        return f"{Money(self.hold_minor, self.currency).major} {self.currency}"

    @property
    def kept_minor(self) -> int:
        """What was taken and not given back."""
        return self.captured_minor - self.refunded_minor


class PaymentRefund(TenantRecord):
    """Money of a payment on the spot that goes back; `amount_minor` never changes."""

    class State(models.TextChoices):
        """Where the refund is."""

        PENDING = "pending", _("Being refunded")
        GIVEN = "given", _("Refunded")
        REFUSED = "refused", _("Refused")

    payment = models.ForeignKey(
        Payment, on_delete=models.PROTECT, related_name="refunds", verbose_name=_("payment")
    )
    amount_minor = models.BigIntegerField(_("amount"))
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default="pending")
    stripe_refund_ref = models.CharField(_("Stripe refund"), max_length=64, blank=True)

    class Meta(TenantRecord.Meta):
        verbose_name = _("refund of a payment by QR code")
        verbose_name_plural = _("refunds of payments by QR code")
        constraints = (
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0), name="a_payment_refund_gives_something_back"
            ),
        )

    def __str__(self) -> str:
        return f"{self.amount_minor} {self.payment.currency}"
