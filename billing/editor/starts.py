"""What a new tariff may start from."""

from __future__ import annotations

from datetime import time
from decimal import Decimal
from typing import Final

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from billing.editor.rows import Row, elements_of
from billing.rating import LineKind, PriceComponent, Restrictions, SpotFormula, TariffFacts

_VAT_RATE: Final = Decimal(25)


class Start(TextChoices):
    """Tariffs many operators have, and a copy of one's own."""

    ONE_PRICE = "one_price", _("One price all day")
    DAY_AND_NIGHT = "day_and_night", _("Day and night")
    SPOT = "spot", _("Spot price plus surcharge")
    COPY = "copy", _("A copy of another tariff")


def start_from(start: Start, currency: str) -> TariffFacts:
    """Return prices to begin with, VAT included; a copy is made of its version, not here."""
    return TariffFacts("", currency, _VAT_RATE, elements_of(_ROWS[start]))


def _energy(price: str, spot: SpotFormula | None = None) -> PriceComponent:
    return PriceComponent(LineKind.ENERGY, Decimal(price), spot=spot)


_DAY: Final = Restrictions(time_from=time(6), time_to=time(22))
_NIGHT: Final = Restrictions(time_from=time(22), time_to=time(6))
_ROWS: Final[dict[Start, list[Row]]] = {
    Start.ONE_PRICE: [Row(_energy("4.00"))],
    Start.DAY_AND_NIGHT: [Row(_energy("4.50"), _DAY), Row(_energy("3.00"), _NIGHT)],
    Start.SPOT: [Row(_energy("4.00", SpotFormula(adder=Decimal("1.00"))))],
}
