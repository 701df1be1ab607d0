"""Tariffs, charges, the ledger, invoices and what is owed to Stripe."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from sessions_app.models import ChargingSession, Driver
from tenants.models import TenantRecord


class Tariff(TenantRecord):
    """A named price; what it says at a time stands in its versions."""

    name = models.CharField(_("name"), max_length=80)
    is_default = models.BooleanField(_("used when nothing else is said"), default=False)

    class Meta(TenantRecord.Meta):
        verbose_name = _("tariff")
        verbose_name_plural = _("tariffs")
        constraints = (
            models.UniqueConstraint(
                fields=("tenant",),
                condition=models.Q(is_default=True),
                name="a_tenant_has_one_default_tariff",
            ),
        )

    def __str__(self) -> str:
        return self.name


class TariffVersion(TenantRecord):
    """Prices from a date on, including VAT, in the currency's major unit; never changed."""

    append_only = True

    tariff = models.ForeignKey(
        Tariff, on_delete=models.PROTECT, related_name="versions", verbose_name=_("tariff")
    )
    number = models.PositiveIntegerField(_("version"))
    valid_from = models.DateTimeField(_("valid from"))
    currency = models.CharField(_("currency"), max_length=3, default="SEK")
    energy_price = models.DecimalField(_("price per kWh"), max_digits=12, decimal_places=6)
    minute_price = models.DecimalField(
        _("price per minute"), max_digits=12, decimal_places=6, default=0
    )
    session_price = models.DecimalField(
        _("price per session"), max_digits=12, decimal_places=6, default=0
    )
    vat_rate = models.DecimalField(_("VAT (%)"), max_digits=5, decimal_places=2, default=25)

    class Meta(TenantRecord.Meta):
        verbose_name = _("tariff version")
        verbose_name_plural = _("tariff versions")
        ordering = ("tariff", "-number")
        constraints = (
            models.UniqueConstraint(
                fields=("tariff", "number"), name="tariff_version_numbers_are_unique"
            ),
            models.UniqueConstraint(
                fields=("tariff", "valid_from"), name="one_tariff_version_starts_at_a_time"
            ),
            models.CheckConstraint(
                condition=models.Q(energy_price__gte=0)
                & models.Q(minute_price__gte=0)
                & models.Q(session_price__gte=0),
                name="tariff_prices_are_not_negative",
            ),
            models.CheckConstraint(
                condition=models.Q(vat_rate__gte=0) & models.Q(vat_rate__lte=100),
                name="vat_rate_is_a_percentage",
            ),
        )

    def __str__(self) -> str:
        return f"{self.tariff} v{self.number}"


class Charge(TenantRecord):
    """What one session costs: rated once, with its explanation (a CDR); never changed."""

    append_only = True

    session = models.OneToOneField(
        ChargingSession, on_delete=models.PROTECT, related_name="charge", verbose_name=_("session")
    )
    tariff_version = models.ForeignKey(
        TariffVersion, on_delete=models.PROTECT, related_name="+", verbose_name=_("tariff version")
    )
    energy_wh = models.BigIntegerField(_("energy (Wh)"))
    duration_s = models.PositiveIntegerField(_("duration (s)"))
    currency = models.CharField(_("currency"), max_length=3)
    gross_minor = models.BigIntegerField(_("total including VAT"))
    net_minor = models.BigIntegerField(_("total excluding VAT"))
    vat_minor = models.BigIntegerField(_("VAT"))
    explanation = models.JSONField(_("explanation"))
    inputs_hash = models.CharField(max_length=64)
    rules_version = models.CharField(max_length=16)
    rated_at = models.DateTimeField(_("rated"))

    class Meta(TenantRecord.Meta):
        verbose_name = _("charge")
        verbose_name_plural = _("charges")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(gross_minor=models.F("net_minor") + models.F("vat_minor")),
                name="charge_net_and_vat_make_gross",
            ),
        )

    def __str__(self) -> str:
        return f"{self.gross_minor} {self.currency}"


class ChargeLine(TenantRecord):
    """One priced part of a charge; never changed."""

    append_only = True

    class Kind(models.TextChoices):
        """What is paid for."""

        ENERGY = "energy", _("Energy")
        TIME = "time", _("Time")
        SESSION = "session", _("Start fee")

    charge = models.ForeignKey(Charge, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)
    quantity = models.BigIntegerField(_("quantity"))
    unit = models.CharField(_("unit"), max_length=8)
    unit_price = models.DecimalField(_("price"), max_digits=12, decimal_places=6)
    vat_rate = models.DecimalField(_("VAT (%)"), max_digits=5, decimal_places=2)
    gross_minor = models.BigIntegerField(_("including VAT"))
    net_minor = models.BigIntegerField(_("excluding VAT"))
    vat_minor = models.BigIntegerField(_("VAT"))

    class Meta(TenantRecord.Meta):
        verbose_name = _("charge line")
        verbose_name_plural = _("charge lines")
        ordering = ("position",)
        constraints = (
            models.UniqueConstraint(
                fields=("charge", "position"), name="charge_line_positions_are_unique"
            ),
            models.CheckConstraint(
                condition=models.Q(gross_minor=models.F("net_minor") + models.F("vat_minor")),
                name="charge_line_net_and_vat_make_gross",
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.gross_minor}"


class LedgerAccount(TenantRecord):
    """An account of the double-entry ledger, by code, owner and currency."""

    code = models.CharField(_("account"), max_length=40)
    owner = models.CharField(_("owner"), max_length=64, blank=True)
    currency = models.CharField(_("currency"), max_length=3)

    class Meta(TenantRecord.Meta):
        verbose_name = _("ledger account")
        verbose_name_plural = _("ledger accounts")
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "code", "owner", "currency"), name="a_ledger_account_is_one"
            ),
        )

    def __str__(self) -> str:
        return f"{self.code}:{self.owner}" if self.owner else self.code


class JournalEntry(TenantRecord):
    """One business event in the books; `ref` makes booking it twice impossible."""

    append_only = True

    ref = models.CharField(_("reference"), max_length=120)
    description = models.CharField(_("text"), max_length=200)
    occurred_at = models.DateTimeField(_("occurred"))

    class Meta(TenantRecord.Meta):
        verbose_name = _("journal entry")
        verbose_name_plural = _("journal entries")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=("tenant", "ref"), name="an_entry_is_booked_once"),
        )

    def __str__(self) -> str:
        return self.ref


class Posting(TenantRecord):
    """One side of an entry: debit above zero, credit below, in minor units; never changed."""

    append_only = True

    entry = models.ForeignKey(JournalEntry, on_delete=models.PROTECT, related_name="postings")
    account = models.ForeignKey(LedgerAccount, on_delete=models.PROTECT, related_name="postings")
    amount_minor = models.BigIntegerField(_("amount"))

    class Meta(TenantRecord.Meta):
        verbose_name = _("posting")
        verbose_name_plural = _("postings")
        constraints = (
            models.CheckConstraint(
                condition=~models.Q(amount_minor=0), name="a_posting_moves_something"
            ),
        )

    def __str__(self) -> str:
        return f"{self.account_id} {self.amount_minor}"


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
    """How one driver pays a tenant."""

    driver = models.OneToOneField(
        Driver,
        on_delete=models.PROTECT,
        related_name="billing_account",
        verbose_name=_("driver"),
    )
    stripe_account_ref = models.CharField(max_length=64, blank=True, editable=False)
    stripe_customer_ref = models.CharField(_("Stripe customer"), max_length=64, blank=True)

    class Meta(TenantRecord.Meta):
        verbose_name = _("billing account")
        verbose_name_plural = _("billing accounts")

    def __str__(self) -> str:
        return str(self.driver)


class Invoice(TenantRecord):
    """One invoice for one charge, with seller and buyer as they were when it was issued."""

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
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "number"), name="invoice_numbers_are_unique_at_a_tenant"
            ),
            models.UniqueConstraint(
                fields=("stripe_account_ref", "stripe_invoice_ref"),
                condition=~models.Q(stripe_invoice_ref=""),
                name="a_stripe_invoice_is_one_invoice",
            ),
        )

    def __str__(self) -> str:
        return str(self.number)


class InvoiceCounter(TenantRecord):
    """The tenant's last invoice number; locked while the next one is taken, so none is missing."""

    last_number = models.PositiveIntegerField(default=0)

    class Meta(TenantRecord.Meta):
        constraints = (
            models.UniqueConstraint(fields=("tenant",), name="a_tenant_has_one_invoice_counter"),
        )

    def __str__(self) -> str:
        return str(self.last_number)


class StripeCommand(TenantRecord):
    """One call owed to Stripe, its parameters frozen when it was decided.

    pending -> sending -> done | rejected | unknown. `unknown` is tried again under the same key
    while Stripe keeps it, then looked up.
    """

    class State(models.TextChoices):
        """Where the call is."""

        PENDING = "pending", _("Pending")
        SENDING = "sending", _("Being sent")
        UNKNOWN = "unknown", _("Outcome unknown")
        DONE = "done", _("Done")
        REJECTED = "rejected", _("Refused")
        MANUAL = "manual", _("Needs a person")

    stripe_account_ref = models.CharField(max_length=64, blank=True)
    operation = models.CharField(_("operation"), max_length=40)
    entity_id = models.UUIDField(_("entity"))
    generation = models.PositiveSmallIntegerField(default=0)
    params = models.JSONField(_("parameters"))
    idempotency_key = models.CharField(_("key"), max_length=255, unique=True)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    due_at = models.DateTimeField(_("due"))
    first_sent_at = models.DateTimeField(_("first sent"), null=True, blank=True)
    result = models.JSONField(_("answer"), null=True, blank=True)
    last_error = models.TextField(_("last error"), blank=True)

    class Meta(TenantRecord.Meta):
        verbose_name = _("Stripe call")
        verbose_name_plural = _("Stripe calls")
        constraints = (
            models.UniqueConstraint(
                fields=("operation", "entity_id", "generation"), name="a_call_is_owed_once"
            ),
        )
        indexes = (
            models.Index(
                fields=("due_at", "id"),
                condition=models.Q(state__in=("pending", "sending", "unknown")),
                name="stripe_commands_due",
            ),
        )

    def __str__(self) -> str:
        return f"{self.operation} {self.state}"


class StripeEvent(TenantRecord):
    """A webhook event as it came, stored before anything is done with it."""

    stripe_account_ref = models.CharField(max_length=64, blank=True)
    event_ref = models.CharField(_("event"), max_length=64)
    type = models.CharField(_("type"), max_length=80)
    object_ref = models.CharField(_("object"), max_length=64, blank=True)
    api_version = models.CharField(max_length=40, blank=True)
    payload = models.JSONField(_("content"))
    occurred_at = models.DateTimeField(_("occurred"))
    handled_at = models.DateTimeField(_("handled"), null=True, blank=True)

    class Meta(TenantRecord.Meta):
        verbose_name = _("Stripe event")
        verbose_name_plural = _("Stripe events")
        constraints = (
            models.UniqueConstraint(
                fields=("stripe_account_ref", "event_ref"), name="a_stripe_event_is_stored_once"
            ),
        )

    def __str__(self) -> str:
        return self.type
