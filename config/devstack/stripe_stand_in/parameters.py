"""Reading parameters: what an endpoint accepts, and Stripe's words for what it does not."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Protocol

from config.devstack.stripe_stand_in.errors import ParameterRefused
from config.devstack.stripe_stand_in.forms import Form

Raw = str | Form
INTEGER = re.compile(r"-?\d{1,18}\Z")
DECIMAL = re.compile(r"-?\d{1,15}(\.\d+)?\Z")


class Field(Protocol):
    """One kind of value; `read` turns the wire's text into it or raises ParameterRefused."""

    def read(self, name: str, raw: Raw) -> Any: ...


class Text:
    """Text that is not empty."""

    def __init__(self, longest: int = 5000) -> None:
        self.longest = longest

    def read(self, name: str, raw: Raw) -> str:
        if not isinstance(raw, str):
            raise ParameterRefused("Invalid string: {...}", param=name)
        if raw == "":
            raise ParameterRefused(
                f"You passed an empty string for '{name}'. We assume empty values are an attempt "
                f"to unset a parameter; however '{name}' cannot be unset. You should remove "
                f"'{name}' from your request or supply a non-empty value.",
                code="parameter_invalid_empty",
                param=name,
            )
        if len(raw) > self.longest:
            raise ParameterRefused(
                f"Invalid string: must be at most {self.longest} characters", param=name
            )
        return raw


class Integer:
    """A whole number, never a decimal: money is counted in the smallest unit."""

    def __init__(self, least: int | None = None, most: int | None = None) -> None:
        self.least = least
        self.most = most

    def read(self, name: str, raw: Raw) -> int:
        if not isinstance(raw, str) or not INTEGER.match(raw):
            raise refuse_integer(f"Invalid integer: {raw}", name)
        value = int(raw)
        if self.least is not None and value < self.least:
            raise refuse_integer(f"This value must be greater than or equal to {self.least}.", name)
        if self.most is not None and value > self.most:
            raise refuse_integer(f"This value must be less than or equal to {self.most}.", name)
        return value


class Flag:
    """true or false."""

    def read(self, name: str, raw: Raw) -> bool:
        if raw not in {"true", "false"}:
            raise ParameterRefused(f"Invalid boolean: {raw}", param=name)
        return raw == "true"


class DecimalText:
    """A decimal number with a bounded number of places."""

    def __init__(self, places: int = 12) -> None:
        self.places = places

    def read(self, name: str, raw: Raw) -> Decimal:
        if not isinstance(raw, str) or not DECIMAL.match(raw):
            raise ParameterRefused(f"Invalid decimal: {raw}", param=name)
        if len(raw.partition(".")[2]) > self.places:
            raise ParameterRefused(
                f"Invalid decimal: {raw}; must contain at maximum {self.places} decimal places.",
                param=name,
            )
        return Decimal(raw)


class OneOf:
    """One of a closed list of words."""

    def __init__(self, *words: str) -> None:
        self.words = words

    def read(self, name: str, raw: Raw) -> str:
        if raw not in self.words:
            raise ParameterRefused(
                f"Invalid {name}: must be one of {', '.join(self.words[:-1])} or {self.words[-1]}",
                param=name,
            )
        return str(raw)


class ListOf:
    """A list; on the wire a group whose keys are 0, 1, 2, ..."""

    def __init__(self, item: Field, most: int = 1000) -> None:
        self.item = item
        self.most = most

    def read(self, name: str, raw: Raw) -> list[Any]:
        if not isinstance(raw, dict) or not all(key.isdigit() for key in raw):
            raise ParameterRefused("Invalid array", param=name)
        if len(raw) > self.most:
            raise ParameterRefused(
                f"Array {name} exceeded maximum {self.most} allowed elements.", param=name
            )
        keys = sorted(raw, key=int)
        return [self.item.read(f"{name}[{key}]", raw[key]) for key in keys]


class Clearable:
    """Another field that may also be sent empty, which clears it (read as None)."""

    def __init__(self, field: Field) -> None:
        self.field = field

    def read(self, name: str, raw: Raw) -> Any:
        return None if raw == "" else self.field.read(name, raw)


class EitherOf:
    """The first of several fields that can read the value; the last one's words if none can."""

    def __init__(self, *fields: Field) -> None:
        self.fields = fields

    def read(self, name: str, raw: Raw) -> Any:
        *others, last = self.fields
        for field in others:
            try:
                return field.read(name, raw)
            except ParameterRefused:
                continue
        return last.read(name, raw)


class Metadata:
    """Up to 50 notes of the caller's; a note sent empty is removed, `metadata=` removes all."""

    def read(self, name: str, raw: Raw) -> dict[str, str] | None:
        if raw == "":
            return None
        if not isinstance(raw, dict):
            raise ParameterRefused("Invalid object", param=name)
        notes: dict[str, str] = {}
        for key, value in raw.items():
            if not isinstance(value, str) or len(key) > 40 or len(value) > 500:
                raise ParameterRefused(
                    "Metadata keys have at most 40 characters and values are strings "
                    "of at most 500 characters.",
                    param=f"{name}[{key}]",
                )
            notes[key] = value
        if len(notes) > 50:
            raise ParameterRefused("Metadata can have at most 50 keys.", param=name)
        return notes


class Required:
    """Marks a field of a record that must be present."""

    def __init__(self, field: Field) -> None:
        self.field = field

    def read(self, name: str, raw: Raw) -> Any:
        return self.field.read(name, raw)


class Record:
    """A group of named fields; names not listed are refused, as Stripe refuses them."""

    def __init__(self, **fields: Field) -> None:
        self.fields: Mapping[str, Field] = fields

    def read(self, name: str, raw: Raw) -> dict[str, Any]:
        if not isinstance(raw, dict):
            raise ParameterRefused("Invalid object", param=name)
        paths = {key: f"{name}[{key}]" if name else key for key in (*raw, *self.fields)}
        self.refuse_strangers([paths[key] for key in raw if key not in self.fields])
        for key, field in self.fields.items():
            if isinstance(field, Required) and key not in raw:
                raise ParameterRefused(
                    f"Missing required param: {paths[key]}.",
                    code="parameter_missing",
                    param=paths[key],
                )
        return {key: self.fields[key].read(paths[key], value) for key, value in raw.items()}

    @staticmethod
    def refuse_strangers(names: list[str]) -> None:
        """Raise ParameterRefused for names that no field answers to."""
        if names:
            plural = "s" if len(names) > 1 else ""
            raise ParameterRefused(
                f"Received unknown parameter{plural}: {', '.join(names)}",
                code="parameter_unknown",
                param=names[0],
            )


def refuse_integer(message: str, name: str) -> ParameterRefused:
    """The refusal of a number that is no integer or out of bounds."""
    return ParameterRefused(message, code="parameter_invalid_integer", param=name)


TEXT = Text()
FLAG = Flag()
WHOLE = Integer()
NATURAL = Integer(least=0)
POSITIVE = Integer(least=1)
METADATA = Metadata()
MOMENT = EitherOf(NATURAL, Record(gt=NATURAL, gte=NATURAL, lt=NATURAL, lte=NATURAL))
ADDRESS = Record(city=TEXT, country=TEXT, line1=TEXT, line2=TEXT, postal_code=TEXT, state=TEXT)
PAGE: dict[str, Field] = {"limit": Integer(1, 100), "starting_after": TEXT, "ending_before": TEXT}
EXPAND = ListOf(Text(longest=200), most=20)
