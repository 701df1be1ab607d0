"""Registering charge points, their keys, and taking one out of use."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from chargepoints.keys import KEY_RULE, generate_key, is_usable_key, key_mac
from chargepoints.models import ChargePoint, DoorRecord, Site
from chargepoints.node import notify
from chargepoints.services.rotation import abandon_rotation


def register_charge_point(*, site: Site, identity: str, key: str = "") -> tuple[ChargePoint, str]:
    """A new charge point of the tenant in scope, and its key, which is shown this once.

    A station that comes from elsewhere may keep its `key`. Raises `ValidationError` for a key or an
    identity that OCPP or we cannot use, and for an identity in use already.
    """
    if key and not is_usable_key(key):
        raise ValidationError({"key": KEY_RULE})
    charge_point = ChargePoint(site=site, identity=identity)
    charge_point.full_clean(exclude=("tenant",))
    key = key or generate_key()
    charge_point.key_mac = key_mac(charge_point.id, key)
    charge_point.key_set_at = timezone.now()
    charge_point.validate_constraints()
    charge_point.save(force_insert=True)
    return charge_point, key


def rotate_key(*, charge_point: ChargePoint, set_by: str = "") -> str:
    """A new key, shown this once; the old one ends at once, and the socket it opened too."""
    key, now = generate_key(), timezone.now()
    with transaction.atomic():
        abandon_rotation(charge_point, now, reason="a key was set by hand")
        ChargePoint.objects.filter(pk=charge_point.pk).update(
            key_mac=key_mac(charge_point.pk, key), key_set_at=now
        )
        DoorRecord.objects.create(
            charge_point=charge_point,
            kind=DoorRecord.Kind.KEY_CHANGED,
            at=now,
            by=set_by,
            reason="set by hand",
        )
        close_socket(charge_point=charge_point)
    return key


def disable_charge_point(*, charge_point: ChargePoint) -> None:
    """Take a charge point out of use: its socket is closed and it may not sign in again."""
    with transaction.atomic():
        ChargePoint.objects.filter(pk=charge_point.pk).update(enabled=False)
        close_socket(charge_point=charge_point)


def close_socket(*, charge_point: ChargePoint) -> None:
    """End the charge point's live socket, in whichever process it is, when this commits."""
    with transaction.atomic():
        row = ChargePoint.objects.select_for_update(no_key=True).get(pk=charge_point.pk)
        channel, epoch = row.socket_channel, row.socket_epoch + 1
        ChargePoint.objects.filter(pk=row.pk).update(
            socket_epoch=F("socket_epoch") + 1,
            socket_channel="",
            disconnected_at=timezone.now(),
        )
        if channel:
            message = {"type": "evict", "charge_point": str(row.pk), "epoch": epoch}
            transaction.on_commit(lambda: notify(channel, message))
