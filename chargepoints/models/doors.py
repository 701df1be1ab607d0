"""Who came to a station's door, and what was changed about its lock."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from chargepoints.models.charge_points import ChargePoint
from chargepoints.models.commands import Command
from tenants.models import TenantRecord


class DoorRecord(TenantRecord):
    """One entry of a station's door book; nobody can change or remove it."""

    append_only = True

    class Kind(models.TextChoices):
        """What happened."""

        SECOND_REFUSED = "second_refused", _("Second connection refused")
        TOO_WEAK = "too_weak", _("Connection refused: weaker than the security profile")
        WINDOW_OPENED = "window_opened", _("Commissioning window opened")
        WINDOW_ENTERED = "window_entered", _("Connected without a key, in the window")
        WINDOW_CLOSED = "window_closed", _("Commissioning window closed")
        ROTATION_BEGUN = "rotation_begun", _("New key under way")
        ROTATION_REJECTED = "rotation_rejected", _("New key refused by the station")
        ROTATION_LAPSED = "rotation_lapsed", _("New key given up")
        KEY_CHANGED = "key_changed", _("New key in force")
        PROFILE_CHANGED = "profile_changed", _("Security profile changed")
        CERTIFICATE_ADDED = "certificate_added", _("Certificate added")
        BOOT_ANSWER = "boot_answer", _("Answer at the next start changed")
        CERTIFICATE_SIGNED = "certificate_signed", _("Certificate signed")
        CERTIFICATE_REVOKED = "certificate_revoked", _("Certificate revoked")

    charge_point = models.ForeignKey(
        ChargePoint,
        on_delete=models.CASCADE,
        related_name="door_records",
        verbose_name=_("charge point"),
    )
    kind = models.CharField(_("what happened"), max_length=24, choices=Kind.choices)
    at = models.DateTimeField(_("time"))
    address = models.CharField(_("from address"), max_length=64, blank=True)
    by = models.CharField(_("by"), max_length=120, blank=True)
    reason = models.CharField(_("reason"), max_length=255, blank=True)

    class Meta(TenantRecord.Meta):
        verbose_name = _("door book entry")
        verbose_name_plural = _("door book")
        ordering = ("-at",)
        indexes = (models.Index(fields=("charge_point", "-at"), name="door_book_of_a_station"),)

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.at:%Y-%m-%d %H:%M:%S}"


class KeyRotation(TenantRecord):
    """One new key on its way to a station over OCPP; the old one stays until it has arrived."""

    class State(models.TextChoices):
        """A rotation's life."""

        OWED = "owed", _("On its way")
        ACCEPTED = "accepted", _("Accepted by the station, not used yet")
        DONE = "done", _("In force")
        REJECTED = "rejected", _("Refused by the station")
        LAPSED = "lapsed", _("Given up")

    charge_point = models.ForeignKey(
        ChargePoint,
        on_delete=models.CASCADE,
        related_name="key_rotations",
        verbose_name=_("charge point"),
    )
    command = models.OneToOneField(Command, on_delete=models.CASCADE, related_name="key_rotation")
    key_mac = models.CharField(max_length=64)
    # What has to be sent, sealed; empty once the station has answered.
    sealed_value = models.TextField(blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OWED)
    # When the old key ends (accepted) or the new one is given up (owed).
    bound_at = models.DateTimeField(_("at the latest"))
    ended_at = models.DateTimeField(_("ended"), null=True)

    class Meta(TenantRecord.Meta):
        verbose_name = _("key rotation")
        verbose_name_plural = _("key rotations")
        constraints = (
            models.UniqueConstraint(
                fields=("charge_point",),
                condition=models.Q(state__in=("owed", "accepted")),
                name="one_key_rotation_at_a_time",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_state_display()} {self.created_at:%Y-%m-%d %H:%M}"


class CertificatePurpose(models.TextChoices):
    """What a station shows a certificate to: this platform, or cars."""

    STATION = "station", _("Connecting to the platform")
    V2G = "v2g", _("Talking to cars (ISO 15118)")


class StationCertificate(TenantRecord):
    """A certificate of a station; one for the platform opens its door (security profile 3)."""

    charge_point = models.ForeignKey(
        ChargePoint,
        on_delete=models.CASCADE,
        related_name="certificates",
        verbose_name=_("charge point"),
    )
    # SHA-256 of the DER form, in hexadecimal.
    fingerprint = models.CharField(_("fingerprint (SHA-256)"), max_length=64)
    purpose = models.CharField(
        _("for"),
        max_length=8,
        choices=CertificatePurpose.choices,
        default=CertificatePurpose.STATION,
    )
    common_name = models.CharField(_("issued to"), max_length=64)
    issuer = models.CharField(_("issued by"), max_length=255)
    pem = models.TextField(_("certificate"))
    valid_from = models.DateTimeField(_("valid from"))
    valid_to = models.DateTimeField(_("valid to"))
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta(TenantRecord.Meta):
        verbose_name = _("station certificate")
        verbose_name_plural = _("station certificates")
        ordering = ("-valid_to",)
        constraints = (
            models.UniqueConstraint(
                fields=("charge_point", "fingerprint"), name="a_certificate_is_kept_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.common_name} {self.fingerprint[:12]}"
