"""Bad habits of real stations, switched on one at a time."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.simulator.csms import serve_csms
from tests.simulator.makers import charge_once

VERSIONS = pytest.mark.parametrize("version", ["1.6", "2.0.1"])
STAMPED = {"1.6": "StopTransaction", "2.0.1": "TransactionEvent"}


def times_of_samples(csms):
    return [each["meterValue"][0]["timestamp"] for each in csms.payloads("MeterValues")]


async def test_a_repeated_message_has_a_new_id_and_the_same_content():
    async with serve_csms() as csms:
        await charge_once(csms, "1.6", repeat=frozenset({"StartTransaction", "StopTransaction"}))
    for action in ("StartTransaction", "StopTransaction"):
        first, second = csms.payloads(action)
        assert first == second
    assert len(csms.ids) == len(set(csms.ids))


async def test_a_lost_answer_makes_the_station_ask_again():
    async with serve_csms() as csms:
        summary = await charge_once(csms, "1.6", lose_answers={"StartTransaction": 2})
    assert len(csms.payloads("StartTransaction")) == 3
    assert len(csms.payloads("StopTransaction")) == 1
    assert summary.energy_wh == 4_000


@VERSIONS
async def test_reordering_sends_the_same_messages_in_another_order(version):
    async with serve_csms() as orderly, serve_csms() as shuffled:
        await charge_once(orderly, version)
        await charge_once(shuffled, version, reorder_window=5)
    assert orderly.actions().count(STAMPED[version]) == shuffled.actions().count(STAMPED[version])
    assert orderly.calls != shuffled.calls
    assert sorted(map(repr, map(strip_ids, orderly.calls))) == sorted(
        map(repr, map(strip_ids, shuffled.calls))
    )


def strip_ids(call):
    return call[1], {key: value for key, value in call[2].items() if key != "transactionId"}


async def test_a_silent_station_keeps_the_socket_and_says_nothing_more():
    async with serve_csms() as csms:
        summary = await charge_once(csms, "1.6", silent_after=8)
    assert len(csms.calls) == 8
    assert [each.outcome for each in summary.results] == ["lost"]
    assert csms.endings == [1000]


@VERSIONS
async def test_a_cut_connection_is_made_again_without_a_new_boot(version):
    async with serve_csms() as csms:
        summary = await charge_once(csms, version, cut_before=frozenset({6, 12}))
    assert csms.endings == [1006, 1006, 1000]
    assert csms.actions().count("BootNotification") == 1
    assert summary.energy_wh == 4_000


async def test_a_station_may_boot_again_after_every_reconnect():
    async with serve_csms() as csms:
        await charge_once(csms, "1.6", cut_before=frozenset({6}), boots_after_reconnect=True)
    assert csms.actions().count("BootNotification") == 2


async def test_an_outage_in_mid_charge_is_replayed_in_order_with_its_own_times():
    async with serve_csms() as csms:
        summary = await charge_once(csms, "1.6", outage=range(3, 9))
    times = times_of_samples(csms)
    assert times[:4] == [f"2026-01-05T08:0{minute}:00Z" for minute in (1, 2, 3, 4)]
    assert all(before < after for before, after in pairwise(times))
    assert (csms.endings, summary.energy_wh) == ([1006, 1000], 4_000)


async def test_a_whole_charge_offline_gets_its_transaction_id_in_the_replay():
    async with serve_csms() as csms:
        summary = await charge_once(csms, "1.6", outage=range(10_000))
    actions = csms.actions()[2:]
    assert actions[:5] == ["StatusNotification"] * 5
    assert actions[5] == "StartTransaction"
    assert actions[-1] == "StopTransaction"
    assert "Authorize" not in actions
    assert csms.payloads("StopTransaction")[0]["transactionId"] == summary.results[0].transaction_id


async def test_events_from_an_outage_are_marked_offline():
    async with serve_csms() as csms:
        await charge_once(csms, "2.0.1", outage=range(2, 4))
    marked = [each["seqNo"] for each in csms.payloads("TransactionEvent") if each.get("offline")]
    assert marked == [3, 4]


async def test_a_slow_station_still_charges():
    async with serve_csms() as csms:
        summary = await charge_once(csms, "1.6", delay_s=0.001)
    assert summary.energy_wh == 4_000


async def test_samples_repeated_at_the_stop_are_begin_and_end():
    async with serve_csms() as csms:
        await charge_once(csms, "1.6", repeats_samples_at_stop=True)
    rows = csms.payloads("StopTransaction")[0]["transactionData"]
    contexts = [row["sampledValue"][0]["context"] for row in rows]
    assert contexts == ["Transaction.Begin", "Transaction.End"]


@VERSIONS
async def test_a_station_may_count_in_kilowatt_hours(version):
    async with serve_csms() as csms:
        await charge_once(csms, version, energy_unit="kWh")
    action = "MeterValues" if version == "1.6" else "TransactionEvent"
    row = csms.payloads(action)[-1]["meterValue"][0]["sampledValue"][0]
    assert "kWh" in (row.get("unit"), row.get("unitOfMeasure", {}).get("unit"))
    assert float(row["value"]) < 10_000
