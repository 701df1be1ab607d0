"""Charges that look broken and are not: each a habit of real cars, stations or operators."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from bench.anomaly_traces.frames import Dialect, Script, draw_dialect, stamp
from bench.anomaly_traces.meters import Meter, Reading, draw_meter
from bench.anomaly_traces.physics import GRID_S, Flow, draw_dc
from bench.anomaly_traces.sessions import draw_flow, write_session

Make = Callable[[Random, float], Script]
_MINUTE_S = 60.0


@dataclass(frozen=True)
class Negative:
    """A healthy session with a habit; `make(rng, interval_s)` writes it.

    `true`: kinds that tell of the habit rightly.
    """

    name: str
    make: Make
    true: frozenset[str] = frozenset()


def _times(minutes: float) -> list[float]:
    return [GRID_S * number for number in range(int(minutes * _MINUTE_S / GRID_S) + 1)]


def _dc(amps: list[float], volts: float, from_pct: float, to_pct: float = 100.0) -> Flow:
    """A fast charge with this current that takes the battery from one charge to the other."""
    times = [GRID_S * number for number in range(len(amps))]
    voltage = [volts * (0.98 + 0.04 * number / len(amps)) for number in range(len(amps))]
    wh, total = [], 0.0
    for volt, amp in zip(voltage, amps, strict=True):
        total += volt * amp * GRID_S / 3_600
        wh.append(total)
    soc = [from_pct + (to_pct - from_pct) * each / total for each in wh]
    rated_a = max(amps) * 1.25
    flow = Flow(True, 1, rated_a, rated_a * 1_000.0, times, [voltage], [amps], soc)
    flow.states, flow.offers = [(0.0, "Charging")], [(0.0, rated_a)]
    return flow


def _ac(amps: list[float], used: int = 3, lines: int = 3, rated_a: float = 16.0) -> Flow:
    times = [GRID_S * number for number in range(len(amps))]
    currents = [amps if line < used else [0.0] * len(amps) for line in range(lines)]
    volts = [[231.0 + line] * len(amps) for line in range(lines)]
    flow = Flow(False, lines, rated_a, rated_a * 230.0 * lines, times, volts, currents)
    flow.factor = 0.986
    flow.states, flow.offers = [(0.0, "Charging")], [(0.0, rated_a)]
    return flow


def _taper(rng: Random, interval_s: float) -> Script:
    lasts = rng.uniform(500, 1_200)
    amps = [rng.uniform(0.99, 1.01) * 180 * math.exp(-at / lasts) for at in _times(50)]
    return write_session(rng, _dc(amps, rng.choice([360.0, 700.0]), 70), interval_s)


def _battery_steps(rng: Random, interval_s: float) -> Script:
    levels = [1.0, 0.7, 1.0, rng.uniform(0.3, 0.6), 0.4, rng.uniform(0.15, 0.3)]
    amps = [200 * levels[min(5, int(at / 420))] for at in _times(42)]
    return write_session(rng, _dc(amps, 400.0, 15, 80), interval_s)


def _full_ac(rng: Random, interval_s: float) -> Script:
    full = rng.uniform(1_500, 2_400)
    amps = [16.0 if at < full else 16 * math.exp(-(at - full) / 300) for at in _times(70)]
    amps = [amp if amp > 1.2 else 0.0 for amp in amps]
    flow = _ac(amps, rng.choice([1, 3]))
    flow.states.append((GRID_S * amps.index(0.0) + 10, "SuspendedEV"))
    return write_session(rng, flow, interval_s)


def _full_dc(rng: Random, interval_s: float) -> Script:
    """The station goes on saying that it charges."""
    amps = [120 * math.exp(-max(0.0, at - 900) / 300) for at in _times(60)]
    return write_session(rng, _dc([a if a > 2 else 0.0 for a in amps], 400.0, 60), interval_s)


def _pause(state: str) -> Make:
    def make(rng: Random, interval_s: float) -> Script:
        first, last = rng.uniform(600, 900), rng.uniform(1_500, 3_000)
        flow = _ac([0.0 if first <= at < last else 16.0 for at in _times(70)])
        flow.states += [(first + rng.uniform(0, 15), state), (last, "Charging")]
        return write_session(rng, flow, interval_s)

    return make


def _our_limits(levels: tuple[float, ...], every_s: float = 600.0) -> Make:
    def make(rng: Random, interval_s: float) -> Script:
        lag = rng.uniform(5, 20)
        amps = [
            min(16.0, levels[min(len(levels) - 1, int(max(0.0, at - lag) / every_s))])
            for at in _times(len(levels) * every_s / 60)
        ]
        flow = _ac(amps)
        flow.offers = []
        for number, level in enumerate(levels):
            at = number * every_s
            flow.limits.append((at, level))
            flow.offers.append((at + 2, level))
            if level < 6:
                flow.states.append((at + lag, "SuspendedEVSE"))
            elif number and levels[number - 1] < 6:
                flow.states.append((at + lag, "Charging"))
        return write_session(rng, flow, interval_s)

    return make


def _phases(used: int) -> Make:
    def make(rng: Random, interval_s: float) -> Script:
        flow = _ac([rng.choice([10.0, 13.0, 16.0])] * len(_times(50)), used)
        return write_session(rng, flow, interval_s)

    return make


def _own_base(rng: Random, interval_s: float) -> Script:
    """The register counts from 0 in every session."""
    meter = draw_meter(rng)
    return write_session(
        rng, draw_flow(rng), interval_s, meter=Meter(meter.gain, meter.noise, meter.step_wh, 0.0)
    )


def _with_readings(change: Callable[[list[Reading]], None], needs: str = "") -> Make:
    def make(rng: Random, interval_s: float) -> Script:
        return write_session(rng, draw_flow(rng, needs), interval_s, retell=change)

    return make


def _hide_third_voltage(readings: list[Reading]) -> None:
    for one in readings:
        one.volts[2] = None


def _hide_charge(readings: list[Reading]) -> None:
    for one in readings:
        one.soc = 0.0


def _drop_register(readings: list[Reading]) -> None:
    """0 for two samples, now and then, as Wallbox and ABB do."""
    for number in range(8, len(readings) - 4, 25):
        readings[number].wh = readings[number + 1].wh = 0.0


def _give_back(rng: Random, interval_s: float) -> Script:
    """The car feeds the grid: negative power, the import register rests, the battery empties."""
    flow = _dc([60.0 * min(1.0, at / 60) for at in _times(45)], 400.0, 80, 40)

    def turn(readings: list[Reading]) -> None:
        for one in readings:
            one.watts = None if one.watts is None else -one.watts
            one.wh = readings[0].wh

    return write_session(rng, flow, interval_s, retell=turn)


def _voltages(rng: Random, interval_s: float) -> Script:
    amps = [rng.uniform(99, 101) for _ in _times(30)]
    return write_session(rng, _dc(amps, rng.uniform(200, 900), 20, 70), interval_s)


def _without_units(rng: Random, interval_s: float) -> Script:
    dialect = Dialect(version=rng.choice(["1.6", "2.0.1"]), units=False)
    return write_session(rng, draw_flow(rng), interval_s, dialect=dialect)


# --- what becomes of the frames -----------------------------------------------------------------


def _twice(rng: Random, frames: list[tuple[float, str]], script: Script) -> None:
    frames[:] = sorted(
        [*frames, *((at + rng.uniform(0, 90), text) for at, text in frames if rng.random() < 0.3)]
    )


def _out_of_order(rng: Random, frames: list[tuple[float, str]], script: Script) -> None:
    for number in range(3, len(frames) - 1, 4):
        (first, early), (second, late) = frames[number], frames[number + 1]
        frames[number], frames[number + 1] = (first, late), (second, early)


def _kept(rng: Random, frames: list[tuple[float, str]], script: Script) -> None:
    """Offline for some minutes; the readings come all at once when it is back, but for one."""
    off = len(frames) // 3
    back = frames[off - 1][0] + max(240.0, 3.9 * script.interval_s)
    late = [number for number, (at, _) in enumerate(frames) if number >= off and at < back]
    for place, number in enumerate(late):
        frames[number] = (back + 0.02 * place, frames[number][1])
    del frames[off]


def _kept_for_hours(rng: Random, frames: list[tuple[float, str]], script: Script) -> None:
    off = len(frames) // 3
    back = frames[-1][0] + rng.uniform(60, 7_200)
    frames[off:] = [(back + 0.2 * number, text) for number, (_, text) in enumerate(frames[off:])]


def _summer_time(rng: Random, frames: list[tuple[float, str]], script: Script) -> None:
    """The clock is put forward in the middle: the same instants with another offset."""
    winter, half = Dialect(clock="Z"), len(frames) // 2
    summer = Dialect(clock="+02:00")
    for number, (at, text) in enumerate(frames):
        old = stamp(script.dialect, at)
        frames[number] = (at, text.replace(old, stamp(winter if number < half else summer, at)))


def _begin_again(rng: Random, frames: list[tuple[float, str]], script: Script) -> None:
    """The begin register comes with every reading (Growatt)."""
    for number, (at, text) in enumerate(frames):
        message = json.loads(text)
        values = message[3]["meterValue"][0]["sampledValue"]
        begin: Any = script.begin_wh
        value = {"value": str(begin) if script.dialect.version == "1.6" else begin}
        values.append(
            {**value, "context": "Transaction.Begin", "measurand": "Energy.Active.Import.Register"}
        )
        frames[number] = (at, json.dumps(message))


def _by_the_clock(rng: Random, frames: list[tuple[float, str]], script: Script) -> None:
    """Every third reading is said again as a clock-aligned one some seconds later."""
    extra = []
    for at, text in frames[::3]:
        message = json.loads(text)
        for value in message[3]["meterValue"][0]["sampledValue"]:
            value["context"] = "Sample.Clock"
        later = stamp(script.dialect, at + 0.001)
        message[3]["meterValue"][0]["timestamp"] = later
        extra.append((at + 0.5, json.dumps(message)))
    frames[:] = sorted([*frames, *extra])


def _main_meter(rng: Random, frames: list[tuple[float, str]], script: Script) -> None:
    """The meter of the whole station speaks as connector 0, of no transaction."""
    extra = []
    for number, (at, _) in enumerate(frames):
        value = {"value": str(9_000_000 + 800 * number), "unit": "Wh"}
        entry = {"timestamp": stamp(script.dialect, at), "sampledValue": [value]}
        payload = {"connectorId": 0, "meterValue": [entry]}
        extra.append((at + 1, json.dumps([2, f"z{number}", "MeterValues", payload])))
    frames[:] = sorted([*frames, *extra])


def _with_frames(change: Callable[[Random, list[tuple[float, str]], Script], None]) -> Make:
    def make(rng: Random, interval_s: float) -> Script:
        dialect = draw_dialect(rng)
        dialect.clock = "Z"
        script = write_session(rng, draw_flow(rng), interval_s, dialect=dialect)
        change(rng, script.frames, script)
        return script

    return make


def _steps_of_cars(rng: Random, interval_s: float) -> Script:
    return write_session(rng, draw_dc(rng), interval_s)


NEGATIVES: tuple[Negative, ...] = (
    Negative("taper", _taper),
    Negative("the battery steps down and up", _battery_steps),
    Negative("a fast charge with steps of the car", _steps_of_cars),
    Negative("full battery on AC", _full_ac),
    Negative("full battery on DC, still 'charging'", _full_dc),
    Negative("paused by the car", _pause("SuspendedEV")),
    Negative("paused by the station", _pause("SuspendedEVSE")),
    Negative("our limit of 0 A", _our_limits((16, 0, 16, 0, 16))),
    Negative("our lower limit", _our_limits((16, 8, 6, 13, 16))),
    Negative("our limits follow the sun", _our_limits((16, 7, 14, 6, 15, 8, 16, 7, 13, 16), 180)),
    Negative("one-phase car on three phases", _phases(1)),
    Negative("two-phase car on three phases", _phases(2)),
    Negative("register counts per session", _own_base),
    Negative("register at 0 for two samples", _with_readings(_drop_register)),
    Negative("begin value in every reading", _with_frames(_begin_again)),
    Negative("units missing", _without_units),
    Negative("voltage of L3 missing", _with_readings(_hide_third_voltage, "3")),
    Negative("charge always 0 %", _with_readings(_hide_charge, "dc")),
    Negative("frames twice", _with_frames(_twice)),
    Negative("frames out of order", _with_frames(_out_of_order)),
    Negative("kept while offline for minutes", _with_frames(_kept)),
    Negative(
        "kept for hours (but for S1: silence)", _with_frames(_kept_for_hours), frozenset({"S1"})
    ),
    Negative("summer time in between", _with_frames(_summer_time)),
    Negative("clock-aligned readings between", _with_frames(_by_the_clock)),
    Negative("main meter as connector 0", _with_frames(_main_meter)),
    Negative("DC of 200 to 900 V", _voltages),
    Negative("car gives back (V2X)", _give_back),
)
