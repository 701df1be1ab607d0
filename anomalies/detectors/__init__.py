"""Detectors: pure functions from what stations send to findings; nothing here knows Django.

All take the state before and give the state after with what was found; states are JSON of their
own (`..._to_json`, `..._from_json`), and a state of another version reads as a fresh one. What
runs where is in `kinds.KINDS` (`where`); an evidence finding (`is_evidence`) is no incident.

- session: `scan(state, samples, facts)` or `step` for one, then `finish(...)`; E and M kinds.
- connector: `connector_step(state, summary, profiles)` per finished session (E10 M5 M6 S8);
  `idle_register(state, at, wh)` per reading outside a transaction (F5). `profiles` are the curves
  of cars alike, from the special to the general; `learn_curve(profile, summary.curve)` after it.
- deadline: `overdue(facts, now)` and `next_deadline(facts, now)` for `SessionFacts` (S1 S4 S5),
  `ConnectorFacts` (S6 S9, with `silent_after_s(state)`) and `StationFacts` (S3).
- station: `station_step(state, event)` per `StationEvent` (S2 S3 S7 S10 E15 F6).
- site: `site_storm(lost_at, now)`, `group_supply(findings)`, `site_balance(...)` (S3 E2 M7).
- fleet: `cohort_step(state, station=, is_good=, at=)` from `start_cohort(good, bad)` (S12).
- money: `tag_step(state, use)` (F1 F2), `unbilled(bill, now)` (F3), `price_mismatch(bill, now)`.
"""

from anomalies.detectors.catalogue import CATALOGUE, load_thresholds
from anomalies.detectors.connector import (
    ConnectorState,
    connector_from_json,
    connector_step,
    connector_to_json,
    idle_register,
    silent_after_s,
)
from anomalies.detectors.deadlines import (
    ConnectorFacts,
    SessionFacts,
    StationFacts,
    Waiting,
    next_deadline,
    overdue,
)
from anomalies.detectors.facts import (
    Activity,
    CurrentType,
    Facts,
    LimitChange,
    StatusChange,
)
from anomalies.detectors.fleet import (
    CohortState,
    cohort_from_json,
    cohort_step,
    cohort_to_json,
    start_cohort,
)
from anomalies.detectors.kinds import KINDS
from anomalies.detectors.money import (
    Bill,
    TagState,
    TagUse,
    price_mismatch,
    tag_from_json,
    tag_step,
    tag_to_json,
    unbilled,
)
from anomalies.detectors.profiles import (
    Profile,
    learn_curve,
    profile_from_json,
    profile_to_json,
)
from anomalies.detectors.scan import finish, from_json, scan, scan_on, step, to_json
from anomalies.detectors.site import Storm, group_supply, site_balance, site_storm
from anomalies.detectors.state import State
from anomalies.detectors.station import (
    StationEvent,
    StationState,
    station_from_json,
    station_step,
    station_to_json,
)
from anomalies.detectors.summaries import CurvePoint, SessionSummary
from anomalies.detectors.thresholds import (
    ThresholdOutOfBounds,
    Thresholds,
    ThresholdUnknown,
)

__all__ = [
    "CATALOGUE",
    "KINDS",
    "Activity",
    "Bill",
    "CohortState",
    "ConnectorFacts",
    "ConnectorState",
    "CurrentType",
    "CurvePoint",
    "Facts",
    "LimitChange",
    "Profile",
    "SessionFacts",
    "SessionSummary",
    "State",
    "StationEvent",
    "StationFacts",
    "StationState",
    "StatusChange",
    "Storm",
    "TagState",
    "TagUse",
    "ThresholdOutOfBounds",
    "ThresholdUnknown",
    "Thresholds",
    "Waiting",
    "cohort_from_json",
    "cohort_step",
    "cohort_to_json",
    "connector_from_json",
    "connector_step",
    "connector_to_json",
    "finish",
    "from_json",
    "group_supply",
    "idle_register",
    "learn_curve",
    "load_thresholds",
    "next_deadline",
    "overdue",
    "price_mismatch",
    "profile_from_json",
    "profile_to_json",
    "scan",
    "scan_on",
    "silent_after_s",
    "site_balance",
    "site_storm",
    "start_cohort",
    "station_from_json",
    "station_step",
    "station_to_json",
    "step",
    "tag_from_json",
    "tag_step",
    "tag_to_json",
    "to_json",
    "unbilled",
]
