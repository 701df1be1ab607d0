"""Who and what the demo shows: two operators with their stations, drivers and prices."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from config.devstack.simulator.fleet import AC_7, AC_11, AC_22, DC_150, Charger

PASSWORD = "laddbok-demo"  # noqa: S105 - printed on the screen; the demo is for one machine


@dataclass(frozen=True, slots=True)
class DemoStation:
    """A station of the demo; `version` is the OCPP version it speaks."""

    identity: str
    site: str
    charger: Charger
    version: str


@dataclass(frozen=True, slots=True)
class DemoOperator:
    """An operator of the demo; prices include VAT, in kronor."""

    slug: str
    name: str
    organisation_number: str
    city: str
    stations: tuple[DemoStation, ...]
    tokens: tuple[str, ...]
    energy_price: Decimal
    minute_price: Decimal
    session_price: Decimal

    @property
    def owner_email(self) -> str:
        """The login of its owner."""
        return f"owner@{self.slug}.example"


OPERATORS = (
    DemoOperator(
        slug="volt",
        name="Volt Laddning AB",
        organisation_number="556000-0001",
        city="Uppsala",
        stations=(
            DemoStation("VOLT-1", "Torget", AC_22, "1.6"),
            DemoStation("VOLT-2", "Torget", AC_11, "2.0.1"),
            DemoStation("VOLT-3", "Torget", AC_7, "1.6"),
            DemoStation("VOLT-DC", "Rastplatsen", DC_150, "2.0.1"),
            DemoStation("VOLT-LIVE", "Rastplatsen", AC_22, "1.6"),
        ),
        tokens=("VOLT0001", "VOLT0002", "VOLT0003", "VOLT0004"),
        energy_price=Decimal("4.95"),
        minute_price=Decimal("0.20"),
        session_price=Decimal("3.00"),
    ),
    DemoOperator(
        slug="ampere",
        name="Ampere Energi AB",
        organisation_number="556000-0002",
        city="Lund",
        stations=(
            DemoStation("AMPERE-1", "Hamnen", AC_11, "2.0.1"),
            DemoStation("AMPERE-2", "Hamnen", AC_22, "1.6"),
        ),
        tokens=("AMP0001", "AMP0002", "AMP0003"),
        energy_price=Decimal("3.90"),
        minute_price=Decimal(0),
        session_price=Decimal(0),
    ),
)
