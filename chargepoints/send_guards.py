"""Last looks at commands before they are sent; apps above register theirs at start-up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from chargepoints.models import Command

Guard = Callable[[Command, datetime], str]

_guards: dict[str, list[Guard]] = {}


def guard_sending(action: str) -> Callable[[Guard], Guard]:
    """Have a function asked before commands of this action are sent.

    It says why the command must not be sent, or nothing. It is called in the transaction that
    sends, with the station's row locked, and must be quick.
    """

    def register(guard: Guard) -> Guard:
        _guards.setdefault(action, []).append(guard)
        return guard

    return register


def why_not_send(command: Command, now: datetime) -> str:
    """The first objection to sending a command now; empty when nobody objects."""
    objections = (guard(command, now) for guard in _guards.get(command.action, ()))
    return next((reason for reason in objections if reason), "")
