"""What members are told about commands they gave."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest

from chargepoints.models import Command


def say_how_it_went(request: HttpRequest, template: str, command: Command) -> None:
    """Put the command's state into `template` and show it, as a warning if it cannot be sent."""
    is_owed = command.state in (Command.State.QUEUED, Command.State.SENT, Command.State.ANSWERED)
    show = messages.info if is_owed else messages.warning
    show(request, template % command.get_state_display())
