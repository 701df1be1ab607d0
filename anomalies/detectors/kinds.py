"""The catalogue as a table: every kind with its severity, first action, causes and basis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from anomalies.types import Action, Finding, Relation, Severity

_REGISTER = "Energy.Active.Import.Register"
_POWER = "Power.Active.Import"
_CURRENT = "Current.Import"


class CauseUnknown(ValueError):
    """A rule named a cause that its kind does not have."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One id of the catalogue; `where` says which part runs it, `basis` where the rule is from.

    `holds`: its findings hold billing. `is_evidence`: it never is an alarm by itself.
    """

    severity: Severity
    action: Action
    signal: str
    unit: str
    causes: tuple[str, ...]
    where: str
    basis: str
    holds: bool = False
    is_evidence: bool = False


S, A = Severity, Action
SESSION, CONNECTOR, STATION, DEADLINE = "session", "connector", "station", "deadline"
SITE, FLEET, MONEY = "site", "fleet", "money"

KINDS: Mapping[str, Kind] = {
    "E1": Kind(
        S.ERROR, A.WORK_ORDER, _POWER, "W", ("power_high", "power_low"), SESSION,
        "measured spread -5.5 to +0.6 %; 7 % in 4 samples above 1.5 kW", holds=True,
    ),
    "E2": Kind(
        S.WARNING, A.TELL_GRID, "Voltage", "mV", ("low", "high", "dip"), SESSION,
        "EN 50160: 10-minute mean within 10 % of nominal; 70 % of it at any time",
    ),
    "E3": Kind(
        S.SYSTEM, A.TAKE_OUT_OF_SERVICE, _CURRENT, "mA", ("over_limit",), SESSION,
        "IEC 61851 pilot: 3 % and 1 A above the rating or the offer, 2 samples",
    ),
    "E4": Kind(
        S.ERROR, A.PUSH_CONFIGURATION, _CURRENT, "mA", ("current", "power"), SESSION,
        "above our accepted profile 60 s after it took force; stations round by 1 A",
    ),
    "E5": Kind(
        S.NOTICE, A.PUSH_CONFIGURATION, "SetChargingProfile", "mA", ("limit_too_low",), SESSION,
        "IEC 61851 knows no limit between 0 and 6 A: the car pauses",
    ),
    "E6": Kind(
        S.CRITICAL, A.WORK_ORDER, _CURRENT, "mA", ("current", "voltage"), SESSION,
        "one conductor of the set of the first 3 minutes is dead, the others carry on",
    ),
    "E7": Kind(
        S.WARNING, A.WORK_ORDER, _CURRENT, "mA", ("current", "voltage"), SESSION,
        "healthy 4-6 % measured; 15 % and 2 A for 5 minutes; 2 % of voltage (EN 50160)",
    ),
    "E8": Kind(
        S.ALERT, A.RESET, _REGISTER, "Wh", ("no_energy",), SESSION,
        "under 100 Wh in the first 5 minutes of charging",
    ),
    "E9": Kind(
        S.ALERT, A.INFORM_DRIVER, _POWER, "W", ("no_power", "no_progress"), SESSION,
        "under 150 W and 1 A for 150 s while charging; DC no progress for 20 minutes",
    ),
    "E10": Kind(
        S.ERROR, A.WORK_ORDER, _CURRENT, "%", ("derated",), CONNECTOR,
        "CUSUM (k 0.5, h 5) of log current over expected, deviation at least 0.10, clipped at 2.9",
    ),
    "E11": Kind(
        S.NOTICE, A.REVIEW, _CURRENT, "mA", ("below_expected",), SESSION,
        "below 0.8 of the vehicle's 2 % quantile for 180 s", is_evidence=True,
    ),
    "E12": Kind(
        S.ALERT, A.WORK_ORDER, _CURRENT, "mA", ("hunting",), SESSION,
        "5 turns of more than 25 % in 12 samples",
    ),
    "E13": Kind(
        S.CRITICAL, A.WORK_ORDER, "Temperature", "°C", ("too_hot", "hotter_than_peers"), SESSION,
        "above the model's limit, or 15 K above its peers at the same current for 10 minutes",
    ),
    "E14": Kind(
        S.WARNING, A.REVIEW, "SoC", "%", ("jump", "drop"), SESSION,
        "6 points and 2.5 a minute, or 3 points back",
    ),
    "E15": Kind(
        S.HARDWARE, A.WORK_ORDER, "StatusNotification", "", (
            "ground_failure", "connector_lock", "contactor", "meter", "overheated", "overcurrent",
            "voltage", "reader", "internal", "vendor",
        ), STATION, "ChargeX / INL minimum required error codes",
    ),
    "M1": Kind(
        S.CRITICAL, A.HOLD_BILLING, _REGISTER, "Wh", ("lower", "stays_empty"), SESSION,
        "OCPP 2.0.1 J02.FR.16: registers never run back", holds=True,
    ),
    "M2": Kind(
        S.CRITICAL, A.HOLD_BILLING, _REGISTER, "Wh",
        ("jump", "begin_placeholder", "above_rated"), SESSION,
        "1.3 times the rated power and 200 Wh", holds=True,
    ),
    "M3": Kind(
        S.CRITICAL, A.HOLD_BILLING, _REGISTER, "Wh", ("stuck",), SESSION,
        "200 Wh flowed and the register stood", holds=True,
    ),
    "M4": Kind(
        S.ERROR, A.WORK_ORDER, _REGISTER, "Wh",
        ("register_slow", "register_fast", "session_slow", "session_fast"), SESSION,
        "outside 0.965 of the least and 1.035 of the most power over the time, and 40 Wh",
        holds=True,
    ),
    "M5": Kind(
        S.ALERT, A.WORK_ORDER, _REGISTER, "‰", ("drift_slow", "drift_fast"), CONNECTOR,
        "EWMA of register over power against the connector's own first 20 sessions",
    ),
    "M6": Kind(
        S.ERROR, A.REVIEW, "meterStart", "Wh", ("between_sessions",), CONNECTOR,
        "OCPP 2.0.1 J02.FR.17; 99 % of real gaps are under 42 Wh", holds=True,
    ),
    "M7": Kind(
        S.ERROR, A.REVIEW, "site meter", "Wh", ("site_above", "site_below"), SITE,
        "connectors against the site meter, 15 minutes, 5 %",
    ),
    "M8": Kind(
        S.ERROR, A.REBUILD_ENERGY, _REGISTER, "Wh", (
            "register", "register_large", "register_small", "ends", "power_large", "power_small",
        ), SESSION, "a factor of about 1000 between register, power and U x I", holds=True,
    ),
    "M9": Kind(
        S.CRITICAL, A.REBUILD_ENERGY, "meterStop", "Wh", (
            "begin_unknown", "stop_unknown", "stop_below_start", "stop_below_samples",
            "stop_far_above",
        ), SESSION, "public cases of -1, negative and impossible stops", holds=True,
    ),
    "M10": Kind(
        S.WARNING, A.REVIEW, "SoC", "Wh", ("battery_too_small", "battery_too_large"), SESSION,
        "energy over gained charge implies a battery outside 15-150 kWh (EPFL: 2.3 %)",
        is_evidence=True,
    ),
    "M11": Kind(
        S.CRITICAL, A.HOLD_BILLING, _REGISTER, "Wh", (
            "signature_wrong", "signed_unreadable", "signed_faulty", "signed_elsewhen",
            "signed_differs",
        ), MONEY, "a signed register (OCMF) is altered, doubted, foreign or not what is billed",
        holds=True,
    ),
    "S1": Kind(
        S.WARNING, A.ASK_READINGS, "MeterValues", "s", ("no_samples", "gap"), DEADLINE,
        "no sample for 5 intervals, at least 300 s, while charging",
    ),
    "S2": Kind(
        S.ALERT, A.SET_CLOCK, "timestamp", "s",
        ("ends_before_start", "clock_drift", "clock_unset"), STATION,
        "median of 5 live messages more than 60 s off; a year before 2020", holds=True,
    ),
    "S3": Kind(
        S.CRITICAL, A.RESET, "connection", "s", ("offline", "flapping", "site_offline"), DEADLINE,
        "nothing for 2 heartbeats; 5 reconnections an hour; a third of a site in 2 minutes",
    ),
    "S4": Kind(
        S.ERROR, A.STOP_TRANSACTION, "StopTransaction", "s",
        ("connector_free", "next_started", "silent"), DEADLINE,
        "connector available or next start while open; 6 hours without a sample", holds=True,
    ),
    "S5": Kind(
        S.NOTICE, A.INFORM_DRIVER, "duration", "s", ("too_long", "overstay"), DEADLINE,
        "above the connector's own 99 % or 24 h; idle for 30 minutes when full",
    ),
    "S6": Kind(
        S.ALERT, A.UNLOCK, "StatusNotification", "s",
        ("preparing", "finishing", "unavailable"), DEADLINE,
        "preparing 10 minutes, finishing 30 minutes, unavailable without a command",
    ),
    "S7": Kind(
        S.ALERT, A.TEST_BACKEND, "Authorize", "", ("many_tags", "one_tag"), STATION,
        "3 refusals in 5 minutes on one connector",
    ),
    "S8": Kind(
        S.CRITICAL, A.RESET, "sessions", "", ("in_a_row", "one_tag"), CONNECTOR,
        "sessions under 0.5 kWh in a row, by the connector's own rate (Beta-binomial)",
    ),
    "S9": Kind(
        S.ALERT, A.REVIEW, "sessions", "s", ("silent",), DEADLINE,
        "Lomax 99.9 % quantile of the connector's own last 60 gaps",
    ),
    "S10": Kind(
        S.ERROR, A.RESET, "transactionId", "",
        ("unknown_transaction", "charging_without", "before_boot"), STATION,
        "transaction id 0, -1 or unknown; charging without one; a start before boot", holds=True,
    ),
    "S11": Kind(
        S.WARNING, A.PUSH_CONFIGURATION, "MeterValues", "", ("missing",), SESSION,
        "the first 3 frames lack what was asked for",
    ),
    "S12": Kind(
        S.CRITICAL, A.STOP_ROLLOUT, "sessions", "‰", ("worse_after_update",), FLEET,
        "CUSUM of failures of a model and firmware against the rate before the update",
    ),
    "F1": Kind(
        S.ERROR, A.BLOCK_TAG, "idTag", "m", ("too_fast", "two_places"), MONEY,
        "above 150 km/h and 20 km between two starts, or at once more than 1 km apart",
        holds=True,
    ),
    "F2": Kind(
        S.WARNING, A.REVIEW, "idTag", "Wh", ("too_much", "new_region_at_night"), MONEY,
        "twice a plausible battery in a day, or the tag's own 99.5 %",
    ),
    "F3": Kind(
        S.ERROR, A.BILL_AGAIN, "invoice", "Wh", ("unbilled", "paid_for_nothing"), MONEY,
        "energy and no invoice 1 h (prepaid) or 24 h (invoice) after the stop",
    ),
    "F4": Kind(
        S.CRITICAL, A.HOLD_BILLING, "invoice", "minor", ("differs", "outside_band"), MONEY,
        "amount against a replay of the tariff; price per kWh against the tenant's band",
        holds=True,
    ),
    "F5": Kind(
        S.ERROR, A.WORK_ORDER, _REGISTER, "Wh", ("register_moves",), CONNECTOR,
        "more than 50 Wh without a transaction; for charging without one see S10",
    ),
    "F6": Kind(
        S.ALERT, A.REVIEW, "idTag", "",
        ("weak_token", "unknown_party", "burst", "second_connection"), STATION,
        "tokens that are a bare UID or MAC; remote starts of unknown parties; bursts of tags;"
        " a second connection with a live station's key",
    ),
}  # fmt: skip


def found(
    kind: str,
    cause: str,
    *,
    observed: int,
    expected: int,
    relation: Relation,
    since_at: datetime,
    at: datetime,
    severity: Severity | None = None,
    action: Action | None = None,
    holds: bool | None = None,
    signal: str = "",
    unit: str | None = None,
    **params: int | str,
) -> Finding:
    """A finding with what its kind says unless given here. Raises CauseUnknown."""
    row = KINDS[kind]
    if cause not in row.causes:
        raise CauseUnknown(f"{kind} {cause}")
    return Finding(
        kind=kind,
        cause=cause,
        signal=signal or row.signal,
        unit=row.unit if unit is None else unit,
        observed=observed,
        expected=expected,
        relation=relation,
        since_at=since_at,
        at=at,
        severity=row.severity if severity is None else severity,
        action=row.action if action is None else action,
        holds_billing=row.holds if holds is None else holds,
        params=params,
        is_evidence=row.is_evidence,
    )
