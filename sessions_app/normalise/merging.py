"""Joining two reports of the same instant."""

from __future__ import annotations

from sessions_app.types import Sample


class SampleKeysDiffer(ValueError):
    """The two samples are not of one time and context."""


def merge(a: Sample, b: Sample) -> Sample:
    """One sample out of two reports of the same time and context.

    Field by field the larger value (None gives way), text by text the larger, flags united: so
    the result does not depend on the order or the number of reports, as the database's GREATEST
    over the same rows. Raises SampleKeysDiffer.
    """
    if (a.at, a.context) != (b.at, b.context):
        raise SampleKeysDiffer(f"{a.at} {a.context} is not {b.at} {b.context}")
    return Sample(
        at=a.at,
        context=a.context,
        energy_wh=_larger(a.energy_wh, b.energy_wh),
        power_w=_larger(a.power_w, b.power_w),
        current_ma=_larger(a.current_ma, b.current_ma),
        current_l1_ma=_larger(a.current_l1_ma, b.current_l1_ma),
        current_l2_ma=_larger(a.current_l2_ma, b.current_l2_ma),
        current_l3_ma=_larger(a.current_l3_ma, b.current_l3_ma),
        voltage_mv=_larger(a.voltage_mv, b.voltage_mv),
        voltage_l1_mv=_larger(a.voltage_l1_mv, b.voltage_l1_mv),
        voltage_l2_mv=_larger(a.voltage_l2_mv, b.voltage_l2_mv),
        voltage_l3_mv=_larger(a.voltage_l3_mv, b.voltage_l3_mv),
        current_offered_ma=_larger(a.current_offered_ma, b.current_offered_ma),
        soc_pct=_larger(a.soc_pct, b.soc_pct),
        extra={
            key: max(a.extra.get(key, ""), b.extra.get(key, ""))
            for key in sorted({*a.extra, *b.extra})
        },
        flags=tuple(sorted({*a.flags, *b.flags})),
    )


def _larger(a: int | None, b: int | None) -> int | None:
    if a is None or b is None:
        return b if a is None else a
    return max(a, b)
