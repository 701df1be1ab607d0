"""Admin page of the calls owed to Stripe and what became of them."""

from __future__ import annotations

from datetime import datetime

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from billing.models import StripeCommand
from billing.wording import OPERATIONS
from chargepoints.admin import as_json
from tenants.access import Right
from tenants.admin import TenantAdmin, coloured

WAITING = (StripeCommand.State.PENDING, StripeCommand.State.SENDING, StripeCommand.State.UNKNOWN)


@admin.register(StripeCommand)
class StripeCommandAdmin(TenantAdmin):
    """Calls owed to Stripe and what became of them."""

    view_right = Right.MONEY
    list_display = ("created_at", "shown_operation", "shown_state", "attempts", "shown_due")
    list_filter = ("state", "operation")
    fields = (
        "shown_operation",
        "shown_state",
        "attempts",
        "shown_due",
        "first_sent_at",
        "idempotency_key",
        "last_error",
        "shown_params",
        "shown_result",
    )
    readonly_fields = fields
    ordering = ("-id",)
    empty_text = _("A call is owed to Stripe as soon as there is something to invoice.")

    @admin.display(description=_("operation"), ordering="operation")
    def shown_operation(self, command: StripeCommand) -> str:
        """In words."""
        return str(OPERATIONS.get(command.operation, command.operation))

    @admin.display(description=_("due"), ordering="due_at")
    def shown_due(self, command: StripeCommand) -> datetime | None:
        """When it is sent next; nothing for one that is finished."""
        return command.due_at if command.state in WAITING else None

    @coloured(
        _("state"),
        {
            "pending": "info",
            "sending": "info",
            "unknown": "warning",
            "done": "success",
            "rejected": "danger",
            "manual": "danger",
        },
    )
    def shown_state(self, command: StripeCommand) -> tuple[str, str]:
        """Colour by state."""
        return command.state, str(command.get_state_display())

    @admin.display(description=_("parameters"))
    def shown_params(self, command: StripeCommand) -> str:
        """As frozen."""
        return as_json(command.params)

    @admin.display(description=_("answer"))
    def shown_result(self, command: StripeCommand) -> str:
        """As received."""
        return "-" if command.result is None else as_json(command.result)
