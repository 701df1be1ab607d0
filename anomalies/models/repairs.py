"""Repairs: which steps a tenant lets happen by themselves, and every step with its outcome."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from anomalies.models.incidents import Incident
from chargepoints.models import ChargePoint, Command
from tenants.models import TenantRecord


class Repair(models.TextChoices):
    """The rungs of the ladder, mildest first."""

    WAIT = "wait", _("Wait and see")
    TRIGGER = "trigger", _("Ask the station how it is")
    SOFT_RESET = "soft_reset", _("Restart gently")
    HARD_RESET = "hard_reset", _("Restart hard")
    INOPERATIVE = "inoperative", _("Take out of service")
    WORK_ORDER = "work_order", _("Send a technician")
    RETEST = "retest", _("Wait for a good session")


class RepairPolicy(TenantRecord):
    """Which steps are taken without asking anybody; one row for each tenant, or the defaults.

    By default the platform asks stations how they are and writes work orders. Restarts and taking
    out of service wait for a person until the tenant says otherwise.
    """

    trigger = models.BooleanField(_("ask the station how it is"), default=True)
    soft_reset = models.BooleanField(_("restart gently, when nobody charges"), default=False)
    hard_reset = models.BooleanField(_("restart hard, when nobody charges"), default=False)
    inoperative = models.BooleanField(_("take out of service"), default=False)
    work_order = models.BooleanField(_("write a work order"), default=True)

    class Meta(TenantRecord.Meta):
        verbose_name = _("repair policy")
        verbose_name_plural = _("repair policies")
        constraints = (
            models.UniqueConstraint(fields=("tenant",), name="a_tenant_has_one_repair_policy"),
        )

    def __str__(self) -> str:
        return str(_("repair policy"))

    def lets(self, repair: str) -> bool:
        """Whether a step is taken by itself; waiting always is."""
        allowed: bool = getattr(self, repair, True)
        return allowed


class RemediationStep(TenantRecord):
    """One rung of an incident's ladder: planned, carried out, and what came of it."""

    class State(models.TextChoices):
        """A step's life."""

        PLANNED = "planned", _("Planned")
        SENT = "sent", _("Under way")
        SUCCEEDED = "succeeded", _("It helped")
        FAILED = "failed", _("It did not help")
        SKIPPED = "skipped", _("Left out")

    class Reason(models.TextChoices):
        """Why a step was left out, or did not help."""

        NONE = "", ""
        STILL_THERE = "still_there", _("it is still there")
        SEEN_AGAIN = "seen_again", _("it was seen again")
        NO_PROOF = "no_proof", _("nothing showed that it helped")
        REFUSED = "refused", _("the station refused")
        NO_ANSWER = "no_answer", _("the station did not answer")
        OFFLINE = "offline", _("the station is not connected")
        NOT_POSSIBLE = "not_possible", _("the station can not do that")
        IN_USE = "in_use", _("somebody was charging")
        BUDGET = "budget", _("restarted often enough lately")
        NOT_AUTOMATIC = "not_automatic", _("a person decides about this step")
        ENDED = "ended", _("the incident had ended")
        SITE = "site", _("it became part of a site's incident")
        MAINTENANCE = "maintenance", _("the place is being worked on")

    incident = models.ForeignKey(
        Incident, on_delete=models.CASCADE, related_name="steps", verbose_name=_("incident")
    )
    charge_point = models.ForeignKey(
        ChargePoint, on_delete=models.CASCADE, null=True, related_name="+", db_index=False
    )
    position = models.PositiveSmallIntegerField()
    repair = models.CharField(_("step"), max_length=12, choices=Repair.choices)
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.PLANNED
    )
    reason = models.CharField(
        _("reason"), max_length=14, choices=Reason.choices, blank=True, default=Reason.NONE
    )
    command = models.ForeignKey(
        Command, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("command")
    )
    asked_by = models.CharField(_("asked for by"), max_length=120, blank=True)
    due_at = models.DateTimeField(_("due"))
    give_up_at = models.DateTimeField()
    sent_at = models.DateTimeField(_("carried out"), null=True)
    ended_at = models.DateTimeField(_("ended"), null=True)

    class Meta(TenantRecord.Meta):
        verbose_name = _("repair step")
        verbose_name_plural = _("repair steps")
        ordering = ("incident", "position")
        constraints = (
            models.UniqueConstraint(
                fields=("incident", "position"), name="an_incidents_steps_have_an_order"
            ),
            models.UniqueConstraint(
                fields=("incident",),
                condition=models.Q(state__in=("planned", "sent")),
                name="an_incident_takes_one_step_at_a_time",
            ),
        )
        indexes = (
            models.Index(
                fields=("due_at",),
                condition=models.Q(state__in=("planned", "sent")),
                name="repair_steps_to_take",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_repair_display()}: {self.get_state_display()}"
