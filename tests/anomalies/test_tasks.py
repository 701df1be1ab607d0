"""Scans as workers run them: several at once, killed half-way, found again by the sweep."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection, transaction

from anomalies import tasks
from anomalies.models import Incident, SessionWatch
from chargepoints.models import ChargePoint
from config.devstack.rented import WorkerProcess
from outbox import bell
from tenants.scope import tenant_scope
from tests.anomalies.conftest import an_outlet
from tests.anomalies.scenes import Charge, incidents
from tests.anomalies.traces import START, ac, shifted
from tests.cast import a_driver, a_tenant
from tests.sessions_app.test_concurrency import at_once

pytestmark = pytest.mark.django_db(transaction=True)

BACKWARDS = shifted(ac([16] * 20), 10, -2000)
TOO_MUCH = ac([16] * 5 + [24] * 5 + [16] * 10)
WITHIN_S = 60.0
SWEEP = "anomalies.tasks.scan_lagging_sessions"


@pytest.fixture
def place(transactional_db: None) -> Iterator[ChargePoint]:
    """An outlet whose rows other processes can see."""
    tenant = a_tenant()
    with tenant_scope(tenant.id):
        a_driver()
        yield an_outlet()


def wait_until(condition: Callable[[], Any], within_s: float = WITHIN_S) -> None:
    """Look again and again, until it is so; fails when it never is."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.05)")


def scans_under_way(*, waiting: bool = False) -> int:
    """How many other transactions have touched the incidents; or of them, those kept waiting."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(DISTINCT pid) FROM pg_locks WHERE pid <> pg_backend_pid()"
            " AND relation = 'anomalies_incident'::regclass"
            " AND (NOT %s OR pid IN (SELECT pid FROM pg_locks WHERE NOT granted))",
            [waiting],
        )
        return int(cursor.fetchone()[0])


def an_incident_of(charge: Charge) -> Incident:
    """The incident that a register running backwards makes."""
    times = {"since_at": START, "last_seen_at": START}
    about = {"charge_point": charge.session.charge_point, "session": charge.session}
    values = {"kind": "M1", "severity": 3, "observed": 0, "expected": 0}
    return Incident.objects.create(**about, **values, **times)


def scans_at_once(charges: list[Charge]) -> list[int]:
    """How many samples each of simultaneous scans read."""
    return at_once(*(charge.scan for charge in charges), tenant_id=charges[0].session.tenant_id)


@pytest.mark.usefixtures("no_bell")
class TestAtOnce:
    """Two workers and one matter."""

    def test_one_session_is_read_by_one_of_them(self, place: ChargePoint) -> None:
        charge = Charge(place)
        charge.says(BACKWARDS[:8])
        assert sorted(scans_at_once([charge] * 4)) == [0, 0, 0, 8]
        charge.says(BACKWARDS[8:])
        assert sorted(scans_at_once([charge] * 4)) == [0, 0, 0, 12]
        assert incidents(occurrences=1) == [("M1", "lower", "open")]

    def test_scan_and_check_make_one_incident(self, place: ChargePoint) -> None:
        charge = Charge(place)
        charge.says(BACKWARDS)
        charge.ends(BACKWARDS[-1].energy_wh or 0)
        at_once(charge.scan, charge.check, charge.check, tenant_id=place.tenant_id)
        assert incidents() == [("M1", "lower", "open")]
        assert charge.gate == ("held", "M1 lower")

    def test_two_sessions_of_one_outlet_open_one_incident(self, place: ChargePoint) -> None:
        charges = [Charge(place, start_wh=start_wh) for start_wh in (1000, 1001, 1002)]
        for charge in charges:
            charge.says(TOO_MUCH)
        assert scans_at_once(charges) == [20, 20, 20]
        assert incidents() == [("E3", "over_limit", "open")]

    def test_two_outlets_do_not_wait_for_each_other(self, place: ChargePoint) -> None:
        first, second = Charge(place), Charge(place, connector=2)
        first.says(TOO_MUCH)
        second.says(BACKWARDS)
        assert scans_at_once([first, second]) == [20, 20]
        assert len(incidents()) == 2


class TestRung:
    """What the bell and the sweep do."""

    def test_the_scan_of_a_session_that_is_gone_does_nothing(self, place: ChargePoint) -> None:
        assert tasks.scan_session(str(place.id)) == 0
        assert not SessionWatch.objects.exists()

    def test_the_sweep_rings_for_what_lags_in_every_tenant(
        self, place: ChargePoint, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rung: list[tuple[str, ...]] = []
        monkeypatch.setattr(bell, "ring", lambda *args: rung.append(args))
        ours, read = Charge(place), Charge(place, begins_at=START.replace(day=5))
        for charge in (ours, read):
            charge.says(BACKWARDS[:3])
        read.scan()
        with tenant_scope(a_tenant("ampere").id):
            a_driver()
            theirs = Charge(an_outlet())
            theirs.says(BACKWARDS[:3])
        rung.clear()
        assert tasks.scan_lagging_sessions() == 2
        task = "anomalies.tasks.scan_session"
        assert rung == [(task, str(ours.session.id)), (task, str(theirs.session.id))]

    def test_a_scan_sees_only_its_own_tenants_rows(
        self, place: ChargePoint, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(bell, "ring", lambda *args: None)
        charge = Charge(place)
        charge.says(BACKWARDS)
        with tenant_scope(a_tenant("ampere").id):
            assert tasks.scan_session(str(charge.session.id)) == 20
            assert (Incident.objects.count(), SessionWatch.objects.count()) == (0, 0)
        assert incidents() == [("M1", "lower", "open")]


def test_a_worker_killed_in_a_scan_repeats_nothing(
    place: ChargePoint, worker: WorkerProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker.start()
    with monkeypatch.context() as quiet:
        quiet.setattr(bell, "ring", lambda *args: None)
        charge = Charge(place)
        charge.says(BACKWARDS)
    with transaction.atomic():
        # Until this is taken back, whoever makes the same incident waits in the middle of a scan.
        an_incident_of(charge)
        bell.ring(SWEEP)
        wait_until(lambda: scans_under_way(waiting=True))
        worker.kill()
        transaction.set_rollback(True)
    wait_until(lambda: not scans_under_way())
    assert (incidents(), SessionWatch.objects.count()) == ([], 0)
    worker.start()
    bell.ring(SWEEP)
    wait_until(lambda: SessionWatch.objects.exists() and charge.watermark == 20)
    assert incidents(occurrences=1) == [("M1", "lower", "open")]
