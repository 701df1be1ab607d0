"""Certificates that stations ask for: whose, how strong, signed by whom, handed over, renewed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from django.core.exceptions import ValidationError

from chargepoints.authority import Unusable, key_text, new_authority, pem_of
from chargepoints.models import (
    CertificateAuthority,
    ChargePoint,
    Command,
    DoorRecord,
    SigningRequest,
    StationCertificate,
)
from chargepoints.services import (
    bring_authority,
    create_authority,
    install_root,
    renew_certificates,
    retire_authority,
    revoke_certificate,
    upload_certificate,
)
from chargepoints.services.sockets import SignedIn, TooWeak, sign_in
from chargepoints.types import Visit
from tenants.scope import tenant_scope
from tests.cast import a_tenant
from tests.chargepoints.lines import NOW, Line

BOTH = pytest.mark.parametrize("version", ["1.6", "2.0.1"])
DAY = timedelta(days=1)
P256 = ec.generate_private_key(ec.SECP256R1())


@pytest.fixture(autouse=True)
def volt(db: None) -> Iterator[None]:
    with tenant_scope(a_tenant().id):
        yield


def csr(name: str = "CP-1", key: Any = P256) -> str:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, SHA256())
    return made.public_bytes(Encoding.PEM).decode()


def asks(line: Line, text: str, kind: str = "") -> str:
    payload = {"csr": text} | ({"certificateType": kind} if kind else {})
    status: str = line.says("SignCertificate", payload)["status"]
    return status


def signed() -> x509.Certificate:
    return x509.load_pem_x509_certificate(StationCertificate.objects.get().pem.encode())


@BOTH
def test_an_authority_signs_what_a_station_asks_for(version: str) -> None:
    create_authority(name="Volt stations", now=NOW)
    line = Line(version)
    assert asks(line, csr()) == "Accepted"
    made, kept = signed(), StationCertificate.objects.get()
    root = x509.load_pem_x509_certificate(CertificateAuthority.objects.get().pem.encode())
    made.verify_directly_issued_by(root)
    assert made.public_key() == P256.public_key()
    assert kept.common_name == "CP-1"
    assert kept.valid_to == NOW + 365 * DAY
    uses = made.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(uses) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    sent = Command.objects.get()
    assert (sent.action, sent.payload["certificateChain"]) == ("CertificateSigned", kept.pem)
    line.answers(sent, status="Accepted")
    assert SigningRequest.objects.get().state == "installed"
    assert DoorRecord.objects.get().kind == "certificate_signed"


def test_the_signed_certificate_opens_the_door_of_profile_3() -> None:
    create_authority(name="Volt", now=NOW)
    line = Line("2.0.1")
    asks(line, csr())
    ChargePoint.objects.update(security_profile=3)
    visit = Visit("10.0.0.9", 3, StationCertificate.objects.get().fingerprint)
    assert isinstance(sign_in("volt", "CP-1", "", visit, NOW), SignedIn)
    revoke_certificate(certificate=StationCertificate.objects.get(), by="anna", now=NOW)
    assert sign_in("volt", "CP-1", "", visit, NOW) is None


def test_a_certificate_for_cars_opens_no_door() -> None:
    create_authority(name="Volt", now=NOW)
    asks(Line("2.0.1"), csr(), "V2GCertificate")
    kept = StationCertificate.objects.get()
    assert Command.objects.get().payload["certificateType"] == "V2GCertificate"
    outcome = sign_in("volt", "CP-1", "", Visit("10.0.0.9", 3, kept.fingerprint), NOW)
    assert not isinstance(outcome, SignedIn | TooWeak)


@BOTH
@pytest.mark.parametrize(
    ("text", "why"),
    [
        (csr("CP-2"), "its name is neither"),
        (csr(key=ec.generate_private_key(ec.SECP192R1())), "its key is too short"),
        ("no request at all\x00", "not a certificate request"),
        (csr().replace("M", "N", 3), "not a certificate request"),
    ],
)
def test_a_request_that_is_not_the_stations_own_or_weak_is_refused(
    version: str, text: str, why: str
) -> None:
    create_authority(name="Volt", now=NOW)
    assert asks(Line(version), text) == "Rejected"
    kept = SigningRequest.objects.get()
    assert (kept.state, why in kept.problem) == ("refused", True)
    assert not StationCertificate.objects.exists()


def test_a_request_that_somebody_else_signed_is_refused() -> None:
    der = x509.load_pem_x509_csr(csr().encode()).public_bytes(Encoding.DER)
    forged = der[:-1] + bytes([der[-1] ^ 1])
    pem = x509.load_der_x509_csr(forged).public_bytes(Encoding.PEM).decode()
    create_authority(name="Volt", now=NOW)
    assert asks(Line("2.0.1"), pem) == "Rejected"


def test_the_same_request_again_brings_the_same_certificate() -> None:
    create_authority(name="Volt", now=NOW)
    line = Line("2.0.1")
    asks(line, csr())
    asks(line, csr_of_first())
    assert Command.objects.count() == 1, "it is on its way already"
    Command.objects.update(state="timed_out")
    assert asks(line, csr_of_first()) == "Accepted"
    assert len({command.payload["certificateChain"] for command in Command.objects.all()}) == 1
    assert (StationCertificate.objects.count(), Command.objects.count()) == (1, 2)


def csr_of_first() -> str:
    return SigningRequest.objects.get().csr


def test_a_station_cannot_ask_without_end() -> None:
    line = Line("2.0.1")
    answers = [asks(line, csr()) for _ in range(11)]
    assert answers == ["Accepted"] * 10 + ["Rejected"]


def test_a_certificate_the_station_refuses_is_revoked() -> None:
    create_authority(name="Volt", now=NOW)
    line = Line("1.6")
    asks(line, csr())
    line.answers(Command.objects.get(), status="Rejected")
    assert SigningRequest.objects.get().state == "rejected"
    assert StationCertificate.objects.get().revoked_at == NOW


def test_without_an_authority_a_request_waits_for_an_upload() -> None:
    line = Line("2.0.1")
    assert asks(line, csr()) == "Accepted"
    waiting = SigningRequest.objects.get()
    assert (waiting.state, Command.objects.count()) == ("waiting", 0)
    other = new_authority("Elsewhere", "", NOW, 10 * DAY)
    foreign = x509.load_pem_x509_csr(csr(key=rsa.generate_private_key(65537, 2048)).encode())
    for request, fits in ((foreign, False), (x509.load_pem_x509_csr(waiting.csr.encode()), True)):
        pem = pem_of(_sign(other, request))
        if fits:
            upload_certificate(request=waiting, pem=pem, by="anna", now=NOW)
        else:
            with pytest.raises(ValidationError):
                upload_certificate(request=waiting, pem=pem, by="anna", now=NOW)
    assert SigningRequest.objects.get().state == "signed"
    assert Command.objects.get().payload["certificateChain"] == pem


def _sign(signer: Any, request: x509.CertificateSigningRequest) -> x509.Certificate:
    from_request = x509.CertificateBuilder().subject_name(request.subject)
    return (
        from_request.issuer_name(signer.certificate.subject)
        .public_key(request.public_key())  # type: ignore[arg-type]
        .serial_number(7)
        .not_valid_before(NOW - DAY)
        .not_valid_after(NOW + DAY)
        .sign(signer.key, SHA256())
    )


def test_an_authority_from_elsewhere_signs_and_its_key_is_sealed() -> None:
    own = new_authority("Ours", "Volt AB", NOW, 30 * DAY)
    made = bring_authority(name="Ours", pem=pem_of(own.certificate), key_pem=key_text(own), now=NOW)
    assert "PRIVATE" not in made.sealed_key
    asks(Line("1.6"), csr())
    assert StationCertificate.objects.get().valid_to == NOW + 30 * DAY, "not longer than its own"
    other = new_authority("Another", "", NOW, DAY)
    with pytest.raises(Unusable):
        bring_authority(name="x", pem=pem_of(own.certificate), key_pem=key_text(other), now=NOW)


def test_a_retired_authority_signs_no_more_and_has_no_key() -> None:
    authority = create_authority(name="Volt", now=NOW)
    retire_authority(authority=authority, now=NOW)
    asks(Line("1.6"), csr())
    assert SigningRequest.objects.get().state == "waiting"
    assert CertificateAuthority.objects.get().sealed_key == ""


@BOTH
def test_a_certificate_is_renewed_before_it_ends(version: str) -> None:
    create_authority(name="Volt", now=NOW)
    line = Line(version)
    asks(line, csr())
    line.answers(Command.objects.get(), status="Accepted")
    assert renew_certificates(now=NOW + 334 * DAY) == 0
    with time_machine.travel(NOW + 336 * DAY, tick=False):
        assert renew_certificates(now=NOW + 336 * DAY) == 1
    assert renew_certificates(now=NOW + 336 * DAY) == 0, "once a day"
    asked = Command.objects.order_by("id").last()
    assert asked is not None
    assert asked.payload["requestedMessage"] in (
        *("SignChargePointCertificate", "SignChargingStationCertificate"),
    )


@BOTH
def test_the_root_is_sent_to_a_station(version: str) -> None:
    line = Line(version)
    asked: dict[str, Any] = {"charge_point": line.charge_point, "purpose": "station"}
    with pytest.raises(Unusable):
        install_root(**asked, requested_by="anna", now=NOW)
    authority = create_authority(name="Volt", now=NOW)
    sent = install_root(**asked, requested_by="anna", now=NOW)
    assert sent.payload["certificate"] == authority.pem
    kind = "CentralSystemRootCertificate" if version == "1.6" else "CSMSRootCertificate"
    assert sent.payload["certificateType"] == kind
