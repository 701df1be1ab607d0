"""An operator's certificate authority: made, brought along, retired."""

from __future__ import annotations

from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.db import transaction

from chargepoints.authority import (
    Signer,
    SigningKey,
    Unusable,
    key_text,
    new_authority,
    pem_of,
    read_signer,
)
from chargepoints.models import CertificateAuthority
from tenants.models import Tenant
from tenants.scope import required_tenant_id
from tenants.sealing import seal, unseal

AUTHORITY_LIVES = timedelta(days=3_650)


def create_authority(*, name: str, now: datetime) -> CertificateAuthority:
    """A new authority of the tenant in scope, with a key nobody sees; takes the place of the old.

    Certificates signed by an earlier one stay valid: the door knows each by its fingerprint.
    """
    organisation = Tenant.objects.get(pk=required_tenant_id()).name
    return _keep(name, new_authority(name, organisation, now, AUTHORITY_LIVES), now)


def bring_authority(*, name: str, pem: str, key_pem: str, now: datetime) -> CertificateAuthority:
    """Sign with an authority made elsewhere from now on; raises `Unusable`."""
    return _keep(name, read_signer(pem, key_pem, now), now)


def retire_authority(*, authority: CertificateAuthority, now: datetime) -> bool:
    """Sign no more with it, and forget its key; False when it was retired before."""
    rows = CertificateAuthority.objects.filter(pk=authority.pk, retired_at=None)
    return bool(rows.update(retired_at=now, sealed_key=""))


def authority_in_use(now: datetime) -> CertificateAuthority | None:
    """The one that signs for the tenant in scope, if there is one and it is valid."""
    return CertificateAuthority.objects.filter(
        retired_at=None, valid_from__lte=now, valid_to__gt=now
    ).first()


def signer_of(authority: CertificateAuthority) -> Signer:
    """The authority with its key, opened."""
    key = load_pem_private_key(unseal(authority.sealed_key).encode(), password=None)
    if not isinstance(key, SigningKey):
        raise Unusable("the authority's key is of no kind that signs")
    return Signer(x509.load_pem_x509_certificate(authority.pem.encode()), key)


def _keep(name: str, signer: Signer, now: datetime) -> CertificateAuthority:
    certificate = signer.certificate
    with transaction.atomic():
        CertificateAuthority.objects.filter(retired_at=None).update(retired_at=now, sealed_key="")
        return CertificateAuthority.objects.create(
            name=name,
            pem=pem_of(certificate),
            sealed_key=seal(key_text(signer)),
            fingerprint=certificate.fingerprint(SHA256()).hex(),
            valid_from=certificate.not_valid_before_utc,
            valid_to=certificate.not_valid_after_utc,
        )
