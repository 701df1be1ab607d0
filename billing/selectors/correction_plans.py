"""What a correction would be, in numbers, before anything is done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson

from billing.models import Charge, CorrectionKind, Invoice
from billing.selectors.settlements import MoneyMove
from sessions_app.models import ChargingSession


class Refusal(StrEnum):
    """Why a session cannot be corrected now."""

    NOT_CHARGED = "not_charged"
    VOIDED = "voided"
    NOT_COMPLETED = "not_completed"
    HELD = "held"
    INVOICE_ON_ITS_WAY = "invoice_on_its_way"
    INVOICE_BLOCKED = "invoice_blocked"
    CALL_UNDER_WAY = "call_under_way"
    DISPUTED = "disputed"
    LAST_ONE_UNDER_WAY = "last_one_under_way"
    UNRATABLE = "unratable"
    OTHER_CURRENCY = "other_currency"
    UNCHANGED = "unchanged"
    ON_A_COLLECTIVE_INVOICE = "on_a_collective_invoice"
    WRITTEN_OFF = "written_off"


@dataclass(frozen=True, slots=True)
class SessionChoice:
    """Which sessions: these, or all that began in [from, to) with a version and at a site."""

    session_ids: tuple[UUID, ...] = ()
    started_from: datetime | None = None
    started_to: datetime | None = None
    version_id: UUID | None = None
    site_id: UUID | None = None

    @property
    def is_empty(self) -> bool:
        """Nothing was chosen at all."""
        return self == SessionChoice()


@dataclass(frozen=True, slots=True)
class CorrectionRequest:
    """What a person asks for.

    A re-rate takes each session's own frozen version unless `version_id` names one, and the
    market prices its charge was made with unless `prices_known_at` says since when.
    """

    kind: CorrectionKind
    sessions: SessionChoice
    version_id: UUID | None = None
    prices_known_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Totals:
    """Minor units of one currency; `vat_minor` by rate in percent, as text."""

    gross_minor: int = 0
    net_minor: int = 0
    vat_minor: Mapping[str, int] = field(default_factory=dict)

    @property
    def all_vat_minor(self) -> int:
        """VAT of every rate."""
        return sum(self.vat_minor.values())

    def __add__(self, other: Totals) -> Totals:
        rates = sorted({*self.vat_minor, *other.vat_minor}, key=Decimal)
        return Totals(
            self.gross_minor + other.gross_minor,
            self.net_minor + other.net_minor,
            {rate: self.vat_minor.get(rate, 0) + other.vat_minor.get(rate, 0) for rate in rates},
        )

    def __neg__(self) -> Totals:
        return Totals(
            -self.gross_minor,
            -self.net_minor,
            {rate: -amount for rate, amount in self.vat_minor.items()},
        )


@dataclass(frozen=True, slots=True)
class PlannedCorrection:
    """One session's correction; `not_collected` says why the new total is asked of nobody.

    `withdraws_invoice`: the old invoice is open at Stripe and is voided there first; should it be
    paid in that very moment, the money is moved as for a paid one.
    """

    session: ChargingSession
    charge: Charge
    invoice: Invoice | None
    old: Totals
    new: Totals
    inputs_hash: str
    withdraws_invoice: bool
    move: MoneyMove
    not_collected: str = ""

    @property
    def digest(self) -> str:
        """The same for the same correction, and for no other."""
        return _hash(
            {
                "charge": str(self.charge.pk),
                "invoice": None if self.invoice is None else str(self.invoice.pk),
                "inputs": self.inputs_hash,
                "old": asdict(self.old),
                "new": asdict(self.new),
                "withdraws": self.withdraws_invoice,
                "move": asdict(self.move),
                "not_collected": self.not_collected,
            }
        )

    @property
    def difference_minor(self) -> int:
        """How much more (or, below zero, less) the session would cost."""
        return self.new.gross_minor - self.old.gross_minor


@dataclass(frozen=True, slots=True)
class RefusedCorrection:
    """A session that is left as it is, and why."""

    session: ChargingSession
    refusal: Refusal
    detail: str = ""


@dataclass(frozen=True, slots=True)
class CorrectionPlan:
    """A dry run: what would be done, what would not, and what it comes to by currency."""

    request: CorrectionRequest
    corrections: tuple[PlannedCorrection, ...]
    refused: tuple[RefusedCorrection, ...]

    @property
    def digest(self) -> str:
        """Whoever carries the plan out names it, so that nothing else is done."""
        return _hash(
            {
                "kind": self.request.kind.value,
                "version": str(self.request.version_id),
                "known_at": str(self.request.prices_known_at),
                "corrections": [planned.digest for planned in self.corrections],
            }
        )

    @property
    def unchanged_count(self) -> int:
        """Sessions that would come to the same, line by line."""
        return sum(one.refusal is Refusal.UNCHANGED for one in self.refused)

    def before(self) -> dict[str, Totals]:
        """Totals of the old charges, by currency."""
        return _sums((one.charge.currency, one.old) for one in self.corrections)

    def after(self) -> dict[str, Totals]:
        """Totals of the new charges, by currency."""
        return _sums((one.charge.currency, one.new) for one in self.corrections)

    def moved(self, what: str) -> dict[str, int]:
        """The sum of one of the `MoneyMove` amounts, by currency."""
        sums: dict[str, int] = {}
        for one in self.corrections:
            currency = one.charge.currency
            sums[currency] = sums.get(currency, 0) + getattr(one.move, what)
        return sums


def _sums(rows: Iterable[tuple[str, Totals]]) -> dict[str, Totals]:
    sums: dict[str, Totals] = {}
    for currency, totals in rows:
        sums[currency] = sums.get(currency, Totals()) + totals
    return sums


def _hash(document: Mapping[str, Any]) -> str:
    return sha256(orjson.dumps(document, option=orjson.OPT_SORT_KEYS)).hexdigest()
