"""Findings about signed meter values: a bill that the meter's own signature contradicts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from anomalies.types import Action, Finding, Relation, Severity
from sessions_app.models import ChargingSession
from sessions_app.services import verify_signed_values
from sessions_app.signed import SignedState, SignedVerdict
from sessions_app.types import Sample


def signed_findings(
    *, session: ChargingSession, samples: Sequence[Sample], now: datetime
) -> list[Finding]:
    """What speaks against the bill of a completed session in what its meter signed (M11)."""
    verdict = verify_signed_values(session=session, samples=samples)
    if verdict is None or not verdict.state.speaks_against:
        return []
    differs = verdict.state is SignedState.DIFFERS
    return [
        Finding(
            kind="M11",
            cause=verdict.state,
            signal="Energy.Active.Import.Register",
            unit="Wh" if differs else "",
            observed=session.energy_wh if differs else verdict.records,
            expected=_expected(verdict),
            relation=Relation.ABOUT,
            since_at=session.started_at or now,
            at=session.ended_at or now,
            severity=Severity.CRITICAL,
            action=Action.HOLD_BILLING,
            holds_billing=True,
        )
    ]


def _expected(verdict: SignedVerdict) -> int:
    """The energy the meter signed, or no bad record."""
    return verdict.signed_wh or 0
