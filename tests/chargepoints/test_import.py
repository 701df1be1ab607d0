"""Stations from a file: all of them, with their keys, or none and the reason."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from chargepoints.keys import is_key
from chargepoints.models import ChargePoint
from tenants.scope import tenant_scope
from tests.cast import a_tenant

KEY = "benchmark-CP000001"


@pytest.fixture
def volt(db: Any) -> Iterator[None]:
    with tenant_scope(a_tenant("volt").id):
        yield


def load(folder: Path, *lines: str) -> None:
    path = folder / "stations.csv"
    path.write_text("\n".join(["site,identity,key", *lines]))
    call_command("import_charge_points", "volt", str(path))


def test_stations_keep_their_keys(volt: None, tmp_path: Path) -> None:
    load(tmp_path, f"Depot,CP1,{KEY}", f"Depot,CP2,{KEY}")
    first, second = ChargePoint.objects.order_by("identity")
    assert first.site == second.site
    assert is_key(first.id, KEY, first.key_mac)


def test_a_new_key_is_printed(
    volt: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    load(tmp_path, "Depot,CP1,", f"Depot,CP2,{KEY}")
    identity, key = capsys.readouterr().out.strip().split(",")
    made = ChargePoint.objects.get(identity=identity)
    assert (identity, is_key(made.id, key, made.key_mac)) == ("CP1", True)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("Depot,CP 2,", "line 3, CP 2"),
        ("Depot,CP2,short", "line 3, CP2: a key has 16 to 40"),
        ("Depot,CP1,", "line 3, CP1"),
    ],
)
def test_a_bad_line_stops_everything(volt: None, tmp_path: Path, line: str, reason: str) -> None:
    with pytest.raises(CommandError, match=reason):
        load(tmp_path, "Depot,CP1,", line)
    assert not ChargePoint.objects.exists()


def test_a_file_of_something_else_is_refused(volt: None, tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("name,price")
    with pytest.raises(CommandError, match="must name site, identity and key"):
        call_command("import_charge_points", "volt", str(path))
