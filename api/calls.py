"""Any OCPP call to a station, by its name and content."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework import serializers as drf
from rest_framework.request import Request

from anomalies.selectors import would_disturb
from api.errors import Conflict
from api.serializers import CallSerializer
from chargepoints.call_shapes import example_call, fields_of
from chargepoints.catalogue import CommandSpec, command_spec, commands_of
from chargepoints.models import ChargePoint, Command
from chargepoints.services import (
    CommandNotPossible,
    KeyReused,
    call_station,
    wait_for_answer,
)
from chargepoints.types import V16
from tenants.access import Principal

LONGEST_KEY = 64


def call_forms(charge_point: ChargePoint) -> list[dict[str, Any]]:
    """Every call of the station's OCPP version as `CallFormSerializer` shows it."""
    version, now = charge_point.ocpp_version or V16, timezone.now()
    return [
        {
            "action": spec.action,
            "summary": str(spec.summary),
            "scope": spec.right.value,
            "fields": fields_of(version, spec.action),
            "example": example_call(version, spec.action, now),
        }
        for spec in commands_of(version)
    ]


def make_call(request: Request, charge_point: ChargePoint) -> Command:
    """Send what the request asks for and wait as long as it says; raises API errors."""
    wish = CallSerializer(data=request.data)
    wish.is_valid(raise_exception=True)
    asked = wish.validated_data
    principal = _allowed(request, _spec(charge_point, asked["action"]))
    _see_to_cars(charge_point, asked)
    try:
        command = call_station(
            charge_point=charge_point,
            action=asked["action"],
            payload=asked["payload"],
            requested_by=principal.label,
            ttl_s=asked["expires_in_s"],
            may_wait=asked["wait_for_station"],
            idempotency_key=_key(request),
        )
    except CommandNotPossible as problem:
        raise drf.ValidationError({"payload": str(problem)}) from problem
    except KeyReused as reuse:
        raise Conflict(_("This Idempotency-Key belongs to another call.")) from reuse
    return wait_for_answer(command, wait_s=asked["wait_s"])


def _see_to_cars(charge_point: ChargePoint, asked: dict[str, Any]) -> None:
    action, payload = asked["action"], asked["payload"]
    if asked["although_in_use"]:
        return
    if would_disturb(charge_point.id, action, payload, timezone.now()):
        text = _("Somebody charges at the station, and a restart would cut them off.")
        raise drf.ValidationError({"although_in_use": text})


def _spec(charge_point: ChargePoint, action: str) -> CommandSpec:
    spec = command_spec(charge_point.ocpp_version or V16, action)
    if spec is None:
        raise drf.ValidationError({"action": _("The station's OCPP version has no such call.")})
    return spec


def _allowed(request: Request, spec: CommandSpec) -> Principal:
    principal = request.user
    if not isinstance(principal, Principal) or not principal.may(spec.right):
        raise exceptions.PermissionDenied
    return principal


def _key(request: Request) -> str:
    key: str = request.headers.get("Idempotency-Key", "")
    if len(key) > LONGEST_KEY:
        text = _("The Idempotency-Key is longer than %d characters.") % LONGEST_KEY
        raise drf.ValidationError({"Idempotency-Key": text})
    return key
