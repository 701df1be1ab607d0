"""The customer portal as a page: cards, another card, documents, the way back."""

from html import escape

from config.devstack.stripe_stand_in.cards import CARDS, METHOD_PREFIX
from config.devstack.stripe_stand_in.money import format_minor
from config.devstack.stripe_stand_in.tables import Books, Json


def show_portal(books: Books, visit: Json) -> str:
    """What a customer sees; the card invoices are charged to is marked."""
    customer = books.find("customer", visit["customer"]) or {}
    default = customer["invoice_settings"]["default_payment_method"]
    cards = books.newest("payment_method", customer=customer["id"])
    shown = [
        f"<li>{escape(card['card']['brand'])} •••• {escape(card['card']['last4'])}"
        f"{' (default)' if card['id'] == default else ''}</li>"
        for card in cards
    ]
    documents = [
        f"<li>{escape(str(one['number'] or one['id']))}: "
        f"{escape(format_minor(one['total'], one['currency']))}, {escape(one['status'])}</li>"
        for one in books.newest("invoice", customer=customer["id"])
    ]
    options = "".join(f"<option>{METHOD_PREFIX}{name}</option>" for name in CARDS)
    back = visit["return_url"] or ""
    return (
        f"<h1>Customer portal</h1><p>{escape(customer['name'] or customer['email'] or '')}</p>"
        f"<h2>Cards</h2><ul>{''.join(shown) or '<li>none</li>'}</ul>"
        f"<form method='post'><label>Card <select name='card'>{options}</select></label> "
        "<button>Change card</button></form>"
        f"<h2>Invoices</h2><ul>{''.join(documents) or '<li>none</li>'}</ul>"
        f"<p><a href='{escape(back)}'>Back</a></p>"
    )
