"""Every incident in plain words, in the reader's language."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from django.utils import translation

from anomalies import detectors
from anomalies.detectors import CATALOGUE
from anomalies.detectors.kinds import KINDS
from anomalies.models import Incident
from anomalies.titles import CAUSE_TITLES
from anomalies.types import Action
from anomalies.wording import ADVICE, SENTENCES, TITLES, explain, explain_hold, quantity

PLACEHOLDER_REBUILT = (
    "Mätarställningen vid starten är en platshållare"
    " (energin återskapad ur mätvärdena: 11,21 kWh, högst 410 Wh fel)"
)
NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
SOURCES = sorted(Path(detectors.__file__).parent.glob("[a-z][0-9]*_*.py"))


def texts(node: ast.expr) -> set[str]:
    """The string constants of an expression: of a choice, both."""
    if isinstance(node, ast.IfExp):
        return texts(node.body) | texts(node.orelse)
    return {node.value} if isinstance(node, ast.Constant) and isinstance(node.value, str) else set()


def calls(source: Path, name: str) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
            yield node


def causes_in(source: Path) -> set[tuple[str, str]]:
    """Each kind and cause a detector's source can make: those named in `Finding(...)` itself, and
    the second argument of a function `_finding` that makes it."""
    kinds, causes = set(), set()
    for call in calls(source, "Finding"):
        fields = {keyword.arg: keyword.value for keyword in call.keywords}
        kinds |= texts(fields["kind"])
        causes |= texts(fields["cause"])
    for call in calls(source, "_finding"):
        causes |= texts(call.args[1])
    return {(kind, cause) for kind in kinds for cause in causes}


def an_incident(kind: str = "M1", cause: str = "lower", **more: object) -> Incident:
    """One that is not stored."""
    values = {"observed": 1_500, "expected": 3_500, "unit": "Wh", "action": "hold_billing"}
    times = {"since_at": NOW, "last_seen_at": NOW}
    return Incident(
        tenant_id=UUID(int=1), kind=kind, cause=cause, severity=3, **{**values, **times, **more}
    )


def test_every_cause_of_the_catalogue_has_a_sentence() -> None:
    causes = {(kind, cause) for kind, row in KINDS.items() for cause in row.causes}
    assert causes == SENTENCES.keys()


def test_every_cause_a_detector_names_is_in_the_catalogue() -> None:
    assert len(SOURCES) == len(CATALOGUE)
    assert set().union(*map(causes_in, SOURCES)) <= SENTENCES.keys()


def test_every_kind_has_a_title() -> None:
    assert KINDS.keys() == TITLES.keys()
    assert {detector.kind for detector in CATALOGUE} <= TITLES.keys()


def test_every_action_has_advice() -> None:
    assert set(Action) == ADVICE.keys()


@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize(("kind", "cause"), SENTENCES)
def test_every_sentence_says_what_was_observed(kind: str, cause: str, language: str) -> None:
    with translation.override(language):
        sentence = explain(an_incident(kind, cause, params={"address": "192.0.2.7"})).sentence
    assert {"sv": "1,5 kWh", "en": "1.5 kWh"}[language] in sentence
    assert not re.search(r"%\(|\{|None", sentence)


def test_an_incident_is_told_in_three_parts() -> None:
    with translation.override("en"):
        told = explain(an_incident())
    assert told.title == "Energy register went backwards"
    assert told.sentence == "The register fell from 3.5 kWh to 1.5 kWh."
    assert told.advice == "Check the meter values, then release the session or waive it."


def test_an_unknown_cause_is_told_by_its_values() -> None:
    unknown = an_incident("X7", "odd", signal="Frequency", unit="Hz", observed=49, expected=50)
    with translation.override("en"):
        told = explain(unknown)
    assert (told.title, told.sentence) == ("X7", "Frequency: 49 Hz instead of 50 Hz.")


def test_an_unknown_cause_of_a_known_kind_keeps_its_title() -> None:
    with translation.override("en"):
        told = explain(an_incident(cause="odd", signal="Energy", action="pray"))
    assert told.title == "Energy register went backwards"
    assert (told.sentence, told.advice) == ("Energy: 1.5 kWh instead of 3.5 kWh.", "")


def test_an_unknown_cause_is_told_in_swedish_too() -> None:
    with translation.override("sv"):
        sentence = explain(an_incident(cause="odd", signal="Energy")).sentence
    assert sentence.startswith("Energy: 1,5 kWh ")
    assert sentence.endswith(" 3,5 kWh.")


def test_a_language_we_do_not_speak_reads_the_houses_own() -> None:
    with translation.override("fi"):
        assert explain(an_incident()).title == "Mätarställningen gick bakåt"


@pytest.mark.parametrize(
    ("value", "unit", "swedish", "english"),
    [
        (0, "Wh", "0 Wh", "0 Wh"),
        (999, "Wh", "999 Wh", "999 Wh"),
        (-999, "W", "-999 W", "-999 W"),
        (1_000, "W", "1 kW", "1 kW"),
        (11_040, "W", "11,04 kW", "11.04 kW"),
        (-1_005, "Wh", "-1,005 kWh", "-1.005 kWh"),
        (910_083, "Wh", "910,083 kWh", "910.083 kWh"),
        (500, "mA", "0,5 A", "0.5 A"),
        (-16_000, "mA", "-16 A", "-16 A"),
        (230_100, "mV", "230,1 V", "230.1 V"),
        (42, "%", "42 %", "42 %"),
        (150, "s", "150 s", "150 s"),
        (1_800, "s", "30 min", "30 min"),
        (7_300, "s", "2 h", "2 h"),
        (12_345, "minor", "123,45", "123.45"),
        (3, "", "3", "3"),
    ],
)
def test_a_quantity_is_said_as_people_say_it(
    value: int, unit: str, swedish: str, english: str
) -> None:
    for language, text in (("sv", swedish), ("en", english)):
        with translation.override(language):
            assert quantity(value, unit) == text


def test_every_cause_with_a_title_of_its_own_is_a_cause() -> None:
    assert CAUSE_TITLES.keys() <= SENTENCES.keys()


@pytest.mark.parametrize(
    ("reason", "swedish"),
    [
        ("M1 lower, M3 stuck", "Mätarställningen gick bakåt, Mätarställningen står stilla"),
        ("M2 above_rated", "Mer energi än uttaget kan ge"),
        ("S2 ends_before_start", "Laddsessionen slutar innan den börjar"),
        ("Olga: mätaren avläst", "Olga: mätaren avläst"),
        (
            "M2 begin_placeholder [11210 Wh ± 410 Wh]",
            PLACEHOLDER_REBUILT,
        ),
    ],
)
def test_a_hold_is_explained_in_words(reason: str, swedish: str) -> None:
    with translation.override("sv"):
        assert explain_hold(reason) == swedish
