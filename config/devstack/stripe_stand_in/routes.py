"""The table of endpoints: method, path, accepted parameters and the function that answers."""

from collections.abc import Callable
from dataclasses import dataclass

from config.devstack.stripe_stand_in.errors import UnknownUrl
from config.devstack.stripe_stand_in.parameters import EXPAND, Field, Record
from config.devstack.stripe_stand_in.tables import Json
from config.devstack.stripe_stand_in.world import Call

Action = Callable[[Call], Json]


@dataclass(frozen=True)
class Endpoint:
    """One line of Stripe's API."""

    method: str
    pattern: str
    accepts: Record
    action: Action

    def match(self, parts: list[str]) -> dict[str, str] | None:
        """The path's named parts when the pattern fits, else None."""
        found: dict[str, str] = {}
        for wanted, part in zip(self.pattern.split("/"), parts, strict=True):
            if wanted.startswith("{"):
                found[wanted[1:-1]] = part
            elif wanted != part:
                return None
        return found


ENDPOINTS: dict[tuple[str, int], list[Endpoint]] = {}


def endpoint(method: str, pattern: str, **accepts: Field) -> Callable[[Action], Action]:
    """Register the function that answers a method and path; all but DELETE accept `expand`."""

    def register(action: Action) -> Action:
        expandable = {"expand": EXPAND} if method != "DELETE" else {}
        entry = Endpoint(method, pattern, Record(**accepts, **expandable), action)
        same_length = ENDPOINTS.setdefault((method, pattern.count("/")), [])
        same_length.append(entry)
        same_length.sort(key=lambda known: known.pattern.count("{"))
        return action

    return register


def find_endpoint(method: str, path: str) -> tuple[Endpoint, dict[str, str]]:
    """The endpoint for a request and its path's named parts. Raises UnknownUrl."""
    parts = path.split("/")
    for entry in ENDPOINTS.get((method, len(parts) - 1), ()):
        found = entry.match(parts)
        if found is not None:
            return entry, found
    raise UnknownUrl(
        f"Unrecognized request URL ({method}: {path}). The stand-in does not have it, "
        "or Stripe does not either."
    )
