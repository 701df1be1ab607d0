"""The world the stand-in keeps: accounts, clock, chance, what falls due, and one call at a time."""

import heapq
import itertools
import random
import string
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256

from config.devstack.stripe_stand_in.deliveries import Deliveries, Target
from config.devstack.stripe_stand_in.errors import (
    AccountRefused,
    InvalidRequest,
    KeyRefused,
    NoSuchObject,
    missing_object,
)
from config.devstack.stripe_stand_in.idempotency import KeptAnswers
from config.devstack.stripe_stand_in.journal import Journal
from config.devstack.stripe_stand_in.tables import Books, Json, copy_json, pack_json, unpack_json

API_VERSION = "2026-10-28.endive"
ALPHABET = string.ascii_letters + string.digits

DueAction = Callable[["Call", str], None]
DUE_ACTIONS: dict[str, DueAction] = {}


def due_action(name: str) -> Callable[[DueAction], DueAction]:
    """Register what happens to an object when its time is up."""

    def register(action: DueAction) -> DueAction:
        DUE_ACTIONS[name] = action
        return action

    return register


@dataclass(order=True)
class Due:
    """An object whose time is up at `at` (unix seconds)."""

    at: int
    number: int
    account: str = field(compare=False)
    action: str = field(compare=False)
    object_id: str = field(compare=False)


class World:
    """All accounts behind one lock; every method but `now` expects the lock to be held."""

    def __init__(
        self,
        *,
        clock: Callable[[], int],
        chance: random.Random,
        deliveries: Deliveries,
        journal: Journal,
    ) -> None:
        self.lock = threading.RLock()
        self.clock = clock
        self.clock_offset_s = 0
        self.chance = chance
        self.deliveries = deliveries
        self.journal = journal
        self.base_url = ""
        self.accounts: dict[str, Books] = {}
        self.answers = KeptAnswers()
        self.due: list[Due] = []
        self.numbers = itertools.count()

    def now(self) -> int:
        """Unix seconds on the injected clock."""
        return self.clock() + self.clock_offset_s

    def make_id(self, prefix: str, length: int = 24) -> str:
        """A fresh id in Stripe's shape."""
        return f"{prefix}_{''.join(self.chance.choices(ALPHABET, k=length))}"

    def open_account(self, account_id: str, platform: str | None = None) -> Books:
        """The books of an account; made on first use. `platform` names who connected it."""
        books = self.accounts.get(account_id)
        if books is None:
            books = self.accounts[account_id] = Books(account_id, platform)
            self.journal.write({"account": account_id, "platform": platform})
        return books

    def books_for(self, api_key: str, stripe_account: str | None) -> Books:
        """The account a request acts for. Raises KeyRefused or AccountRefused."""
        if not api_key.startswith(("sk_test_", "rk_test_")):
            shown = f": {api_key[:8]}***" if api_key else ""
            raise KeyRefused(f"Invalid API Key provided{shown}")
        own = account_of_key(api_key)
        if stripe_account in {None, "", own}:
            return self.open_account(own)
        books = self.accounts.get(stripe_account or "")
        if books is None or books.platform not in {own, "*"}:
            raise AccountRefused(
                f"The provided key '{api_key[:8]}***' does not have access to account "
                f"'{stripe_account}' (or that account does not exist). "
                "Application access may have been revoked.",
                code="account_invalid",
            )
        return books

    def schedule(self, at: int, account: str, action: str, object_id: str) -> None:
        """Have `action` done to the object once the clock reaches `at`."""
        heapq.heappush(self.due, Due(at, next(self.numbers), account, action, object_id))
        self.journal.write({"due": [at, account, action, object_id]})

    def run_due(self) -> None:
        """Do everything whose time is up."""
        now = self.now()
        while self.due and self.due[0].at <= now:
            due = heapq.heappop(self.due)
            call = Call(self, self.accounts[due.account], due.at)
            DUE_ACTIONS[due.action](call, due.object_id)
            self.keep(call.books)

    def advance(self, seconds: int) -> None:
        """Move the clock on and do what falls due. Takes the lock."""
        with self.lock:
            self.clock_offset_s += seconds
            self.run_due()

    def act(self, account: str, action: Callable[["Call"], Json]) -> Json:
        """Do something in an account that is no API request; a copy of the result.

        Takes the lock, and keeps what changed even when the action is refused.
        """
        with self.lock:
            call = Call(self, self.open_account(account), self.now())
            try:
                result: Json = copy_json(action(call))
            finally:
                self.keep(call.books)
            return result

    def keep(self, books: Books) -> None:
        """Write what changed in these books to the journal."""
        for (kind, row_id), row in books.touched.items():
            self.journal.write({"in": books.account_id, "kind": kind, "id": row_id, "row": row})
        books.touched.clear()

    def targets_of(self, books: Books) -> list[Target]:
        """Who is told of this account's events: its own endpoints, its platform's Connect ones."""
        targets = list(self.deliveries.preset)
        for owner in self.accounts.values():
            connect = owner.account_id != books.account_id
            if not connect or books.platform in {owner.account_id, "*"}:
                rows = owner.oldest("webhook_target", connect=connect)
                targets += [
                    Target(row["url"], row["secret"], frozenset(row["types"])) for row in rows
                ]
        return targets

    def record_event(self, call: "Call", kind: str, body: Json) -> None:
        """Keep an event of this account and hand it to whoever is to be told."""
        books = call.books
        event: Json = {
            "id": self.make_id("evt"),
            "object": "event",
            "api_version": API_VERSION,
            "created": call.now,
            "data": body,
            "livemode": False,
            "pending_webhooks": 0,
            "request": {"id": call.request_id, "idempotency_key": call.idempotency_key},
            "type": kind,
        }
        if books.connected:
            event["account"] = books.account_id
        self.keep_event(books, event)
        self.journal.write({"in": books.account_id, "event": event})
        self.deliveries.offer(event, self.targets_of(books))

    def resend(self, event_id: str) -> None:
        """Post an event once more to every receiver."""
        for books in self.accounts.values():
            row = books.find("event", event_id)
            if row is not None:
                self.deliveries.send(self.show_event(row), self.targets_of(books), None)

    def keep_event(self, books: Books, event: Json) -> None:
        """Put an event into the account's history, packed."""
        row = {key: event[key] for key in ("id", "object", "type", "created")}
        books.table("event").put(row | {"packed": pack_json(event)})

    def show_event(self, row: Json) -> Json:
        """The event as the API shows it."""
        event: Json = unpack_json(row["packed"])
        return event | {"pending_webhooks": self.deliveries.count_pending(event["id"])}

    def restore(self) -> None:
        """Rebuild everything from the journal of an earlier run."""
        for entry in self.journal.read():
            if "account" in entry:
                self.accounts[entry["account"]] = Books(entry["account"], entry["platform"])
            elif "due" in entry:
                heapq.heappush(
                    self.due, Due(entry["due"][0], next(self.numbers), *entry["due"][1:])
                )
            elif "event" in entry:
                self.keep_event(self.accounts[entry["in"]], entry["event"])
            elif "kept" in entry:
                self.answers.restore(entry)
            elif "row" in entry:
                self.restore_row(self.accounts[entry["in"]], entry)

    def restore_row(self, books: Books, entry: Json) -> None:
        """Put one journalled object back, or take a removed one away."""
        if entry["row"] is not None:
            books.table(entry["kind"]).put(entry["row"])
        elif books.find(entry["kind"], entry["id"]) is not None:
            books.table(entry["kind"]).remove(entry["id"])


@dataclass
class Call:
    """One API request, or one thing falling due, while it is carried out on one account."""

    world: World
    books: Books
    now: int
    params: Json = field(default_factory=dict)
    path: dict[str, str] = field(default_factory=dict)
    request_id: str | None = None
    idempotency_key: str | None = None

    def make_id(self, prefix: str, length: int = 24) -> str:
        """A fresh id in Stripe's shape."""
        return self.world.make_id(prefix, length)

    def make_secret(self, row_id: str) -> str:
        """A client secret for an object, as browsers are given it."""
        return self.world.make_id(f"{row_id}_secret", 25)

    def emit(self, kind: str, row: Json, previous: Json | None = None) -> None:
        """Tell that the object changed; `previous` holds the old values of changed fields."""
        self.books.put(row)
        body = {"object": copy_json(row)}
        if previous is not None:
            body["previous_attributes"] = previous
        self.world.record_event(self, kind, body)

    def from_path(self, kind: str, name: str) -> Json:
        """The object whose id is the path's part `name`. Raises NoSuchObject."""
        row = self.books.find(kind, self.path[name])
        if row is None:
            message = missing_object(kind, self.path[name])
            raise NoSuchObject(message, code="resource_missing", param=name)
        return row

    def from_param(self, kind: str, param: str, row_id: str) -> Json:
        """The object a parameter names. Raises InvalidRequest."""
        row = self.books.find(kind, row_id)
        if row is None:
            message = missing_object(kind, row_id)
            raise InvalidRequest(message, code="resource_missing", param=param)
        return row


def account_of_key(api_key: str) -> str:
    """The account an API key belongs to: each key is an operator of its own."""
    return f"acct_{sha256(api_key.encode()).hexdigest()[:16]}"
