"""Telling receivers of events: signed posts, retries with back-off, and bad post on demand."""

import heapq
import http.client
import itertools
import logging
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import orjson

from config.devstack.stripe_stand_in.faults import Plan, PostFault, PostKind
from config.devstack.stripe_stand_in.signatures import sign_payload

logger = logging.getLogger(__name__)

FIRST_BACK_OFF_S = 0.25
LONGEST_BACK_OFF_S = 30.0
MOST_ATTEMPTS = 16
POST_TIMEOUT_S = 10.0


@dataclass(frozen=True)
class Target:
    """A receiver: where, signed with what, and which event types it wants."""

    url: str
    secret: str
    types: frozenset[str] = frozenset({"*"})

    def wants(self, kind: str) -> bool:
        """True when events of this type go there."""
        return "*" in self.types or kind in self.types


@dataclass(order=True)
class Parcel:
    """One event under way to one receiver; `due_s` is on the monotonic clock."""

    due_s: float
    number: int
    event: dict[str, Any] = field(compare=False)
    body: bytes = field(compare=False)
    target: Target = field(compare=False)
    attempts: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Attempt:
    """One post that was tried; `status` is None when nobody answered."""

    event_id: str
    kind: str
    url: str
    status: int | None


class Deliveries:
    """A queue and one thread that empties it; events go out in order unless told otherwise."""

    def __init__(self, preset: list[Target], chance: random.Random) -> None:
        self.preset = preset
        self.chance = chance
        self.faults: Plan[PostFault] = Plan(chance)
        self.attempts: list[Attempt] = []
        self.queue: list[Parcel] = []
        self.held: list[Parcel] | None = None
        self.pending: Counter[str] = Counter()
        self.numbers = itertools.count()
        self.changed = threading.Condition()
        self.stopping = False
        self.thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin posting."""
        self.thread = threading.Thread(target=self.run, name="stripe-stand-in-post")
        self.thread.start()

    def stop(self) -> None:
        """Stop posting; what is still queued is dropped."""
        with self.changed:
            self.stopping = True
            self.changed.notify_all()
        if self.thread is not None:
            self.thread.join()

    def offer(self, event: dict[str, Any], targets: list[Target]) -> None:
        """Queue an event for every receiver that wants it, as the fault rules have it."""
        wanted = [target for target in targets if target.wants(event["type"])]
        if wanted:
            self.send(event, wanted, self.faults.draw(event))

    def send(self, event: dict[str, Any], targets: list[Target], fault: PostFault | None) -> None:
        """Queue an event for these receivers; a fault loses, doubles or delays it."""
        if fault is not None and fault.kind is PostKind.LOSE:
            return
        copies = 2 if fault is not None and fault.kind is PostKind.DUPLICATE else 1
        delay_s = fault.delay_s if fault is not None and fault.kind is PostKind.DELAY else 0.0
        body = orjson.dumps(event | {"pending_webhooks": len(targets)})
        due_s = time.monotonic() + delay_s
        with self.changed:
            for target in targets * copies:
                parcel = Parcel(due_s, next(self.numbers), event, body, target)
                self.pending[event["id"]] += 1
                self.enqueue(parcel)
            self.changed.notify_all()

    def enqueue(self, parcel: Parcel) -> None:
        """Put a parcel in line, or with the held ones. Expects the lock."""
        if self.held is None:
            heapq.heappush(self.queue, parcel)
        else:
            self.held.append(parcel)

    def hold(self) -> None:
        """Keep back what is offered from now on."""
        with self.changed:
            self.held = self.held or []

    def release(self, order: str = "made") -> None:
        """Send what was held: in the order "made", "reversed" or "shuffled"."""
        with self.changed:
            parcels, self.held = self.held or [], None
            if order == "reversed":
                parcels.reverse()
            elif order == "shuffled":
                self.chance.shuffle(parcels)
            for parcel in parcels:
                parcel.number = next(self.numbers)
                parcel.due_s = time.monotonic()
                heapq.heappush(self.queue, parcel)
            self.changed.notify_all()

    def count_pending(self, event_id: str) -> int:
        """How many posts of this event are still owed."""
        return self.pending.get(event_id, 0)

    def wait_idle(self, timeout_s: float = 5.0) -> bool:
        """Wait until every post is accepted, held ones aside; False when time runs out."""

        def idle() -> bool:
            return sum(self.pending.values()) <= len(self.held or ())

        with self.changed:
            return self.changed.wait_for(idle, timeout_s)

    def run(self) -> None:
        """Post what is due until told to stop."""
        while (parcel := self.next_parcel()) is not None:
            status = post_parcel(parcel)
            parcel.attempts += 1
            with self.changed:
                self.settle(parcel, status)
                self.changed.notify_all()

    def next_parcel(self) -> Parcel | None:
        """Wait for the next parcel that is due; None when stopping."""
        with self.changed:
            while not self.stopping:
                wait_s = self.queue[0].due_s - time.monotonic() if self.queue else None
                if wait_s is not None and wait_s <= 0:
                    return heapq.heappop(self.queue)
                self.changed.wait(wait_s)
        return None

    def settle(self, parcel: Parcel, status: int | None) -> None:
        """Note the attempt; queue the parcel again unless it was accepted. Expects the lock."""
        event = parcel.event
        self.attempts.append(Attempt(event["id"], event["type"], parcel.target.url, status))
        accepted = status is not None and 200 <= status < 300
        if not accepted and parcel.attempts < MOST_ATTEMPTS:
            back_off_s = min(LONGEST_BACK_OFF_S, FIRST_BACK_OFF_S * 2 ** (parcel.attempts - 1))
            parcel.due_s = time.monotonic() + back_off_s
            heapq.heappush(self.queue, parcel)
            return
        if not accepted:
            logger.warning("Gave up on event %s after %d tries", event["id"], parcel.attempts)
        self.pending[event["id"]] -= 1
        if self.pending[event["id"]] <= 0:
            del self.pending[event["id"]]


def post_parcel(parcel: Parcel) -> int | None:
    """Post a parcel; the status, or None when the receiver could not be reached.

    Signed with the machine's own time, not the injected clock: receivers compare it with theirs.
    """
    url = urlsplit(parcel.target.url)
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        "Stripe-Signature": sign_payload(parcel.body, parcel.target.secret, int(time.time())),
    }
    connection = http.client.HTTPConnection(
        url.hostname or "127.0.0.1", url.port, timeout=POST_TIMEOUT_S
    )
    try:
        path = f"{url.path or '/'}?{url.query}" if url.query else url.path or "/"
        connection.request("POST", path, body=parcel.body, headers=headers)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
