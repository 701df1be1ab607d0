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


def largest_current_ma(sample: Sample) -> int | None:
    """The largest current of any conductor, whatever its direction."""
    whole, first = sample.current_ma, sample.current_l1_ma
    second, third = sample.current_l2_ma, sample.current_l3_ma
    if first is None and second is None and third is None:
        return None if whole is None else abs(whole)
    return max(abs(whole or 0), abs(first or 0), abs(second or 0), abs(third or 0))


def line_current_ma(sample: Sample, facts: Facts) -> int | None:
    """The most loaded conductor; an unphased current on several phases may be their sum."""
    first, second, third = sample.current_l1_ma, sample.current_l2_ma, sample.current_l3_ma
    if first is None and second is None and third is None:
        current_ma = sample.current_ma
        return None if current_ma is None else abs(current_ma) // facts.line_count
    return max(abs(first or 0), abs(second or 0), abs(third or 0))


def apparent_power(sample: Sample, facts: Facts) -> Apparent | None:
    """Voltage times current, times the power factor where the station reports it.

    Per phase where currents are per phase, a missing voltage taken as the mean of the others
    (there are models that omit L3). One unphased current counts only where it can mean but one
    conductor: on three phases stations send a sum, a mean or the largest.
    """
    known = (
        (sample.current_l1_ma is not None)
        + (sample.current_l2_ma is not None)
        + (sample.current_l3_ma is not None)
    )
    if known:
        product = _over_phases(sample)
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


def _over_phases(sample: Sample) -> int | None:
    u1, u2, u3 = sample.voltage_l1_mv, sample.voltage_l2_mv, sample.voltage_l3_mv
    if not (u1 and u2 and u3):
        known = [voltage for voltage in (u1, u2, u3) if voltage]
        usual = sum(known) // len(known) if known else sample.voltage_mv
        if not usual:
            return None
        u1, u2, u3 = u1 or usual, u2 or usual, u3 or usual
    i1, i2, i3 = sample.current_l1_ma, sample.current_l2_ma, sample.current_l3_ma
    return u1 * abs(i1 or 0) + u2 * abs(i2 or 0) + u3 * abs(i3 or 0)


def _power_factor_permille(sample: Sample) -> int:
    text = sample.extra.get("Power.Factor")
    if not text:
        return 1_000
    try:
        permille = abs(int(parse_number(text.split()[0]) * 1_000))
    except ValueError:
        return 1_000
    return permille if 0 < permille <= 1_000 else 1_000
