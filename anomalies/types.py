"""What a detector says: the finding and its vocabulary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum


class Severity(IntEnum):
    """OCPP 2.0.1's scale (part 2, `EventData.severity` of monitors): 0 is the worst."""

    DANGER = 0
    HARDWARE = 1
    SYSTEM = 2
    CRITICAL = 3
    ERROR = 4
    ALERT = 5
    WARNING = 6
    NOTICE = 7
    INFORMATION = 8
    DEBUG = 9


class Action(StrEnum):
    """What to do first about a finding."""

    HOLD_BILLING = "hold_billing"
    REBUILD_ENERGY = "rebuild_energy"
    TAKE_OUT_OF_SERVICE = "take_out_of_service"
    WORK_ORDER = "work_order"
    INFORM_DRIVER = "inform_driver"
    RESET = "reset"
    PUSH_CONFIGURATION = "push_configuration"
    ASK_READINGS = "ask_readings"
    SET_CLOCK = "set_clock"
    STOP_TRANSACTION = "stop_transaction"
    UNLOCK = "unlock"
    TELL_GRID = "tell_grid"
    BLOCK_TAG = "block_tag"
    BILL_AGAIN = "bill_again"
    STOP_ROLLOUT = "stop_rollout"
    TEST_BACKEND = "test_backend"
    REVIEW = "review"


class Relation(StrEnum):
    """How the observed value should stand to the expected one."""

    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    ABOUT = "about"


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault seen by one detector.

    `kind` is the catalogue's id (E1, M2 ...) and `cause` a word for the variant of it. `signal`
    names the OCPP measurand or message; `observed` should have been `relation` `expected`, both
    in `unit`. `since_at` is the first evidence, `at` the moment of certainty. `params` fill the
    translated sentence for (kind, cause). `is_evidence`: worth keeping with the session, but no
    alarm by itself (catalogue E11, M10).
    """

    kind: str
    cause: str
    signal: str
    unit: str
    observed: int
    expected: int
    relation: Relation
    since_at: datetime
    at: datetime
    severity: Severity
    action: Action
    holds_billing: bool = False
    params: Mapping[str, int | str] = field(default_factory=dict)
    is_evidence: bool = False
