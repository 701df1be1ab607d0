"""What stations are set to, as they reported it."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from chargepoints.models.charge_points import ChargePoint
from tenants.models import TenantRecord


class DeviceVariable(TenantRecord):
    """One configuration key (1.6) or component variable (2.0.1) as the station reported it."""

    charge_point = models.ForeignKey(
        ChargePoint, on_delete=models.CASCADE, related_name="device_variables"
    )
    component = models.CharField(_("component"), max_length=120, blank=True)
    name = models.CharField(_("name"), max_length=120)
    value = models.TextField(_("value"), blank=True)
    read_only = models.BooleanField(_("read only"), default=False)
    reported_at = models.DateTimeField(_("reported"))

    class Meta(TenantRecord.Meta):
        verbose_name = _("station setting")
        verbose_name_plural = _("station settings")
        constraints = (
            models.UniqueConstraint(
                fields=("charge_point", "component", "name"), name="a_variable_is_kept_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.component} {self.name}".strip()
