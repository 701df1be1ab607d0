"""Words and plain values of billing."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Operation(StrEnum):
    """The calls we make to Stripe; the word is part of their idempotency keys, never change one."""

    CREATE_CUSTOMER = "create_customer"
    ATTACH_PAYMENT_METHOD = "attach_payment_method"
    SET_DEFAULT_METHOD = "set_default_method"
    CREATE_INVOICE = "create_invoice"
    ADD_LINES = "add_lines"
    FINALIZE_INVOICE = "finalize_invoice"
    PAY_INVOICE = "pay_invoice"
    SEND_INVOICE = "send_invoice"
    DELETE_DRAFT = "delete_draft"
    FETCH_INVOICE = "fetch_invoice"
    VOID_INVOICE = "void_invoice"
    FETCH_PAYMENT = "fetch_payment"
    CREATE_CREDIT_NOTE = "create_credit_note"
    FETCH_REFUND = "fetch_refund"
    OPEN_CHECKOUT = "open_checkout"
    CLOSE_CHECKOUT = "close_checkout"
    FETCH_CHECKOUT = "fetch_checkout"
    CAPTURE_HOLD = "capture_hold"
    RELEASE_HOLD = "release_hold"
    REFUND_PAYMENT = "refund_payment"
    CREATE_PORTAL = "create_portal"


class Problem(StrEnum):
    """Why the money of a correction waits for a person."""

    DISPUTED = "disputed"
    REFUNDED_BY_HAND = "refunded_by_hand"
    REFUSED = "refused"
    CAME_BACK = "came_back"
    NOT_SEEN = "not_seen"
    NOT_WITHDRAWN = "not_withdrawn"


# What a price is for: so many (second) of the unit that is counted (first).
PRICED_UNITS: Final = {("Wh", 1000): "kWh", ("W", 1000): "kW", ("s", 60): "min", ("s", 3600): "h"}
