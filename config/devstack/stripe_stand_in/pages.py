"""The pages Stripe would host: checkout, invoice, portal, receipt; payable by test card."""

from dataclasses import dataclass, field
from html import escape
from typing import ClassVar
from urllib.parse import parse_qs

from config.devstack.stripe_stand_in import customer_acts
from config.devstack.stripe_stand_in.cards import CARDS, METHOD_PREFIX
from config.devstack.stripe_stand_in.errors import ApiError
from config.devstack.stripe_stand_in.money import format_minor
from config.devstack.stripe_stand_in.portal_page import show_portal
from config.devstack.stripe_stand_in.tables import Json
from config.devstack.stripe_stand_in.world import Call, World

KINDS = {
    "checkout": "checkout.session",
    "invoices": "invoice",
    "portal": "billing_portal.session",
    "receipts": "charge",
    "credit_notes": "credit_note",
}
AMOUNTS = ("amount_total", "total", "amount_due", "amount")
LAYOUT = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Stripe stand-in</title>
<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,"></head>
<body style="font-family: sans-serif; max-width: 32rem; margin: 2rem auto; padding: 0 1rem">
<p><small>Stripe stand-in: no real money moves here.</small></p>{content}</body></html>"""


@dataclass
class Page:
    """A page on its way out."""

    status: int
    html: str
    headers: dict[str, str] = field(default_factory=dict)
    content_type: ClassVar[str] = "text/html; charset=utf-8"

    def encode(self) -> bytes:
        """The page's bytes."""
        return LAYOUT.format(content=self.html).encode()


class Pages:
    """Shows objects by their links and lets a visitor pay."""

    def __init__(self, world: World) -> None:
        self.world = world

    def answer(self, method: str, name: str, body: str) -> Page:
        """The page of a link such as `checkout/cs_test_...`; a POST pays with the card chosen."""
        noun, _, row_id = name.removesuffix("/pdf").partition("/")
        account, row = self.find(KINDS.get(noun, ""), row_id)
        if row is None:
            return Page(404, "<h1>There is nothing here</h1>")
        if method != "POST":
            return Page(200, self.show(account, noun, row))
        card = parse_qs(body).get("card", [f"{METHOD_PREFIX}visa"])[0]
        try:
            return self.pay(account, noun, row_id, card)
        except ApiError as refusal:
            return Page(
                refusal.status,
                f"<p role='alert'>{escape(str(refusal))}</p>{self.show(account, noun, row)}",
            )

    def show(self, account: str, noun: str, row: Json) -> str:
        """The page of an object; a customer's own has their cards and documents."""
        if noun != "portal":
            return show_row(row)
        with self.world.lock:
            return show_portal(self.world.accounts[account], row)

    def find(self, kind: str, row_id: str) -> tuple[str, Json | None]:
        """The object of this id and the account it is in; ids are unique over accounts."""
        with self.world.lock:
            for account_id, books in self.world.accounts.items():
                row = books.find(kind, row_id)
                if row is not None:
                    return account_id, dict(row)
        return "", None

    def pay(self, account: str, noun: str, row_id: str, card: str) -> Page:
        """Pay what the page is about, then go on to where Stripe would send the visitor."""

        def act(call: Call) -> Json:
            if noun == "portal":
                visit = call.from_param("billing_portal.session", "session", row_id)
                customer_acts.change_card(call, visit["customer"], card)
                return {"hosted_invoice_url": visit["url"]}
            if noun == "checkout":
                return customer_acts.complete_checkout(call, row_id, card)
            return customer_acts.pay_hosted_invoice(call, row_id, card)

        row = self.world.act(account, act)
        onwards = row.get("success_url") or row.get("hosted_invoice_url") or "/"
        location = str(onwards).replace("{CHECKOUT_SESSION_ID}", row_id)
        return Page(303, "", {"Location": location})


def show_row(row: Json) -> str:
    """The object as a page: what it is, how much, its state, and a way to pay while it is open."""
    currency = row.get("currency") or "sek"
    amount = next((row[name] for name in AMOUNTS if row.get(name) is not None), None)
    lines = [f"<h1>{escape(row['object'])}</h1>"]
    if amount is not None:
        lines.append(f"<p><strong>{escape(format_minor(amount, currency))}</strong></p>")
    if row.get("status"):
        lines.append(f"<p>Status: {escape(row['status'])}</p>")
    if row["object"] in {"checkout.session", "invoice"} and row["status"] == "open":
        options = "".join(f"<option>{METHOD_PREFIX}{name}</option>" for name in CARDS)
        lines.append(
            f"<form method='post'><label>Card <select name='card'>{options}</select></label> "
            "<button>Pay</button></form>"
        )
    back = row.get("cancel_url") or row.get("return_url")
    if back and str(back).startswith(("http://", "https://")):
        lines.append(f"<p><a href='{escape(back)}'>Back</a></p>")
    return "".join(lines)
