"""Certificates that stations ask for: checked, signed or waiting, handed over, renewed."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from cryptography import x509
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop as noop

from chargepoints.authority import Unusable, common_name, pem_of, read_request, sign_request
from chargepoints.models import (
    CertificatePurpose,
    ChargePoint,
    Command,
    DoorRecord,
    SigningRequest,
    StationCertificate,
)
from chargepoints.services.authorities import authority_in_use, signer_of
from chargepoints.services.certificates import keep_certificate, revoke_certificate
from chargepoints.services.commands import PLATFORM, current_version, queue_command
from chargepoints.types import V16, V21
from tenants.models import Tenant
from tenants.scope import across_tenants, required_tenant_id, tenant_scope

State = SigningRequest.State
Purpose = CertificatePurpose
Kind = DoorRecord.Kind

CERTIFICATE_LIVES = timedelta(days=365)
RENEWED_BEFORE = timedelta(days=30)
ASKED_AGAIN_AFTER = timedelta(days=1)
HANDED_OVER_WITHIN_S = 86_400
MOST_A_DAY = 10

PURPOSE_OF = {
    "ChargingStationCertificate": Purpose.STATION,
    "V2GCertificate": Purpose.V2G,
    "V2G20Certificate": Purpose.V2G,
}
WORD_OF = {Purpose.STATION: "ChargingStationCertificate", Purpose.V2G: "V2GCertificate"}


def take_request(
    *,
    charge_point: ChargePoint,
    csr: str,
    purpose: CertificatePurpose,
    request_id: int | None,
    now: datetime,
) -> SigningRequest:
    """Check a station's request; signed at once if the operator has an authority, else it waits.

    OCPP 2.0.1 A02 and A03, 1.6 security whitepaper A02: the name is the station's own (its id or
    serial number), the key is strong and signs the request. The same request again hands over the
    same certificate again. Needs a transaction.
    """
    digest = hashlib.sha256(csr.strip().encode(errors="replace")).hexdigest()
    ChargePoint.objects.select_for_update(no_key=True).get(pk=charge_point.pk)
    known = charge_point.signing_requests.filter(digest=digest, purpose=purpose).first()
    if known is not None:
        return _repeat(known, now)
    asked = SigningRequest(
        charge_point=charge_point,
        purpose=purpose,
        csr=csr.replace("\x00", "")[:5_500],
        digest=digest,
        request_id=request_id,
        asked_at=now,
        state=State.WAITING,
    )
    try:
        request = _acceptable(charge_point, csr, now)
    except Unusable as problem:
        asked.state, asked.problem = State.REFUSED, str(problem)[:255]
        asked.save(force_insert=True)
        return asked
    asked.save(force_insert=True)
    _sign(asked, request, now)
    return asked


def upload_certificate(
    *, request: SigningRequest, pem: str, by: str, now: datetime
) -> SigningRequest:
    """Answer a waiting request with a certificate signed elsewhere; raises `ValidationError`."""
    first = pem.strip().partition("-----END CERTIFICATE-----")[0] + "-----END CERTIFICATE-----\n"
    try:
        certificate = x509.load_pem_x509_certificate(first.encode())
    except ValueError:
        raise ValidationError({"pem": _("Not a certificate in PEM form.")}) from None
    if request.state != State.WAITING:
        raise ValidationError(_("This request does not wait for a certificate."))
    if certificate.public_key() != read_request(request.csr).public_key():
        raise ValidationError({"pem": _("It is for another key than the station's request.")})
    if common_name(certificate.subject) not in _names(request.charge_point):
        text = _("It is issued to another name than the station's.")
        raise ValidationError({"pem": text})
    if not certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc:
        raise ValidationError({"pem": _("Not valid today.")})
    with transaction.atomic():
        _hand_over(request, certificate, pem.strip(), by, now)
    return request


def settle_request(command: Command, answer: dict[str, Any], now: datetime) -> None:
    """Note whether the station took its certificate; one it refused opens nothing."""
    request = SigningRequest.objects.select_for_update().filter(command=command).first()
    if request is None:
        return
    is_taken = answer.get("status") == "Accepted"
    request.state = State.INSTALLED if is_taken else State.REJECTED
    request.save(update_fields=("state",))
    if not is_taken and request.certificate is not None:
        revoke_certificate(certificate=request.certificate, by=PLATFORM, now=now)


def ask_for_request(
    *, charge_point: ChargePoint, purpose: CertificatePurpose, requested_by: str
) -> Command:
    """Have the station make a new key and ask for its certificate.

    Raises `CommandNotPossible` where its OCPP version has no such message.
    """
    is_16 = current_version(charge_point) == V16
    word = "SignChargePointCertificate" if is_16 else f"Sign{WORD_OF[purpose]}"
    return queue_command(
        charge_point=charge_point,
        action="ExtendedTriggerMessage" if is_16 else "TriggerMessage",
        payload={"requestedMessage": word},
        requested_by=requested_by,
        ttl_s=HANDED_OVER_WITHIN_S,
        may_wait=True,
    )


def install_root(
    *, charge_point: ChargePoint, purpose: CertificatePurpose, requested_by: str, now: datetime
) -> Command:
    """Send the operator's authority to the station as a root; raises `Unusable` without one."""
    authority = authority_in_use(now)
    if authority is None:
        raise Unusable(noop("there is no certificate authority in use"))
    kind = "CSMSRootCertificate" if purpose == Purpose.STATION else "V2GRootCertificate"
    if current_version(charge_point) == V16:
        kind = "CentralSystemRootCertificate"
    return queue_command(
        charge_point=charge_point,
        action="InstallCertificate",
        payload={"certificateType": kind, "certificate": authority.pem},
        requested_by=requested_by,
    )


def renew_certificates(*, now: datetime) -> int:
    """Ask stations whose newest certificate ends within 30 days for a new request.

    A sweep, returns how many; a station is asked once a day, and only when somebody can sign.
    """
    with across_tenants(reason="certificates that end soon"):
        due = list(
            StationCertificate.objects.filter(revoked_at=None, request__isnull=False)
            .values("tenant_id", "charge_point_id", "purpose")
            .annotate(until=Max("valid_to"))
            .filter(until__gt=now, until__lte=now + RENEWED_BEFORE)
            .order_by("tenant_id")
        )
    return sum(
        _renew(row["tenant_id"], row["charge_point_id"], Purpose(row["purpose"]), now)
        for row in due
    )


def _renew(
    tenant_id: UUID, charge_point_id: UUID, purpose: CertificatePurpose, now: datetime
) -> bool:
    with tenant_scope(tenant_id), transaction.atomic():
        station = ChargePoint.objects.select_for_update(no_key=True).get(pk=charge_point_id)
        asked = Command.objects.filter(
            charge_point=station,
            action__in=("TriggerMessage", "ExtendedTriggerMessage"),
            payload__requestedMessage__startswith="Sign",
            created_at__gt=now - ASKED_AGAIN_AFTER,
        )
        if not station.enabled or asked.exists() or authority_in_use(now) is None:
            return False
        ask_for_request(charge_point=station, purpose=purpose, requested_by=PLATFORM)
    return True


def _acceptable(
    charge_point: ChargePoint, csr: str, now: datetime
) -> x509.CertificateSigningRequest:
    request = read_request(csr)
    name = common_name(request.subject)
    if name not in _names(charge_point):
        raise Unusable(noop("its name is neither the station's id nor its serial number"))
    recent = charge_point.signing_requests.filter(asked_at__gt=now - timedelta(days=1))
    if recent.count() >= MOST_A_DAY:
        raise Unusable(noop("too many requests in one day"))
    return request


def _names(charge_point: ChargePoint) -> set[str]:
    return {charge_point.identity, charge_point.serial_number} - {""}


def _sign(asked: SigningRequest, csr: x509.CertificateSigningRequest, now: datetime) -> None:
    authority = authority_in_use(now)
    if authority is None:
        return
    certificate = sign_request(
        signer_of(authority),
        csr,
        (common_name(csr.subject), Tenant.objects.get(pk=required_tenant_id()).name),
        now=now,
        lives=CERTIFICATE_LIVES,
        is_server=asked.purpose == Purpose.V2G,
    )
    _hand_over(asked, certificate, pem_of(certificate), PLATFORM, now)


def _hand_over(
    asked: SigningRequest, certificate: x509.Certificate, chain: str, by: str, now: datetime
) -> None:
    """Pin the certificate to the station and owe it to it: it may connect with it at once."""
    asked.certificate = keep_certificate(
        asked.charge_point, certificate, Purpose(asked.purpose), Kind.CERTIFICATE_SIGNED, by, now
    )
    asked.state = State.SIGNED
    asked.command = _owe(asked, chain)
    asked.save(update_fields=("certificate", "state", "command"))


def _owe(asked: SigningRequest, chain: str) -> Command:
    version = current_version(asked.charge_point)
    payload: dict[str, Any] = {"certificateChain": chain}
    if version != V16:
        payload["certificateType"] = WORD_OF[Purpose(asked.purpose)]
    if version == V21 and asked.request_id is not None:
        payload["requestId"] = asked.request_id
    return queue_command(
        charge_point=asked.charge_point,
        action="CertificateSigned",
        payload=payload,
        requested_by=PLATFORM,
        ttl_s=HANDED_OVER_WITHIN_S,
        may_wait=True,
    )


def _repeat(known: SigningRequest, now: datetime) -> SigningRequest:
    """A station that did not get its certificate asks again: it gets the same one."""
    open_states = (Command.State.QUEUED, Command.State.SENT)
    certificate = known.certificate
    if known.state != State.SIGNED or certificate is None or certificate.valid_to <= now:
        return known
    if known.command is None or known.command.state not in open_states:
        known.command = _owe(known, certificate.pem)
        known.save(update_fields=("command",))
    return known
