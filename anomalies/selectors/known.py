"""What is known of a session's station beforehand: settings asked for, profiles, thresholds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median_low
from typing import Any, Final
from uuid import UUID

from anomalies.detectors import (
    LimitChange,
    Profile,
    ThresholdOutOfBounds,
    Thresholds,
    ThresholdUnknown,
    load_thresholds,
    profile_from_json,
)
from anomalies.detectors.profiles import expected_current
from anomalies.levels import POOL_SESSIONS, Levels, heat_key, levels_of, model_key, token_key
from anomalies.limits import Order, Outlet, Placed, limit_changes, placed_profiles
from anomalies.models import LearntProfile, RuleSetting
from chargepoints.models import ChargingProfile, Command, Connector, DeviceVariable
from sessions_app.models import ChargingSession

KNOWN_VERSION: Final = 1
ORDERS: Final = ("SetChargingProfile", "ClearChargingProfile")
OURS: Final = "CSO"
# Profiles that stood when the session began may have been ordered so long before.
ORDERS_BEFORE: Final = timedelta(hours=6)
MEASURANDS: Final = frozenset({"MeterValuesSampledData", "TxUpdatedMeasurands"})
INTERVALS: Final = frozenset({"MeterValueSampleInterval", "TxUpdatedInterval"})
USUAL_INTERVAL_S: Final = 60
PLACES: Final = range(20)
LEAST_VALUES: Final = 8

Rules = dict[str, dict[str, int]]


@dataclass(frozen=True, slots=True)
class Known:
    """What stays the same while a session is read: read once, kept with its watermark.

    `expected` is the current (mA) per 5 % of charge that 98 % of such cars exceed, `heat` the usual
    millikelvin per 1000 A2, `rules` the thresholds that operators moved.
    """

    asked: frozenset[str] = frozenset()
    expected: Mapping[int, int] = field(default_factory=dict)
    heat: int | None = None
    rules: Rules = field(default_factory=dict)

    @property
    def thresholds(self) -> Thresholds:
        """The thresholds in force."""
        return thresholds_from(self.rules)


def read_known(session: ChargingSession) -> Known:
    """What is known of a session's connector and car; four queries."""
    asked, _interval = asked_readings(session.charge_point_id)
    rules = rules_of(session.charge_point.profile_id)
    if session.connector is None:
        return Known(asked=asked, rules=rules)
    expected, heat = _expectations(session)
    return Known(asked, expected, heat, rules)


def known_to_json(known: Known) -> dict[str, Any]:
    """As JSON values."""
    return {
        "version": KNOWN_VERSION,
        "asked": sorted(known.asked),
        "expected": {str(place): value for place, value in known.expected.items()},
        "heat": known.heat,
        "rules": known.rules,
    }


def known_from_json(data: object) -> Known | None:
    """What `known_to_json` wrote; None for anything else."""
    if not isinstance(data, dict) or data.get("version") != KNOWN_VERSION:
        return None
    return Known(
        frozenset(data["asked"]),
        {int(place): value for place, value in data["expected"].items()},
        data["heat"],
        data["rules"],
    )


def asked_readings(charge_point_id: UUID) -> tuple[frozenset[str], int]:
    """The measurands a station is set to send in a session, and every how many seconds."""
    rows = DeviceVariable.objects.filter(
        charge_point_id=charge_point_id, name__in=(*MEASURANDS, *INTERVALS)
    ).values_list("name", "value")
    asked, interval_s = frozenset[str](), USUAL_INTERVAL_S
    for name, value in rows:
        if name in MEASURANDS:
            asked |= {word.strip() for word in value.split(",") if word.strip()}
        elif value.isdecimal() and int(value):
            interval_s = int(value)
    return asked, interval_s


def rules_of(profile_id: UUID | None) -> Rules:
    """The thresholds that were moved for a charger model, those for every station behind them."""
    rules: Rules = {}
    rows = RuleSetting.objects.values_list("profile_id", "rule", "name", "value")
    for of_model in (None, profile_id):
        for profile, rule, name, value in rows:
            if profile == of_model:
                rules.setdefault(rule, {})[name] = value
    return rules


def thresholds_from(rules: Rules) -> Thresholds:
    """The thresholds; a setting that is out of bounds by now counts as not made."""
    try:
        return load_thresholds(rules)
    except (ThresholdOutOfBounds, ThresholdUnknown):
        return load_thresholds(_still_valid(rules))


def our_limits(session: ChargingSession, until: datetime) -> tuple[LimitChange, ...]:
    """What our profiles allowed at the session's outlet; two queries."""
    connector, from_at = session.connector, session.started_at
    if connector is None or from_at is None:
        return ()
    since = from_at - ORDERS_BEFORE
    orders = [
        Order(at, action, payload)
        for at, action, payload in Command.objects.filter(
            charge_point_id=session.charge_point_id,
            action__in=ORDERS,
            state=Command.State.ANSWERED,
            response__status="Accepted",
            answered_at__range=(since, until),
        )
        .order_by("answered_at", "id")
        .values_list("answered_at", "action", "payload")
        if at is not None
    ]
    profiles = placed_profiles(_standing(session.charge_point_id, since), orders)
    outlet = Outlet(connector.evse_id, session.transaction_ref, from_at, until)
    return limit_changes(profiles, outlet)


def levels_at(session: ChargingSession, connector: Connector) -> Levels:
    """Whose curves speak of a session: the car is known by the card of its driver."""
    station = session.charge_point
    return levels_of(
        connector=str(connector.pk),
        model=model_key(station.vendor, station.model),
        is_dc=connector.current_type == Connector.CurrentType.DC,
        rating_ma=connector.max_current_ma,
        vehicle="" if session.driver_id is None else token_key(session.token_uid),
    )


def profiles_at(levels: Levels) -> tuple[Profile, ...]:
    """The learnt curves from the special to the general; a pool speaks once it has seen many."""
    rows = {row.key: row for row in LearntProfile.objects.filter(key__in=levels.all)}
    chosen = [rows[key] for key in levels.own if key in rows]
    chosen += [
        rows[key] for key in levels.pooled if key in rows and rows[key].sessions >= POOL_SESSIONS
    ]
    return tuple(profile_from_json(row.curve) for row in chosen)


def _standing(charge_point_id: UUID, since: datetime) -> list[Placed]:
    rows = ChargingProfile.objects.filter(
        charge_point_id=charge_point_id, source=OURS, reported_at__lte=since
    )
    return [Placed(row.reported_at, row.evse_id, row.content) for row in rows]


def _expectations(session: ChargingSession) -> tuple[dict[int, int], int | None]:
    connector = session.connector
    if connector is None:
        return {}, None
    station = session.charge_point
    usual = LearntProfile.objects.filter(
        key=heat_key(model_key(station.vendor, station.model), connector.max_current_ma)
    ).first()
    heat = _usual_heat([] if usual is None else usual.heat)
    chain = profiles_at(levels_at(session, connector))
    return _low_currents(chain) if chain else {}, heat


def _low_currents(chain: Sequence[Profile]) -> dict[int, int]:
    expected = {}
    for place in PLACES:
        usual = expected_current(chain, place)
        if usual is not None and usual.values >= LEAST_VALUES:
            expected[place] = usual.low_ma
    return expected


def _usual_heat(values: Sequence[int]) -> int | None:
    return median_low(values) if len(values) >= LEAST_VALUES else None


def _still_valid(rules: Rules) -> Rules:
    valid: Rules = {}
    for rule, values in rules.items():
        for name, value in values.items():
            try:
                load_thresholds({rule: {name: value}})
            except (ThresholdOutOfBounds, ThresholdUnknown):
                continue
            valid.setdefault(rule, {})[name] = value
    return valid
