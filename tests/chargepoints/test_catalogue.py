"""The calls to stations: all of OCPP's, each with a schema, and the document that lists them."""

from __future__ import annotations

import re
from pathlib import Path

import ocpp
import pytest
from django.core.management import call_command

from chargepoints.catalogue import CATALOGUE, command_spec, commands_of
from chargepoints.schemas import is_known
from chargepoints.services.answers import EFFECTS
from chargepoints.services.beginnings import BEGINNINGS
from config.ocpp import STATIONS

# How many calls OCPP gives the platform: 1.6 with its security white paper, 2.0.1.
CALLS = {"1.6": 26, "2.0.1": 40, "2.1": 40}


@pytest.mark.parametrize("version", CALLS)
def test_every_call_of_a_version_is_in_the_catalogue_and_has_a_schema(version: str) -> None:
    specs = commands_of(version)
    assert len(specs) == CALLS[version]
    assert all(is_known(version, spec.action) for spec in specs)
    both_ways = {"DataTransfer"}
    assert {s.action for s in specs} & set(STATIONS[version].handlers) == both_ways


@pytest.mark.parametrize(("version", "folder"), [("1.6", "v16"), ("2.0.1", "v201")])
def test_no_message_of_a_version_is_forgotten(version: str, folder: str) -> None:
    names = {path.stem for path in (Path(ocpp.__file__).parent / folder / "schemas").iterdir()}
    actions = {re.sub("(Request|Response)$", "", name) for name in names}
    known = {spec.action for spec in commands_of(version)} | set(STATIONS[version].handlers)
    assert actions - known == set()


def test_every_effect_belongs_to_a_call() -> None:
    assert set(EFFECTS) | set(BEGINNINGS) <= set(CATALOGUE)


def test_a_version_has_no_calls_of_the_other() -> None:
    assert command_spec("1.6", "SetVariables") is None
    assert command_spec("2.1", "ChangeConfiguration") is None


def test_the_document_says_what_the_code_does() -> None:
    call_command("ocpp_table", "--check")
