"""Credits: proposed once for a finding, accepted or declined by a person, then corrected."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from billing.models import (
    Charge,
    Correction,
    CorrectionKind,
    CorrectionRun,
    CorrectionTask,
    CreditProposal,
)
from billing.selectors.correction_plans import CorrectionRequest, SessionChoice
from billing.selectors.corrections import plan_corrections
from billing.selectors.proposals import energy_of, request_of
from billing.services.corrections import ReasonMissing, start_corrections
from sessions_app.models import ChargingSession
from sessions_app.rebuild import RebuiltEnergy
from sessions_app.selectors import rebuilt_energy
from sessions_app.services import correct_energy
from tenants.models import User

# A copied token: whoever is billed did not charge. Wrong prices: the energy is right.
VOIDED_KINDS: Final = frozenset({"F1"})
PRICE_KINDS: Final = frozenset({"F4"})

State = CreditProposal.State


class AlreadyDecided(RuntimeError):
    """Somebody has accepted or declined the proposal."""


def propose_credit(
    *, session_id: UUID, doubt_id: UUID, kind: str, cause: str, now: datetime
) -> CreditProposal | None:
    """Propose to give back what a finding shows to be billed wrongly; once per finding.

    A meter's fault is priced again with the energy its samples show, a copied token's session is
    voided. None where the session has no bill, or would not become cheaper.
    """
    with transaction.atomic():
        session = ChargingSession.objects.select_for_update(of=("self",)).get(pk=session_id)
        known = CreditProposal.objects.filter(session=session, doubt_id=doubt_id).first()
        charge = Charge.objects.filter(session=session, correction=None).first()
        if known is not None or charge is None:
            return known
        rebuilt = None if kind in VOIDED_KINDS | PRICE_KINDS else _less_energy(session)
        if rebuilt is None and kind not in VOIDED_KINDS | PRICE_KINDS:
            return None
        correction = CorrectionKind.VOID if kind in VOIDED_KINDS else CorrectionKind.RE_RATE
        request = CorrectionRequest(kind=correction, sessions=SessionChoice((session.pk,)))
        plan = plan_corrections(request, rebuilt=rebuilt)
        new_gross_minor = charge.gross_minor
        if plan.corrections:
            new_gross_minor = plan.corrections[0].new.gross_minor
            if new_gross_minor >= charge.gross_minor:
                return None
        return CreditProposal.objects.create(
            session=session,
            doubt_id=doubt_id,
            kind=kind,
            cause=cause,
            correction_kind=correction,
            billed_wh=charge.energy_wh,
            energy_wh=None if rebuilt is None else rebuilt.energy_wh,
            bound_wh=None if rebuilt is None else rebuilt.bound_wh,
            energy_source="" if rebuilt is None else rebuilt.source,
            currency=charge.currency,
            old_gross_minor=charge.gross_minor,
            new_gross_minor=new_gross_minor,
            problem=plan.refused[0].refusal.value if plan.refused else "",
        )


def accept_credit(
    *, proposal_id: UUID, digest: str, reason: str, actor: User, now: datetime
) -> CorrectionRun:
    """Carry a proposal out as its dry run (`digest`) showed it; the worker writes the credit note.

    Raises `AlreadyDecided`, and as `start_corrections`; then nothing has changed.
    """
    if not reason.strip():
        raise ReasonMissing
    with transaction.atomic():
        proposal = _undecided(proposal_id)
        energy = energy_of(proposal)
        if energy is not None:
            correct_energy(
                session_id=proposal.session_id, rebuilt=energy, actor=str(actor), reason=reason
            )
        run = start_corrections(
            request=request_of(proposal), digest=digest, reason=reason, actor=actor, now=now
        )
        _decide(proposal, State.ACCEPTED, reason, actor, now)
        proposal.run, proposal.problem = run, ""
        proposal.save(update_fields=("run", "problem"))
    return run


def decline_credit(*, proposal_id: UUID, reason: str, actor: User, now: datetime) -> None:
    """Leave the bill as it is; raises `ReasonMissing` and `AlreadyDecided`."""
    if not reason.strip():
        raise ReasonMissing
    with transaction.atomic():
        _decide(_undecided(proposal_id), State.DECLINED, reason, actor, now)


def settle_proposals(*, run_id: UUID) -> None:
    """Write down what became of the proposals that a run carries out; repeatable.

    What could not be corrected after all is proposed again, with what stood in the way.
    """
    for proposal in CreditProposal.objects.select_for_update().filter(
        run=run_id, state=State.ACCEPTED
    ):
        if Correction.objects.filter(run=run_id, session=proposal.session_id).exists():
            proposal.state = State.DONE
        else:
            task = CorrectionTask.objects.filter(
                run=run_id,
                charge__session=proposal.session_id,
                state=CorrectionTask.State.REFUSED,
            ).first()
            if task is None:
                continue
            proposal.state, proposal.run, proposal.problem = State.PROPOSED, None, task.problem
        proposal.save(update_fields=("state", "run", "problem"))


def _less_energy(session: ChargingSession) -> RebuiltEnergy | None:
    """What the samples show, when that is less than what was billed."""
    rebuilt = rebuilt_energy(session)
    return rebuilt if rebuilt is not None and rebuilt.energy_wh < session.energy_wh else None


def _undecided(proposal_id: UUID) -> CreditProposal:
    proposal = CreditProposal.objects.select_for_update(of=("self",)).get(pk=proposal_id)
    if proposal.state != State.PROPOSED:
        raise AlreadyDecided(f"proposal {proposal_id} is {proposal.state}")
    return proposal


def _decide(
    proposal: CreditProposal, state: CreditProposal.State, reason: str, actor: User, now: datetime
) -> None:
    proposal.state, proposal.reason = state, reason.strip()[:500]
    proposal.decided_by, proposal.decided_at = actor, now
    proposal.save(update_fields=("state", "reason", "decided_by", "decided_at"))
