"""The dry run of corrections: nothing is written, everything is computed as it would be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.db.models import QuerySet

from billing.models import (
    Charge,
    ChargeLine,
    CorrectionKind,
    Invoice,
    Settlement,
    StripeCommand,
    TariffVersion,
)
from billing.policy import invoice_minimum_minor
from billing.rating import (
    OverlappingSpotPrices,
    RatedCharge,
    UnratableSession,
)
from billing.selectors.correction_plans import (
    CorrectionPlan,
    CorrectionRequest,
    PlannedCorrection,
    Refusal,
    RefusedCorrection,
    SessionChoice,
    Totals,
)
from billing.selectors.payments import collection_of, live_invoices
from billing.selectors.rating_facts import rate_facts, session_facts
from billing.selectors.settlements import held_payments, money_move
from billing.selectors.tariffs import tariff_facts
from sessions_app.models import ChargingSession
from sessions_app.rebuild import RebuiltEnergy

# A dry run is computed while somebody waits for the page.
MOST_SESSIONS: Final = 1000

UNPAID_AT_STRIPE: Final = (
    Invoice.State.OPEN,
    Invoice.State.ACTION_REQUIRED,
    Invoice.State.PAST_DUE,
)
_UNFINISHED = (
    StripeCommand.State.PENDING,
    StripeCommand.State.SENDING,
    StripeCommand.State.UNKNOWN,
    StripeCommand.State.MANUAL,
)


class TooManySessions(ValueError):
    """More sessions were chosen than one dry run takes."""


class NothingChosen(ValueError):
    """No session was named, and no period, version or site."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A planned correction with its new price, ready to be written."""

    planned: PlannedCorrection
    rated: RatedCharge | None
    version: TariffVersion | None


class _Refused(Exception):
    def __init__(self, refusal: Refusal, detail: str = "") -> None:
        super().__init__(refusal)
        self.refusal = refusal
        self.detail = detail


def plan_corrections(
    request: CorrectionRequest, *, rebuilt: RebuiltEnergy | None = None
) -> CorrectionPlan:
    """Say what would be done; raises `NothingChosen` and `TooManySessions`.

    With `rebuilt` it says what would be done if that were the energy of the sessions.
    """
    corrections: list[PlannedCorrection] = []
    refused = _never_charged(request.sessions)
    for charge in charges_chosen(request.sessions):
        if rebuilt is not None:
            charge.session.energy_wh = rebuilt.energy_wh
            charge.session.energy_source = rebuilt.source
        try:
            corrections.append(draft_correction(charge, request).planned)
        except _Refused as no:
            refused.append(RefusedCorrection(charge.session, no.refusal, no.detail))
    return CorrectionPlan(request, tuple(corrections), tuple(refused))


def draft_or_refuse(charge: Charge, request: CorrectionRequest) -> Draft | RefusedCorrection:
    """One charge's correction as it would be now."""
    try:
        return draft_correction(charge, request)
    except _Refused as no:
        return RefusedCorrection(charge.session, no.refusal, no.detail)


def charges_chosen(choice: SessionChoice) -> list[Charge]:
    """The charges in force of the sessions chosen, by start."""
    if choice.is_empty:
        raise NothingChosen
    rows = _with_what_is_needed(Charge.objects.filter(correction__isnull=True))
    if choice.session_ids:
        rows = rows.filter(session__in=choice.session_ids)
    if choice.started_from is not None:
        rows = rows.filter(session__started_at__gte=choice.started_from)
    if choice.started_to is not None:
        rows = rows.filter(session__started_at__lt=choice.started_to)
    if choice.version_id is not None:
        rows = rows.filter(tariff_version=choice.version_id)
    if choice.site_id is not None:
        rows = rows.filter(session__charge_point__site=choice.site_id)
    found = list(rows.order_by("session__started_at", "pk")[: MOST_SESSIONS + 1])
    if len(found) > MOST_SESSIONS:
        raise TooManySessions(MOST_SESSIONS)
    return found


def charge_in_force(charge_id: UUID) -> Charge | None:
    """A charge with what its correction needs; None when it was corrected."""
    rows = Charge.objects.filter(pk=charge_id, correction__isnull=True)
    return _with_what_is_needed(rows).first()


def draft_correction(charge: Charge, request: CorrectionRequest) -> Draft:
    """Price anew, and say what that means for invoice and money."""
    invoice: Invoice | None = getattr(charge, "invoice", None)
    _refuse_by_session(charge.session)
    _refuse_by_what_became_of_it(charge)
    if invoice is not None:
        _refuse_by_invoice(invoice)
    version = _version(charge, request)
    rated = None if version is None else _rated(charge, version, request.prices_known_at)
    new = Totals() if rated is None else _totals_rated(rated)
    old_lines = list(charge.lines.all())
    if rated is not None and _is_same(old_lines, rated):
        raise _Refused(Refusal.UNCHANGED)
    held = held_payments(charge.session_id)
    _refuse_disputed([one.invoice for one in held])
    move = money_move(
        held_minor=sum(one.amount_minor for one in held),
        total_minor=new.gross_minor,
        minimum_minor=invoice_minimum_minor(charge.currency),
        same_payer=is_same_payer([one.invoice for one in held], charge.session),
    )
    planned = PlannedCorrection(
        session=charge.session,
        charge=charge,
        invoice=invoice,
        old=_totals(old_lines),
        new=new,
        inputs_hash="" if rated is None else rated.inputs_hash,
        withdraws_invoice=invoice is not None and invoice.state in UNPAID_AT_STRIPE,
        move=move,
        not_collected=_not_collected(charge, new.gross_minor, move.settled_minor),
    )
    return Draft(planned, rated, version)


def is_same_payer(invoices: list[Invoice], session: ChargingSession) -> bool:
    """Whether everything was paid by the driver the session has now."""
    return all(invoice.billing_account.driver_id == session.driver_id for invoice in invoices)


def _with_what_is_needed(rows: QuerySet[Charge]) -> QuerySet[Charge]:
    return rows.select_related(
        "session__charge_point__site",
        "session__driver",
        "session__session_tariff__version",
        "invoice",
        "write_off",
        "tariff_version__tariff",
    ).prefetch_related("lines")


def _never_charged(choice: SessionChoice) -> list[RefusedCorrection]:
    """Sessions that were named, but have no charge in force."""
    if not choice.session_ids:
        return []
    sessions = ChargingSession.objects.filter(pk__in=choice.session_ids).exclude(
        charges__in=Charge.objects.filter(correction__isnull=True)
    )
    return [
        RefusedCorrection(
            session,
            Refusal.VOIDED if session.charges.exists() else Refusal.NOT_CHARGED,
        )
        for session in sessions.select_related("charge_point__site")
    ]


def _refuse_by_session(session: ChargingSession) -> None:
    if session.state != ChargingSession.State.COMPLETED:
        raise _Refused(Refusal.NOT_COMPLETED)
    if session.gate == ChargingSession.Gate.HELD:
        raise _Refused(Refusal.HELD, session.gate_reason)
    unsettled = Settlement.objects.filter(correction__session=session)
    if unsettled.exclude(state=Settlement.State.DONE).exists():
        raise _Refused(Refusal.LAST_ONE_UNDER_WAY)


def _refuse_by_what_became_of_it(charge: Charge) -> None:
    """A collective invoice is never opened again, and what was written off is settled."""
    if hasattr(charge, "write_off"):
        raise _Refused(Refusal.WRITTEN_OFF)
    collective = live_invoices([charge]).get(charge.pk)
    if collective is not None:
        raise _Refused(Refusal.ON_A_COLLECTIVE_INVOICE, str(collective.number))


def _refuse_by_invoice(invoice: Invoice) -> None:
    if invoice.state == Invoice.State.PREPARING:
        raise _Refused(Refusal.INVOICE_ON_ITS_WAY)
    if invoice.state == Invoice.State.BLOCKED:
        raise _Refused(Refusal.INVOICE_BLOCKED, invoice.problem)
    if StripeCommand.objects.filter(entity_id=invoice.pk, state__in=_UNFINISHED).exists():
        raise _Refused(Refusal.CALL_UNDER_WAY)


def _refuse_disputed(invoices: list[Invoice]) -> None:
    for invoice in invoices:
        payment = getattr(invoice, "stripe_payment", None)
        if payment is not None and payment.is_disputed:
            raise _Refused(Refusal.DISPUTED, str(invoice.number))


def _version(charge: Charge, request: CorrectionRequest) -> TariffVersion | None:
    """The version to price by; None for a void."""
    if request.kind == CorrectionKind.VOID:
        return None
    if request.version_id is None:
        frozen = getattr(charge.session, "session_tariff", None)
        return charge.tariff_version if frozen is None else frozen.version
    version = TariffVersion.objects.select_related("tariff").get(pk=request.version_id)
    if version.currency != charge.currency:
        raise _Refused(Refusal.OTHER_CURRENCY, version.currency)
    return version


def _rated(charge: Charge, version: TariffVersion, prices_known_at: datetime | None) -> RatedCharge:
    session = charge.session
    frozen = getattr(session, "session_tariff", None)
    try:
        return rate_facts(
            session_facts(session, clock_shift_s=0 if frozen is None else frozen.clock_shift_s),
            tariff_facts(version),
            price_area=session.charge_point.site.price_area,
            known_at=prices_known_at or _priced_as_of(charge),
        )
    except (UnratableSession, OverlappingSpotPrices) as problem:
        raise _Refused(Refusal.UNRATABLE, str(problem)) from problem


def _priced_as_of(charge: Charge) -> datetime:
    """Since when market prices count: as a correction chose, or as at the first charge."""
    revisions = Charge.objects.filter(session=charge.session_id).order_by("-revision")
    for one in revisions.select_related("made_by__run"):
        made_by = getattr(one, "made_by", None)
        if made_by is not None and made_by.run.prices_known_at is not None:
            chosen: datetime = made_by.run.prices_known_at
            return chosen
        if made_by is None:
            return one.rated_at
    return charge.rated_at


def _is_same(lines: list[ChargeLine], rated: RatedCharge) -> bool:
    """Whether the lines come to the same, so that a new document would say nothing new."""
    before = [(li.kind, li.quantity, li.vat_rate, li.gross_minor, li.vat_minor) for li in lines]
    after = [
        (li.kind.value, li.quantity, li.vat_rate, li.gross_minor, li.vat_minor)
        for li in rated.lines
    ]
    return before == after


def _totals(lines: list[ChargeLine]) -> Totals:
    sums = Totals()
    for line in lines:
        sums += Totals(line.gross_minor, line.net_minor, {_rate(line.vat_rate): line.vat_minor})
    return sums


def _totals_rated(rated: RatedCharge) -> Totals:
    sums = Totals()
    for line in rated.lines:
        sums += Totals(line.gross_minor, line.net_minor, {_rate(line.vat_rate): line.vat_minor})
    return sums


def _rate(rate: Decimal) -> str:
    return f"{rate.normalize():f}"


def _not_collected(charge: Charge, gross_minor: int, settled_minor: int) -> str:
    """Why nobody will be asked for the new total; blank when somebody is, or nothing is due."""
    if settled_minor or not gross_minor:
        return ""
    collection = collection_of(
        driver_id=charge.session.driver_id, gross_minor=gross_minor, currency=charge.currency
    )
    return "" if collection == Charge.Collection.INVOICE else collection.value
