"""What a simulation is asked to do and what came of it."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from config.devstack.simulator.behaviour import Behaviour
from config.devstack.simulator.faults import Fault
from config.devstack.simulator.fleet import AC_22, Car, Charger


@dataclass(frozen=True, slots=True)
class StationSpec:
    """A simulated charge point: who it is and what it is made of. `version` is 1.6 or 2.0.1."""

    tenant: str
    charge_point_id: str
    key: str
    version: str = "1.6"
    charger: Charger = AC_22
    resolution_wh: int = 1
    vendor: str = "Simulated"
    model: str = "Wallbox"


@dataclass(frozen=True, slots=True)
class SessionPlan:
    """One charge to come. With `leaves_when_done` the car goes as soon as it has its energy.

    `seed` decides all randomness; `reference` names the row of a replayed file.
    """

    charge_point_id: str
    id_token: str
    arrival_at: datetime
    departure_at: datetime
    energy_wh: int
    charger: Charger
    car: Car
    seed: int
    connector_id: int = 1
    fills: bool = False
    soc_percent: int | None = None
    leaves_when_done: bool = False
    faults: tuple[Fault, ...] = ()
    reference: str = ""
    remote_start_id: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole run. `speed` None means as fast as the platform answers.

    `sample_interval_s` overrides what the platform asks for; `settle_s` is how long the line must
    be quiet after boot before cars arrive; with `stays` the stations remain connected, ready for
    remote starts (in real time, where no speed is given), until the run is cancelled.
    """

    url: str
    stations: tuple[StationSpec, ...]
    sessions: tuple[SessionPlan, ...] = ()
    speed: float | None = None
    concurrency: int = 50
    sample_interval_s: int | None = None
    idle_interval_s: int = 900
    settle_s: float = 0.2
    stays: bool = False
    seed: int = 1
    log_path: Path | None = None
    behaviour: Behaviour = field(default_factory=Behaviour)


@dataclass(frozen=True, slots=True)
class SessionResult:
    """What one charge came to. `outcome` is completed, refused or lost; energy by the register."""

    charge_point_id: str
    connector_id: int
    id_token: str
    outcome: str
    requested_wh: int
    energy_wh: int
    transaction_id: int | str | None
    started_at: datetime
    stopped_at: datetime
    stop_reason: str
    reference: str = ""


@dataclass(slots=True)
class Summary:
    """The sum of a run."""

    results: list[SessionResult] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    calls: int = 0
    took_s: float = 0.0

    @property
    def energy_wh(self) -> int:
        """Energy by the registers of all completed charges."""
        return sum(each.energy_wh for each in self.results if each.outcome == "completed")

    def as_json(self) -> dict[str, Any]:
        """Plain values: counts first, then one row per charge."""
        return {
            "sessions": len(self.results),
            "outcomes": dict(Counter(each.outcome for each in self.results)),
            "energy_wh": self.energy_wh,
            "calls": self.calls,
            "took_s": round(self.took_s, 3),
            "errors": self.errors,
            "results": [asdict(each) for each in self.results],
        }
