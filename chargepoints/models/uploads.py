"""Files that stations send us: where they may send one, and what came."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from chargepoints.models.maintenance import LogRequest
from tenants.models import TenantRecord


class LogUpload(TenantRecord):
    """The way in for one log, open once and until a time, and the file that came by it.

    Of the token in the address only its SHA-256 is kept.
    """

    request = models.OneToOneField(LogRequest, on_delete=models.CASCADE, related_name="upload")
    token_hash = models.CharField(max_length=64, unique=True)
    open_until = models.DateTimeField(_("open until"))
    received_at = models.DateTimeField(_("received"), null=True)
    file_name = models.CharField(_("file"), max_length=255, blank=True)
    size_bytes = models.PositiveIntegerField(_("size (bytes)"), null=True)
    content = models.BinaryField(null=True)

    class Meta(TenantRecord.Meta):
        verbose_name = _("uploaded log")
        verbose_name_plural = _("uploaded logs")

    def __str__(self) -> str:
        return self.file_name
