"""A recorded log can be read back, sent again, and sent in another order."""

from __future__ import annotations

from config.devstack.simulator.framelog import read_frames, sent_calls
from config.devstack.simulator.link import Address
from config.devstack.simulator.resend import (
    open_resender,
    shuffle_frames,
    started_transactions,
)
from config.devstack.simulator.runner import run_async
from tests.simulator.csms import serve_csms
from tests.simulator.makers import KEY, make_plan, make_session


async def record(path, version="1.6"):
    async with serve_csms() as csms:
        plan = make_plan(csms, version, make_session(), log_path=path, sample_interval_s=60)
        await run_async(plan)
    return list(read_frames(path)), csms


async def send_again(frames, version="1.6", numbers_from=0):
    async with serve_csms() as csms:
        for _ in range(numbers_from):
            next(csms._numbers)
        address = Address(csms.url, "north", "CP-1", KEY, f"ocpp{version}")
        resender, link = await open_resender(address, frames)
        answered = await resender.send(frames)
        await link.close()
    return answered, csms


async def test_the_log_holds_every_call_in_order(tmp_path):
    frames, csms = await record(tmp_path / "log.jsonl")
    logged = [(frame.station, frame.message[2], frame.message[3]) for frame in sent_calls(frames)]
    assert logged == csms.calls


async def test_a_log_sent_again_says_the_same(tmp_path):
    frames, first = await record(tmp_path / "log.jsonl", "2.0.1")
    answered, second = await send_again(frames, "2.0.1")
    assert second.calls == first.calls
    assert answered == len(first.calls)


async def test_transaction_ids_follow_the_platform(tmp_path):
    frames, _ = await record(tmp_path / "log.jsonl")
    _, csms = await send_again(frames, numbers_from=40)
    assert list(started_transactions(frames)) == [1]
    assert {each["transactionId"] for each in csms.payloads("MeterValues")} == {41}
    assert csms.payloads("StopTransaction")[0]["transactionId"] == 41


async def test_a_shuffled_log_holds_everything_and_some_twice(tmp_path):
    frames, _ = await record(tmp_path / "log.jsonl")
    calls = [repr(frame) for frame in sent_calls(frames)]
    shuffled = shuffle_frames(frames, seed=5, duplicate_share=0.5)
    assert shuffled[0].message[2] == "BootNotification"
    assert [repr(frame) for frame in shuffled] != calls
    assert set(map(repr, shuffled)) == set(calls)
    assert len(shuffled) > len(calls)


async def test_a_callerror_is_noted_and_the_rest_still_sent(tmp_path):
    frames, _ = await record(tmp_path / "log.jsonl")
    async with serve_csms() as csms:
        csms.refused = {"Authorize": "InternalError"}
        address = Address(csms.url, "north", "CP-1", KEY, "ocpp1.6")
        resender, link = await open_resender(address, frames)
        await resender.send(frames)
        await link.close()
    assert resender.errors == ["Authorize: InternalError: as the test wants"]


async def test_a_half_written_last_line_is_left_out(tmp_path):
    path = tmp_path / "log.jsonl"
    frames, _ = await record(path)
    path.write_bytes(path.read_bytes()[:-10])
    assert list(read_frames(path)) == frames[:-1]
