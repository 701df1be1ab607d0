"""Everything a receipt tells, read from the database and from what was frozen with the charge."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson

from billing.models import Charge, Invoice, SessionTariff
from billing.rating import InvalidTariff, TariffFacts, read_tariff
from billing.selectors.payments import live_invoices
from sessions_app.models import ChargingSession
from tenants.models import Tenant


@dataclass(frozen=True, slots=True)
class Seller:
    """Who sells; as on the invoice where there is one."""

    name: str
    address: str
    organisation_number: str
    vat_number: str


@dataclass(frozen=True, slots=True)
class TakenBack:
    """Why a charge no longer holds; `credit_note` is the number of the one that says so, if any."""

    reason: str
    is_void: bool
    credit_note: str


@dataclass(frozen=True, slots=True)
class ReceiptFacts:
    """One revision of a session's charge with all that belongs to it.

    `inputs` is the text the price was computed from; `tariff` what it says of the prices, None
    where this code no longer reads it.
    """

    seller: Seller
    session: ChargingSession
    charge: Charge
    revisions: tuple[Charge, ...]
    taken_back: Mapping[UUID, TakenBack]
    invoice: Invoice | None
    frozen: SessionTariff | None
    inputs: bytes
    document: Mapping[str, Any]
    tariff: TariffFacts | None
    zone: ZoneInfo

    @property
    def is_current(self) -> bool:
        """No later revision has taken this one's place."""
        return self.charge.revision == self.revisions[-1].revision

    @property
    def is_void(self) -> bool:
        """The session costs nothing any more: its last charge was taken back."""
        taken = self.taken_back.get(self.revisions[-1].pk)
        return taken is not None and taken.is_void


def receipt_facts(
    session: ChargingSession, tenant: Tenant, revision: int | None = None
) -> ReceiptFacts | None:
    """A session's charge as its receipt tells it; None while there is no such revision.

    Without a revision the latest.
    """
    charges = Charge.objects.filter(session=session).order_by("revision")
    revisions = tuple(charges.select_related("tariff_version__tariff", "invoice"))
    chosen = [one for one in revisions if revision in (None, one.revision)]
    if not chosen:
        return None
    charge = chosen[-1]
    invoice: Invoice | None = getattr(charge, "invoice", None)
    invoice = invoice or live_invoices([charge]).get(charge.pk)
    inputs = zlib.decompress(charge.inputs)
    document = orjson.loads(inputs)
    frozen = SessionTariff.objects.filter(session=session).select_related("assignment").first()
    return ReceiptFacts(
        seller=_seller(tenant, invoice),
        session=session,
        charge=charge,
        revisions=revisions,
        taken_back={one.pk: taken for one in revisions if (taken := _taken_back(one))},
        invoice=invoice,
        frozen=frozen,
        inputs=inputs,
        document=document,
        tariff=_tariff(document),
        zone=ZoneInfo(charge.explanation["session"]["time_zone"]),
    )


def _taken_back(charge: Charge) -> TakenBack | None:
    correction = getattr(charge, "correction", None)
    if correction is None:
        return None
    note = getattr(correction, "credit_note", None)
    number = "" if note is None else str(note.number)
    return TakenBack(correction.reason, correction.new_charge_id is None, number)


def _seller(tenant: Tenant, invoice: Invoice | None) -> Seller:
    names = ("name", "address", "organisation_number", "vat_number")
    if invoice is None:
        return Seller(**{name: getattr(tenant, name) for name in names})
    return Seller(**{name: str(invoice.seller.get(name) or "") for name in names})


def _tariff(document: Mapping[str, Any]) -> TariffFacts | None:
    try:
        return read_tariff(document["tariff"])
    except (KeyError, InvalidTariff):
        return None
