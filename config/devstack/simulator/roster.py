"""Which stations to simulate: from `ID:KEY` text or from a JSON file."""

import json
from collections.abc import Iterable
from pathlib import Path

from config.devstack.simulator.fleet import AC_22, CHARGERS, Charger
from config.devstack.simulator.plan import StationSpec

Entry = dict[str, str]


class RosterError(ValueError):
    """The stations cannot be read."""


def stations_of(text: str, tenant: str, version: str) -> tuple[StationSpec, ...]:
    """Stations from `ID:KEY[,ID:KEY]`. Raises RosterError. `version` may be `mixed`."""
    pairs = [entry.partition(":") for entry in text.split(",") if entry]
    return _make_specs(({"id": name, "key": key} for name, _, key in pairs), tenant, version)


def read_roster(path: Path, tenant: str, version: str) -> tuple[StationSpec, ...]:
    """Stations from a JSON file; what an entry states goes before `tenant` and `version`.

    Either `{"ID": "KEY"}` or a list of objects with `id`, `key` and optionally `tenant`, `version`
    and `charger` (a name in `fleet.CHARGERS`). Raises RosterError.
    """
    try:
        content = json.loads(path.read_text())
    except ValueError as error:
        raise RosterError(f"{path} is not JSON: {error}") from error
    if isinstance(content, dict):
        content = [{"id": name, "key": key} for name, key in content.items()]
    return _make_specs(content, tenant, version)


def _make_specs(entries: Iterable[Entry], tenant: str, version: str) -> tuple[StationSpec, ...]:
    specs = tuple(_make_spec(entry, tenant, version, row) for row, entry in enumerate(entries))
    if not specs:
        raise RosterError("no stations given")
    return specs


def _make_spec(entry: Entry, tenant: str, version: str, row: int) -> StationSpec:
    mixed = ("1.6", "2.0.1")[row % 2]
    spec = StationSpec(
        tenant=entry.get("tenant", tenant),
        charge_point_id=entry.get("id", ""),
        key=entry.get("key", ""),
        version=entry.get("version", mixed if version == "mixed" else version),
        charger=_find_charger(entry.get("charger", AC_22.name)),
    )
    if not (spec.tenant and spec.charge_point_id and spec.key):
        raise RosterError(f"station {row + 1} needs a tenant, an id and a key")
    return spec


def _find_charger(name: str) -> Charger:
    for charger in CHARGERS:
        if charger.name == name:
            return charger
    raise RosterError(f"no charger is called {name!r}")
