"""Faults on demand: requests and replies that vanish, refusals, and bad post for events."""

import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any, Generic, TypeVar

from config.devstack.stripe_stand_in.errors import (
    ApiError,
    KeyInUse,
    PassingServerFailure,
    ServerFailure,
    TooManyRequests,
)


class FaultKind(StrEnum):
    """What can go wrong with a request."""

    LOST_REQUEST = "lost_request"
    LOST_REPLY = "lost_reply"
    RATE_LIMITED = "rate_limited"
    CONFLICT = "conflict"
    SERVER_ERROR = "server_error"
    PASSING_SERVER_ERROR = "passing_server_error"
    SLOW = "slow"


class PostKind(StrEnum):
    """What can go wrong with an event on its way to the receiver."""

    LOSE = "lose"
    DUPLICATE = "duplicate"
    DELAY = "delay"


@dataclass
class Seen:
    """One request as it arrived, and what became of it."""

    at: int
    method: str
    path: str
    params: Mapping[str, Any]
    account: str | None
    idempotency_key: str | None
    api_version: str | None
    request_id: str
    status: int | None = None
    replayed: bool = False
    fault: FaultKind | None = None


@dataclass
class Fault:
    """A rule: which requests go wrong, how, and how often (`times=None` is without end).

    A SERVER_ERROR is kept under the idempotency key and replayed. With `after_work` the work is
    done before the error is given, which Stripe does not promise against.
    """

    kind: FaultKind
    method: str = "*"
    path: str = "*"
    account: str | None = None
    probability: float = 1.0
    times: int | None = 1
    delay_s: float = 0.0
    after_work: bool = False
    matches: Callable[[Seen], bool] | None = field(default=None, repr=False)

    def covers(self, seen: Seen) -> bool:
        """True when the rule is about this request."""
        return (
            fnmatchcase(seen.method, self.method)
            and fnmatchcase(seen.path, self.path)
            and self.account in {None, seen.account}
            and (self.matches is None or self.matches(seen))
        )

    def refusal(self) -> ApiError | None:
        """The refusal this fault answers with, if it is one."""
        match self.kind:
            case FaultKind.RATE_LIMITED:
                return TooManyRequests("Request rate limit exceeded.", code="rate_limit")
            case FaultKind.CONFLICT:
                return KeyInUse(
                    "There is currently another in-progress request using this Idempotent Key.",
                    code="idempotency_key_in_use",
                )
            case FaultKind.SERVER_ERROR:
                return ServerFailure("An unknown error occurred.")
            case FaultKind.PASSING_SERVER_ERROR:
                return PassingServerFailure("An unknown error occurred.")
            case _:
                return None


@dataclass
class PostFault:
    """A rule: which events are lost, doubled or late, and how often."""

    kind: PostKind
    event: str = "*"
    probability: float = 1.0
    times: int | None = 1
    delay_s: float = 0.0

    def covers(self, event: Mapping[str, Any]) -> bool:
        """True when the rule is about this event."""
        return fnmatchcase(event["type"], self.event)


AnyRule = TypeVar("AnyRule", Fault, PostFault)


class Plan(Generic[AnyRule]):
    """Rules in order; the first that covers a subject and is drawn by lot is used up by one."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.rules: list[AnyRule] = []
        self.lock = threading.Lock()

    def add(self, rule: AnyRule) -> None:
        """Append a rule."""
        with self.lock:
            self.rules.append(rule)

    def clear(self) -> None:
        """Forget every rule."""
        with self.lock:
            self.rules.clear()

    def draw(self, subject: Any) -> AnyRule | None:
        """The rule that strikes this subject, if any."""
        with self.lock:
            for rule in self.rules:
                if rule.covers(subject) and self.strikes(rule):
                    return rule
        return None

    def strikes(self, rule: AnyRule) -> bool:
        """Draw lots, and count the rule down when it strikes."""
        if rule.probability < 1 and self.chance.random() >= rule.probability:
            return False
        if rule.times is not None:
            rule.times -= 1
            if rule.times <= 0:
                self.rules.remove(rule)
        return True
