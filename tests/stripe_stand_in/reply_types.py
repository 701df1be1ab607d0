"""Reply bodies against the SDK's classes: missing, extra and wrong fields, with enums closed."""

import types
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any, ClassVar, ForwardRef, Literal, Union, get_args, get_origin

from stripe import ErrorObject, ListObject, PaymentIntent, StripeObject
from stripe._object_classes import OBJECT_CLASSES, get_object_class
from stripe._stripe_object import UntypedStripeObject

ERROR_TYPES = {"api_error", "card_error", "idempotency_error", "invalid_request_error"}


@cache
def fields_of(owner: type) -> dict[str, Any]:
    """The fields a class announces, its parents' first."""
    fields: dict[str, Any] = {}
    for ancestor in reversed(owner.__mro__):
        if ancestor is not StripeObject and issubclass(ancestor, StripeObject):
            fields |= ancestor.__annotations__
    return {name: hint for name, hint in fields.items() if get_origin(hint) is not ClassVar}


@cache
def error_codes() -> frozenset[str]:
    """Every error code the SDK knows of."""
    hint = PaymentIntent.LastPaymentError.__annotations__["code"]
    words = [get_args(choice) for choice in get_args(hint) if get_origin(choice) is Literal]
    return frozenset(word for group in words for word in group)


def check_error(error: Mapping[str, Any]) -> list[str]:
    """What is wrong with the body of a refusal."""
    problems = [f"error.{name}: unknown" for name in error if name not in fields_of(ErrorObject)]
    if error["type"] not in ERROR_TYPES:
        problems.append(f"error.type: {error['type']!r}")
    if error.get("code") not in {None, *error_codes()}:
        problems.append(f"error.code: {error['code']!r}")
    for name in ("payment_intent", "payment_method", "setup_intent"):
        if name in error:
            problems += check_object(error[name], f"error.{name}")
    return problems


def check_object(body: Mapping[str, Any], where: str) -> list[str]:
    """What is wrong with an object that says of itself what it is."""
    kind = body.get("object", "")
    where = where or kind
    if body.get("deleted") is True:
        return [] if set(body) == {"id", "object", "deleted"} else [f"{where}: more than deleted"]
    if kind not in OBJECT_CLASSES:
        return [f"{where}: no object named {kind!r}"]
    if kind == "list":
        fields = {"object", "data", "has_more", "url"}
        problems = [] if set(body) == fields else [f"{where}: list fields {sorted(body)}"]
        return problems + [p for item in body["data"] for p in check_object(item, where)]
    problems = check_fields(body, get_object_class("V1", kind), where)
    if kind == "event":
        problems += check_object(body["data"]["object"], f"{where}.data")
    return problems


def check_fields(body: Mapping[str, Any], owner: type, where: str) -> list[str]:
    """Extra, missing and wrong fields of one object."""
    fields = fields_of(owner)
    problems = [f"{where}.{name}: extra" for name in body if name not in fields]
    for name, hint in fields.items():
        if name in body:
            problems += check_value(body[name], hint, f"{where}.{name}")
        elif type(None) not in get_args(hint):
            problems.append(f"{where}.{name}: missing")
    return problems


def check_value(value: Any, hint: Any, where: str) -> list[str]:
    """What is wrong with one value."""
    choices = get_args(hint) if get_origin(hint) in {Union, types.UnionType} else (hint,)
    words = [choice for choice in choices if get_origin(choice) is Literal]
    closed = [choice for choice in choices if not (words and choice is str)]
    answers = [check_choice(value, choice, where) for choice in closed]
    if not all(answers):
        return []
    return min((answer for answer in answers if answer), key=len)


def check_choice(value: Any, hint: Any, where: str) -> list[str]:
    """What is wrong with a value if it is to be of this one type."""
    origin = get_origin(hint) or hint
    wrong = [f"{where}: {value!r} is no {getattr(hint, '__name__', hint)}"]
    if origin is Literal:
        return [] if value in get_args(hint) else wrong
    if origin is list:
        if not isinstance(value, list):
            return wrong
        item = get_args(hint)[0]
        return [p for inner in value for p in check_value(inner, item, where)]
    if isinstance(origin, ForwardRef | str) or origin is ListObject:
        return check_object(value, where) if isinstance(value, dict) else wrong
    if origin is UntypedStripeObject:
        return [] if isinstance(value, dict) else wrong
    if isinstance(origin, type) and issubclass(origin, StripeObject):
        return check_fields(value, origin, where) if isinstance(value, dict) else wrong
    return [] if fits_scalar(value, origin) else wrong


def fits_scalar(value: Any, wanted: Any) -> bool:
    """True for a value of a plain type; decimals travel as text, and a flag is no number."""
    if wanted is Any:
        return True
    if wanted is Decimal:
        try:
            return isinstance(value, str) and Decimal(value).is_finite()
        except InvalidOperation:
            return False
    if wanted is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if wanted is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, wanted)
