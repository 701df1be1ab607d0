"""Calls owed to Stripe, and what Stripe told us."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.models import TenantRecord


class StripeCommand(TenantRecord):
    """One call owed to Stripe, its parameters frozen when it was decided.

    pending -> sending -> done | rejected | unknown | manual. `unknown` is tried again under the
    same key while Stripe keeps it, then looked up. While `sending`, `due_at` is the end of the
    lease: who finds it past, takes the call over as one of unknown outcome.
    """

    class State(models.TextChoices):
        """Where the call is."""

        PENDING = "pending", _("Pending")
        SENDING = "sending", _("Being sent")
        UNKNOWN = "unknown", _("Outcome unknown")
        DONE = "done", _("Done")
        REJECTED = "rejected", _("Refused")
        MANUAL = "manual", _("Needs a person")

    stripe_account_ref = models.CharField(max_length=64, blank=True)
    operation = models.CharField(_("operation"), max_length=40)
    entity_id = models.UUIDField(_("entity"))
    generation = models.PositiveSmallIntegerField(default=0)
    params = models.JSONField(_("parameters"))
    idempotency_key = models.CharField(_("key"), max_length=255, unique=True)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.PENDING)
    look_up_first = models.BooleanField(_("look before sending"), default=False)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    due_at = models.DateTimeField(_("due"))
    first_sent_at = models.DateTimeField(_("first sent"), null=True, blank=True)
    result = models.JSONField(_("answer"), null=True, blank=True)
    last_error = models.TextField(_("last error"), blank=True)

    class Meta(TenantRecord.Meta):
        verbose_name = _("Stripe call")
        verbose_name_plural = _("Stripe calls")
        constraints = (
            models.UniqueConstraint(
                fields=("operation", "entity_id", "generation"), name="a_call_is_owed_once"
            ),
        )
        indexes = (
            models.Index(
                fields=("due_at", "id"),
                condition=models.Q(state__in=("pending", "sending", "unknown")),
                name="stripe_commands_due",
            ),
        )

    def __str__(self) -> str:
        return f"{self.operation} {self.state}"


class StripeEvent(TenantRecord):
    """A webhook event as it came, stored before anything is done with it."""

    stripe_account_ref = models.CharField(max_length=64, blank=True)
    event_ref = models.CharField(_("event"), max_length=64)
    type = models.CharField(_("type"), max_length=80)
    object_ref = models.CharField(_("object"), max_length=255, blank=True)
    api_version = models.CharField(max_length=40, blank=True)
    payload = models.JSONField(_("content"))
    occurred_at = models.DateTimeField(_("occurred"))
    handled_at = models.DateTimeField(_("handled"), null=True, blank=True)

    class Meta(TenantRecord.Meta):
        verbose_name = _("Stripe event")
        verbose_name_plural = _("Stripe events")
        constraints = (
            models.UniqueConstraint(
                fields=("stripe_account_ref", "event_ref"), name="a_stripe_event_is_stored_once"
            ),
        )

    def __str__(self) -> str:
        return self.type


class EventWatermark(models.Model):
    """Up to when an account's events were listed; of the platform, not of one tenant."""

    stripe_account_ref = models.CharField(primary_key=True, max_length=64, blank=True)
    listed_until = models.DateTimeField()

    def __str__(self) -> str:
        return self.stripe_account_ref or "-"
