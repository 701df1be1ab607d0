"""The commissioning window and the security profile: what people change about a station's door."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from chargepoints.models import ChargePoint, DoorRecord, KeyRotation
from chargepoints.services.registration import close_socket
from tenants.scope import across_tenants, tenant_scope

LONGEST_WINDOW_MIN = 240
Kind = DoorRecord.Kind


def open_window(
    *, charge_point: ChargePoint, minutes: int, reason: str, by: str, now: datetime
) -> datetime:
    """Let the station in without a key for so many minutes; returns when that ends.

    The only way past the key there is. Raises `ValidationError` for a time outside of 1 to
    `LONGEST_WINDOW_MIN` minutes or no reason.
    """
    if not 1 <= minutes <= LONGEST_WINDOW_MIN:
        text = _("From 1 to %(most)s minutes.") % {"most": LONGEST_WINDOW_MIN}
        raise ValidationError({"minutes": text})
    if not reason.strip():
        raise ValidationError({"reason": _("Say why; it is kept in the door book.")})
    until = now + timedelta(minutes=minutes)
    with transaction.atomic():
        ChargePoint.objects.filter(pk=charge_point.pk).update(
            window_until=until, window_reason=reason.strip()[:255]
        )
        _note(charge_point, Kind.WINDOW_OPENED, now, by=by, reason=reason.strip())
    return until


def close_window(*, charge_point: ChargePoint, by: str, reason: str, now: datetime) -> bool:
    """End the window and any connection that came in through it; False when none was open."""
    with transaction.atomic():
        row = ChargePoint.objects.select_for_update(no_key=True).get(pk=charge_point.pk)
        if row.window_until is None:
            return False
        ChargePoint.objects.filter(pk=row.pk).update(window_until=None, window_reason="")
        _note(row, Kind.WINDOW_CLOSED, now, by=by, reason=reason)
        if row.socket_way == ChargePoint.Way.WINDOW and row.socket_channel:
            close_socket(charge_point=row)
    return True


def close_due_windows(*, now: datetime) -> int:
    """Close windows whose time is over or whose station has taken its key; returns how many.

    A sweep. Nobody is let in after the time whether it runs or not.
    """
    with across_tenants(reason="commissioning windows past their time"):
        open_ones = ChargePoint.objects.exclude(window_until=None)
        over = set(open_ones.filter(window_until__lte=now).values_list("tenant_id", "id"))
        has_key = open_ones.filter(
            socket_way=ChargePoint.Way.WINDOW,
            key_rotations__state=KeyRotation.State.ACCEPTED,
        )
        served = set(has_key.values_list("tenant_id", "id")) - over
    for due, reason in ((over, "its time is over"), (served, "the station has taken its key")):
        for tenant_id, charge_point_id in due:
            with tenant_scope(tenant_id):
                charge_point = ChargePoint.objects.get(pk=charge_point_id)
                close_window(charge_point=charge_point, by="", reason=reason, now=now)
    return len(over) + len(served)


def change_profile(*, charge_point: ChargePoint, profile: int, by: str, now: datetime) -> bool:
    """Demand another security profile from the next connection on; False when it is the same.

    OCPP 2.0.1 A05: never down by itself. Raises `ValidationError` for a lower one outside of a
    commissioning window, and for profile 3 without a certificate that is valid now.
    """
    with transaction.atomic():
        row = ChargePoint.objects.select_for_update(no_key=True).get(pk=charge_point.pk)
        if profile == row.security_profile:
            return False
        if profile < row.security_profile and not row.is_open_to_anybody(now):
            text = _("Lower only while the commissioning window is open.")
            raise ValidationError({"security_profile": text})
        certificates = row.certificates.filter(revoked_at=None, valid_to__gt=now)
        if profile == ChargePoint.SecurityProfile.TLS_CERTIFICATE and not certificates.exists():
            text = _("Profile 3 needs a certificate: add one first.")
            raise ValidationError({"security_profile": text})
        ChargePoint.objects.filter(pk=row.pk).update(security_profile=profile)
        change = f"{row.security_profile} → {profile}"
        _note(row, Kind.PROFILE_CHANGED, now, by=by, reason=change)
        if row.socket_channel and (row.socket_level or 0) < profile:
            close_socket(charge_point=row)
    return True


def _note(charge_point: ChargePoint, kind: DoorRecord.Kind, now: datetime, **more: str) -> None:
    more["reason"] = more["reason"][:255]
    DoorRecord.objects.create(charge_point=charge_point, kind=kind, at=now, **more)
