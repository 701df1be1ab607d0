"""Writes of charging sessions: what stations report, the gate to billing, remote commands."""

from sessions_app.services.authorization import (
    Authorization,
    AuthorizationStatus,
    authorize_session,
    authorize_token,
)
from sessions_app.services.completion import settle_next
from sessions_app.services.doubts import doubt_session, knows_bills
from sessions_app.services.evidence import close_by_evidence
from sessions_app.services.gate import (
    clear_session,
    correct_energy,
    hold_session,
    release_by_rule,
    release_session,
)
from sessions_app.services.group import plain_event, plain_readings, store_together
from sessions_app.services.matching import flag_all_superseded
from sessions_app.services.parking import drop_stray_readings
from sessions_app.services.readings import record_readings
from sessions_app.services.remote import request_start, request_stop
from sessions_app.services.sample_days import drop_empty_days, prepare_days
from sessions_app.services.sealing import seal_ended_sessions
from sessions_app.services.signed_values import verify_signed_values
from sessions_app.services.starts import Started, start_transaction
from sessions_app.services.stops import stop_transaction
from sessions_app.services.transaction_events import record_event

__all__ = [
    "Authorization",
    "AuthorizationStatus",
    "Started",
    "authorize_session",
    "authorize_token",
    "clear_session",
    "close_by_evidence",
    "correct_energy",
    "doubt_session",
    "drop_empty_days",
    "drop_stray_readings",
    "flag_all_superseded",
    "hold_session",
    "knows_bills",
    "plain_event",
    "plain_readings",
    "prepare_days",
    "record_event",
    "record_readings",
    "release_by_rule",
    "release_session",
    "request_start",
    "request_stop",
    "seal_ended_sessions",
    "settle_next",
    "start_transaction",
    "stop_transaction",
    "store_together",
    "verify_signed_values",
]
