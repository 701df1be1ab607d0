"""What a session costs, line by line."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from billing.models.tariffs import TariffVersion
from billing.money import Money
from sessions_app.models import ChargingSession
from tenants.models import TenantRecord


class Charge(TenantRecord):
    """What one session costs: rated once, with its explanation (a CDR); never changed.

    `revision` 1 is the first; a correction adds the next. `inputs` is the canonical JSON the price
    was computed from (`rating.inputs_document`, zlib), so it can be computed again for ever.
    """

    append_only = True

    class Collection(models.TextChoices):
        """How the money was to be had when the session was rated."""

        INVOICE = "invoice", _("By invoice")
        NOTHING_TO_PAY = "nothing_to_pay", _("Nothing to pay")
        UNIDENTIFIED = "unidentified", _("Nobody knows who charged")
        NO_BILLING_ACCOUNT = "no_account", _("The driver has no billing account")
        ON_THE_SPOT = "on_the_spot", _("Paid by card on the spot")
        BELOW_MINIMUM = "below_minimum", _("Too little to invoice alone")
        BY_PERIOD = "by_period", _("By collective invoice")

    session = models.ForeignKey(
        ChargingSession, on_delete=models.PROTECT, related_name="charges", verbose_name=_("session")
    )
    revision = models.PositiveSmallIntegerField(_("revision"), default=1)
    tariff_version = models.ForeignKey(
        TariffVersion, on_delete=models.PROTECT, related_name="+", verbose_name=_("tariff version")
    )
    energy_wh = models.BigIntegerField(_("energy (Wh)"))
    duration_s = models.PositiveIntegerField(_("duration (s)"))
    currency = models.CharField(_("currency"), max_length=3)
    gross_minor = models.BigIntegerField(_("total including VAT"))
    net_minor = models.BigIntegerField(_("total excluding VAT"))
    vat_minor = models.BigIntegerField(_("VAT"))
    collection = models.CharField(_("collection"), max_length=16, choices=Collection.choices)
    explanation = models.JSONField(_("explanation"))
    inputs = models.BinaryField(editable=False)
    inputs_hash = models.CharField(max_length=64)
    rules_version = models.CharField(max_length=16)
    rated_at = models.DateTimeField(_("rated"))

    class Meta(TenantRecord.Meta):
        verbose_name = _("charge")
        verbose_name_plural = _("charges")
        constraints = (
            models.UniqueConstraint(
                fields=("session", "revision"), name="a_session_is_rated_once_per_revision"
            ),
            models.CheckConstraint(
                condition=models.Q(gross_minor=models.F("net_minor") + models.F("vat_minor")),
                name="charge_net_and_vat_make_gross",
            ),
            models.CheckConstraint(
                condition=models.Q(gross_minor__gte=0), name="a_charge_is_never_negative"
            ),
        )

    def __str__(self) -> str:
        return f"{Money(self.gross_minor, self.currency).major} {self.currency}"


class ChargeLine(TenantRecord):
    """One priced part of a charge; never changed."""

    append_only = True

    class Kind(models.TextChoices):
        """What is paid for; the words are those of `rating.LineKind`."""

        ENERGY = "energy", _("Energy")
        TIME = "time", _("Charging time")
        PARKING_TIME = "parking_time", _("Parking time")
        SESSION_TIME = "session_time", _("Time")
        IDLE = "idle", _("Idle time")
        FLAT = "flat", _("Start fee")
        POWER = "power", _("Power fee")
        RESERVATION = "reservation", _("Reservation")
        MINIMUM = "minimum", _("Up to the minimum price")
        MAXIMUM = "maximum", _("Down to the maximum price")

    charge = models.ForeignKey(Charge, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)
    quantity = models.BigIntegerField(_("quantity"))
    unit = models.CharField(_("unit"), max_length=8)
    unit_price = models.DecimalField(_("price"), max_digits=12, decimal_places=6)
    per = models.PositiveIntegerField(_("price is for"), default=1)
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
