"""A market price as it is read from a feed, and what can be one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

QUARTER_S: Final = 900
HOUR_S: Final = 3600
SLOT_LENGTHS_S: Final = (QUARTER_S, HOUR_S)
# SE3, NO1, DE-LU or the sixteen characters of an EIC code.
AREA_PATTERN: Final = r"^[A-Z0-9][A-Z0-9_-]{1,15}$"
# No market price per kWh comes near it in any of the currencies markets trade in; what is beyond
# was quoted in hundredths or per MWh.
LARGEST_PRICE: Final = Decimal(100)
PRICE_DECIMALS: Final = 9
_MANY_REASONS: Final = 20


@dataclass(frozen=True, slots=True)
class Slot:
    """One price per kWh in major units without VAT; `place` says where in the source it stood."""

    starts_at: datetime
    duration_s: int
    price: Decimal
    place: str

    @property
    def ends_at(self) -> datetime:
        """The end, exclusive."""
        return self.starts_at + timedelta(seconds=self.duration_s)


class WrongSpotPrices(ValueError):
    """A source cannot be taken over; every message names the place and the reason."""

    def __init__(self, *reasons: str) -> None:
        super().__init__("\n".join(reasons))
        self.reasons = reasons


def too_many_cut(reasons: Sequence[str]) -> WrongSpotPrices:
    """Make the error of the first reasons; how many more there are is said."""
    more = len(reasons) - _MANY_REASONS
    rest = [f"and {more} more like these"] if more > 0 else []
    return WrongSpotPrices(*reasons[:_MANY_REASONS], *rest)
