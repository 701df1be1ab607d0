"""The levels at which the product learns what cars take: their keys, and whom to ask; pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

# What is pooled over cars says something only when it has seen many.
POOL_SESSIONS: Final = 20


@dataclass(frozen=True, slots=True)
class Levels:
    """Keys of learnt profiles for one session, from the special to the general.

    `own` are of the same car, `pooled` of whoever charged there. On AC cars differ by what they
    can take at all, so only the same car on the same rating says what is usual.
    """

    own: tuple[str, ...]
    pooled: tuple[str, ...]
    # Where the connector's own rating is part of what is learnt; elsewhere it is a limit.
    rated: frozenset[str]

    @property
    def all(self) -> tuple[str, ...]:
        """Every key."""
        return (*self.own, *self.pooled)


def token_key(uid: str) -> str:
    """A token under another name, so that what is learnt does not show whose it is."""
    return hashlib.sha256(uid.encode()).hexdigest()[:20]


def model_key(vendor: str, model: str) -> str:
    """A charger model by what its stations say they are; empty for stations that never said."""
    return f"{vendor.strip().casefold()}/{model.strip().casefold()}" if vendor or model else ""


def levels_of(
    *, connector: str, model: str, is_dc: bool, rating_ma: int | None, vehicle: str
) -> Levels:
    """The keys for a session of a car (empty for unknown) at a connector."""
    flow = "dc" if is_dc else "ac"
    rating = f"{rating_ma or 0}"
    of_model = f"model:{flow}:{rating}:{model}"
    own = (f"car:{vehicle}:{of_model}",) if vehicle else ()
    if not is_dc:
        return Levels(own, (), frozenset(own))
    own = (*own, f"car:{vehicle}:{flow}") if vehicle else ()
    pooled = (f"connector:{connector}", of_model, f"all:{flow}")
    return Levels(own, pooled, frozenset({*own[:1], *pooled[:2]}))


def heat_key(model: str, rating_ma: int | None) -> str:
    """Where the usual rise in temperature of a charger model is kept."""
    return f"heat:{rating_ma or 0}:{model}"
