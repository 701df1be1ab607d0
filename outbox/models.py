"""Events that happened and the deliveries they still owe; messages owed to people."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from outbox.types import Channel
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


class Message(TenantRecord):
    """Something a person or another system is told, owed until it is sent.

    pending -> sending -> sent | failed (tried again) | given_up (waits for a person). While
    `sending`, `due_at` is the end of the lease. A message whose outcome is not known (a process
    died over it, the receiver never answered) is not sent again by itself: nobody is told twice.
    """

    class State(models.TextChoices):
        """Where a message is."""

        PENDING = "pending", _("Pending")
        SENDING = "sending", _("Being sent")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed, will be tried again")
        GIVEN_UP = "given_up", _("Given up")
        WITHDRAWN = "withdrawn", _("No longer needed")

    key = models.CharField(_("key"), max_length=200)
    topic = models.CharField(_("about"), max_length=80, blank=True)
    channel = models.CharField(_("channel"), max_length=8, choices=Channel.choices)
    recipient = models.CharField(_("to"), max_length=254)
    sealed_recipient = models.TextField(blank=True, editable=False)
    subject = models.CharField(_("subject"), max_length=200, blank=True)
    text = models.TextField(_("text"), blank=True)
    html = models.TextField(blank=True)
    is_private = models.BooleanField(_("confidential"), default=False)
    headers = models.JSONField(default=dict)
    attachments = models.JSONField(default=list)
    payload = models.JSONField(default=dict)
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.PENDING
    )
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    due_at = models.DateTimeField(_("due"))
    expires_at = models.DateTimeField(_("pointless after"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    last_error = models.TextField(_("last error"), blank=True)

    class Meta(TenantRecord.Meta):
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = (
            models.UniqueConstraint(fields=("tenant", "key"), name="a_message_is_owed_once"),
        )
        indexes = (
            models.Index(
                fields=("due_at", "id"),
                condition=models.Q(state__in=("pending", "sending", "failed")),
                name="messages_due",
            ),
            models.Index(
                fields=("tenant", "topic"),
                condition=models.Q(state__in=("pending", "failed")),
                name="messages_by_topic",
            ),
        )

    def __str__(self) -> str:
        return self.subject or self.text[:60]
