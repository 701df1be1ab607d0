"""Client certificates that open stations' doors: added after a look at what they say, revoked."""

from __future__ import annotations

from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from chargepoints.authority import common_name, is_strong, pem_of
from chargepoints.models import (
    CertificatePurpose,
    ChargePoint,
    DoorRecord,
    StationCertificate,
)
from chargepoints.services.registration import close_socket

Purpose = CertificatePurpose


def add_certificate(
    *, charge_point: ChargePoint, pem: str, by: str, now: datetime
) -> StationCertificate:
    """Let the holder of this certificate's key in as the station, from now to its end.

    OCPP 2.0.1 A00.FR.511: its common name is the station's serial number, or here its id. Raises
    `ValidationError` for text that is no certificate, another's name, a weak key, or one out of
    date or known already.
    """
    try:
        certificate = x509.load_pem_x509_certificate(pem.strip().encode())
    except ValueError:
        raise ValidationError({"pem": _("Not a certificate in PEM form.")}) from None
    name = common_name(certificate.subject)
    if name not in {charge_point.identity, charge_point.serial_number} - {""}:
        text = _("Issued to %(name)s, which is neither the station's id nor its serial number.")
        raise ValidationError({"pem": text % {"name": name or "-"}})
    if not is_strong(certificate.public_key()):
        text = _("Its key is too short: RSA needs 2048 bits, an elliptic curve 224.")
        raise ValidationError({"pem": text})
    if not certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc:
        raise ValidationError({"pem": _("Not valid today.")})
    return keep_certificate(
        charge_point, certificate, Purpose.STATION, DoorRecord.Kind.CERTIFICATE_ADDED, by, now
    )


def keep_certificate(
    charge_point: ChargePoint,
    certificate: x509.Certificate,
    purpose: CertificatePurpose,
    kind: DoorRecord.Kind,
    by: str,
    now: datetime,
) -> StationCertificate:
    """Keep a certificate as the station's and write it into the door book.

    From the commit on one for the platform opens the door. Raises `ValidationError` for one that
    is known.
    """
    made = StationCertificate(
        charge_point=charge_point,
        purpose=purpose,
        fingerprint=certificate.fingerprint(SHA256()).hex(),
        common_name=common_name(certificate.subject),
        issuer=certificate.issuer.rfc4514_string()[:255],
        pem=pem_of(certificate),
        valid_from=certificate.not_valid_before_utc,
        valid_to=certificate.not_valid_after_utc,
    )
    known = charge_point.certificates.filter(fingerprint=made.fingerprint)
    if known.exists():
        raise ValidationError({"pem": _("This certificate is known already.")})
    with transaction.atomic():
        made.save(force_insert=True)
        _note(made, kind, by, now)
    return made


def revoke_certificate(*, certificate: StationCertificate, by: str, now: datetime) -> bool:
    """Let nobody in with it from now on; False when it was revoked before.

    A station that came in with a certificate has to come in again.
    """
    with transaction.atomic():
        row = StationCertificate.objects.filter(pk=certificate.pk, revoked_at=None)
        if not row.update(revoked_at=now):
            return False
        _note(certificate, DoorRecord.Kind.CERTIFICATE_REVOKED, by, now)
        station = ChargePoint.objects.get(pk=certificate.charge_point_id)
        if station.socket_channel and station.socket_way == ChargePoint.Way.CERTIFICATE:
            close_socket(charge_point=station)
    return True


def _note(certificate: StationCertificate, kind: DoorRecord.Kind, by: str, now: datetime) -> None:
    DoorRecord.objects.create(
        charge_point_id=certificate.charge_point_id,
        kind=kind,
        at=now,
        by=by,
        reason=certificate.fingerprint,
    )
