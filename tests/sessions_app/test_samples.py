"""Storing samples: merged, numbered in the order of commits, and cheap."""

from __future__ import annotations

from itertools import permutations
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sessions_app.models import ChargingSession, MeterSample
from sessions_app.selectors import samples_after, session_samples
from sessions_app.services import scanning
from tests.sessions_app.talk import (
    Message,
    Talk,
    at,
    event,
    reading,
    the_session,
    values,
)


def with_readings(number: int, *readings: dict[str, Any]) -> Message:
    return values(number, 0, 0, meterValue=list(readings))


def statements(talk: Talk, message: Message) -> list[str]:
    """The first words of what a message makes us ask of the database, savepoints left out."""
    with CaptureQueriesContext(connection) as queries:
        talk.say(message)
    words = [query["sql"].split()[0] for query in queries]
    return [word for word in words if word not in {"SAVEPOINT", "RELEASE"}]


def test_a_sample_is_kept_in_integers(old: Talk) -> None:
    number = old.start()
    told = reading(10, 2500, power="11040.4", current="16.02", voltage="230.1", soc="41")
    old.say(with_readings(number, told))
    (sample,) = session_samples(the_session().id)
    assert (sample.at, sample.energy_wh, sample.power_w) == (at(10), 2500, 11_040)
    assert (sample.current_ma, sample.voltage_mv, sample.soc_pct) == (16_020, 230_100, 41)


def test_a_meter_values_message_costs_four_statements(old: Talk) -> None:
    number = old.start()
    told = [reading(minute, 1000 + minute, power="7000") for minute in range(8)]
    assert statements(old, with_readings(number, *told)) == ["SELECT", "SELECT", "INSERT", "UPDATE"]


def test_an_updated_event_costs_four_statements(new: Talk) -> None:
    new.say(event("Started", 0, 0, 1000))
    message = event("Updated", 1, 30, 6000)
    assert statements(new, message) == ["SELECT", "SELECT", "INSERT", "UPDATE"]


def test_a_repeated_message_writes_nothing(old: Talk) -> None:
    number = old.start()
    message = values(number, 10, 2500)
    old.say(message)
    assert statements(old, message) == ["SELECT", "SELECT", "INSERT"]
    assert (the_session().sample_count, the_session().last_seq) == (1, 1)


def test_two_reports_of_an_instant_become_one(old: Talk) -> None:
    number = old.start()
    reports = [
        with_readings(number, reading(10, 2500)),
        with_readings(number, reading(10, 2400, power="7000")),
        with_readings(number, reading(10, 2300, soc="40")),
    ]
    old.say_all(*reports)
    (sample,) = session_samples(the_session().id)
    assert (sample.energy_wh, sample.power_w, sample.soc_pct) == (2500, 7000, 40)


def test_a_sample_that_grows_is_read_again_under_a_new_number(old: Talk) -> None:
    number = old.start()
    old.say_all(values(number, 10, 2500), values(number, 20, 3500))
    session_id = the_session().id
    assert [seq for seq, _ in samples_after(session_id, 0)] == [1, 2]
    old.say(with_readings(number, reading(10, 2500, power="7000")))
    ((seq, sample),) = samples_after(session_id, 2)
    assert (seq, sample.at, sample.power_w) == (3, at(10), 7000)


def test_texts_of_an_instant_are_joined_in_any_order(old: Talk) -> None:
    def frequency(value: str) -> dict[str, Any]:
        told = reading(10, 2500)
        told["sampledValue"].append({"value": value, "measurand": "Frequency"})
        return told

    kept = []
    for minute, order in enumerate(permutations(["49.9", "50.1", "50.0"])):
        number = old.start(minute=minute)
        old.say_all(*(with_readings(number, frequency(value)) for value in order))
        kept.append(MeterSample.objects.get(session__transaction_ref=number).extra)
    assert kept == [{"Frequency": "50.1"}] * 6


def test_live_fields_follow_the_newest_sample_whatever_came_last(old: Talk) -> None:
    told = [
        reading(10, 2000, power="7000", soc="40"),
        reading(20, 3000, power="6000"),
        reading(30, 4000),
    ]
    seen = set()
    for minute, order in enumerate(permutations(told)):
        number = old.start(tag=f"T{minute}")
        old.say_all(*(with_readings(number, one) for one in order))
        session = ChargingSession.objects.get(transaction_ref=number)
        seen.add(
            (
                session.last_sample_at,
                session.last_register_wh,
                session.last_power_w,
                session.last_soc_pct,
                session.energy_wh,
                session.sample_count,
            )
        )
    assert seen == {(at(30), 4000, 6000, 40, 3000, 3)}


def test_values_that_cannot_be_read_are_flagged(old: Talk) -> None:
    number = old.start()
    told = reading(10, 2500)
    told["sampledValue"].append({"value": "much", "measurand": "Power.Active.Import"})
    old.say(with_readings(number, told))
    assert (the_session().sample_count, the_session().flags) == (1, ["values_rejected"])


def test_readings_without_a_transaction_go_to_the_latest_session(old: Talk) -> None:
    old.start()
    later = old.start(minute=10)
    old.say_all(values(None, 5, 1500), values(None, 15, 2500))
    counts = dict(ChargingSession.objects.values_list("transaction_ref", "sample_count"))
    assert counts[str(later)] == 1
    assert sum(counts.values()) == 2


@pytest.mark.parametrize("invented", [0, -1])
def test_readings_with_an_invented_transaction_are_matched_and_flagged(
    old: Talk, invented: int
) -> None:
    old.start()
    old.say(values(invented, 5, 1500))
    assert (the_session().sample_count, the_session().flags) == (1, ["matched_by_evidence"])


def test_the_bell_rings_after_the_commit_and_once_a_second(
    old: Talk,
    rung: list[tuple[str, ...]],
    django_capture_on_commit_callbacks: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = [100.0]
    monkeypatch.setattr(scanning.time, "monotonic", lambda: clock[0])
    number = old.start()
    for minute, now in ((1, 100.0), (2, 100.9), (3, 101.0)):
        clock[0] = now
        with django_capture_on_commit_callbacks(execute=True):
            old.say(values(number, minute, 1000 + minute))
    assert rung == [("anomalies.tasks.scan_session", str(the_session().id))] * 2


def test_the_bell_forgets_before_it_grows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "REMEMBERED", 2)
    for number in range(5):
        scanning.ring_scan(UUID(int=number))
    assert len(scanning._rung_at) <= 2
