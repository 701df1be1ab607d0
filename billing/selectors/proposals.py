"""What a proposed credit would be if it were carried out now."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from billing.models import CorrectionKind, CreditProposal
from billing.selectors.correction_plans import CorrectionPlan, CorrectionRequest, SessionChoice
from billing.selectors.corrections import plan_corrections
from sessions_app.energy import EnergySource
from sessions_app.rebuild import RebuiltEnergy


def request_of(proposal: CreditProposal) -> CorrectionRequest:
    """The correction that a proposal asks for."""
    return CorrectionRequest(
        kind=CorrectionKind(proposal.correction_kind),
        sessions=SessionChoice((proposal.session_id,)),
    )


def energy_of(proposal: CreditProposal) -> RebuiltEnergy | None:
    """The energy it would give the session; None where the energy stays."""
    if proposal.energy_wh is None:
        return None
    return RebuiltEnergy(
        proposal.energy_wh, proposal.bound_wh or 0, EnergySource(proposal.energy_source)
    )


def plan_proposal(proposal: CreditProposal) -> CorrectionPlan:
    """Its dry run: nothing is written."""
    return plan_corrections(request_of(proposal), rebuilt=energy_of(proposal))


def proposals_of(doubt_ids: list[UUID]) -> QuerySet[CreditProposal]:
    """The credits that were proposed because of these incidents."""
    return CreditProposal.objects.filter(doubt_id__in=doubt_ids).select_related("session")
