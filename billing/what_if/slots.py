"""Market prices of one area over a whole period, asked for by session."""

from __future__ import annotations

from bisect import bisect_left
from datetime import timedelta
from operator import attrgetter
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from billing.rating import SpotSlot

_LONGEST: Final = timedelta(hours=1)


class SlotBook:
    """Slots in time order; those of one session are found without reading the others."""

    def __init__(self, slots: Iterable[SpotSlot] = ()) -> None:
        self._slots = sorted(slots, key=attrgetter("starts_at"))
        self._starts = [slot.starts_at for slot in self._slots]

    def __len__(self) -> int:
        return len(self._slots)

    def touching(self, start_at: datetime, end_at: datetime) -> list[SpotSlot]:
        """Return the slots that may touch [start_at, end_at]; rating leaves out the others."""
        first = bisect_left(self._starts, start_at - _LONGEST)
        last = bisect_left(self._starts, end_at + timedelta(seconds=1))
        return self._slots[first:last]
