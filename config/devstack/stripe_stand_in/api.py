"""From a request to a reply: faults, key and account, idempotency, the endpoint, expansion."""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Event as Signal
from typing import Any, ClassVar

import orjson

from config.devstack.stripe_stand_in.errors import (
    ApiError,
    InvalidRequest,
    KeyInUse,
    ParameterRefused,
)
from config.devstack.stripe_stand_in.expansion import expand_body
from config.devstack.stripe_stand_in.faults import Fault, FaultKind, Plan, Seen
from config.devstack.stripe_stand_in.forms import FormMalformed, decode_form
from config.devstack.stripe_stand_in.idempotency import Kept, digest_question
from config.devstack.stripe_stand_in.routes import find_endpoint
from config.devstack.stripe_stand_in.tables import Books, Json, pack_json
from config.devstack.stripe_stand_in.world import API_VERSION, Call, World, account_of_key

REQUESTS_REMEMBERED = 200_000

Observer = Callable[[Seen, Json], None]


@dataclass(frozen=True)
class Request:
    """An HTTP request; header names are lower case, `encoded` is the query or the form body."""

    method: str
    path: str
    encoded: str
    headers: Mapping[str, str]

    @property
    def api_key(self) -> str:
        """The secret key sent as a bearer token."""
        return self.headers.get("authorization", "").removeprefix("Bearer ")

    @property
    def idempotency_key(self) -> str | None:
        """The idempotency key, which only means something on a POST."""
        return self.headers.get("idempotency-key") if self.method == "POST" else None


@dataclass
class Reply:
    """A reply on its way out."""

    status: int
    body: Json
    headers: dict[str, str] = field(default_factory=dict)
    content_type: ClassVar[str] = "application/json"

    def encode(self) -> bytes:
        """The body's bytes."""
        return orjson.dumps(self.body)


class Api:
    """Answers requests about one world."""

    def __init__(self, world: World, faults: Plan[Fault], observer: Observer | None) -> None:
        self.world = world
        self.faults = faults
        self.observer = observer
        self.requests: deque[Seen] = deque(maxlen=REQUESTS_REMEMBERED)
        self.under_way: set[tuple[str, str]] = set()
        self.stopping = Signal()

    def answer(self, request: Request) -> Reply | None:
        """The reply to a request, or None when the connection is to be dropped without one."""
        seen = self.note_request(request)
        fault = self.faults.draw(seen)
        seen.fault = fault.kind if fault else None
        if seen.fault is FaultKind.LOST_REQUEST:
            return None
        reply = self.carry_out(request, seen, fault)
        seen.status = reply.status
        reply.headers |= {"Request-Id": seen.request_id, "Stripe-Version": API_VERSION}
        for name in ("idempotency-key", "stripe-account"):
            if name in request.headers:
                reply.headers[name.title()] = request.headers[name]
        if self.observer is not None:
            self.observer(seen, reply.body)
        return None if seen.fault is FaultKind.LOST_REPLY else reply

    def note_request(self, request: Request) -> Seen:
        """Remember that the request came."""
        try:
            params = decode_form(request.encoded)
        except FormMalformed:
            params = {}
        with self.world.lock:
            seen = Seen(
                at=self.world.now(),
                method=request.method,
                path=request.path,
                params=params,
                account=request.headers.get("stripe-account") or account_of_key(request.api_key),
                idempotency_key=request.idempotency_key,
                api_version=request.headers.get("stripe-version"),
                request_id=self.world.make_id("req", 14),
            )
            self.requests.append(seen)
        return seen

    def carry_out(self, request: Request, seen: Seen, fault: Fault | None) -> Reply:
        """Do the work once per idempotency key at a time, slowly if the fault says so."""
        key = request.idempotency_key
        if key is None:
            return self.work_slowly(request, seen, fault)
        place = (seen.account or "", key)
        with self.world.lock:
            if place in self.under_way:
                return refuse(
                    KeyInUse(
                        "There is currently another in-progress request using this Idempotent "
                        f"Key ({key}).",
                        code="idempotency_key_in_use",
                    )
                )
            self.under_way.add(place)
        try:
            return self.work_slowly(request, seen, fault)
        finally:
            with self.world.lock:
                self.under_way.discard(place)

    def work_slowly(self, request: Request, seen: Seen, fault: Fault | None) -> Reply:
        """Wait as long as the fault says, then do the work with the world to oneself."""
        if fault is not None and fault.delay_s:
            self.stopping.wait(fault.delay_s)
        with self.world.lock:
            self.world.run_due()
            try:
                return self.work(request, seen, fault)
            except ApiError as refusal:
                return refuse(refusal)

    def work(self, request: Request, seen: Seen, fault: Fault | None) -> Reply:
        """Find the account and the kept answer, else run the endpoint. Raises ApiError."""
        books = self.world.books_for(request.api_key, request.headers.get("stripe-account"))
        seen.account = books.account_id
        check_version(seen.api_version)
        key, question = seen.idempotency_key, digest_question(request.method, request.encoded)
        if key is not None:
            self.world.answers.drop_old(self.world.now())
            kept = self.world.answers.find(books.account_id, key, request.path, question)
            if kept is not None:
                seen.replayed = True
                return replay(kept)
        reply, saved = self.run_endpoint(request, books, seen, fault)
        self.world.keep(books)
        if key is not None and saved:
            answer = Kept(
                account=books.account_id,
                key=key,
                path=request.path,
                question=question,
                status=reply.status,
                packed=pack_json(reply.body),
                request_id=seen.request_id,
                at=self.world.now(),
            )
            self.world.answers.keep(answer)
            self.world.journal.write(answer.to_journal())
        return reply

    def run_endpoint(
        self, request: Request, books: Books, seen: Seen, fault: Fault | None
    ) -> tuple[Reply, bool]:
        """The endpoint's answer, and whether it is to be kept under the key."""
        failure = fault.refusal() if fault is not None else None
        if failure is not None and fault is not None and not fault.after_work:
            return refuse(failure), failure.saved
        try:
            body = self.call_endpoint(request, books, seen)
        except ApiError as refusal:
            return refuse(refusal), refusal.saved
        if failure is not None:
            return refuse(failure), failure.saved
        return Reply(200, body), True

    def call_endpoint(self, request: Request, books: Books, seen: Seen) -> Json:
        """Read the parameters, run the endpoint, expand what was asked for. Raises ApiError."""
        found, path = find_endpoint(request.method, request.path)
        params = found.accepts.read("", read_form(request.encoded))
        paths = params.pop("expand", [])
        call = Call(
            self.world,
            books,
            self.world.now(),
            params,
            path,
            seen.request_id,
            seen.idempotency_key,
        )
        body = found.action(call)
        # The endpoint's own row is never handed out: observers and expansion get copies.
        return expand_body(books, body, paths)


def read_form(encoded: str) -> dict[str, Any]:
    """The decoded form. Raises ParameterRefused when its brackets make no sense."""
    try:
        return decode_form(encoded)
    except FormMalformed as malformed:
        raise ParameterRefused("Invalid request parameters", param=str(malformed)) from malformed


def check_version(version: str | None) -> None:
    """The stand-in speaks one API version only. Raises InvalidRequest."""
    if version not in {None, API_VERSION}:
        raise InvalidRequest(f"Invalid Stripe API version: {version}")


def refuse(refusal: ApiError) -> Reply:
    """The reply that carries a refusal."""
    headers = {}
    if refusal.should_retry is not None:
        headers["Stripe-Should-Retry"] = str(refusal.should_retry).lower()
    return Reply(refusal.status, refusal.body(), headers)


def replay(kept: Kept) -> Reply:
    """The kept answer, marked as Stripe marks it."""
    headers = {"Idempotent-Replayed": "true", "Original-Request": kept.request_id}
    if kept.status >= 500:
        headers["Stripe-Should-Retry"] = "false"
    return Reply(kept.status, kept.body(), headers)
