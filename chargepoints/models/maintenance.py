"""Work on stations: firmware, logs they upload, certificates they hold."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from chargepoints.models.charge_points import ChargePoint
from chargepoints.models.commands import Command
from tenants.models import TenantRecord


class FirmwareJob(TenantRecord):
    """A station's way to another firmware; `step` is what it said last, in OCPP's words."""

    class Kind(models.TextChoices):
        """For the station itself, or for a local controller to hand on."""

        UPDATE = "update", _("Update")
        PUBLISH = "publish", _("Publish locally")

    class State(models.TextChoices):
        """How far it is."""

        ASKED = "asked", _("Asked")
        UNDER_WAY = "under_way", _("Under way")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    charge_point = models.ForeignKey(
        ChargePoint,
        on_delete=models.CASCADE,
        related_name="firmware_jobs",
        verbose_name=_("charge point"),
    )
    command = models.OneToOneField(
        Command,
        on_delete=models.SET_NULL,
        null=True,
        related_name="firmware_job",
        verbose_name=_("command"),
    )
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices, default=Kind.UPDATE)
    # OCPP 1.6 without the security extension has no number: there the latest job is meant.
    request_id = models.BigIntegerField(_("number"), null=True)
    location = models.CharField(_("address"), max_length=512, blank=True)
    checksum = models.CharField(max_length=64, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.ASKED)
    step = models.CharField(_("step"), max_length=40, blank=True)
    step_at = models.DateTimeField(_("since"), null=True)
    steps = models.JSONField(default=list)

    class Meta(TenantRecord.Meta):
        verbose_name = _("firmware update")
        verbose_name_plural = _("firmware updates")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("charge_point", "kind", "request_id"), name="a_firmware_job_is_kept_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.charge_point} {self.get_state_display()}"


class LogRequest(TenantRecord):
    """A log that a station was asked to upload, and the file once it is here."""

    class State(models.TextChoices):
        """How far it is."""

        ASKED = "asked", _("Asked")
        UPLOADING = "uploading", _("Uploading")
        UPLOADED = "uploaded", _("Uploaded")
        FAILED = "failed", _("Failed")

    charge_point = models.ForeignKey(
        ChargePoint,
        on_delete=models.CASCADE,
        related_name="log_requests",
        verbose_name=_("charge point"),
    )
    command = models.OneToOneField(
        Command,
        on_delete=models.SET_NULL,
        null=True,
        related_name="log_request",
        verbose_name=_("command"),
    )
    request_id = models.BigIntegerField(_("number"), null=True)
    log_type = models.CharField(_("log"), max_length=20, default="DiagnosticsLog")
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.ASKED)
    step = models.CharField(_("step"), max_length=40, blank=True)
    step_at = models.DateTimeField(_("since"), null=True)
    file_name = models.CharField(_("file"), max_length=255, blank=True)

    class Meta(TenantRecord.Meta):
        verbose_name = _("station log")
        verbose_name_plural = _("station logs")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("charge_point", "request_id"), name="a_log_request_is_kept_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.charge_point} {self.log_type}"


class InstalledCertificate(TenantRecord):
    """A certificate that a station says it holds, known by its hashes."""

    charge_point = models.ForeignKey(
        ChargePoint, on_delete=models.CASCADE, related_name="installed_certificates"
    )
    certificate_type = models.CharField(_("kind"), max_length=40)
    hash_algorithm = models.CharField(_("hash"), max_length=6)
    issuer_name_hash = models.CharField(max_length=128)
    issuer_key_hash = models.CharField(max_length=128)
    serial_number = models.CharField(_("serial number"), max_length=40)
    reported_at = models.DateTimeField(_("reported"))

    class Meta(TenantRecord.Meta):
        verbose_name = _("installed certificate")
        verbose_name_plural = _("installed certificates")
        constraints = (
            models.UniqueConstraint(
                fields=(
                    *("charge_point", "certificate_type", "hash_algorithm"),
                    *("issuer_name_hash", "issuer_key_hash", "serial_number"),
                ),
                name="an_installed_certificate_is_kept_once",
            ),
        )

    def __str__(self) -> str:
        return f"{self.certificate_type} {self.serial_number}"
