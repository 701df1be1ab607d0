"""All that a price is computed from, frozen: written as canonical JSON and read back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from billing.rating.clock import WallClock, read_clock
from billing.rating.documents import read_tariff, tariff_document, write_canonically
from billing.rating.exact import text_of
from billing.rating.meter import UNREPORTED, order_readings, whole_second
from billing.rating.spot import SpotSpan, select_slots
from billing.rating.tariff import uses_spot
from billing.rating.types import Reading, SessionFacts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from billing.rating.meter import MeterRow
    from billing.rating.tariff import TariffFacts
    from billing.rating.types import Json, SpotSlot

# Raised whenever the same inputs may give another öre.
RULES_VERSION: Final = "2"


class UnknownRules(ValueError):
    """The inputs were frozen for another version of the rating rules than this code has."""


class DamagedInputs(ValueError):
    """The document is not one that `inputs_document` wrote."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """A session, its readings in order, a tariff, the spot prices and the site's clock."""

    session: SessionFacts
    rows: list[MeterRow]
    tariff: TariffFacts
    spans: list[SpotSpan]
    clock: WallClock

    def document(self) -> dict[str, Json]:
        """Return the inputs as JSON that `read_inputs` reads back."""
        return {
            "rules_version": RULES_VERSION,
            "session": _session_document(self.session, self.rows, self.clock),
            "tariff": tariff_document(self.tariff),
            "spot": [[span.from_s, span.to_s, text_of(span.price)] for span in self.spans],
        }


def freeze_inputs(
    session: SessionFacts, tariff: TariffFacts, slots: Iterable[SpotSlot] = ()
) -> Inputs:
    """Gather what a price is computed from. Raises as `rate` does."""
    start_s, end_s = whole_second(session.started_at), whole_second(session.ended_at)
    return Inputs(
        session,
        order_readings(session.readings),
        tariff,
        select_slots(slots, start_s, end_s) if uses_spot(tariff) else [],
        read_clock(session.time_zone, start_s - (session.reserved_s or 0), end_s),
    )


def inputs_document(
    session: SessionFacts, tariff: TariffFacts, slots: Iterable[SpotSlot] = ()
) -> dict[str, Json]:
    """Return everything a price is computed from, as plain JSON for `rate_again`.

    Times are whole Unix seconds and readings [second, Wh, W, mA] in time order with -1 for what
    was not reported, so neither the order of arrival nor a repeated reading changes it. The
    site's UTC offsets are in it: a later correction of a time zone does not move an old bill.
    """
    return freeze_inputs(session, tariff, slots).document()


def hash_document(document: Mapping[str, Json]) -> str:
    """Return the SHA-256 of a document's canonical JSON, as hexadecimal."""
    return sha256(write_canonically(document)).hexdigest()


def _session_document(
    session: SessionFacts, rows: list[MeterRow], clock: WallClock
) -> dict[str, Json]:
    ended_at = session.charging_ended_at
    return {
        "started_s": whole_second(session.started_at),
        "ended_s": whole_second(session.ended_at),
        "charging_ended_s": None if ended_at is None else whole_second(ended_at),
        "energy_wh": session.energy_wh,
        "meter_start_wh": session.meter_start_wh,
        "reserved_s": session.reserved_s,
        "time_zone": session.time_zone,
        "utc_offsets": [list(pair) for pair in zip(clock.starts_s, clock.offsets_s, strict=True)],
        "readings": [list(row) for row in rows],
    }


def read_inputs(document: Mapping[str, Any]) -> Inputs:
    """Read frozen inputs back.

    Raises `UnknownRules` for another version of the rules, `DamagedInputs` for what is no such
    document, `InvalidTariff` for a tariff that is none.
    """
    found = document.get("rules_version")
    if found != RULES_VERSION:
        raise UnknownRules(f"frozen for rules {found!r}; these are the rules {RULES_VERSION!r}")
    tariff = read_tariff(document.get("tariff", {}))
    try:
        session = _read_session(document["session"])
        starts, offsets = zip(*document["session"]["utc_offsets"], strict=True)
        spans = [SpotSpan(from_s, to_s, Decimal(price)) for from_s, to_s, price in document["spot"]]
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise DamagedInputs(f"not frozen rating inputs: {error!r}") from error
    clock = WallClock(list(starts), list(offsets), whole_second(session.ended_at))
    return Inputs(session, order_readings(session.readings), tariff, spans, clock)


def _moment(at_s: int) -> datetime:
    return datetime.fromtimestamp(at_s, UTC)


def _read_session(document: Mapping[str, Any]) -> SessionFacts:
    ended_s = document["charging_ended_s"]
    return SessionFacts(
        started_at=_moment(document["started_s"]),
        ended_at=_moment(document["ended_s"]),
        energy_wh=document["energy_wh"],
        time_zone=document["time_zone"],
        charging_ended_at=None if ended_s is None else _moment(ended_s),
        readings=tuple(_read_reading(*row) for row in document["readings"]),
        meter_start_wh=document["meter_start_wh"],
        reserved_s=document["reserved_s"],
    )


def _read_reading(at_s: int, register_wh: int, power_w: int, current_ma: int) -> Reading:
    return Reading(
        _moment(at_s),
        register_wh,
        None if power_w == UNREPORTED else power_w,
        None if current_ma == UNREPORTED else current_ma,
    )
