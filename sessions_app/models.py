"""Drivers, their tokens, charging sessions and their meter samples."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Upper
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from chargepoints.models import ChargePoint, Connector
from tenants.models import Tenant, TenantOwned, TenantRecord
from tenants.scope import required_tenant_id


class DriverGroup(TenantRecord):
    """Drivers who belong together: a fleet, a housing association's residents, staff."""

    name = models.CharField(_("name"), max_length=80)

    class Meta(TenantRecord.Meta):
        verbose_name = _("driver group")
        verbose_name_plural = _("driver groups")
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "name"), name="driver_group_names_are_unique_at_a_tenant"
            ),
        )

    def __str__(self) -> str:
        return self.name


class Driver(TenantRecord):
    """Somebody who charges and pays."""

    name = models.CharField(_("name"), max_length=120)
    email = models.EmailField(_("e-mail address"), blank=True)
    phone = models.CharField(_("telephone"), max_length=32, blank=True)
    language = models.CharField(_("language"), max_length=8, default="sv")
    group = models.ForeignKey(
        DriverGroup,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="drivers",
        verbose_name=_("driver group"),
    )

    class Meta(TenantRecord.Meta):
        verbose_name = _("driver")
        verbose_name_plural = _("drivers")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class IdToken(TenantRecord):
    """A card, key fob or app token that starts sessions for a driver."""

    class State(models.TextChoices):
        """Whether Authorize says yes."""

        ACTIVE = "active", _("Active")
        BLOCKED = "blocked", _("Blocked")

    driver = models.ForeignKey(
        Driver, on_delete=models.CASCADE, related_name="tokens", verbose_name=_("driver")
    )
    uid = models.CharField(
        _("token"), max_length=36, help_text=_("Stored in capitals: OCPP compares without case.")
    )
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.ACTIVE)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)

    class Meta(TenantRecord.Meta):
        verbose_name = _("token")
        verbose_name_plural = _("tokens")
        constraints = (
            models.UniqueConstraint(fields=("tenant", "uid"), name="token_is_unique_at_a_tenant"),
            models.CheckConstraint(
                condition=models.Q(uid=Upper("uid")),
                name="token_is_kept_in_capitals",
            ),
        )

    def __str__(self) -> str:
        return self.uid


class ChargingSession(TenantRecord):
    """One charging session, whatever the order its messages came in.

    `transaction_ref` is the station's transaction id (2.0.1) or the id we gave (1.6), as text.
    `state` follows the evidence: `open` until both its start and its stop are known, `completed`
    for good after. `gate` says whether billing may have it.
    """

    class State(models.TextChoices):
        """What is known of the session."""

        OPEN = "open", _("Under way")
        COMPLETED = "completed", _("Completed")

    class Gate(models.TextChoices):
        """Whether the checks let billing have it."""

        UNCHECKED = "unchecked", _("Not checked yet")
        HELD = "held", _("Held")
        CLEARED = "cleared", _("Cleared")
        RELEASED = "released", _("Released by a person")

    class ClosedBy(models.TextChoices):
        """What shows that a session without a stop is over."""

        NEXT_START = "next_start", _("the next session on the outlet")
        AVAILABLE = "available", _("the outlet came free")
        BOOT = "boot", _("a restart of the station")
        SILENCE = "silence", _("no reading for hours")

    charge_point = models.ForeignKey(
        ChargePoint,
        on_delete=models.PROTECT,
        related_name="sessions",
        verbose_name=_("charge point"),
    )
    connector = models.ForeignKey(
        Connector,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,  # the index by connector and start serves it
        related_name="sessions",
        verbose_name=_("connector"),
    )
    driver = models.ForeignKey(
        Driver,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="sessions",
        verbose_name=_("driver"),
    )
    token_uid = models.CharField(_("token"), max_length=36, blank=True)
    transaction_ref = models.CharField(_("transaction"), max_length=64)
    start_fingerprint = models.CharField(max_length=64, blank=True, editable=False)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OPEN)
    gate = models.CharField(_("check"), max_length=10, choices=Gate.choices, default=Gate.UNCHECKED)
    gate_reason = models.CharField(_("reason"), max_length=200, blank=True)
    started_at = models.DateTimeField(_("start"), null=True, blank=True)
    ended_at = models.DateTimeField(_("end"), null=True, blank=True)
    completed_at = models.DateTimeField(_("completed"), null=True, blank=True)
    meter_start_wh = models.BigIntegerField(_("meter at start (Wh)"), null=True, blank=True)
    meter_stop_wh = models.BigIntegerField(_("meter at end (Wh)"), null=True, blank=True)
    energy_wh = models.BigIntegerField(_("energy (Wh)"), default=0)
    energy_source = models.CharField(_("energy taken from"), max_length=32, blank=True)
    stop_reason = models.CharField(_("stop reason"), max_length=32, blank=True)
    # Set as long as the end is not the station's word (`services/evidence.py`).
    closed_by = models.CharField(
        _("closed by evidence"), max_length=12, choices=ClosedBy.choices, blank=True
    )
    # Ranges (low, high, low, high, ...), both ends included: see `sequence.py`.
    seen_sequence = ArrayField(models.IntegerField(), default=list, editable=False)
    final_sequence = models.IntegerField(null=True, editable=False)
    settle_at = models.DateTimeField(null=True, editable=False)
    sample_count = models.PositiveIntegerField(_("samples"), default=0)
    last_seq = models.PositiveIntegerField(default=0, editable=False)
    last_sample_at = models.DateTimeField(_("last sample"), null=True, blank=True)
    last_register_wh = models.BigIntegerField(null=True, editable=False)
    last_power_w = models.IntegerField(_("power (W)"), null=True, blank=True)
    last_soc_pct = models.SmallIntegerField(_("state of charge (%)"), null=True, blank=True)
    flags = ArrayField(models.CharField(max_length=40), default=list, blank=True)

    class Meta(TenantRecord.Meta):
        verbose_name = _("charging session")
        verbose_name_plural = _("charging sessions")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("charge_point", "transaction_ref"),
                name="a_transaction_is_one_session",
            ),
            models.CheckConstraint(
                condition=models.Q(energy_wh__gte=0), name="session_energy_is_never_negative"
            ),
        )
        indexes = (
            models.Index(fields=("tenant", "-started_at"), name="sessions_by_start"),
            models.Index(fields=("connector", "-started_at"), name="sessions_of_a_connector"),
            models.Index(
                fields=("token_uid",),
                condition=models.Q(state="open"),
                name="open_sessions_by_token",
            ),
            models.Index(
                fields=("settle_at",),
                condition=models.Q(state="open", settle_at__isnull=False),
                name="sessions_to_settle",
            ),
        )

    def __str__(self) -> str:
        if self.started_at is None:
            return f"{self.charge_point} {self.transaction_ref}"
        return f"{self.charge_point} {date_format(localtime(self.started_at), 'DATETIME_FORMAT')}"

    @property
    def duration_s(self) -> int:
        """Whole seconds from start to end; 0 while either is unknown, never negative."""
        if self.started_at is None or self.ended_at is None:
            return 0
        return max(0, int((self.ended_at - self.started_at).total_seconds()))


class MeterSample(TenantOwned):
    """One instant of a session (`types.Sample` says the units).

    `seq` counts the session's samples in the order they were committed; detectors read by it.
    The table has partitions (`services.sample_days`), and old sessions' rows are packed into
    `SealedSamples`: read samples through the selectors.
    """

    pk = models.CompositePrimaryKey("session_id", "at", "context")
    # The primary key begins with the session; this table is written too often for idle indexes,
    # and for looking up, row by row, the session that its writer has locked.
    tenant = models.ForeignKey(
        Tenant,
        on_delete=models.PROTECT,
        editable=False,
        default=required_tenant_id,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    session = models.ForeignKey(
        ChargingSession,
        on_delete=models.CASCADE,
        related_name="samples",
        db_index=False,
        db_constraint=False,
    )
    at = models.DateTimeField()
    context = models.CharField(max_length=12)
    seq = models.PositiveIntegerField()
    received_at = models.DateTimeField()
    energy_wh = models.BigIntegerField(null=True)
    power_w = models.IntegerField(null=True)
    current_ma = models.IntegerField(null=True)
    current_l1_ma = models.IntegerField(null=True)
    current_l2_ma = models.IntegerField(null=True)
    current_l3_ma = models.IntegerField(null=True)
    voltage_mv = models.IntegerField(null=True)
    voltage_l1_mv = models.IntegerField(null=True)
    voltage_l2_mv = models.IntegerField(null=True)
    voltage_l3_mv = models.IntegerField(null=True)
    current_offered_ma = models.IntegerField(null=True)
    soc_pct = models.SmallIntegerField(null=True)
    extra = models.JSONField(null=True)

    class Meta(TenantOwned.Meta):
        verbose_name = _("meter sample")
        verbose_name_plural = _("meter samples")

    def __str__(self) -> str:
        return f"{self.session_id} {self.at:%H:%M:%S}"


class SealedSamples(TenantOwned):
    """All samples of a session that ended long ago, packed (`sealed.seal_rows`)."""

    session = models.OneToOneField(
        ChargingSession, on_delete=models.CASCADE, primary_key=True, related_name="sealed_samples"
    )
    count = models.PositiveIntegerField()
    content = models.BinaryField()
    sealed_at = models.DateTimeField()

    class Meta(TenantOwned.Meta):
        verbose_name = _("sealed samples")
        verbose_name_plural = _("sealed samples")

    def __str__(self) -> str:
        return f"{self.session_id}: {self.count}"


class ParkedMessage(TenantRecord):
    """A message about a transaction we do not know yet: kept, and replayed when we do."""

    charge_point = models.ForeignKey(ChargePoint, on_delete=models.CASCADE, related_name="+")
    transaction_ref = models.CharField(_("transaction"), max_length=64)
    action = models.CharField(_("action"), max_length=32)
    payload = models.JSONField(_("content"))
    digest = models.CharField(max_length=64)
    received_at = models.DateTimeField(_("received"))
    session = models.ForeignKey(
        ChargingSession, null=True, on_delete=models.CASCADE, related_name="parked_messages"
    )

    class Meta(TenantRecord.Meta):
        verbose_name = _("parked message")
        verbose_name_plural = _("parked messages")
        constraints = (
            models.UniqueConstraint(
                fields=("charge_point", "transaction_ref", "digest"),
                name="a_message_is_parked_once",
            ),
        )

    def __str__(self) -> str:
        return f"{self.action} {self.transaction_ref}"
