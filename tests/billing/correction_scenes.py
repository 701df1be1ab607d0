"""Corrections made from beginning to end, for their tests."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from billing.models import (
    Charge,
    Correction,
    CorrectionKind,
    CorrectionRun,
    Invoice,
    JournalEntry,
    Posting,
    TariffVersion,
)
from billing.selectors.correction_plans import CorrectionPlan, CorrectionRequest, SessionChoice
from billing.selectors.corrections import plan_corrections
from billing.services.corrections import start_corrections
from config.devstack.stripe_stand_in import StandIn
from sessions_app.models import ChargingSession
from tenants.models import User
from tests.billing.scenes import PLATFORM, an_invoice, send_all
from tests.cast import LONG_AGO, a_version, prices

VOID = CorrectionKind.VOID
RE_RATE = CorrectionKind.RE_RATE


def an_accountant() -> User:
    """A person who may correct."""
    return User.objects.get_or_create(username="book@example.com", email="book@example.com")[0]


def another_version(version: TariffVersion, energy: str, session: str = "0") -> TariffVersion:
    """An older version of the tariff, with other prices; never in force by itself."""
    number = TariffVersion.objects.count() + 1
    valid_from = LONG_AGO - timedelta(days=1000 - number)
    return a_version(
        version.tariff,
        prices(energy, session=session),
        number=number,
        valid_from=valid_from,
        valid_to=valid_from,
    )


def a_request(session: ChargingSession, kind: CorrectionKind, **more: Any) -> CorrectionRequest:
    """The correction of one session."""
    return CorrectionRequest(kind=kind, sessions=SessionChoice((session.pk,)), **more)


def planned(session: ChargingSession, kind: CorrectionKind, **more: Any) -> CorrectionPlan:
    """Its dry run."""
    return plan_corrections(a_request(session, kind, **more))


def decide(plan: CorrectionPlan, reason: str = "Wrong price") -> CorrectionRun:
    """A person carries the dry run out; nothing is done yet."""
    return start_corrections(
        request=plan.request,
        digest=plan.digest,
        reason=reason,
        actor=an_accountant(),
        now=timezone.now(),
    )


def correct(session: ChargingSession, kind: CorrectionKind, **more: Any) -> Correction:
    """Everything from the dry run to the last call."""
    decide(planned(session, kind, **more))
    send_all()
    return Correction.objects.filter(session=session).latest("id")


def a_paid_session(ref: str = "1", **more: Any) -> ChargingSession:
    """40.00 kr, paid."""
    invoice = an_invoice(ref=ref, **more)
    send_all()
    invoice.refresh_from_db()
    assert invoice.state == Invoice.State.PAID
    return invoice.charge.session


def taken(stand_in: StandIn) -> list[int]:
    """What Stripe took, in minor units."""
    return [row["amount"] for row in stand_in.charges_succeeded(PLATFORM)]


def given_back(stand_in: StandIn) -> list[int]:
    """What Stripe gave back, in minor units."""
    refunds = stand_in.objects(PLATFORM, "refund")
    return [row["amount"] for row in refunds if row["status"] == "succeeded"]


def balance_of(code: str) -> int:
    """What stands on the accounts of a code, in minor units."""
    amounts = Posting.objects.filter(account__code=code).values_list("amount_minor", flat=True)
    return sum(amounts)


def entries() -> list[str]:
    """What was booked, in order, without ids."""
    refs = JournalEntry.objects.order_by("id").values_list("ref", flat=True)
    return [":".join(part for part in ref.split(":") if len(part) < 30) for ref in refs]


def invoices_of(session: ChargingSession) -> list[tuple[int, str, int, int]]:
    """Number, state, total and what had been paid before, of each invoice."""
    rows = Invoice.objects.filter(charge__session=session).order_by("number")
    return [(row.number, row.state, row.total_minor, row.settled_minor) for row in rows]


def charge_of(session: ChargingSession) -> Charge:
    """The latest revision."""
    return Charge.objects.filter(session=session).latest("revision")
