"""What drivers may do at Stripe's customer portal."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.models import TenantRecord


class PortalConfiguration(TenantRecord):
    """A tenant's settings of the portal on one Stripe account; made at Stripe on first use."""

    stripe_account_ref = models.CharField(max_length=64, blank=True)
    configuration_ref = models.CharField(_("Stripe portal settings"), max_length=64, blank=True)

    class Meta(TenantRecord.Meta):
        verbose_name = _("customer portal")
        verbose_name_plural = _("customer portals")
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "stripe_account_ref"), name="a_portal_is_set_up_once"
            ),
        )

    def __str__(self) -> str:
        return self.configuration_ref or "-"
