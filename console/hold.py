"""Why a session is held, and with which energy it can be released."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from anomalies.wording import explain_hold, quantity
from sessions_app.energy import EnergySource
from sessions_app.models import ChargingSession
from sessions_app.selectors import rated_power_w, rebuilt_energy


@dataclass(frozen=True, slots=True)
class Bar:
    """An energy beside others: its name, in words, and its share of the largest in percent."""

    name: str
    text: str
    percent: int


def hold_context(session: ChargingSession) -> dict[str, Any]:
    """What the release form shows of a held and completed session; empty for any other."""
    is_held = session.gate == ChargingSession.Gate.HELD
    if not is_held or session.state != ChargingSession.State.COMPLETED:
        return {}
    rebuilt = rebuilt_energy(session)
    energies = [(_("As measured"), session.energy_wh)]
    context: dict[str, Any] = {
        "hold_reason": explain_hold(session.gate_reason),
        "measured": quantity(session.energy_wh, "Wh"),
    }
    if rebuilt is not None:
        energies.append((_("Rebuilt"), rebuilt.energy_wh))
        context |= {
            "rebuilt_wh": rebuilt.energy_wh,
            "rebuilt": quantity(rebuilt.energy_wh, "Wh"),
            "rebuilt_bound": quantity(rebuilt.bound_wh, "Wh"),
            "is_rebuilt_from_power": rebuilt.source is EnergySource.REBUILT_FROM_POWER,
        }
    power_w = rated_power_w(session)
    if power_w is not None:
        most_wh = power_w * session.duration_s // 3600
        energies.append((_("At most at the connector's rating"), most_wh))
    return context | {"hold_bars": _bars(energies)}


def _bars(energies: list[tuple[str, int]]) -> list[Bar]:
    largest_wh = max((wh for _name, wh in energies), default=0) or 1
    return [Bar(name, quantity(wh, "Wh"), wh * 100 // largest_wh) for name, wh in energies]
