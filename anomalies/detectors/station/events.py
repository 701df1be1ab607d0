"""What can happen at a station, as the rules see it; times are ours unless said otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Spoke:
    """A message with a time in it; `is_replayed`: kept while offline and sent later."""

    at: datetime
    stamped_at: datetime
    is_replayed: bool = False


@dataclass(frozen=True, slots=True)
class Connected:
    """The socket was opened anew."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Booted:
    """BootNotification was accepted."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Rejected:
    """A token was refused; `was_unreachable`: not for the token's sake (list or backend down)."""

    at: datetime
    connector: int
    token: str
    was_unreachable: bool = False


@dataclass(frozen=True, slots=True)
class Answered:
    """A token was accepted."""

    at: datetime
    connector: int
    token: str
    token_type: str = ""


@dataclass(frozen=True, slots=True)
class StateReported:
    """StatusNotification; `has_transaction`: one is open there, or begins within the message.

    `error` is 1.6's errorCode, `vendor_error` the maker's own, both as sent.
    """

    at: datetime
    connector: int
    is_charging: bool
    has_transaction: bool
    error: str = ""
    vendor_error: str = ""
    is_muted: bool = False


@dataclass(frozen=True, slots=True)
class TransactionNamed:
    """A message names a transaction; `is_known`: we gave or heard that id before.

    `is_start` messages open one; `was_booted`: the station's boot had been accepted.
    """

    at: datetime
    connector: int
    ref: str
    is_known: bool
    is_start: bool = False
    was_booted: bool = True
    is_replayed: bool = False


@dataclass(frozen=True, slots=True)
class RemoteStarted:
    """A remote start was asked for; `is_known_party`: by us, a driver or a partner we know."""

    at: datetime
    connector: int
    token: str
    is_known_party: bool


StationEvent = (
    Spoke
    | Connected
    | Booted
    | Rejected
    | Answered
    | StateReported
    | TransactionNamed
    | RemoteStarted
)
