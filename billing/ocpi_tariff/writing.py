"""Our tariffs as OCPI Tariff objects."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from billing.ocpi_tariff.words import (
    DATES,
    DAYS,
    DIMENSIONS,
    HOUR_KINDS,
    SECONDS,
    THOUSANDTHS,
    TIMES,
    round_price,
    take_off_vat,
)
from billing.rating import LineKind
from billing.rating.exact import ZERO, multiply, raise_by_percent, text_of
from billing.rating.tally import vat_rate_of

if TYPE_CHECKING:
    from billing.rating import (
        IdleFee,
        PriceComponent,
        ReservationFee,
        Restrictions,
        TariffElement,
        TariffFacts,
    )

Version: TypeAlias = Literal["2.2.1", "2.3.0"]
Document: TypeAlias = "dict[str, Any]"


class NothingForOcpi(ValueError):
    """Not one part of the tariff can be said in OCPI, which wants at least one element."""


@dataclass(frozen=True, slots=True)
class OcpiTariff:
    """An OCPI Tariff object, numbers as `Decimal`, and in words what it does not say."""

    document: Document
    left_out: list[str]


def to_ocpi(
    tariff: TariffFacts,
    *,
    country_code: str,
    party_id: str,
    tariff_id: str,
    last_updated: datetime,
    version: Version = "2.2.1",
) -> OcpiTariff:
    """Return a tariff as an OCPI Tariff object; `ocpi_json` makes text of it.

    OCPI's numbers have four decimals, and 2.2.1 wants prices without VAT (2.3.0 takes them as
    they were entered): a price that had to be rounded is named in `left_out`. SESSION_TIME
    becomes TIME and PARKING_TIME at one price, an idle fee PARKING_TIME. Raises `NothingForOcpi`,
    and ValueError for an id that is too long for OCPI.
    """
    for text, most in ((country_code, 2), (party_id, 3), (tariff_id, 36)):
        if not 1 <= len(text) <= most:
            raise ValueError(f"{text!r} has not 1 to {most} characters")
    writer = _Writer(tariff, version)
    document: Document = {
        "country_code": country_code,
        "party_id": party_id,
        "id": tariff_id,
        "currency": tariff.currency,
        "elements": writer.elements(),
        **writer.bounds(),
        "last_updated": last_updated.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    if version == "2.3.0":
        document["tax_included"] = "YES" if tariff.prices_include_vat else "NO"
    return OcpiTariff(document, writer.left_out)


class _Writer:
    """Writes one tariff and collects what OCPI has no words for."""

    def __init__(self, tariff: TariffFacts, version: Version) -> None:
        self._tariff = tariff
        self._is_2_3 = version == "2.3.0"
        self._kinds = {part.kind for element in tariff.elements for part in element.components}
        self.left_out: list[str] = []

    def elements(self) -> list[Document]:
        """Return the elements, that of the reservation first. Raises `NothingForOcpi`."""
        tariff = self._tariff
        written = [self._reservation(tariff.reservation_fee)] if tariff.reservation_fee else []
        written += [self._element(n, one) for n, one in enumerate(tariff.elements, start=1)]
        written += [self._idle(tariff.idle_fee)] if tariff.idle_fee else []
        if tariff.free_energy_wh:
            self.left_out.append(f"OCPI has no free energy ({tariff.free_energy_wh} Wh)")
        if tariff.free_time_s:
            self.left_out.append(f"OCPI has no free time ({tariff.free_time_s} s)")
        filled = [element for element in written if element.get("price_components")]
        if not filled and written:
            raise NothingForOcpi("; ".join(self.left_out) or "no element has a price")
        # OCPI 2.2.1, Tariff object: what is free of charge has a FLAT price of 0.
        return filled or [{"price_components": [{"type": "FLAT", "price": ZERO, "step_size": 1}]}]

    def _element(self, number: int, element: TariffElement) -> Document:
        if element.restrictions.season_from is not None:
            self.left_out.append(f"element {number}: OCPI has no seasons; all of it is left out")
            return {}
        parts = [part for one in element.components for part in self._components(number, one)]
        restrictions = _write_restrictions(element.restrictions)
        more = {"restrictions": restrictions} if restrictions else {}
        return {"price_components": parts, **more}

    def _components(self, number: int, part: PriceComponent) -> list[Document]:
        place = f"element {number}"
        if part.kind is LineKind.POWER:
            self.left_out.append(f"{place}: OCPI has no price for power (effekttariff)")
            return []
        if part.kind is LineKind.SESSION_TIME and self._kinds & HOUR_KINDS:
            self.left_out.append(f"{place}: OCPI has no price for all time beside its parts")
            return []
        if part.kind is LineKind.SESSION_TIME and part.step_size > 1:
            self.left_out.append(f"{place}: OCPI rounds charging and parking time up apart")
        if part.spot is not None:
            self.left_out.append(f"{place}: OCPI has no spot price; it shows the fallback price")
        hourly = 1 if part.kind in (LineKind.ENERGY, LineKind.FLAT) else 3600 // part.time_unit_s
        price = multiply(part.price, hourly)
        dimensions = DIMENSIONS[part.kind]
        return self._parts(place, dimensions, price, part.vat_rate, part.step_size)

    def _parts(
        self,
        place: str,
        dimensions: tuple[str, ...],
        price: Decimal,
        own_vat: Decimal | None,
        step_size: int = 1,
    ) -> list[Document]:
        vat_rate = vat_rate_of(self._tariff, own_vat)
        written = self._price(place, price, vat_rate)
        return [
            {"type": dimension, "price": written, "vat": vat_rate, "step_size": step_size}
            for dimension in dimensions
        ]

    def _price(self, place: str, price: Decimal, vat_rate: Decimal) -> Decimal:
        """Return a price as this version wants it; name one that had to be rounded."""
        takes_off_vat = self._tariff.prices_include_vat and not self._is_2_3
        written = round_price(take_off_vat(price, vat_rate) if takes_off_vat else price)
        if (raise_by_percent(written, vat_rate) if takes_off_vat else written) != price:
            after = " without VAT" if takes_off_vat else ""
            self.left_out.append(f"{place}: {text_of(price)} became {text_of(written)}{after}")
        return written

    def _reservation(self, fee: ReservationFee) -> Document:
        parts: list[Document] = []
        if fee.flat is not None:
            parts += self._parts("reservation", ("FLAT",), fee.flat, fee.vat_rate)
        if fee.time_price is not None:
            hourly = multiply(fee.time_price, 3600 // fee.time_unit_s)
            parts += self._parts("reserved time", ("TIME",), hourly, fee.vat_rate, fee.step_size)
        return {"price_components": parts, "restrictions": {"reservation": "RESERVATION"}}

    def _idle(self, fee: IdleFee) -> Document:
        if self._kinds & {LineKind.PARKING_TIME, LineKind.SESSION_TIME}:
            self.left_out.append("idle fee: OCPI has one price for parking time, and it is taken")
            return {}
        if fee.grace_s:
            self.left_out.append(f"idle fee: OCPI has no grace period ({fee.grace_s} s)")
        if fee.cap is not None:
            self.left_out.append(f"idle fee: OCPI has no cap ({text_of(fee.cap)})")
        if fee.quiet_hours:
            self.left_out.append("idle fee: OCPI has no quiet hours")
        hourly = multiply(fee.price, 60)
        parts = self._parts("idle fee", ("PARKING_TIME",), hourly, fee.vat_rate)
        return {"price_components": parts}

    def bounds(self) -> Document:
        """Return min_price and max_price where the tariff has them."""
        tariff, written = self._tariff, {}
        names = ("before_taxes", "after_taxes") if self._is_2_3 else ("excl_vat", "incl_vat")
        for name, bound in (("min_price", tariff.min_price), ("max_price", tariff.max_price)):
            if bound is None:
                continue
            pair = (bound, raise_by_percent(bound, tariff.vat_rate))
            if tariff.prices_include_vat:
                pair = (take_off_vat(bound, tariff.vat_rate), bound)
            written[name] = dict(zip(names, map(round_price, pair), strict=True))
            if self._vat_rates() != {tariff.vat_rate}:
                self.left_out.append(f"{name}: OCPI bounds the total without VAT as well")
        return written

    def _vat_rates(self) -> set[Decimal]:
        tariff = self._tariff
        parts = [part for element in tariff.elements for part in element.components]
        fees = [fee for fee in (tariff.idle_fee, tariff.reservation_fee) if fee is not None]
        return {tariff.vat_rate, *(vat_rate_of(tariff, one.vat_rate) for one in (*parts, *fees))}


def _write_restrictions(rule: Restrictions) -> Document:
    written: Document = {}
    for theirs, ours in (TIMES | DATES | THOUSANDTHS | SECONDS).items():
        value = getattr(rule, ours)
        if value is not None:
            written[theirs] = _write_value(theirs, value)
    if rule.days_of_week:
        written["day_of_week"] = [DAYS[day] for day in rule.days_of_week]
    return written


def _write_value(theirs: str, value: time | date | int) -> str | int | Decimal:
    if isinstance(value, time):
        return value.strftime("%H:%M")
    if isinstance(value, date):
        return value.isoformat()
    return Decimal(value).scaleb(-3) if theirs in THOUSANDTHS else value
