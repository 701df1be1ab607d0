"""The base of every event, and the register of who wants which."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, ClassVar, TypeVar, get_type_hints
from uuid import UUID


@dataclass(frozen=True, kw_only=True)
class DomainEvent:
    """Something that happened, told in ids and plain values; `type` names it for ever."""

    type: ClassVar[str]
    occurred_at: datetime


class NotYet(Exception):
    """Raised by a subscriber that wants to hear of the event again at a later time."""

    def __init__(self, until: datetime) -> None:
        """Not before `until`; it is no failure."""
        super().__init__(until)
        self.until = until


E = TypeVar("E", bound=DomainEvent)
Subscriber = Callable[[Any], None]

_subscribers: dict[str, dict[str, tuple[type[DomainEvent], Subscriber]]] = {}


def subscribe(event_class: type[E]) -> Callable[[Callable[[E], None]], Callable[[E], None]]:
    """Register a function as subscriber of an event; it is named by its module and name."""

    def register(function: Callable[[E], None]) -> Callable[[E], None]:
        name = f"{function.__module__}.{function.__qualname__}"
        _subscribers.setdefault(event_class.type, {})[name] = (event_class, function)
        return function

    return register


def subscribers_of(event_type: str) -> Iterable[str]:
    """Names of everyone an event of this type is owed to."""
    return tuple(_subscribers.get(event_type, ()))


def subscriber(event_type: str, name: str) -> tuple[type[DomainEvent], Subscriber]:
    """The event class and function behind a name; raises `KeyError` when it is gone."""
    return _subscribers[event_type][name]


def to_payload(event: DomainEvent) -> dict[str, Any]:
    """The event's fields as JSON values."""
    return {name: _plain(value) for name, value in asdict(event).items() if name != "occurred_at"}


def from_payload(
    event_class: type[DomainEvent], payload: dict[str, Any], occurred_at: datetime
) -> DomainEvent:
    """The event again; fields the stored payload lacks must have defaults."""
    hints = get_type_hints(event_class)
    known = {f.name for f in fields(event_class)}
    values = {k: _typed(hints[k], v) for k, v in payload.items() if k in known}
    return event_class(occurred_at=occurred_at, **values)


def _plain(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return value


def _typed(hint: Any, value: Any) -> Any:
    if hint is UUID:
        return UUID(value)
    if hint is datetime:
        return datetime.fromisoformat(value)
    return value
