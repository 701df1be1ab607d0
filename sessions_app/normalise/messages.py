"""The `meterValue` list of a message, 1.6 or 2.0.1, into samples."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sessions_app.normalise.drafts import Draft
from sessions_app.normalise.overrides import NO_OVERRIDES, Overrides
from sessions_app.normalise.quick import normalise_quickly
from sessions_app.normalise.readings import (
    context_of,
    measurand_of,
    read_number,
    signed_text,
    stated_key,
)
from sessions_app.normalise.timestamps import (
    FIRST_PLAUSIBLE_YEAR,
    TimestampMissing,
    TimestampUnreadable,
    parse_timestamp,
)
from sessions_app.types import Batch, Sample, SampleContext, SampleFlag, sample_order


def normalise(
    meter_values: Sequence[Mapping[str, Any]],
    *,
    received_at: datetime,
    overrides: Overrides = NO_OVERRIDES,
) -> Batch:
    """Samples of one message, merged by (time, context) and sorted; never raises on schema JSON.

    `meter_values` is the raw list of 1.6 MeterValues/transactionData or 2.0.1 MeterValues/
    TransactionEvent. A missing or unreadable time becomes `received_at` and is flagged. Values
    that can not be understood are named in `rejected`. Defaults are those of `SampledValue` in
    both specifications; the departures from them are public cases, named in the tests.
    """
    if overrides is NO_OVERRIDES:
        batch = normalise_quickly(meter_values, received_at.year)
        if batch is not None:
            return batch
    return normalise_fully(meter_values, received_at=received_at, overrides=overrides)


def normalise_fully(
    meter_values: Sequence[Mapping[str, Any]], *, received_at: datetime, overrides: Overrides
) -> Batch:
    """`normalise`, whatever the message looks like."""
    drafts: defaultdict[tuple[datetime, SampleContext], Draft] = defaultdict(Draft)
    for entry in meter_values:
        at, flags = _time_of(entry, received_at)
        for raw in _values_of(entry):
            draft = drafts[at, context_of(raw)]
            draft.flags.update(flags)
            _add(raw, draft, overrides)
    samples = sorted(_built(drafts), key=sample_order)
    rejected = [reason for draft in drafts.values() for reason in draft.rejected]
    return Batch(tuple(samples), tuple(rejected))


def clock_flags(at: datetime, received_at: datetime) -> tuple[str, ...]:
    """What a time says about the station's clock: unset (before 2020) or ahead by a year."""
    if at.year < FIRST_PLAUSIBLE_YEAR:
        return (SampleFlag.CLOCK_UNSET,)
    if at.year > received_at.year + 1:
        return (SampleFlag.CLOCK_AHEAD,)
    return ()


def _add(raw: Mapping[str, Any], draft: Draft, overrides: Overrides) -> None:
    if raw.get("measurand") in overrides.ignored:
        return
    signed, is_all = signed_text(raw)
    if signed:
        draft.keep(f"Signed.{measurand_of(raw)}", signed)
        if key := stated_key(raw):
            draft.keep(f"SignedKey.{measurand_of(raw)}", key)
        draft.flags.add(SampleFlag.SIGNED_UNVERIFIED)
    if is_all:
        return
    try:
        draft.add(read_number(raw, overrides))
    except ValueError as problem:
        draft.rejected.append(f"{measurand_of(raw)}: {problem}")


def _built(drafts: dict[tuple[datetime, SampleContext], Draft]) -> Iterator[Sample]:
    for (at, context), draft in drafts.items():
        sample = draft.build(at, context)
        if sample is not None:
            yield sample


def _time_of(entry: Mapping[str, Any], received_at: datetime) -> tuple[datetime, tuple[str, ...]]:
    try:
        at = parse_timestamp(entry.get("timestamp"))
    except TimestampMissing:
        return received_at.astimezone(UTC), (SampleFlag.TIME_MISSING,)
    except TimestampUnreadable:
        return received_at.astimezone(UTC), (SampleFlag.TIME_UNREADABLE,)
    return at, clock_flags(at, received_at)


def _values_of(entry: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    values = entry.get("sampledValue")
    return [raw for raw in values if isinstance(raw, dict)] if isinstance(values, list) else []
