"""Admin pages of what is owed: deliveries and messages, with a way to try again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from outbox.models import Delivery, Message
from outbox.services import retry_delivery, retry_message
from tenants.access import Right
from tenants.admin import TenantAdmin, coloured


@admin.register(Delivery)
class DeliveryAdmin(TenantAdmin):
    """Events and who has still to be told."""

    view_right = change_right = Right.ADMINISTER
    list_display = ("created_at", "event", "subscriber", "shown_state", "attempts", "done_at")
    list_filter = ("state", "subscriber")
    list_select_related = ("event",)
    fields = (
        "event",
        "subscriber",
        "shown_state",
        "attempts",
        "due_at",
        "done_at",
        "last_error",
    )
    readonly_fields = fields
    actions = ("retry",)
    ordering = ("-id",)
    empty_text = _("What has happened is delivered to the parts that need to know; nothing yet.")

    @coloured(_("state"), {"pending": "info", "done": "success", "dead": "danger"})
    def shown_state(self, delivery: Delivery) -> tuple[str, str]:
        """Colour by state."""
        return delivery.state, str(delivery.get_state_display())

    @admin.action(description=_("Try again"))
    def retry(self, request: HttpRequest, queryset: Any) -> None:
        """Put given-up deliveries back in the queue."""
        done = sum(retry_delivery(delivery_id=delivery.pk) for delivery in queryset)
        self.message_user(request, _("%d deliveries are tried again.") % done)


@admin.register(Message)
class MessageAdmin(TenantAdmin):
    """What people were told, are about to be told, and could not be told."""

    view_right = change_right = Right.ADMINISTER
    list_display = ("created_at", "__str__", "channel", "recipient", "shown_state", "shown_due")
    list_filter = ("state", "channel")
    search_fields = ("recipient", "subject")
    fields = (
        "channel",
        "recipient",
        "subject",
        "shown_text",
        "shown_state",
        "attempts",
        "shown_due",
        "sent_at",
        "expires_at",
        "last_error",
        "topic",
        "key",
    )
    readonly_fields = fields
    actions = ("retry",)
    ordering = ("-id",)
    empty_text = _("Mails, SMS and webhooks are listed here once there is something to tell.")

    @coloured(
        _("state"),
        {
            "pending": "info",
            "sending": "info",
            "sent": "success",
            "failed": "warning",
            "given_up": "danger",
            "withdrawn": "",
        },
    )
    def shown_state(self, message: Message) -> tuple[str, str]:
        """Colour by state."""
        return message.state, str(message.get_state_display())

    @admin.display(description=_("text"))
    def shown_text(self, message: Message) -> str:
        """What it says; a confidential text is nobody's but the receiver's."""
        if message.is_private:
            return str(_("Confidential: only the receiver reads it."))
        return message.text

    @admin.display(description=_("due"), ordering="due_at")
    def shown_due(self, message: Message) -> datetime | None:
        """When it is sent next; nothing for one that is settled."""
        waiting = (Message.State.PENDING, Message.State.SENDING, Message.State.FAILED)
        return message.due_at if message.state in waiting else None

    @admin.action(description=_("Send again what was given up"))
    def retry(self, request: HttpRequest, queryset: Any) -> None:
        """Put given-up messages back in the queue."""
        now = timezone.now()
        done = sum(retry_message(message_id=message.pk, now=now) for message in queryset)
        self.message_user(request, _("%d messages are sent again.") % done)
