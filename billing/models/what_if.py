"""What-if runs: past sessions priced by a tariff that is not in force."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from billing.models.tariffs import Tariff, TariffVersion
from tenants.models import TenantRecord


class WhatIfRun(TenantRecord):
    """One question, waiting for a worker or answered.

    `document` is the tariff that is tried, as it was when it was asked for (`version` names it if
    it is a published one; else it was the draft). While `running`, `due_at` is the end of the
    lease: who finds it past takes the run over. `result` is `what_if.Replay.document`.
    """

    class State(models.TextChoices):
        """Where the run is."""

        PENDING = "pending", _("Waiting")
        RUNNING = "running", _("Being computed")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    class OffPeak(models.TextChoices):
        """Which hours count as off-peak."""

        CHEAPEST = "cheapest", _("The tried tariff's cheapest hours")
        CHOSEN = "chosen", _("The hours below")

    tariff = models.ForeignKey(
        Tariff, on_delete=models.CASCADE, related_name="+", verbose_name=_("tariff")
    )
    version = models.ForeignKey(
        TariffVersion,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("tariff version"),
    )
    document = models.JSONField(_("prices"))
    day_to = models.DateField(_("until (not included)"))
    weeks = models.PositiveSmallIntegerField(_("weeks"), default=8)
    off_peak = models.CharField(
        _("off-peak"), max_length=8, choices=OffPeak.choices, default=OffPeak.CHEAPEST
    )
    off_peak_from_hour = models.PositiveSmallIntegerField(_("off-peak from (hour)"), default=22)
    off_peak_to_hour = models.PositiveSmallIntegerField(_("off-peak to (hour)"), default=6)
    off_peak_weekends = models.BooleanField(_("weekends are off-peak"), default=False)
    elasticity_low_pct = models.PositiveSmallIntegerField(_("lowest answer (%)"), default=10)
    elasticity_high_pct = models.PositiveSmallIntegerField(_("highest answer (%)"), default=60)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("asked by"),
    )
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.PENDING)
    sessions_done = models.PositiveIntegerField(_("sessions computed"), default=0)
    sessions_total = models.PositiveIntegerField(_("sessions"), default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    problem = models.CharField(_("problem"), max_length=255, blank=True)
    result = models.JSONField(null=True, blank=True)

    class Meta(TenantRecord.Meta):
        verbose_name = _("what-if")
        verbose_name_plural = _("what-ifs")
        ordering = ("-id",)
        indexes = (
            models.Index(
                fields=("due_at", "id"),
                condition=models.Q(state__in=("pending", "running")),
                name="what_ifs_due",
            ),
        )
        constraints = (
            models.CheckConstraint(
                condition=models.Q(weeks__gte=1) & models.Q(weeks__lte=53),
                name="a_what_if_looks_back_a_year_at_most",
            ),
            models.CheckConstraint(
                condition=models.Q(elasticity_low_pct__lte=models.F("elasticity_high_pct"))
                & models.Q(elasticity_high_pct__lte=100),
                name="a_what_if_has_a_range_of_answers",
            ),
            models.CheckConstraint(
                condition=models.Q(off_peak_from_hour__lte=23) & models.Q(off_peak_to_hour__lte=24),
                name="a_what_if_has_hours_of_a_day",
            ),
        )

    def __str__(self) -> str:
        return str(self.tariff)
