"""Correcting what sessions cost: decided after a dry run, carried out exactly as it was shown."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from billing.events import ChargeCorrected, CorrectionsDecided
from billing.models import (
    BillingAccount,
    Charge,
    Correction,
    CorrectionKind,
    CorrectionRun,
    CorrectionTask,
    Invoice,
    JournalEntry,
)
from billing.selectors.correction_plans import (
    CorrectionPlan,
    CorrectionRequest,
    RefusedCorrection,
    SessionChoice,
)
from billing.selectors.corrections import Draft, charge_in_force, draft_or_refuse, plan_corrections
from billing.services.charges import place_and_start, write_charge
from billing.services.credit_notes import issue_credit_note
from billing.services.invoice_state import charge_ref
from billing.services.ledger import Line, book, booked_lines
from billing.services.settlements import begin_settlement
from outbox.services import publish
from sessions_app.models import ChargingSession
from tenants.models import User

# Sessions corrected in one transaction, so that a worker that dies repeats little.
CHUNK: Final = 20

CHANGED: Final = "changed"

_State = CorrectionTask.State


class ReasonMissing(ValueError):
    """A correction says why it is made."""


class NothingToCorrect(ValueError):
    """No session of the dry run can be corrected, or none would change."""


class PlanChanged(RuntimeError):
    """What would be done now is not what was shown; `plan` is what it would be."""

    def __init__(self, plan: CorrectionPlan) -> None:
        super().__init__("the dry run has changed")
        self.plan = plan


def start_corrections(
    *, request: CorrectionRequest, digest: str, reason: str, actor: User, now: datetime
) -> CorrectionRun:
    """Decide that a dry run (its `digest`) is carried out; the worker does it.

    Raises `ReasonMissing`, `NothingToCorrect`, `PlanChanged`, and as `plan_corrections`.
    """
    if not reason.strip():
        raise ReasonMissing
    plan = plan_corrections(request)
    if plan.digest != digest:
        raise PlanChanged(plan)
    if not plan.corrections:
        raise NothingToCorrect
    with transaction.atomic():
        run = CorrectionRun.objects.create(
            kind=request.kind,
            tariff_version_id=request.version_id,
            prices_known_at=request.prices_known_at,
            reason=reason.strip()[:500],
            actor=actor,
            digest=digest,
            session_count=len(plan.corrections),
        )
        CorrectionTask.objects.bulk_create(
            CorrectionTask(run=run, charge=planned.charge, digest=planned.digest)
            for planned in plan.corrections
        )
        publish(CorrectionsDecided(run_id=run.pk, occurred_at=now))
    return run


def carry_out_corrections(*, run_id: UUID, now: datetime) -> int:
    """Correct the next sessions of a run, and owe the rest; returns how many were looked at.

    A session that is no longer as it was shown is left as it is, and its task says so.
    """
    with transaction.atomic():
        run = CorrectionRun.objects.select_related("actor").get(pk=run_id)
        tasks = list(
            CorrectionTask.objects.select_for_update(skip_locked=True)
            .filter(run=run, state=_State.PENDING)
            .order_by("id")[:CHUNK]
        )
        for task in tasks:
            _carry_out(run, task, now)
        if CorrectionTask.objects.filter(run=run, state=_State.PENDING).exists():
            publish(CorrectionsDecided(run_id=run.pk, occurred_at=now))
    return len(tasks)


def _carry_out(run: CorrectionRun, task: CorrectionTask, now: datetime) -> None:
    request = CorrectionRequest(
        kind=CorrectionKind(run.kind),
        sessions=SessionChoice(),
        version_id=run.tariff_version_id,
        prices_known_at=run.prices_known_at,
    )
    _lock(task.charge_id)
    charge = charge_in_force(task.charge_id)
    if charge is None:
        _end(task, _State.REFUSED, CHANGED)
        return
    draft = draft_or_refuse(charge, request)
    if isinstance(draft, RefusedCorrection):
        _end(task, _State.REFUSED, draft.refusal.value)
    elif draft.planned.digest != task.digest:
        _end(task, _State.REFUSED, CHANGED)
    else:
        _correct(run, draft, now)
        _end(task, _State.DONE, "")


def _lock(charge_id: UUID) -> None:
    """Lock session, billing account and invoice, in the order everybody does."""
    charge = Charge.objects.get(pk=charge_id)
    ChargingSession.objects.select_for_update(of=("self",)).get(pk=charge.session_id)
    invoice = Invoice.objects.filter(charge=charge).first()
    if invoice is not None:
        BillingAccount.objects.select_for_update().get(pk=invoice.billing_account_id)
        Invoice.objects.select_for_update().get(pk=invoice.pk)


def _end(task: CorrectionTask, state: CorrectionTask.State, problem: str) -> None:
    task.state, task.problem = state, problem
    task.save(update_fields=("state", "problem"))


def _correct(run: CorrectionRun, draft: Draft, now: datetime) -> Correction:
    """Write the correction, its documents and its entries, and begin to move the money."""
    planned = draft.planned
    old, session = planned.charge, planned.session
    new = None
    if draft.rated is not None and draft.version is not None:
        new = write_charge(session, draft.version, draft.rated, now, revision=old.revision + 1)
    correction = Correction.objects.create(
        run=run,
        kind=run.kind,
        session=session,
        old_charge=old,
        new_charge=new,
        reason=run.reason,
        actor=run.actor,
        currency=old.currency,
        old_gross_minor=old.gross_minor,
        old_vat_minor=old.vat_minor,
        new_gross_minor=0 if new is None else new.gross_minor,
        new_vat_minor=0 if new is None else new.vat_minor,
        corrected_at=now,
    )
    _reverse(old, session, now)
    if planned.invoice is not None:
        issue_credit_note(correction, planned.invoice, now)
    begin_settlement(correction, planned.invoice, now)
    publish(ChargeCorrected(correction_id=correction.pk, occurred_at=now))
    return correction


def _reverse(charge: Charge, session: ChargingSession, now: datetime) -> None:
    """Book the charge's own entry once more with every sign turned; a charge of 0 has none."""
    entry = JournalEntry.objects.filter(ref=charge_ref(charge.pk)).first()
    if entry is None:
        return
    book(
        ref=f"{charge_ref(charge.pk)}:reversed",
        description=f"Correction {place_and_start(session)}",
        occurred_at=now,
        postings=[
            Line(line.code, -line.amount_minor, line.currency, line.owner)
            for line in booked_lines(entry)
        ],
    )
