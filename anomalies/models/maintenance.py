"""Planned work: times in which a place's incidents wake nobody."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from chargepoints.models import ChargePoint, Connector, Site
from tenants.models import TenantRecord


class Maintenance(TenantRecord):
    """From `starts_at` up to `ends_at` incidents of a site, station or connector are muted.

    They are still found and shown, and what costs money is still held; nobody is told, nothing is
    repaired by itself, and key figures leave the time out.
    """

    site = models.ForeignKey(
        Site,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="maintenance",
        verbose_name=_("site"),
    )
    charge_point = models.ForeignKey(
        ChargePoint,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="maintenance",
        verbose_name=_("charge point"),
    )
    connector = models.ForeignKey(
        Connector,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="maintenance",
        verbose_name=_("connector"),
    )
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    reason = models.CharField(_("reason"), max_length=200)
    set_by = models.CharField(_("set by"), max_length=120, editable=False)

    class Meta(TenantRecord.Meta):
        verbose_name = _("maintenance")
        verbose_name_plural = _("maintenance")
        ordering = ("-starts_at",)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")),
                name="maintenance_ends_after_it_starts",
                violation_error_message=_("The end has to come after the start."),
            ),
            models.CheckConstraint(
                condition=(
                    models.Q(site__isnull=False, charge_point=None, connector=None)
                    | models.Q(site=None, charge_point__isnull=False, connector=None)
                    | models.Q(site=None, charge_point=None, connector__isnull=False)
                ),
                name="maintenance_is_of_one_place",
                violation_error_message=_("Choose a site, a charge point or a connector."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}"

    @property
    def place(self) -> Site | ChargePoint | Connector | None:
        """What is being worked on."""
        return self.connector or self.charge_point or self.site

    def is_on(self, now: datetime) -> bool:
        """Whether the work is going on."""
        return self.starts_at <= now < self.ends_at

    def clean(self) -> None:
        """Exactly one place."""
        if sum(place is not None for place in self._places()) != 1:
            raise ValidationError(
                {"site": _("Choose exactly one: a site, a charge point or a connector.")}
            )

    def _places(self) -> tuple[object, ...]:
        return self.site_id, self.charge_point_id, self.connector_id
