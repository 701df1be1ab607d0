"""Who signs stations' certificates, and what stations have asked to be signed."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from chargepoints.models.charge_points import ChargePoint
from chargepoints.models.commands import Command
from chargepoints.models.doors import CertificatePurpose, StationCertificate
from tenants.models import TenantRecord


class CertificateAuthority(TenantRecord):
    """An operator's own authority; its key is sealed and leaves this row only to sign."""

    name = models.CharField(_("name"), max_length=64)
    pem = models.TextField(_("certificate"))
    sealed_key = models.TextField(editable=False)
    fingerprint = models.CharField(_("fingerprint (SHA-256)"), max_length=64)
    valid_from = models.DateTimeField(_("valid from"))
    valid_to = models.DateTimeField(_("valid to"))
    retired_at = models.DateTimeField(_("retired"), null=True, blank=True)

    class Meta(TenantRecord.Meta):
        verbose_name = _("certificate authority")
        verbose_name_plural = _("certificate authorities")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("tenant",),
                condition=models.Q(retired_at__isnull=True),
                name="an_operator_has_one_authority_in_use",
            ),
        )

    def __str__(self) -> str:
        return self.name


class SigningRequest(TenantRecord):
    """A certificate a station has asked for (SignCertificate), and what became of it."""

    class State(models.TextChoices):
        """A request's life."""

        WAITING = "waiting", _("Waits for an uploaded certificate")
        SIGNED = "signed", _("Signed, on its way")
        INSTALLED = "installed", _("Installed")
        REFUSED = "refused", _("Refused by us")
        REJECTED = "rejected", _("Refused by the station")

    charge_point = models.ForeignKey(
        ChargePoint,
        on_delete=models.CASCADE,
        related_name="signing_requests",
        verbose_name=_("charge point"),
    )
    purpose = models.CharField(
        _("for"), max_length=8, choices=CertificatePurpose.choices, editable=False
    )
    csr = models.TextField(_("request (PEM)"))
    digest = models.CharField(max_length=64)
    # OCPP 2.1 numbers its requests and wants the number back.
    request_id = models.BigIntegerField(null=True)
    state = models.CharField(_("state"), max_length=10, choices=State.choices)
    problem = models.CharField(_("problem"), max_length=255, blank=True)
    asked_at = models.DateTimeField(_("asked"))
    certificate = models.OneToOneField(
        StationCertificate,
        on_delete=models.SET_NULL,
        null=True,
        related_name="request",
        verbose_name=_("certificate"),
    )
    command = models.OneToOneField(
        Command, on_delete=models.SET_NULL, null=True, related_name="signing_request"
    )

    class Meta(TenantRecord.Meta):
        verbose_name = _("certificate request")
        verbose_name_plural = _("certificate requests")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("charge_point", "digest", "purpose"),
                name="a_certificate_request_is_kept_once",
            ),
        )

    def __str__(self) -> str:
        return f"{self.charge_point} {self.get_purpose_display()}"
