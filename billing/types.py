"""Words and plain values of billing."""

from __future__ import annotations

from enum import StrEnum


class Operation(StrEnum):
    """The calls we make to Stripe; the word is part of their idempotency keys, never change one."""

    CREATE_CUSTOMER = "create_customer"
    ATTACH_PAYMENT_METHOD = "attach_payment_method"
    SET_DEFAULT_METHOD = "set_default_method"
    CREATE_INVOICE = "create_invoice"
    ADD_LINES = "add_lines"
    FINALIZE_INVOICE = "finalize_invoice"
    PAY_INVOICE = "pay_invoice"
    DELETE_DRAFT = "delete_draft"
    FETCH_INVOICE = "fetch_invoice"
