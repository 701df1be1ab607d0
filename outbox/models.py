"""Events that happened and the deliveries they still owe."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.models import TenantRecord


class Event(TenantRecord):
    """Something that happened, in plain values; never changed."""

    append_only = True

    type = models.CharField(_("type"), max_length=64)
    payload = models.JSONField(_("content"))
    occurred_at = models.DateTimeField(_("occurred"))

    class Meta(TenantRecord.Meta):
        verbose_name = _("event")
        verbose_name_plural = _("events")
        indexes = (models.Index(fields=("tenant", "type", "id"), name="event_by_type"),)

    def __str__(self) -> str:
        return self.type


class Delivery(TenantRecord):
    """One subscriber's share of an event: work that is owed until it is done."""

    class State(models.TextChoices):
        """Where a delivery is; `dead` waits for a person."""

        PENDING = "pending", _("Pending")
        DONE = "done", _("Done")
        DEAD = "dead", _("Given up")

    event = models.ForeignKey(
        Event, on_delete=models.CASCADE, related_name="deliveries", verbose_name=_("event")
    )
    subscriber = models.CharField(_("subscriber"), max_length=120)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    due_at = models.DateTimeField(_("due"))
    done_at = models.DateTimeField(_("done"), null=True, blank=True)
    last_error = models.TextField(_("last error"), blank=True)

    class Meta(TenantRecord.Meta):
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints = (
            models.UniqueConstraint(
                fields=("event", "subscriber"), name="an_event_is_owed_to_a_subscriber_once"
            ),
        )
        indexes = (
            models.Index(
                fields=("due_at", "id"),
                condition=models.Q(state="pending"),
                name="deliveries_due",
            ),
        )

    def __str__(self) -> str:
        return f"{self.event} → {self.subscriber}"
