"""Reads of charging sessions and their samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from operator import itemgetter
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, QuerySet, Sum
from django.db.models.functions import TruncDate

from chargepoints.meter_keys import UnreadableKey, meter_key_text, read_meter_key
from chargepoints.models import Connector
from sessions_app.flags import SessionFlag
from sessions_app.models import ChargingSession, MeterSample, SealedSamples
from sessions_app.normalise import clock_flags
from sessions_app.rebuild import VOLTAGE_PERMILLE, RebuiltEnergy, rebuild_energy
from sessions_app.sealed import open_rows
from sessions_app.signed import signed_texts, stated_key_of
from sessions_app.types import Sample, SampleContext, SampleFlag, sample_order

CURVE_POINTS = 500
LATE_READING_WH = 200
COARSE_REGISTER_WH = 1_000
CLOCK_WRONG = {SampleFlag.CLOCK_UNSET, SampleFlag.CLOCK_AHEAD}

# Everything a sample's row holds, its session and tenant aside.
SAMPLE_COLUMNS = (
    "seq",
    "received_at",
    "at",
    "context",
    "energy_wh",
    "power_w",
    "current_ma",
    "current_l1_ma",
    "current_l2_ma",
    "current_l3_ma",
    "voltage_mv",
    "voltage_l1_mv",
    "voltage_l2_mv",
    "voltage_l3_mv",
    "current_offered_ma",
    "soc_pct",
    "extra",
)

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """One instant of a session's chart: W, mV, mA, Wh of the register, percent.

    With several phases the voltage is their mean and the current that of the most loaded one.
    """

    at: datetime
    power_w: int | None
    voltage_mv: int | None
    current_ma: int | None
    energy_wh: int | None
    soc_pct: int | None


@dataclass(frozen=True, slots=True)
class DayEnergy:
    """Energy (Wh) and number of the sessions that ended on a day."""

    day: date
    energy_wh: int
    sessions: int


def open_sessions() -> QuerySet[ChargingSession]:
    """Sessions not completed yet, also those that wait for something or were left behind."""
    return ChargingSession.objects.filter(state=ChargingSession.State.OPEN)


def sessions_under_way() -> QuerySet[ChargingSession]:
    """Sessions that charge now: begun, not stopped, and not overtaken by a later one."""
    return (
        open_sessions()
        .filter(started_at__isnull=False, ended_at=None)
        .exclude(flags__contains=[SessionFlag.SUPERSEDED])
        .select_related("charge_point", "connector", "driver")
        .order_by("-started_at")
    )


def session_samples(session_id: UUID) -> list[Sample]:
    """All samples of a session in the order of their times."""
    rows = _rows(session_id) or _sealed_rows(session_id)
    # Nothing in either place may also mean that they were taken out of the seal meanwhile.
    rows = rows or _rows(session_id)
    return sorted(map(_sample, rows), key=sample_order)


def samples_after(session_id: UUID, watermark: int) -> list[tuple[int, Sample]]:
    """Samples stored or changed since `watermark`, with their numbers, in the order of commits.

    A sample that a later message added to comes again under a new number.
    """
    rows = _rows(session_id, watermark) or _sealed_rows(session_id)
    return [(row[0], _sample(row)) for row in sorted(rows, key=itemgetter(0)) if row[0] > watermark]


def _rows(session_id: UUID, watermark: int = -1) -> list[Row]:
    rows = MeterSample.objects.filter(session_id=session_id, seq__gt=watermark)
    return list(rows.values_list(*SAMPLE_COLUMNS))


def _sealed_rows(session_id: UUID) -> list[Row]:
    sealed = SealedSamples.objects.filter(session_id=session_id).values_list("content", flat=True)
    return [row for content in sealed for row in open_rows(SAMPLE_COLUMNS, bytes(content))]


def rated_power_w(session: ChargingSession) -> int | None:
    """The most the session's connector can give, W; that of the strongest if it is not known."""
    if session.connector is not None:
        return session.connector.max_power_w
    outlets = Connector.objects.filter(charge_point_id=session.charge_point_id)
    strongest_w: int | None = outlets.aggregate(most=Max("max_power_w"))["most"]
    return strongest_w


def most_deliverable_wh(session: ChargingSession) -> int | None:
    """The most a session can have got, Wh: the rating over its time, with a stated tolerance.

    10 % for the voltage (EN 50160), 200 Wh for readings that are a little late, and 1 kWh for
    registers that count whole ones. None where the rating or the time is not known.
    """
    power_w = rated_power_w(session)
    is_timed = session.started_at is not None and session.ended_at is not None
    if power_w is None or not is_timed or CLOCK_WRONG & {*session.flags}:
        return None
    flowed_wh = -(-power_w * VOLTAGE_PERMILLE * session.duration_s // 3_600_000)
    return flowed_wh + LATE_READING_WH + COARSE_REGISTER_WH


def rebuilt_energy(
    session: ChargingSession, samples: Sequence[Sample] | None = None
) -> RebuiltEnergy | None:
    """What the samples alone say a completed session delivered; None where they can not tell.

    Nor can they where the station's clock was wrong: the time they do not cover is not known.
    """
    started_at, ended_at = session.started_at, session.ended_at
    if started_at is None or ended_at is None or CLOCK_WRONG & {*session.flags}:
        return None
    return rebuild_energy(
        meter_start_wh=session.meter_start_wh,
        meter_stop_wh=session.meter_stop_wh,
        samples=session_samples(session.id) if samples is None else samples,
        started_at=started_at,
        ended_at=ended_at,
        max_power_w=rated_power_w(session),
    )


def stated_meter_key(session_id: UUID) -> str:
    """The public key that a station sent with signed values, as printed on meters; "" if none.

    It proves nothing by itself: somebody has to compare it with the key on the meter.
    """
    stated = stated_key_of(signed_texts(session_samples(session_id)))
    try:
        return meter_key_text(read_meter_key(stated))
    except UnreadableKey:
        return ""


def end_of_charging(samples: Sequence[Sample], meter_stop_wh: int | None) -> datetime | None:
    """The first instant at which the register stood as high as it ever came.

    After it nothing was delivered; before it, a pause was only a pause. None when charging went
    on to the end: no register was read, or the stop's is higher than all. `samples` in the order
    of their times. Between two readings the later one counts, in the driver's favour.
    """
    registers = [(each.energy_wh, each.at) for each in samples if each.energy_wh is not None]
    highest = max((energy_wh for energy_wh, _at in registers), default=None)
    if highest is None or (meter_stop_wh is not None and meter_stop_wh > highest):
        return None
    return next(at for energy_wh, at in registers if energy_wh == highest)


def session_curve(session_id: UUID, *, points: int = CURVE_POINTS) -> list[CurvePoint]:
    """The chart of a session in at most `points` points that keep peaks and dips of power."""
    curve = [_curve_point(sample) for sample in session_samples(session_id)]
    if len(curve) <= points:
        return curve
    bucket = -(-len(curve) * 2 // points)
    kept: list[CurvePoint] = []
    for start in range(0, len(curve), bucket):
        part = curve[start : start + bucket]
        extremes = {min(part, key=_power), max(part, key=_power)}
        kept += sorted(extremes, key=lambda point: point.at)
    return kept


def energy_by_day(*, day_from: date, day_to: date, zone: tzinfo) -> list[DayEnergy]:
    """Energy of completed sessions by the local day they ended on, from `day_from` to the day
    before `day_to`; days without any are left out."""
    rows = (
        ChargingSession.objects.filter(state=ChargingSession.State.COMPLETED)
        .annotate(day=TruncDate("ended_at", tzinfo=zone))
        .filter(day__gte=day_from, day__lt=day_to)
        .values("day")
        .annotate(total_wh=Sum("energy_wh"), sessions=Count("id"))
        .order_by("day")
    )
    return [DayEnergy(row["day"], row["total_wh"], row["sessions"]) for row in rows]


def _sample(row: tuple[Any, ...]) -> Sample:
    values = dict(zip(SAMPLE_COLUMNS, row, strict=True))
    del values["seq"]
    values["flags"] = clock_flags(values["at"], values.pop("received_at"))
    values["context"] = SampleContext(values["context"])
    values["extra"] = values["extra"] or {}
    return Sample(**values)


def _curve_point(sample: Sample) -> CurvePoint:
    voltages = [
        value
        for value in (sample.voltage_l1_mv, sample.voltage_l2_mv, sample.voltage_l3_mv)
        if value is not None
    ]
    currents = [
        value
        for value in (sample.current_l1_ma, sample.current_l2_ma, sample.current_l3_ma)
        if value is not None
    ]
    mean_mv = sum(voltages) // len(voltages) if voltages else None
    return CurvePoint(
        at=sample.at,
        power_w=sample.power_w,
        voltage_mv=mean_mv if sample.voltage_mv is None else sample.voltage_mv,
        current_ma=max(currents, default=None) if sample.current_ma is None else sample.current_ma,
        energy_wh=sample.energy_wh,
        soc_pct=sample.soc_pct,
    )


def _power(point: CurvePoint) -> int:
    return point.power_w or 0
