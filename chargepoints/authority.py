"""X.509 without the database: an authority's certificate, what a request asks for, the signing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from django.utils.translation import gettext_noop as noop

LEAST_RSA_BITS, LEAST_CURVE_BITS = 2048, 224
# A station whose clock is a little behind must not find its new certificate not valid yet.
BACKDATED = timedelta(hours=1)

SigningKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


class Unusable(ValueError):
    """A certificate, key or request that cannot be used; the text says why, for people."""


@dataclass(frozen=True, slots=True)
class Signer:
    """An authority with its key."""

    certificate: x509.Certificate
    key: SigningKey


def new_authority(name: str, organisation: str, now: datetime, lives: timedelta) -> Signer:
    """A self-signed root with a key on P-256."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _name(name, organisation)
    made = (
        _certificate(subject, subject, key.public_key(), now - BACKDATED, now + lives)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .sign(key, SHA256())
    )
    return Signer(made, key)


def read_signer(pem: str, key_pem: str, now: datetime) -> Signer:
    """An authority made elsewhere; raises `Unusable`."""
    try:
        certificate = x509.load_pem_x509_certificate(pem.strip().encode())
        key = load_pem_private_key(key_pem.strip().encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise Unusable(
            noop("the certificate or its key cannot be read; PEM without a password")
        ) from None
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise Unusable(noop("the key must be RSA or on an elliptic curve"))
    if certificate.public_key() != key.public_key():
        raise Unusable(noop("the key is not the certificate's"))
    if not is_strong(key.public_key()):
        raise Unusable(noop("the key is too short"))
    try:
        limits = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound:
        raise Unusable(noop("the certificate may not sign others")) from None
    if not limits.ca:
        raise Unusable(noop("the certificate may not sign others"))
    if not certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc:
        raise Unusable(noop("the certificate is not valid today"))
    return Signer(certificate, key)


def read_request(text: str) -> x509.CertificateSigningRequest:
    """A station's request, whose signature proves that it has the key; raises `Unusable`."""
    try:
        csr = x509.load_pem_x509_csr(text.strip().encode())
        is_signed = csr.is_signature_valid
        digest, key = csr.signature_hash_algorithm, csr.public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise Unusable(noop("not a certificate request in PEM form")) from None
    if not is_signed:
        raise Unusable(noop("its signature is not its key's"))
    if not is_strong(key):
        raise Unusable(noop("its key is too short: RSA needs 2048 bits, an elliptic curve 224"))
    if isinstance(digest, SHA1) or digest is None:
        raise Unusable(noop("it is signed with a hash that is broken"))
    return csr


def sign_request(
    signer: Signer,
    csr: x509.CertificateSigningRequest,
    subject: tuple[str, str],
    *,
    now: datetime,
    lives: timedelta,
    is_server: bool,
) -> x509.Certificate:
    """A certificate for the request's key, never longer valid than the authority's own.

    Of the request only the key counts: name and uses are ours. `subject` is (name, organisation).
    """
    until = min(now + lives, signer.certificate.not_valid_after_utc)
    uses = [ExtendedKeyUsageOID.CLIENT_AUTH]
    if is_server:
        uses.append(ExtendedKeyUsageOID.SERVER_AUTH)
    key = csr.public_key()
    issuer = signer.certificate.subject
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.key.public_key())
    return (
        _certificate(_name(*subject), issuer, key, now - BACKDATED, until)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage(uses), critical=False)
        .add_extension(authority, critical=False)
        .sign(signer.key, SHA256())
    )


def is_strong(key: object) -> bool:
    """Whether a public key is long enough (OCPP 2.0.1 A00.FR.502 and .503)."""
    if isinstance(key, rsa.RSAPublicKey):
        return key.key_size >= LEAST_RSA_BITS
    return isinstance(key, ec.EllipticCurvePublicKey) and key.key_size >= LEAST_CURVE_BITS


def common_name(subject: x509.Name) -> str:
    """The one common name of a subject; empty when there is none or more than one."""
    names = subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if len(names) == 1 else ""


def pem_of(certificate: x509.Certificate) -> str:
    """A certificate as text."""
    return certificate.public_bytes(Encoding.PEM).decode().strip()


def key_text(signer: Signer) -> str:
    """The private key as text, to be sealed."""
    form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return signer.key.private_bytes(*form).decode()


def _name(name: str, organisation: str) -> x509.Name:
    # X.520 ends names at 64 characters.
    parts = [x509.NameAttribute(NameOID.COMMON_NAME, name[:64])]
    if organisation:
        parts.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation[:64]))
    return x509.Name(parts)


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: object,
    valid_from: datetime,
    valid_to: datetime,
) -> x509.CertificateBuilder:
    if not isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey):
        raise Unusable(noop("the key must be RSA or on an elliptic curve"))
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(valid_from)
        .not_valid_after(valid_to)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=not signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )
