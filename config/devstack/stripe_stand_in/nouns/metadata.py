"""Metadata: notes are merged, a note sent empty is removed, `metadata=` removes all."""

from config.devstack.stripe_stand_in.tables import Json


def merge_metadata(row: Json, params: Json) -> None:
    """Change the row's metadata as the parameters say."""
    if "metadata" not in params:
        return
    sent = params["metadata"] or {}
    kept = {} if params["metadata"] is None else row["metadata"]
    row["metadata"] = {key: value for key, value in (kept | sent).items() if value != ""}


def change_row(row: Json, changes: Json) -> Json:
    """Put changed values into the row and return the old ones, as `*.updated` events show them."""
    previous = {name: row.get(name) for name, value in changes.items() if row.get(name) != value}
    row.update(changes)
    return previous
