"""Admin page of what is owed: deliveries, with a way to try again."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from outbox.models import Delivery
from outbox.services import retry_delivery
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
