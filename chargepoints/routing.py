"""Which method answers which OCPP action: the decorator and the base of every station class."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, TypeVar

from chargepoints.boot_rules import ACCEPTED, BOOT, may_say
from chargepoints.errors import CallRefused, Fault
from chargepoints.models import ModelProfile
from chargepoints.schemas import check_call, is_known
from chargepoints.services.together import Store
from chargepoints.types import V21, V201, Connection

__all__ = ["Connection", "Handler", "Station", "Together", "answers"]

Handler = Callable[[dict[str, Any], datetime], dict[str, Any]]
H = TypeVar("H", bound=Callable[..., dict[str, Any]])


@dataclass(frozen=True, slots=True)
class Together:
    """How the plain ones among an action's messages are stored with other stations' messages.

    `read` makes a value of a payload, or None if it is not plain; `store` stores such values of
    live charge points in one transaction, across tenants. The handler answers what either leaves.
    """

    read: Callable[[dict[str, Any], datetime], Any]
    store: Store


def answers(
    action: str, *, in_memory: bool = False, together: Together | None = None
) -> Callable[[H], H]:
    """Mark a method `(self, payload, received_at) -> answer` as the handler of an OCPP action.

    It runs in a database thread, in the station's tenant scope and in a transaction that is
    committed before the answer is sent. `in_memory` methods touch no database and run at once.
    Messages that are plain to `together` go past it and are answered with an empty payload.
    A method may raise `CallRefused`; anything else it raises becomes an InternalError.
    """

    def mark(method: H) -> H:
        method.answers_action = action  # type: ignore[attr-defined]
        method.runs_in_memory = in_memory  # type: ignore[attr-defined]
        method.together = together  # type: ignore[attr-defined]
        return method

    return mark


def runs_in_memory(handler: Handler) -> bool:
    """Whether the handler was marked as touching no database."""
    return bool(getattr(handler, "runs_in_memory", False))


def together_of(handler: Handler) -> Together | None:
    """How plain messages go past the handler, if any do."""
    together: Together | None = getattr(handler, "together", None)
    return together


class Station:
    """One connected station; `config.ocpp` mixes the apps' handlers into a class per version."""

    version: ClassVar[str] = ""
    handlers: ClassVar[Mapping[str, str]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Collect the marked methods; two of them for one action are a mistake of ours."""
        super().__init_subclass__(**kwargs)
        found: dict[str, str] = {}
        for name in dir(cls):
            action = getattr(getattr(cls, name), "answers_action", None)
            if action is None:
                continue
            if action in found:
                raise TypeError(f"{found[action]} and {name} both answer {action}")
            found[action] = name
        cls.handlers = found

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.profile: ModelProfile | None = None
        self.connected_at: datetime | None = None
        self.clock_skew_s: int | None = None
        self.boot_state = ACCEPTED
        # Calls that were asked for: those a station may make before it is accepted.
        self.expected: set[str] = set()

    @property
    def is_lenient(self) -> bool:
        """Whether calls that break the schema are mended."""
        return self.profile is not None and self.profile.lenient

    def handler_of(self, action: str, payload: dict[str, Any] | None = None) -> Handler:
        """The method that answers, once a payload is known to fit; raises `CallRefused`."""
        name = self.handlers.get(action)
        if name is None:
            raise self._refusal_of(action)
        if not may_say(self.boot_state, action, self.expected):
            raise CallRefused(Fault.SECURITY, f"action: not before it is accepted ({BOOT})")
        if payload is not None:
            check_call(self.version, action, payload)
        handler: Handler = getattr(self, name)
        return handler

    def _refusal_of(self, action: str) -> CallRefused:
        if not is_known(self.version, action):
            return CallRefused(Fault.UNKNOWN_ACTION, "action: not part of this OCPP version")
        # Of 2.1's own messages we have none: it is spoken as 2.0.1 with 2.1's schemas.
        if self.version == V21 and not is_known(V201, action):
            return CallRefused(Fault.UNKNOWN_ACTION, "action: not implemented here")
        return CallRefused(Fault.UNSUPPORTED_ACTION, "action: not supported here")
