"""Form parameters against the SDK's TypedDicts: as text on the wire, with enums closed."""

import re
import sys
import types
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Any, Literal, NotRequired, Required, Union, get_args, get_origin

from stripe import StripeContext
from stripe._request_options import RequestOptions
from stripe._stripe_object import UntypedStripeObject
from typing_extensions import get_type_hints, is_typeddict

INTEGER = re.compile(r"-?\d+\Z")
DECIMAL = re.compile(r"-?\d+(\.\d+)?\Z")
SCALARS = {int: INTEGER, float: DECIMAL, Decimal: DECIMAL, bool: re.compile(r"(true|false)\Z")}


@cache
def hints_of(params: type) -> dict[str, Any]:
    """The fields of a TypedDict with their types resolved."""
    options = vars(sys.modules[RequestOptions.__module__]) | {"StripeContext": StripeContext}
    names = options | vars(sys.modules[params.__module__])
    return dict(get_type_hints(params, globalns=names, include_extras=True))


def check_form(form: Mapping[str, Any], params: type, hidden: frozenset[str]) -> list[str]:
    """What is wrong with a form; `hidden` fields of the type belong to no request body."""
    hints = {name: hint for name, hint in hints_of(params).items() if name not in hidden}
    return check_fields(form, hints, "")


def check_fields(form: Mapping[str, Any], hints: Mapping[str, Any], where: str) -> list[str]:
    """Unknown, missing and wrong fields of one group."""
    problems = [f"{where}[{name}]: unknown parameter" for name in form if name not in hints]
    for name, hint in hints.items():
        if name in form:
            problems += check_text(form[name], hint, f"{where}[{name}]")
        elif get_origin(hint) is not NotRequired:
            problems.append(f"{where}[{name}]: missing")
    return problems


def check_text(value: Any, hint: Any, where: str) -> list[str]:
    """What is wrong with one value."""
    origin = get_origin(hint)
    if origin in {NotRequired, Required}:
        return check_text(value, get_args(hint)[0], where)
    if origin in {Union, types.UnionType}:
        return check_choices(value, close_enum(get_args(hint)), where)
    if origin is Literal:
        fits = value in get_args(hint)
        return [] if fits else [f"{where}: {value!r} is none of {get_args(hint)}"]
    if is_typeddict(hint):
        if not isinstance(value, dict):
            return [f"{where}: {value!r} is no object"]
        return check_fields(value, hints_of(hint), where)
    if origin is list:
        return check_list(value, get_args(hint)[0], where)
    if origin in {dict, UntypedStripeObject}:
        plain = isinstance(value, dict) and all(isinstance(v, str) for v in value.values())
        return [] if plain else [f"{where}: {value!r} is no flat object"]
    return check_scalar(value, hint, where)


def check_scalar(value: Any, hint: Any, where: str) -> list[str]:
    """What is wrong with a text, number or flag."""
    if hint is str:
        return [] if isinstance(value, str) and value else [f"{where}: {value!r} is no text"]
    pattern = SCALARS.get(hint)
    assert pattern is not None, f"{where}: nothing known of {hint!r}"
    fits = isinstance(value, str) and pattern.match(value)
    return [] if fits else [f"{where}: {value!r} is no {hint.__name__}"]


def check_list(value: Any, item: Any, where: str) -> list[str]:
    """What is wrong with a list, which arrives as a group with the keys 0, 1, 2, ..."""
    if not isinstance(value, dict) or list(value) != [str(n) for n in range(len(value))]:
        return [f"{where}: {value!r} is no list"]
    return [
        problem
        for key, inner in value.items()
        for problem in check_text(inner, item, f"{where}[{key}]")
    ]


def check_choices(value: Any, choices: list[Any], where: str) -> list[str]:
    """Nothing when one of the choices fits, else what the closest one says."""
    likely = [choice for choice in choices if value == "" or get_args(choice) != ("",)]
    answers = [check_text(value, choice, where) for choice in likely]
    return min(answers, key=lambda answer: (bool(answer), "is no" in " ".join(answer)))


def close_enum(choices: tuple[Any, ...]) -> list[Any]:
    """Choices without the `| str` that leaves words open; the empty word alone closes nothing."""
    words = [c for c in choices if get_origin(c) is Literal and get_args(c) != ("",)]
    return [c for c in choices if not (words and c is str) and c is not type(None)]


def fields_within(hint: Any) -> dict[str, Any]:
    """The named fields of the TypedDicts anywhere inside a type."""
    if is_typeddict(hint):
        return hints_of(hint)
    return {name: inner for part in get_args(hint) for name, inner in fields_within(part).items()}
