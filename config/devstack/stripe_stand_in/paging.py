"""Lists: newest first, cursors `starting_after` and `ending_before`, filters by creation."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from config.devstack.stripe_stand_in.errors import InvalidRequest, missing_object
from config.devstack.stripe_stand_in.tables import Json
from config.devstack.stripe_stand_in.world import Call

DEFAULT_LIMIT = 10
Keep = Callable[[Json], bool]


def list_page(
    call: Call,
    kind: str,
    url: str,
    *,
    equal: tuple[str, ...] = (),
    keep: Keep | None = None,
    oldest_first: bool = False,
    **fixed: Any,
) -> Json:
    """One page of a kind; parameters named in `equal` filter by equality when they are sent.

    Raises InvalidRequest for a cursor that names nothing.
    """
    wanted = {name: call.params[name] for name in equal if name in call.params} | fixed
    limit = call.params.get("limit", DEFAULT_LIMIT)
    backwards = "ending_before" in call.params
    rows = read_rows(call, kind, wanted, upwards=oldest_first != backwards)
    rows = filter(created_filter(call.params.get("created")), rows)
    found = list(islice(filter(keep, rows) if keep else rows, limit + 1))
    data = found[:limit]
    if backwards:
        data.reverse()
    return {"object": "list", "data": data, "has_more": len(found) > limit, "url": url}


def read_rows(call: Call, kind: str, wanted: Json, *, upwards: bool) -> Iterator[Json]:
    """The rows behind the cursor, towards the newer ones (`upwards`) or the older."""
    table = call.books.table(kind)
    cursor: str | None = None
    for name in ("starting_after", "ending_before"):
        if name in call.params:
            cursor = call.params[name]
            if table.find(call.params[name]) is None:
                message = missing_object(kind, call.params[name])
                raise InvalidRequest(message, code="resource_missing", param=name)
    if upwards:
        return table.rows_oldest_first(wanted, cursor)
    return table.rows_newest_first(wanted, cursor)


def created_filter(created: int | Json | None) -> Keep:
    """Keeps rows made at a moment or inside the bounds gt, gte, lt, lte (unix seconds)."""
    if created is None:
        return lambda row: True
    bounds = {"gte": created, "lte": created} if isinstance(created, int) else created
    least = max(bounds.get("gte", 0), bounds.get("gt", -1) + 1)
    most = min(bounds.get("lte", 2**62), bounds.get("lt", 2**62) - 1)
    return lambda row: least <= row["created"] <= most


def embed_list(rows: list[Json], url: str, limit: int = DEFAULT_LIMIT) -> Json:
    """The first rows of a list inside another object."""
    return {"object": "list", "data": rows[:limit], "has_more": len(rows) > limit, "url": url}
