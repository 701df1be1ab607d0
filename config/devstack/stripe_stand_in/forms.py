"""Stripe's form encoding (`lines[0][amount]=100`) and what it decodes to."""

from collections.abc import Iterable
from urllib.parse import parse_qsl

Form = dict[str, "str | Form"]


class FormMalformed(ValueError):
    """The same name is used both as a value and as a group."""


def decode_form(encoded: str) -> Form:
    """Decode a query string or form body into nested groups; lists stay groups with digits as keys.

    Raises FormMalformed.
    """
    return nest_pairs(parse_qsl(encoded, keep_blank_values=True))


def nest_pairs(pairs: Iterable[tuple[str, str]]) -> Form:
    """Nest bracketed names: `a[b][0]` becomes {"a": {"b": {"0": ...}}}. Raises FormMalformed."""
    form: Form = {}
    for name, value in pairs:
        first, *rest = name.replace("]", "").split("[")
        group, key = form, first
        for part in rest:
            inner = group.setdefault(key, {})
            if isinstance(inner, str):
                raise FormMalformed(name)
            group, key = inner, part or str(len(inner))
        if isinstance(group.get(key), dict):
            raise FormMalformed(name)
        group[key] = value
    return form
