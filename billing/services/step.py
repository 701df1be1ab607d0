"""What one operation at Stripe is made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from billing.models import StripeCommand
from billing.stripe_gateway import CallFor, RemoteObject, StripeFailure, StripeGateway

Send = Callable[[StripeGateway, CallFor, StripeCommand], RemoteObject]
LookUp = Callable[[StripeGateway, CallFor, StripeCommand], Sequence[RemoteObject]]
Conclude = Callable[[StripeCommand, Any, datetime], None]
Refuse = Callable[[StripeCommand, StripeFailure, datetime], None]

# Clocks differ; an object made by our first try may seem older than that try.
CLOCK_SLACK: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Step:
    """One operation.

    `send` makes the call; `look_up` finds what an earlier try left at Stripe (nothing: it may be
    sent again under a new key; two: a person decides). `conclude` and `refuse` change our rows and
    owe the next call, in the transaction that finishes this one. `may_be_done` says that a
    refusal can mean that it was done before, so it is worth a look.
    """

    send: Send
    look_up: LookUp
    conclude: Conclude
    refuse: Refuse
    may_be_done: bool = False
