"""The objects of one account, kept by kind in the order they were made."""

import zlib
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import orjson

Json = dict[str, Any]

# Fields that lists are asked for by; they never change once the object is made.
INDEXED: dict[str, tuple[str, ...]] = {
    "invoice": ("customer",),
    "invoice_payment": ("invoice",),
    "line_item": ("invoice",),
    "payment_intent": ("customer",),
    "charge": ("payment_intent", "customer"),
    "refund": ("charge", "payment_intent"),
    "credit_note": ("invoice",),
    "balance_transaction": ("source",),
}


def copy_json(value: Any) -> Any:
    """A deep copy of plain JSON."""
    return orjson.loads(orjson.dumps(value))


def pack_json(value: Any) -> bytes:
    """JSON made small: histories of thousands of invoices are kept in memory."""
    return zlib.compress(orjson.dumps(value), level=1)


def unpack_json(packed: bytes) -> Any:
    """The opposite of pack_json."""
    return orjson.loads(zlib.decompress(packed))


class Table:
    """Objects of one kind; rows keep their place, a removed row leaves a gap."""

    def __init__(self, kind: str) -> None:
        self.rows: list[Json | None] = []
        self.places: dict[str, int] = {}
        self.indexes: dict[str, dict[Any, list[int]]] = {
            field: defaultdict(list) for field in INDEXED.get(kind, ())
        }

    def put(self, row: Json) -> None:
        """Add the row, or replace the one with the same id."""
        place = self.places.get(row["id"])
        if place is not None:
            self.rows[place] = row
            return
        place = self.places[row["id"]] = len(self.rows)
        self.rows.append(row)
        for field, index in self.indexes.items():
            index[row[field]].append(place)

    def find(self, row_id: str) -> Json | None:
        """The row with this id, or None."""
        place = self.places.get(row_id)
        return None if place is None else self.rows[place]

    def remove(self, row_id: str) -> None:
        """Leave a gap where the row was."""
        self.rows[self.places.pop(row_id)] = None

    def select_places(self, equal: Json) -> Sequence[int]:
        """Places, oldest first, of rows that may be equal in these fields (an index narrows)."""
        for field, index in self.indexes.items():
            if field in equal:
                return index.get(equal[field], [])
        return range(len(self.rows))

    def rows_at(self, places: Iterator[int], equal: Json) -> Iterator[Json]:
        """The rows at these places that are equal in all the fields."""
        for place in places:
            row = self.rows[place]
            if row is not None and all(row.get(field) == value for field, value in equal.items()):
                yield row

    def rows_newest_first(self, equal: Json, after: str | None = None) -> Iterator[Json]:
        """Rows from the newest to the oldest, starting behind the row `after`."""
        places = self.select_places(equal)
        end = len(places) if after is None else bisect_left(places, self.places[after])
        return self.rows_at((places[i] for i in range(end - 1, -1, -1)), equal)

    def rows_oldest_first(self, equal: Json, after: str | None = None) -> Iterator[Json]:
        """Rows from the oldest to the newest, starting behind the row `after`."""
        places = self.select_places(equal)
        start = 0 if after is None else bisect_right(places, self.places[after])
        return self.rows_at((places[i] for i in range(start, len(places))), equal)


class Books:
    """Everything one Stripe account owns; nothing here is seen by another account."""

    def __init__(self, account_id: str, platform: str | None = None) -> None:
        self.account_id = account_id
        self.platform = platform
        self.connected = platform is not None
        self.tables: dict[str, Table] = {}
        self.touched: dict[tuple[str, str], Json | None] = {}

    def table(self, kind: str) -> Table:
        """The table of one kind, made when first asked for."""
        found = self.tables.get(kind)
        if found is None:
            found = self.tables[kind] = Table(kind)
        return found

    def put(self, row: Json) -> Json:
        """Keep the object and remember that it changed."""
        kind = row["object"]
        self.table(kind).put(row)
        self.touched[kind, row["id"]] = row
        return row

    def remove(self, row: Json) -> None:
        """Forget the object."""
        self.table(row["object"]).remove(row["id"])
        self.touched[row["object"], row["id"]] = None

    def find(self, kind: str, row_id: str) -> Json | None:
        """The object of this kind and id, or None."""
        return self.table(kind).find(row_id)

    def newest(self, kind: str, **equal: Any) -> Iterator[Json]:
        """Objects of a kind with these field values, newest first."""
        return self.table(kind).rows_newest_first(equal)

    def oldest(self, kind: str, **equal: Any) -> Iterator[Json]:
        """Objects of a kind with these field values, oldest first."""
        return self.table(kind).rows_oldest_first(equal)
