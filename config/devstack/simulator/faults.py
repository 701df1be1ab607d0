"""Faults a simulated charger can be given."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from config.devstack.simulator.register import EnergyRegister


class FaultKind(StrEnum):
    """What breaks: the meter's count, the power it reports, or the flow of current."""

    REGISTER_BACKWARDS = "register-backwards"
    REGISTER_JUMP = "register-jump"
    POWER_MISREPORTED = "power-misreported"
    ZERO_POWER = "zero-power"
    OVER_CURRENT = "over-current"


DEFAULT_SIZE = {
    FaultKind.REGISTER_BACKWARDS: 2_000,
    FaultKind.REGISTER_JUMP: 50_000,
    FaultKind.POWER_MISREPORTED: 130,
    FaultKind.ZERO_POWER: 0,
    FaultKind.OVER_CURRENT: 125,
}


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault that begins once `after_percent` of the requested energy is delivered.

    `size` is Wh for the two register faults, percent of the true power for misreported power and
    percent of the offered current for over-current; None takes `DEFAULT_SIZE`. Register faults
    happen once; the others last `duration_s`.
    """

    kind: FaultKind
    after_percent: int = 40
    size: int | None = None
    duration_s: int = 900

    @property
    def amount(self) -> int:
        """The size in force."""
        return DEFAULT_SIZE[self.kind] if self.size is None else self.size


class FaultPlan:
    """The faults of one charge and which of them are active."""

    def __init__(self, faults: Sequence[Fault], register: EnergyRegister) -> None:
        self._waiting = list(faults)
        self._active: list[tuple[Fault, int]] = []
        self._register = register

    def update(self, *, elapsed_s: int, delivered_percent: int) -> None:
        """Start what is due and end what has lasted long enough."""
        due = [each for each in self._waiting if delivered_percent >= each.after_percent]
        for fault in due:
            self._waiting.remove(fault)
            self._start(fault, elapsed_s)
        if self._active:
            self._active = [each for each in self._active if elapsed_s < each[1]]

    def forced_current_ma(self, offered_ma: int) -> int | None:
        """The current a fault forces through the cable, or None when the car decides."""
        if not self._active:
            return None
        if self._finds(FaultKind.ZERO_POWER):
            return 0
        over = self._finds(FaultKind.OVER_CURRENT)
        return offered_ma * over.amount // 100 if over else None

    def reported_power_w(self, power_w: int) -> int:
        """The power the meter reports for a true power."""
        misreported = self._finds(FaultKind.POWER_MISREPORTED)
        return power_w * misreported.amount // 100 if misreported else power_w

    def _start(self, fault: Fault, elapsed_s: int) -> None:
        if fault.kind is FaultKind.REGISTER_BACKWARDS:
            self._register.shift(-fault.amount)
        elif fault.kind is FaultKind.REGISTER_JUMP:
            self._register.shift(fault.amount)
        else:
            self._active.append((fault, elapsed_s + fault.duration_s))

    def _finds(self, kind: FaultKind) -> Fault | None:
        return next((fault for fault, _ in self._active if fault.kind is kind), None)
