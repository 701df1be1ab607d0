"""Charge points, their connectors and the timeline of their states."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from chargepoints.meter_keys import LONGEST_KEY
from chargepoints.models.profiles import ModelProfile
from chargepoints.models.sites import Site
from chargepoints.public_codes import CODE_LENGTH, new_public_code
from tenants.models import TenantRecord

SILENCE_BEFORE_OFFLINE = timedelta(minutes=10)
# From here on a clock is shown as wrong: prices change on the quarter of an hour.
CLOCK_TOLERANCE_S = 60


class ChargePoint(TenantRecord):
    """One station with its own key and at most one live socket.

    `public_code` is what strangers may know it by (price lists, QR codes): it says nothing about
    the id the station connects with.
    """

    class BootState(models.TextChoices):
        """The platform's answer to BootNotification."""

        UNKNOWN = "unknown", _("Never booted")
        PENDING = "pending", _("Pending")
        ACCEPTED = "accepted", _("Accepted")
        REJECTED = "rejected", _("Rejected")

    class SecurityProfile(models.IntegerChoices):
        """OCPP's security profiles: what a connection must at least be protected by."""

        BASIC = 1, _("1: key")
        TLS_BASIC = 2, _("2: key over TLS")
        TLS_CERTIFICATE = 3, _("3: client certificate over TLS")

    class Way(models.TextChoices):
        """What the present or last connection was let in for."""

        KEY = "key", _("key")
        CERTIFICATE = "certificate", _("client certificate")
        WINDOW = "window", _("commissioning window, without a key")

    site = models.ForeignKey(
        Site, on_delete=models.PROTECT, related_name="charge_points", verbose_name=_("site")
    )
    identity = models.CharField(
        _("charge point id"),
        max_length=48,
        validators=[RegexValidator(r"^[A-Za-z0-9*\-_=:+|@.]+$")],
    )
    public_code = models.CharField(
        _("public code"),
        max_length=CODE_LENGTH,
        unique=True,
        default=new_public_code,
        editable=False,
    )
    key_mac = models.CharField(max_length=64, blank=True, editable=False)
    key_set_at = models.DateTimeField(_("key set"), null=True, editable=False)
    # The key of a rotation under way, valid beside the other until the station has used it.
    next_key_mac = models.CharField(max_length=64, blank=True, editable=False)
    security_profile = models.PositiveSmallIntegerField(
        _("security profile"),
        choices=SecurityProfile.choices,
        default=SecurityProfile.BASIC,
        editable=False,
    )
    window_until = models.DateTimeField(_("commissioning window until"), null=True, editable=False)
    window_reason = models.CharField(max_length=255, blank=True, editable=False)
    enabled = models.BooleanField(_("in use"), default=True)
    ocpp_version = models.CharField(_("OCPP version"), max_length=8, blank=True, editable=False)
    vendor = models.CharField(_("vendor"), max_length=50, blank=True, editable=False)
    model = models.CharField(_("model"), max_length=50, blank=True, editable=False)
    serial_number = models.CharField(_("serial number"), max_length=50, blank=True, editable=False)
    firmware_version = models.CharField(_("firmware"), max_length=50, blank=True, editable=False)
    profile = models.ForeignKey(
        ModelProfile,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="charge_points",
        verbose_name=_("charger model"),
    )
    boot_state = models.CharField(
        _("boot state"),
        max_length=10,
        choices=BootState.choices,
        default=BootState.UNKNOWN,
        editable=False,
    )
    # What its next BootNotification is answered with, and when to ask again unless accepted.
    boot_answer = models.CharField(
        _("answer at the next start"),
        max_length=10,
        choices=BootState.choices,
        default=BootState.ACCEPTED,
        editable=False,
    )
    boot_retry_s = models.PositiveIntegerField(
        _("ask again after (s)"), default=300, editable=False
    )
    booted_at = models.DateTimeField(_("last boot"), null=True, editable=False)
    # How far its clock is ahead of ours (negative: behind), by a message that came at once.
    clock_skew_s = models.BigIntegerField(_("clock ahead by (s)"), null=True, editable=False)
    clock_seen_at = models.DateTimeField(_("clock compared"), null=True, editable=False)
    last_seen_at = models.DateTimeField(_("last seen"), null=True, editable=False)
    socket_channel = models.CharField(max_length=120, blank=True, editable=False)
    socket_epoch = models.PositiveIntegerField(default=0, editable=False)
    connected_at = models.DateTimeField(_("connected"), null=True, editable=False)
    disconnected_at = models.DateTimeField(_("disconnected"), null=True, editable=False)
    socket_way = models.CharField(max_length=12, choices=Way.choices, blank=True, editable=False)
    socket_level = models.PositiveSmallIntegerField(
        choices=SecurityProfile.choices, null=True, editable=False
    )
    second_refused_at = models.DateTimeField(null=True, editable=False)

    class Meta(TenantRecord.Meta):
        verbose_name = _("charge point")
        verbose_name_plural = _("charge points")
        ordering = ("identity",)
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "identity"), name="charge_point_id_is_unique_at_a_tenant"
            ),
        )

    def __str__(self) -> str:
        return self.identity

    def is_open_to_anybody(self, now: datetime) -> bool:
        """Whether its commissioning window is open."""
        return self.window_until is not None and now < self.window_until

    @property
    def is_clock_wrong(self) -> bool:
        """Whether its clock is more than `CLOCK_TOLERANCE_S` off."""
        return self.clock_skew_s is not None and abs(self.clock_skew_s) > CLOCK_TOLERANCE_S

    def is_online(self, now: datetime) -> bool:
        """A socket is open and has been heard of lately."""
        return bool(
            self.socket_channel
            and self.last_seen_at
            and now - self.last_seen_at < SILENCE_BEFORE_OFFLINE
        )


class Connector(TenantRecord):
    """One outlet. OCPP 1.6 knows only its number, which is kept as the EVSE's."""

    class Status(models.TextChoices):
        """OCPP 1.6 states; 2.0.1's fewer states are among them."""

        UNKNOWN = "unknown", _("Unknown")
        AVAILABLE = "available", _("Available")
        PREPARING = "preparing", _("Preparing")
        OCCUPIED = "occupied", _("Occupied")
        CHARGING = "charging", _("Charging")
        SUSPENDED_EV = "suspendedev", _("Suspended by the car")
        SUSPENDED_EVSE = "suspendedevse", _("Suspended by the station")
        FINISHING = "finishing", _("Finishing")
        RESERVED = "reserved", _("Reserved")
        UNAVAILABLE = "unavailable", _("Unavailable")
        FAULTED = "faulted", _("Faulted")

    class CurrentType(models.TextChoices):
        """Alternating or direct current."""

        AC = "ac", _("AC")
        DC = "dc", _("DC")

    charge_point = models.ForeignKey(
        ChargePoint,
        on_delete=models.CASCADE,
        related_name="connectors",
        verbose_name=_("charge point"),
    )
    evse_id = models.PositiveSmallIntegerField(_("EVSE"))
    connector_id = models.PositiveSmallIntegerField(_("connector"), default=1)
    status = models.CharField(
        _("status"), max_length=16, choices=Status.choices, default=Status.UNKNOWN, editable=False
    )
    error_code = models.CharField(_("error code"), max_length=50, blank=True, editable=False)
    status_at = models.DateTimeField(_("status since"), null=True, editable=False)
    current_type = models.CharField(
        _("current type"), max_length=2, choices=CurrentType.choices, default=CurrentType.AC
    )
    phases = models.PositiveSmallIntegerField(_("phases"), default=3)
    max_current_ma = models.PositiveIntegerField(_("largest current (mA)"), default=32_000)
    max_power_w = models.PositiveIntegerField(_("largest power (W)"), default=22_000)
    meter_public_key = models.CharField(_("meter's public key"), max_length=LONGEST_KEY, blank=True)

    class Meta(TenantRecord.Meta):
        verbose_name = _("connector")
        verbose_name_plural = _("connectors")
        ordering = ("evse_id", "connector_id")
        constraints = (
            models.UniqueConstraint(
                fields=("charge_point", "evse_id", "connector_id"),
                name="connector_number_is_unique_on_a_charge_point",
            ),
        )

    def __str__(self) -> str:
        return f"{self.charge_point.identity}/{self.evse_id}"


class StatusRecord(TenantRecord):
    """One StatusNotification: the timeline that uptime and detectors read."""

    append_only = True

    charge_point = models.ForeignKey(ChargePoint, on_delete=models.CASCADE, related_name="+")
    connector = models.ForeignKey(
        Connector, on_delete=models.CASCADE, null=True, related_name="status_records"
    )
    status = models.CharField(max_length=16, choices=Connector.Status.choices)
    error_code = models.CharField(max_length=50, blank=True)
    vendor_error_code = models.CharField(max_length=50, blank=True)
    at = models.DateTimeField()

    class Meta(TenantRecord.Meta):
        constraints = (
            models.UniqueConstraint(
                fields=("charge_point", "connector", "at", "status", "error_code"),
                nulls_distinct=False,
                name="a_status_is_recorded_once",
            ),
        )

    def __str__(self) -> str:
        return f"{self.status} {self.at:%Y-%m-%d %H:%M:%S}"
