"""Real sessions keep their arrival, their departure and every watt hour."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.devstack.simulator.fleet import AC_22, AC_CARS, CHARGERS, AcCharger, DcCharger
from config.devstack.simulator.plan import StationSpec
from config.devstack.simulator.replay import (
    ACN_FITS,
    LONGEST_TAPER_S,
    UnknownFormat,
    choose_fit,
    has_plenty_of_time,
    move_by_weeks,
    plan_replay,
    read_sessions,
)
from config.devstack.simulator.runner import run_async
from tests.simulator.csms import serve_csms
from tests.simulator.makers import ARRIVAL, KEY, make_model, make_plan, make_session, shared_data

ACN = """\
arrival,departure,requested_energy (kWh),delivered_energy (kWh),station_id,session_id
2019-05-01 01:18:45-07:00,2019-05-01 15:52:36-07:00,60.0,44.069,CA-305,one
2019-05-01 06:33:14-07:00,2019-05-01 11:50:55-07:00,21.84,2.0009999999999999,CA-314,two
2019-05-01 17:00:00-07:00,2019-05-01 19:00:00-07:00,21.84,5.5,CA-305,three
"""
EPFL = """\
Session,CCS,Arrival,Departure,Energy (Wh),Pmax (W),SOC arrival,Energy capacity (Wh)
278,CCS1,2022-08-11 23:33:00,2022-08-11 23:37:00,9632.0,168393,25.99,91504.0
"""
AC_CHARGERS = [each for each in CHARGERS if isinstance(each, AcCharger)]


def specs(count, version="1.6"):
    return [StationSpec("north", f"CP-{number}", KEY, version) for number in range(1, count + 1)]


def write(tmp_path, text, name="sessions.csv"):
    path = tmp_path / name
    path.write_text(text)
    return path


def test_an_acn_row_becomes_utc_times_and_whole_watt_hours(tmp_path):
    first, second, _ = read_sessions(write(tmp_path, ACN))
    assert first.arrival_at == datetime(2019, 5, 1, 8, 18, 45, tzinfo=UTC)
    assert first.departure_at == datetime(2019, 5, 1, 22, 52, 36, tzinfo=UTC)
    assert (first.station, first.energy_wh, second.energy_wh) == ("CA-305", 44_069, 2_001)


def test_an_epfl_row_is_local_time_with_a_state_of_charge(tmp_path):
    row = read_sessions(write(tmp_path, EPFL))[0]
    assert row.arrival_at == datetime(2022, 8, 11, 21, 33, tzinfo=UTC)
    assert (row.station, row.energy_wh, row.soc_percent) == ("CCS1", 9_632, 26)
    assert isinstance(row.fits[0][0], DcCharger)


def test_packed_files_are_read_too_and_only_as_far_as_asked(tmp_path):
    path = tmp_path / "sessions.csv.gz"
    path.write_bytes(gzip.compress(ACN.encode()))
    assert [each.reference for each in read_sessions(path, 2)] == ["one", "two"]


def test_other_columns_are_refused(tmp_path):
    with pytest.raises(UnknownFormat, match="columns a, b"):
        read_sessions(write(tmp_path, "a,b\n1,2\n"))


def test_an_original_station_stays_together_on_one_connector(tmp_path):
    real = read_sessions(write(tmp_path, ACN))
    plans = plan_replay(real, specs(1), id_tokens=["A", "B"], seed=1)
    places = [(each.reference, each.connector_id, each.id_token) for each in plans]
    assert places == [("one", 1, "A"), ("two", 2, "B"), ("three", 1, "A")]


def test_a_replay_can_be_moved_to_recent_weeks_and_keeps_weekday_time_and_stay(tmp_path):
    real = read_sessions(write(tmp_path, ACN))
    moved = move_by_weeks(real, datetime(2026, 1, 5, 12, 0, tzinfo=UTC))
    assert moved[-1].departure_at == datetime(2026, 1, 1, 2, 0, tzinfo=UTC)
    assert {b.arrival_at - a.arrival_at for a, b in zip(real, moved, strict=True)} == {
        b.departure_at - a.departure_at for a, b in zip(real, moved, strict=True)
    }


def test_more_power_than_any_charger_has_still_brings_the_energy():
    stay = {"departure_at": ARRIVAL + timedelta(minutes=2), "energy_wh": 40_000}
    plan = choose_fit(make_session(**stay), ACN_FITS)
    assert plan.charger.name == "imaginary"
    model = make_model(40_000, charger=plan.charger, car=plan.car, seed=plan.seed)
    model.advance_to(plan.departure_at)
    assert model.is_complete


@given(
    charger=st.sampled_from(AC_CHARGERS),
    car=st.sampled_from(AC_CARS),
    energy_wh=st.integers(1, 13_000),
    seed=st.integers(0, 2**31),
)
@settings(deadline=None)
def test_plenty_of_time_is_enough_time(charger, car, energy_wh, seed):
    plan = make_session(charger=charger, car=car, energy_wh=energy_wh, seed=seed)
    stay_s = LONGEST_TAPER_S
    while not has_plenty_of_time(plan):
        stay_s += 60
        plan = make_session(
            charger=charger,
            car=car,
            energy_wh=energy_wh,
            departure_at=ARRIVAL + timedelta(seconds=stay_s),
        )
    model = make_model(energy_wh, charger=charger, car=car, seed=seed, fills=True)
    model.advance_to(plan.departure_at)
    assert model.is_complete


def test_a_stay_without_time_cannot_be_replayed():
    with pytest.raises(ValueError, match="do not fit"):
        choose_fit(make_session(departure_at=ARRIVAL, energy_wh=10), [(AC_22, AC_CARS[0])])


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
@pytest.mark.parametrize(
    "file", ["acn_caltech_2019-05-01_2019-08-31.csv.gz", "epfl_dcfc_sessions.csv.gz"]
)
async def test_real_sessions_are_replayed_with_exactly_their_energy(file, version):
    real = read_sessions(shared_data() / file, 20)
    plans = plan_replay(real, specs(3, version), id_tokens=["TAG-1"], seed=1)
    async with serve_csms() as csms:
        plan = make_plan(csms, version, *plans, stations=tuple(specs(3, version)))
        summary = await run_async(plan)
    replayed = {each.reference: each.energy_wh for each in summary.results}
    assert replayed == {each.reference: each.energy_wh for each in real}
    assert {each.outcome for each in summary.results} == {"completed"}
    assert summary.errors == []
