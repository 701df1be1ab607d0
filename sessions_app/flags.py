"""What may be odd about a session as a whole."""

from __future__ import annotations

from enum import StrEnum


class SessionFlag(StrEnum):
    """Notes on a session, beside the samples' own (`types.SampleFlag`) and the energy's."""

    CLOSED_BY_EVIDENCE = "closed_by_evidence"
    CONFLICTING_START = "conflicting_start"
    CONFLICTING_STOP = "conflicting_stop"
    ENDS_BEFORE_START = "ends_before_start"
    ENERGY_REBUILT = "energy_rebuilt"
    LATE_SAMPLES = "late_samples"
    LATE_START = "late_start"
    LATE_STOP = "late_stop"
    MATCHED_BY_EVIDENCE = "matched_by_evidence"
    SEQUENCE_GAP = "sequence_gap"
    SIGNED_INCOMPLETE = "signed_incomplete"
    SIGNED_OTHER_FORMAT = "signed_other_format"
    SIGNED_VERIFIED = "signed_verified"
    SIGNED_WRONG = "signed_wrong"
    START_MISSING = "start_missing"
    SUPERSEDED = "superseded"
    TOKEN_FROM_STOP = "token_from_stop"  # noqa: S105 - a flag's name
    VALUES_REJECTED = "values_rejected"
