"""Accounts: the key's own, and accounts connected to it."""

from config.devstack.stripe_stand_in.errors import AccountRefused
from config.devstack.stripe_stand_in.money import CURRENCY
from config.devstack.stripe_stand_in.nouns.blanks import nulls
from config.devstack.stripe_stand_in.nouns.metadata import merge_metadata
from config.devstack.stripe_stand_in.parameters import (
    FLAG,
    METADATA,
    TEXT,
    Clearable,
    OneOf,
    Record,
    Required,
    Text,
)
from config.devstack.stripe_stand_in.routes import endpoint
from config.devstack.stripe_stand_in.tables import Books, Json
from config.devstack.stripe_stand_in.world import Call

CONTROLLER = Record(
    fees=Record(payer=Required(OneOf("account", "application"))),
    losses=Record(payments=Required(OneOf("application", "stripe"))),
    requirement_collection=OneOf("application", "stripe"),
    stripe_dashboard=Record(type=Required(OneOf("express", "full", "none"))),
)
CAPABILITY = Record(requested=FLAG)
CAPABILITIES = Record(
    card_payments=CAPABILITY,
    transfers=CAPABILITY,
    link_payments=CAPABILITY,
    klarna_payments=CAPABILITY,
    swish_payments=CAPABILITY,
)
NO_REQUIREMENTS: Json = {
    "alternatives": [],
    "current_deadline": None,
    "currently_due": [],
    "disabled_reason": None,
    "errors": [],
    "eventually_due": [],
    "past_due": [],
    "pending_verification": [],
}
SETTINGS: Json = {
    "branding": nulls("icon logo primary_color secondary_color"),
    "card_payments": nulls("decline_on statement_descriptor_prefix"),
    "dashboard": {"display_name": None, "timezone": "Europe/Stockholm"},
    "payments": nulls("statement_descriptor statement_descriptor_kana statement_descriptor_kanji"),
    "payouts": {
        "debit_negative_balances": True,
        "schedule": {"delay_days": 3, "interval": "daily"},
        "statement_descriptor": None,
    },
}


@endpoint(
    "POST",
    "/v1/accounts",
    type=OneOf("standard", "express", "custom"),
    controller=CONTROLLER,
    country=Text(longest=2),
    email=TEXT,
    default_currency=CURRENCY,
    business_type=OneOf("company", "individual", "non_profit", "government_entity"),
    business_profile=Record(name=TEXT, url=TEXT, support_email=TEXT, support_phone=TEXT, mcc=TEXT),
    capabilities=CAPABILITIES,
    metadata=Clearable(METADATA),
)
def create_account(call: Call) -> Json:
    """Connect an account; it can take money at once, as if its owner had answered everything."""
    account_id = call.make_id("acct", 16)
    books = call.world.open_account(account_id, call.books.account_id)
    account = describe_account(books, call.now)
    params = call.params
    for name in ("country", "email", "default_currency", "business_type"):
        account[name] = params.get(name, account[name])
    account["type"] = params.get("type", "none" if "controller" in params else "standard")
    account["business_profile"] |= params.get("business_profile", {})
    account["controller"] |= {"type": "application", "is_controller": True}
    account["controller"] |= params.get("controller", {})
    account["capabilities"] |= dict.fromkeys(params.get("capabilities", {}), "active")
    merge_metadata(account, params)
    tell = Call(call.world, books, call.now, request_id=call.request_id)
    tell.emit("account.updated", account)
    call.world.keep(books)
    return account


@endpoint("GET", "/v1/account")
def retrieve_own_account(call: Call) -> Json:
    """The account the request acts for."""
    return find_account(call, call.books)


@endpoint("GET", "/v1/accounts/{account}")
def retrieve_account(call: Call) -> Json:
    """A connected account, or the key's own. Raises AccountRefused."""
    books = call.world.accounts.get(call.path["account"])
    own = call.books.account_id
    if books is None or (books.account_id != own and books.platform not in {own, "*"}):
        raise AccountRefused(
            f"The provided key does not have access to account '{call.path['account']}' (or that "
            "account does not exist). Application access may have been revoked.",
            code="account_invalid",
        )
    return find_account(call, books)


def find_account(call: Call, books: Books) -> Json:
    """The account object; made when it is first looked at."""
    found = books.find("account", books.account_id)
    if found is None:
        found = books.put(describe_account(books, call.now))
        call.world.keep(books)
    return found


def describe_account(books: Books, created: int) -> Json:
    """A Swedish company's account with everything in order."""
    return {
        "id": books.account_id,
        "object": "account",
        "business_profile": {"mcc": None, "name": None, "support_email": None, "url": None},
        "business_type": "company",
        "capabilities": {"card_payments": "active", "transfers": "active"},
        "charges_enabled": True,
        "controller": {"type": "account"},
        "country": "SE",
        "created": created,
        "default_currency": "sek",
        "details_submitted": True,
        "email": None,
        "external_accounts": {
            "object": "list",
            "data": [],
            "has_more": False,
            "url": f"/v1/accounts/{books.account_id}/external_accounts",
        },
        "future_requirements": dict(NO_REQUIREMENTS),
        "metadata": {},
        "payouts_enabled": True,
        "requirements": dict(NO_REQUIREMENTS),
        "settings": SETTINGS,
        "tos_acceptance": {"date": None, "ip": None, "user_agent": None},
        "type": "standard",
    }
