"""The control path `/_stand_in/`: faults, clock and inspection from another process, for tests."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import orjson

from config.devstack.stripe_stand_in import customer_acts
from config.devstack.stripe_stand_in.api import Api, Reply
from config.devstack.stripe_stand_in.errors import ApiError
from config.devstack.stripe_stand_in.faults import Fault, FaultKind, PostFault, PostKind
from config.devstack.stripe_stand_in.forms import decode_form
from config.devstack.stripe_stand_in.nouns import payouts
from config.devstack.stripe_stand_in.tables import Json, copy_json
from config.devstack.stripe_stand_in.world import Call

Order = Callable[[Json], Any]


class Control:
    """Carries out orders; each takes JSON (or a query string) and answers JSON."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.world = api.world
        self.deliveries = api.world.deliveries
        self.orders: dict[tuple[str, str], Order] = {
            ("GET", "requests"): self.list_requests,
            ("GET", "objects"): self.list_objects,
            ("GET", "attempts"): self.list_attempts,
            ("POST", "faults"): self.add_fault,
            ("DELETE", "faults"): self.clear_faults,
            ("POST", "post_faults"): self.add_post_fault,
            ("POST", "hold"): lambda order: self.deliveries.hold(),
            ("POST", "release"): lambda order: self.deliveries.release(**order),
            ("POST", "resend"): self.resend,
            ("POST", "advance"): lambda order: self.world.advance(order["seconds"]),
            ("POST", "complete_checkout"): self.act(customer_acts.complete_checkout),
            ("POST", "pay_hosted_invoice"): self.act(customer_acts.pay_hosted_invoice),
            ("POST", "authenticate"): self.act(customer_acts.authenticate_intent),
            ("POST", "dispute_charge"): self.act(customer_acts.dispute_charge),
            ("POST", "close_dispute"): self.act(customer_acts.close_dispute),
            ("POST", "pay_out"): self.act(payouts.pay_out),
            ("POST", "fail_payout"): self.act(payouts.fail_payout),
            ("POST", "refund_in_dashboard"): self.act(customer_acts.refund_in_dashboard),
            ("POST", "return_refund"): self.act(customer_acts.return_refund),
        }

    def answer(self, method: str, name: str, query: str, body: str) -> Reply:
        """Carry out one order; 404 for an unknown one, 400 for one that cannot be done."""
        order = self.orders.get((method, name))
        if order is None:
            return Reply(404, {"error": {"message": f"No such order: {method} {name}"}})
        wanted: Json = orjson.loads(body) if body else dict(decode_form(query))
        try:
            return Reply(200, {"result": order(wanted)})
        except ApiError as refusal:
            return Reply(refusal.status, refusal.body())
        except (KeyError, TypeError, ValueError) as mistake:
            return Reply(400, {"error": {"message": f"{type(mistake).__name__}: {mistake}"}})

    def list_requests(self, order: Json) -> list[Json]:
        """Every request that arrived."""
        return [asdict(seen) for seen in self.api.requests]

    def list_attempts(self, order: Json) -> list[Json]:
        """Every post of an event that was tried."""
        return [asdict(attempt) for attempt in self.deliveries.attempts]

    def list_objects(self, order: Json) -> list[Json]:
        """An account's objects of a kind, oldest first."""
        with self.world.lock:
            books = self.world.accounts.get(order["account"])
            rows = list(books.oldest(order["kind"])) if books else []
            if order["kind"] == "event":
                rows = [self.world.show_event(row) for row in rows]
            return [copy_json(row) for row in rows]

    def add_fault(self, order: Json) -> None:
        """Let requests go wrong; the fields are those of Fault."""
        self.api.faults.add(Fault(**order | {"kind": FaultKind(order["kind"])}))

    def clear_faults(self, order: Json) -> None:
        """Let nothing go wrong any more."""
        self.api.faults.clear()
        self.deliveries.faults.clear()

    def add_post_fault(self, order: Json) -> None:
        """Let events go wrong; the fields are those of PostFault."""
        self.deliveries.faults.add(PostFault(**order | {"kind": PostKind(order["kind"])}))

    def resend(self, order: Json) -> None:
        """Post an event once more."""
        with self.world.lock:
            self.world.resend(order["event"])

    def act(self, action: Callable[..., Json]) -> Order:
        """An order that acts as a customer of `account`; other fields go to the action."""

        def carry_out(order: Json) -> Json:
            account = order.pop("account")

            def run(call: Call) -> Json:
                return action(call, **order)

            return self.world.act(account, run)

        return carry_out
