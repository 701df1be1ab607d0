"""What members are told about commands they gave."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

from chargepoints.models import Command


def say_how_it_went(request: HttpRequest, asked: str, command: Command) -> None:
    """Say `asked` when the command is on its way, and why not when it is not."""
    if command.state in (Command.State.QUEUED, Command.State.SENT, Command.State.ANSWERED):
        messages.info(request, asked)
    else:
        messages.warning(request, _("Not sent: %s") % command.get_state_display())
