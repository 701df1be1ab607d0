"""What the electrical quantities of one sample say together."""

from __future__ import annotations

from typing import NamedTuple

from anomalies.detectors.facts import Facts
from sessions_app.normalise.numbers import parse_number
from sessions_app.types import Sample

_EXPORTS = ("Power.Active.Export", "Current.Export")


class Apparent(NamedTuple):
    """Voltage times current (W). `is_whole`: every conductor that may carry current is in it."""

    power_w: int
    is_whole: bool


def phase_currents_ma(sample: Sample) -> list[int | None]:
    """Currents of L1, L2 and L3 as reported."""
    return [sample.current_l1_ma, sample.current_l2_ma, sample.current_l3_ma]


def largest_current_ma(sample: Sample) -> int | None:
    """The largest current of any conductor, whatever its direction."""
    largest = None
    for current in (
        sample.current_ma,
        sample.current_l1_ma,
        sample.current_l2_ma,
        sample.current_l3_ma,
    ):
        if current is not None and (largest is None or abs(current) > largest):
            largest = abs(current)
    return largest


def line_current_ma(sample: Sample, facts: Facts) -> int | None:
    """The most loaded conductor; an unphased current on several phases may be their sum."""
    phases = [abs(ma) for ma in phase_currents_ma(sample) if ma is not None]
    if phases:
        return max(phases)
    current_ma = sample.current_ma
    return None if current_ma is None else abs(current_ma) // facts.line_count


def apparent_power(sample: Sample, facts: Facts) -> Apparent | None:
    """Voltage times current, times the power factor where the station reports it.

    Per phase where currents are per phase, a missing voltage taken as the mean of the others
    (there are models that omit L3). One unphased current counts only where it can mean but one
    conductor: on three phases stations send a sum, a mean or the largest.
    """
    currents = phase_currents_ma(sample)
    known = 3 - currents.count(None)
    if known:
        product = _over_phases(sample, currents)
    elif sample.current_ma is not None and facts.line_count == 1:
        voltage = sample.voltage_mv or sample.voltage_l1_mv
        product = None if voltage is None else voltage * abs(sample.current_ma)
        known = 1
    else:
        return None
    if product is None:
        return None
    factor = _power_factor_permille(sample) if sample.extra else 1_000
    return Apparent(product * factor // 1_000_000_000, known >= facts.line_count)


def flow_w(sample: Sample, facts: Facts) -> int | None:
    """The power into the car (W): as reported, else voltage times current; never negative."""
    return flow_of(sample, apparent_power(sample, facts), is_exporting(sample))


def flow_of(sample: Sample, apparent: Apparent | None, exports: bool) -> int | None:
    """`flow_w` where voltage times current and the direction are known already."""
    if exports:
        return 0
    if sample.power_w is not None:
        return max(0, sample.power_w)
    return None if apparent is None else apparent.power_w


def is_exporting(sample: Sample) -> bool:
    """Whether the car gives back energy, by the station's export measurands."""
    return any(
        value[:1] != "-" and any(digit in "123456789" for digit in value)
        for key, value in sample.extra.items()
        if key.startswith(_EXPORTS)
    )


def _over_phases(sample: Sample, currents: list[int | None]) -> int | None:
    voltages = (sample.voltage_l1_mv, sample.voltage_l2_mv, sample.voltage_l3_mv)
    known = [voltage for voltage in voltages if voltage]
    usual = sum(known) // len(known) if known else sample.voltage_mv
    if not usual:
        return None
    total = 0
    for voltage, current in zip(voltages, currents, strict=True):
        if current is not None:
            total += (voltage or usual) * abs(current)
    return total


def _power_factor_permille(sample: Sample) -> int:
    text = sample.extra.get("Power.Factor")
    if not text:
        return 1_000
    try:
        permille = abs(int(parse_number(text.split()[0]) * 1_000))
    except ValueError:
        return 1_000
    return permille if 0 < permille <= 1_000 else 1_000
