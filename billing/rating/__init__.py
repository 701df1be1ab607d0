"""Rating: a pure function from session facts and a frozen tariff to explained, rounded lines."""

from billing.rating.documents import read_tariff, tariff_document, write_canonically
from billing.rating.engine import rate, rate_again
from billing.rating.inputs import (
    RULES_VERSION,
    DamagedInputs,
    UnknownRules,
    hash_document,
    inputs_document,
)
from billing.rating.spot import OverlappingSpotPrices
from billing.rating.tariff import (
    IdleFee,
    InvalidTariff,
    PriceComponent,
    QuietHours,
    ReservationFee,
    Restrictions,
    SpotFormula,
    TariffElement,
    TariffFacts,
    plain_tariff,
    uses_spot,
)
from billing.rating.types import (
    LineKind,
    RatedCharge,
    RatedLine,
    Reading,
    SessionFacts,
    SpotSlot,
    UnratableSession,
)

__all__ = [
    "RULES_VERSION",
    "DamagedInputs",
    "IdleFee",
    "InvalidTariff",
    "LineKind",
    "OverlappingSpotPrices",
    "PriceComponent",
    "QuietHours",
    "RatedCharge",
    "RatedLine",
    "Reading",
    "ReservationFee",
    "Restrictions",
    "SessionFacts",
    "SpotFormula",
    "SpotSlot",
    "TariffElement",
    "TariffFacts",
    "UnknownRules",
    "UnratableSession",
    "hash_document",
    "inputs_document",
    "plain_tariff",
    "rate",
    "rate_again",
    "read_tariff",
    "tariff_document",
    "uses_spot",
    "write_canonically",
]
