"""Links by which anybody who has one reads the receipt of one session."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from sessions_app.models import ChargingSession
from tenants.models import TenantRecord


class ReceiptLink(TenantRecord):
    """The public address of a session's receipt.

    The token is not kept: it is made of `salt` and the installation's secret key, and recognised
    by `token_hash`, so neither the database nor the key alone opens a receipt.
    """

    session = models.OneToOneField(
        ChargingSession,
        on_delete=models.PROTECT,
        related_name="receipt_link",
        verbose_name=_("session"),
    )
    salt = models.CharField(max_length=64, editable=False)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    renewed_at = models.DateTimeField(_("renewed"), null=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, editable=False)

    class Meta(TenantRecord.Meta):
        verbose_name = _("receipt link")
        verbose_name_plural = _("receipt links")
        ordering = ("-id",)

    def __str__(self) -> str:
        return str(self.session)
