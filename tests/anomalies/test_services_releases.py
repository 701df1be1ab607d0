"""Held sessions go to billing as measured or rebuilt, on a person's word or by a rule."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django import Settings

from anomalies.models import Incident
from anomalies.services import RebuildChanged, release_hold
from chargepoints.models import ChargePoint
from outbox.models import Event
from sessions_app.models import ChargingSession
from sessions_app.selectors import rebuilt_energy
from tests.anomalies.scenes import Charge, incidents
from tests.anomalies.traces import ac, changed, shifted
from tests.sessions_app.talk import settle

Gate = ChargingSession.Gate
HOUR = ac([16] * 60)
DELIVERED_WH = (HOUR[-1].energy_wh or 0) - (HOUR[0].energy_wh or 0)
JUMPED = shifted(HOUR, 30, 50_000)
# At 12 s a sample the first true reading comes soon enough for the rule's 100 Wh.
SOON = ac([16] * 60, step_s=12, start_wh=910_003)
LATE = shifted(HOUR, 0, 910_000)


def held(outlet: ChargePoint, samples: Any, start_wh: int = 1003) -> Charge:
    charge = Charge(outlet, start_wh=start_wh)
    charge.says(samples)
    charge.ends(samples[-1].energy_wh or 0)
    settle()
    charge.check()
    charge.session.refresh_from_db()
    return charge


def release(charge: Charge, **more: Any) -> bool:
    person = {"session": charge.session, "user_id": None, "actor": "Olga", "reason": "looked"}
    return release_hold(**person, **more)


def energy(charge: Charge) -> tuple[int, str]:
    charge.session.refresh_from_db()
    return charge.session.energy_wh, charge.session.energy_source


class TestByAPerson:
    """As measured, or as rebuilt."""

    def test_as_measured_the_energy_stays(self, outlet: ChargePoint) -> None:
        charge = held(outlet, JUMPED)
        before = energy(charge)
        assert release(charge)
        assert energy(charge) == before
        assert not Event.objects.filter(type="session.energy_rebuilt").exists()

    def test_the_rebuilt_energy_becomes_the_sessions(self, outlet: ChargePoint) -> None:
        charge = held(outlet, JUMPED)
        before_wh, rebuilt = energy(charge)[0], rebuilt_energy(charge.session)
        assert rebuilt is not None
        assert release(charge, rebuilt_wh=rebuilt.energy_wh)
        assert energy(charge) == (rebuilt.energy_wh, "rebuilt_from_registers")
        figures = f"[{rebuilt.energy_wh} Wh ± {rebuilt.bound_wh} Wh]"
        assert charge.gate == (Gate.RELEASED, f"Olga: looked {figures}")
        assert "energy_rebuilt" in charge.session.flags
        told = Event.objects.get(type="session.energy_rebuilt").payload
        assert (told["before_wh"], told["energy_wh"]) == (before_wh, rebuilt.energy_wh)
        assert (told["bound_wh"], told["actor"]) == (rebuilt.bound_wh, "Olga")
        assert (told["reason"], told["source"]) == ("looked", "rebuilt_from_registers")

    def test_the_rebuilt_energy_is_told_before_billing_may_have_it(
        self, outlet: ChargePoint
    ) -> None:
        charge = held(outlet, JUMPED)
        rebuilt = rebuilt_energy(charge.session)
        assert rebuilt is not None
        release(charge, rebuilt_wh=rebuilt.energy_wh)
        rows = Event.objects.filter(type__startswith="session.").order_by("id")
        kinds = rows.values_list("type", flat=True)
        assert list(kinds)[-2:] == ["session.energy_rebuilt", "session.cleared"]

    def test_it_is_within_its_bound_of_what_was_delivered(self, outlet: ChargePoint) -> None:
        charge = held(outlet, JUMPED)
        rebuilt = rebuilt_energy(charge.session)
        assert rebuilt is not None
        delivered_wh = (HOUR[-1].energy_wh or 0) - 1003
        assert abs(delivered_wh - rebuilt.energy_wh) <= rebuilt.bound_wh < 250

    def test_a_second_release_changes_nothing(self, outlet: ChargePoint) -> None:
        charge = held(outlet, JUMPED)
        assert release(charge)
        rebuilt = rebuilt_energy(charge.session)
        assert rebuilt is not None
        before = energy(charge)
        assert not release(charge, rebuilt_wh=rebuilt.energy_wh)
        assert energy(charge) == before

    def test_what_is_not_what_the_samples_say_any_more_is_refused(
        self, outlet: ChargePoint
    ) -> None:
        charge = held(outlet, JUMPED)
        with pytest.raises(RebuildChanged):
            release(charge, rebuilt_wh=1)
        assert charge.gate == (Gate.HELD, "M2 jump")
        assert [state for *_, state in incidents()] == ["open"]


class TestByRule:
    """A placeholder at the start, and samples that came soon after it."""

    def test_a_placeholder_is_released_with_what_was_measured_after_it(
        self, outlet: ChargePoint
    ) -> None:
        charge = held(outlet, SOON, start_wh=0)
        delivered_wh = (SOON[-1].energy_wh or 0) - (SOON[0].energy_wh or 0)
        assert energy(charge) == (delivered_wh, "rebuilt_from_registers")
        # 12 hours pass between the last sample and the stop, which says the same.
        bound_wh = 11_040 * 12 * 11 // 36_000 + 1 + 1 + 5
        reason = f"M2 begin_placeholder [{delivered_wh} Wh ± {bound_wh} Wh]"
        assert charge.gate == (Gate.CLEARED, reason)

    def test_it_was_held_first_and_both_are_told(self, outlet: ChargePoint) -> None:
        held(outlet, SOON, start_wh=0)
        rows = Event.objects.filter(type__startswith="session.").order_by("id")
        kinds = list(rows.values_list("type", flat=True))
        assert kinds[-3:] == ["session.held", "session.energy_rebuilt", "session.cleared"]
        assert Event.objects.get(type="session.energy_rebuilt").payload["actor"] == "rule"
        incident = Incident.objects.get()
        assert (incident.state, incident.resolved_by_id) == ("resolved", None)
        assert incident.resolution == "released by rule with the energy rebuilt"

    def test_a_late_first_sample_leaves_it_to_a_person(self, outlet: ChargePoint) -> None:
        charge = held(outlet, LATE, start_wh=0)
        assert charge.gate == (Gate.HELD, "M2 begin_placeholder")

    def test_1_percent_may_be_more_than_100_wh(
        self, outlet: ChargePoint, settings: Settings
    ) -> None:
        """A minute at 11.04 kW and 10 % is 203 Wh of 10,708: 2 %."""
        settings.REBUILD_BOUND_PERMILLE = 20
        charge = held(outlet, LATE, start_wh=0)
        assert charge.gate[0] == Gate.CLEARED
        assert energy(charge)[0] == DELIVERED_WH

    def test_another_doubt_beside_it_leaves_it_to_a_person(self, outlet: ChargePoint) -> None:
        charge = held(outlet, changed(SOON, range(20, 40), power_w=14_000), start_wh=0)
        assert charge.gate == (Gate.HELD, "E1 power_high, M2 begin_placeholder")

    def test_without_the_rule_it_waits(self, outlet: ChargePoint, settings: Settings) -> None:
        settings.REBUILD_RELEASES = ["none"]
        assert held(outlet, SOON, start_wh=0).gate == (Gate.HELD, "M2 begin_placeholder")

    def test_other_doubts_are_released_by_nobody_but_a_person(self, outlet: ChargePoint) -> None:
        assert held(outlet, JUMPED).gate == (Gate.HELD, "M2 jump")

    def test_checked_again_it_stays_released(self, outlet: ChargePoint) -> None:
        charge = held(outlet, SOON, start_wh=0)
        before = (charge.gate, energy(charge))
        charge.check()
        assert (charge.gate, energy(charge)) == before
        assert Event.objects.filter(type="session.cleared").count() == 1


def test_an_end_before_the_start_is_held(outlet: ChargePoint) -> None:
    charge = Charge(outlet)
    stop = {"transactionId": charge.number, "meterStop": 1003, "timestamp": "2026-05-04T11:59:00Z"}
    charge.talk.say(("StopTransaction", stop))
    charge.check()
    assert charge.gate == (Gate.HELD, "S2 ends_before_start")
