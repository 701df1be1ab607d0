"""200 real charging sessions, replayed at speed: each is there once, with the file's energy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.db.models import Count, Sum

from anomalies.models import Incident, SessionWatch
from billing.models import Charge, JournalEntry
from billing.selectors import ledger_faults
from chargepoints.models import OcppMessage
from config.devstack.simulator.plan import Summary
from config.devstack.simulator.runner import run
from outbox.models import Delivery, Event
from sessions_app.models import ChargingSession, MeterSample, ParkedMessage
from tenants.scope import tenant_scope
from tests.journeys.acn import Replay, plan_acn
from tests.journeys.stage import Operator, eventually, ore
from tests.simulator.makers import shared_data

SESSIONS = 200


@pytest.fixture(scope="module")
def replay(volt: Operator) -> Replay:
    """The plan of it; skipped where there are no real sessions."""
    return plan_acn(volt, shared_data(), SESSIONS)


@pytest.fixture(scope="module")
def summary(replay: Replay, volt: Operator) -> Summary:
    """What the stations did; every session has been charged, or held, by now."""
    summary = run(replay.plan)
    assert summary.errors == []
    with tenant_scope(volt.tenant.id):
        eventually(lambda: judged() == SESSIONS)
    return summary


def judged() -> int:
    """How many sessions are held or charged."""
    held = ChargingSession.objects.filter(gate=ChargingSession.Gate.HELD).count()
    return held + Charge.objects.count()


@pytest.fixture(autouse=True)
def in_scope(summary: Summary, volt: Operator) -> Iterator[None]:
    """The test reads Volt's rows once all is done."""
    with tenant_scope(volt.tenant.id):
        yield


def test_the_stations_spoke_both_versions(summary: Summary, replay: Replay) -> None:
    versions = {spec.charge_point_id: spec.version for spec in replay.plan.stations}
    spoken = Counter(versions[result.charge_point_id] for result in summary.results)
    assert sum(spoken.values()) == SESSIONS
    assert min(spoken["1.6"], spoken["2.0.1"]) > SESSIONS // 3


def test_every_session_is_there_once_with_the_energy_of_the_file(replay: Replay) -> None:
    sessions = ChargingSession.objects.values_list("started_at", "ended_at", "energy_wh")
    assert sorted(sessions) == sorted(
        (each.arrival_at, each.departure_at, each.energy_wh) for each in replay.real
    )


def test_every_session_has_the_energy_its_own_station_counted(summary: Summary) -> None:
    rows = ChargingSession.objects.values_list(
        "charge_point__identity", "transaction_ref", "connector__evse_id", "energy_wh"
    )
    assert {*rows} == {
        (each.charge_point_id, str(each.transaction_id), each.connector_id, each.energy_wh)
        for each in summary.results
    }


def test_every_session_is_cleared_and_nothing_was_found() -> None:
    gates = ChargingSession.objects.values_list("gate").annotate(Count("id"))
    found = Incident.objects.values_list("kind", "cause", "state", "session__transaction_ref")
    assert (dict(gates), list(found)) == ({"cleared": SESSIONS}, [])
    flagged = ChargingSession.objects.exclude(flags=[])
    assert list(flagged.values_list("transaction_ref", "flags")) == []


def test_every_session_is_charged_once(replay: Replay, volt: Operator) -> None:
    assert Charge.objects.count() == JournalEntry.objects.count() == SESSIONS
    prices = volt.prices
    expected = sorted(
        sum(
            ore(
                Decimal(each.energy_wh) / 1000 * Decimal(prices.per_kwh),
                Decimal(int((each.departure_at - each.arrival_at).total_seconds()))
                / 60
                * Decimal(prices.per_minute),
                Decimal(prices.per_session),
            )
        )
        for each in replay.real
    )
    assert sorted(Charge.objects.values_list("gross_minor", flat=True)) == expected


def test_the_books_are_right() -> None:
    assert ledger_faults() == []
    energy_wh = Charge.objects.aggregate(total=Sum("energy_wh"))["total"]
    assert energy_wh == ChargingSession.objects.aggregate(total=Sum("energy_wh"))["total"]


def test_every_sample_is_kept_once_and_was_read() -> None:
    counted = ChargingSession.objects.aggregate(total=Sum("sample_count"))["total"]
    assert MeterSample.objects.count() == counted > SESSIONS * 10
    assert SessionWatch.objects.filter(finished_at=None).count() == 0
    assert SessionWatch.objects.count() == SESSIONS


def test_everything_was_told_once_and_nothing_is_left_over() -> None:
    told = Event.objects.values_list("type").annotate(Count("id"))
    happened = ("session.started", "session.completed", "session.cleared")
    assert dict(told) == dict.fromkeys(happened, SESSIONS)
    assert Delivery.objects.exclude(state=Delivery.State.DONE).count() == 0
    assert ParkedMessage.objects.count() == 0
    assert OcppMessage.objects.exclude(error_code="").count() == 0
