"""The one function that turns a session and a tariff into money."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from billing.money import minor_exponent
from billing.rating.exact import quotient, text_of
from billing.rating.inputs import (
    RULES_VERSION,
    Inputs,
    freeze_inputs,
    hash_document,
    read_inputs,
)
from billing.rating.lines import build_lines
from billing.rating.meter import trace_meter
from billing.rating.segments import Scene, cut_session, set_scene
from billing.rating.splits import SplitBounds, bound_splits
from billing.rating.spot import SpotPrices
from billing.rating.tally import Tally
from billing.rating.types import RatedCharge

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from billing.rating.clock import WallClock
    from billing.rating.power import ClockHour
    from billing.rating.splits import Split
    from billing.rating.tariff import TariffFacts
    from billing.rating.types import Json, RatedLine, SessionFacts, SpotSlot, Step


def rate(
    session: SessionFacts, tariff: TariffFacts, spot_slots: Iterable[SpotSlot] = ()
) -> RatedCharge:
    """Price a session under a tariff; the same inputs give the same charge for ever.

    Quantities are whole Wh and seconds, prices exact decimals. Everything at one price is one
    sum, rounded once to minor units, half up; VAT is taken out of each rounded line. Rating an
    open session up to now gives its running cost. Raises `UnratableSession` for an unknown time
    zone and `OverlappingSpotPrices`.
    """
    return _rate_inputs(freeze_inputs(session, tariff, spot_slots))


def rate_again(document: Mapping[str, Any]) -> RatedCharge:
    """Price the inputs frozen with a charge (`RatedCharge.inputs`): gives the identical charge.

    Raises `UnknownRules` for inputs frozen under other rules, `DamagedInputs` and
    `InvalidTariff` for a document that is not one of ours.
    """
    return _rate_inputs(read_inputs(document))


def _rate_inputs(inputs: Inputs) -> RatedCharge:
    session, tariff, clock = inputs.session, inputs.tariff, inputs.clock
    meter = trace_meter(session, inputs.rows)
    scene = set_scene(session, tariff, meter, clock, SpotPrices(inputs.spans))
    cuts = cut_session(scene)
    tally = Tally(scene)
    for segment in cuts.segments:
        tally.charge_segment(segment)
    hours = tally.charge_power()
    tally.charge_reservation()
    tally.apply_step_sizes()
    lines = build_lines(tariff, tally.buckets(), clock)
    bounds = bound_splits(scene, cuts, tally)
    document = inputs.document()
    inputs_hash = hash_document(document)
    explanation = _explain(scene, inputs, lines, bounds)
    if hours:
        explanation["power_hours"] = [_hour_step(hour, clock) for hour in hours]
    explanation["inputs_hash"] = inputs_hash
    return RatedCharge(
        lines=tuple(lines),
        gross_minor=sum(line.gross_minor for line in lines),
        net_minor=sum(line.net_minor for line in lines),
        vat_minor=sum(line.vat_minor for line in lines),
        currency=tariff.currency,
        split_error_wh=bounds.error_wh,
        split_error_minor=bounds.error_minor,
        explanation=explanation,
        inputs=document,
        inputs_hash=inputs_hash,
        rules_version=RULES_VERSION,
    )


def _explain(
    scene: Scene, inputs: Inputs, lines: Sequence[RatedLine], bounds: SplitBounds
) -> dict[str, Json]:
    """Write down all a person needs to follow the bill: strings, whole numbers, lists."""
    tariff = scene.tariff
    return {
        "rules_version": RULES_VERSION,
        "tariff_version": tariff.version_id,
        "currency": tariff.currency,
        "minor_exponent": minor_exponent(tariff.currency),
        "prices_include_vat": tariff.prices_include_vat,
        "session": _session_step(scene, inputs.session),
        "splits": [_split_step(split, scene) for split in bounds.splits],
        "split_error_wh": bounds.error_wh,
        "split_error_minor": bounds.error_minor,
        "lines": [_line_step(line) for line in lines],
        "gross_minor": sum(line.gross_minor for line in lines),
        "net_minor": sum(line.net_minor for line in lines),
        "vat_minor": sum(line.vat_minor for line in lines),
    }


def _session_step(scene: Scene, session: SessionFacts) -> Step:
    meter, clock = scene.meter, scene.clock
    step: Step = {
        "started_at": clock.text_at(meter.start_s),
        "ended_at": clock.text_at(meter.end_s),
        "charging_ended_at": clock.text_at(scene.charging_end_s),
        "charging_resumed": meter.charging_resumed,
        "energy_wh": meter.total_wh,
        "time_zone": session.time_zone,
        "readings_ignored": meter.ignored,
    }
    if session.reserved_s is not None:
        step["reserved_s"] = session.reserved_s
    return step


def _hour_step(hour: ClockHour, clock: WallClock) -> Step:
    """Tell an hour's mean power and what it would cost, the costliest being the one charged."""
    return {
        "from": clock.text_at(hour.began_s),
        "power_w": hour.power_w,
        "exact": text_of(quotient(hour.cost, 1000)),
    }


def _split_step(split: Split, scene: Scene) -> Step:
    text_at = scene.clock.text_at
    return {
        "at": text_at(split.at_s),
        "energy_wh": split.energy_wh,
        "before_at": text_at(split.before.at_s),
        "before_wh": split.before.energy_wh,
        "after_at": text_at(split.after.at_s),
        "after_wh": split.after.energy_wh,
        "max_error_wh": split.max_error_wh,
    }


def _line_step(line: RatedLine) -> Step:
    return {
        "kind": line.kind.value,
        "quantity": line.quantity,
        "unit": line.unit,
        "unit_price": text_of(line.unit_price),
        "price_is_mean": line.price_is_mean,
        "per": line.per,
        "vat_rate": text_of(line.vat_rate),
        "gross_minor": line.gross_minor,
        "net_minor": line.net_minor,
        "vat_minor": line.vat_minor,
        "trace": list(line.trace),
    }
