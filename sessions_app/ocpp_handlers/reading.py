"""Reading a payload, with what it gets wrong told in OCPP's terms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from chargepoints.errors import CallRefused, Fault
from sessions_app.messages import FieldRefused

T = TypeVar("T")


def read(reader: Callable[[dict[str, Any]], T], payload: dict[str, Any]) -> T:
    """The message in a payload; raises `CallRefused` naming the field that means nothing."""
    try:
        return reader(payload)
    except FieldRefused as problem:
        raise CallRefused(Fault.PROPERTY, str(problem)) from problem
