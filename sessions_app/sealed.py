"""The samples of one session as a few hundred bytes: columns of differences, compressed."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

FORMAT = 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
# Times, then what is stored as it is; every other column is integers.
_TIMES = ("at", "received_at")
_PLAIN = ("context", "extra")

Row = Sequence[Any]


def seal_rows(names: Sequence[str], rows: Sequence[Row]) -> bytes:
    """Pack rows whose columns have these names; `open_rows` gives exactly the same back.

    Integers and times (aware, to the microsecond) become differences from the last known value of
    their column; a column without any value is left out.
    """
    columns = {
        name: _pack(name, values)
        for name, values in zip(names, zip(*rows, strict=True), strict=True)
        if any(value is not None for value in values)
    }
    content = {"format": FORMAT, "count": len(rows), "columns": columns}
    text = json.dumps(content, separators=(",", ":"), ensure_ascii=False)
    return zlib.compress(text.encode("utf-8", "surrogatepass"), 9)


def open_rows(names: Sequence[str], sealed: bytes) -> list[tuple[Any, ...]]:
    """The rows that `seal_rows` packed, with the columns in the order of `names`.

    A format of a later release raises `ValueError`.
    """
    content = json.loads(zlib.decompress(sealed).decode("utf-8", "surrogatepass"))
    if content["format"] != FORMAT:
        raise ValueError(f"samples sealed in format {content['format']}, known is {FORMAT}")
    nothing = [None] * content["count"]
    columns = content["columns"]
    opened = [_unpack(name, columns[name]) if name in columns else nothing for name in names]
    return list(zip(*opened, strict=True))


def _pack(name: str, values: Sequence[Any]) -> list[Any]:
    if name in _PLAIN:
        return list(values)
    if name in _TIMES:
        return _differences((at - _EPOCH) // _MICROSECOND for at in values)
    return _differences(values)


def _unpack(name: str, packed: list[Any]) -> Sequence[Any]:
    if name in _PLAIN:
        return packed
    numbers = _sums(packed)
    if name in _TIMES:
        return [_EPOCH + number * _MICROSECOND for number in numbers]
    return numbers


def _differences(values: Iterable[int | None]) -> list[int | None]:
    last, found = 0, list[int | None]()
    for value in values:
        found.append(None if value is None else value - last)
        last = last if value is None else value
    return found


def _sums(differences: Iterable[int | None]) -> list[Any]:
    last, found = 0, list[Any]()
    for difference in differences:
        last = last if difference is None else last + difference
        found.append(None if difference is None else last)
    return found
