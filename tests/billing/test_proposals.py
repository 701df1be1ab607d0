"""Findings after the check: held before the bill, a proposed credit after it."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from anomalies.models import Incident
from anomalies.services import AboveRating, release_hold
from anomalies.services.incidents import record_findings
from anomalies.types import Action, Finding, Relation, Severity
from billing.models import Charge, CreditNote, CreditProposal
from billing.selectors.proposals import plan_proposal
from billing.services.corrections import PlanChanged, ReasonMissing
from billing.services.proposals import (
    AlreadyDecided,
    accept_credit,
    decline_credit,
    propose_credit,
)
from billing.subscribers import bill_session
from config.devstack.stripe_stand_in import StandIn
from outbox.models import Event
from sessions_app.events import SessionCleared
from sessions_app.models import ChargingSession, MeterSample
from tenants.models import Role, Tenant
from tests.billing.correction_scenes import a_paid_session, an_accountant, given_back
from tests.billing.scenes import a_cleared_session, a_payer, assert_books_are_right, send_all
from tests.cast import NOON, a_charge_point, a_connector, a_member

pytestmark = pytest.mark.usefixtures("volt", "tariff", "stand_in")

DOUBT = UUID(int=7)


def a_finding(kind: str = "M3", cause: str = "stuck") -> Finding:
    return Finding(
        kind=kind,
        cause=cause,
        signal="Energy.Active.Import.Register",
        unit="Wh",
        observed=0,
        expected=1,
        relation=Relation.AT_LEAST,
        since_at=NOON,
        at=NOON,
        severity=Severity.CRITICAL,
        action=Action.HOLD_BILLING,
        holds_billing=True,
    )


def metered(session: ChargingSession, *registers_wh: int) -> ChargingSession:
    """Registers at even steps over the session's hour."""
    step = timedelta(hours=1) / (len(registers_wh) - 1)
    for number, energy_wh in enumerate(registers_wh):
        at = NOON + number * step
        MeterSample.objects.create(
            session=session,
            at=at,
            context="periodic",
            seq=number + 1,
            received_at=at,
            energy_wh=energy_wh,
        )
    return session


def found(session: ChargingSession, kind: str = "M3") -> Incident:
    """A finding of a session that has been checked before."""
    session.refresh_from_db()
    record_findings(session=session, findings=[a_finding(kind)], samples=())
    return Incident.objects.get(session=session, kind=kind)


def accept(proposal: CreditProposal, reason: str = "The meter stood") -> None:
    accept_credit(
        proposal_id=proposal.pk,
        digest=plan_proposal(proposal).digest,
        reason=reason,
        actor=an_accountant(),
        now=timezone.now(),
    )


@pytest.mark.parametrize("kind", ["M1", "M2", "M3", "M6", "M9", "M11", "F1", "F4", "S4"])
def test_a_finding_after_the_check_holds_the_session_before_its_bill(kind: str) -> None:
    session = a_cleared_session(a_payer())
    found(session, kind)
    bill_session(SessionCleared(occurred_at=NOON, session_id=session.pk))
    session.refresh_from_db()
    assert (session.gate, session.gate_reason) == ("held", f"{kind} stuck")
    assert not Charge.objects.exists()


def test_a_released_session_is_billed_after_all() -> None:
    session = a_cleared_session(a_payer())
    found(session)
    release_hold(session=session, user_id=None, actor="A Person", reason="looked at the meter")
    send_all()
    assert Charge.objects.get().gross_minor == 4_000


def test_a_finding_after_the_bill_proposes_the_wrong_part_as_credit() -> None:
    session = metered(a_paid_session(), 0, 2_000, 5_000)
    incident = found(session)
    send_all()
    proposal = CreditProposal.objects.get()
    assert (proposal.doubt_id, proposal.state, proposal.energy_wh) == (
        incident.pk,
        "proposed",
        5_000,
    )
    assert (proposal.old_gross_minor, proposal.new_gross_minor) == (4_000, 2_000)
    session.refresh_from_db()
    assert (session.gate, session.energy_wh) == ("cleared", 10_000)


def test_an_accepted_credit_is_a_credit_note_and_money_back(stand_in: StandIn) -> None:
    session = metered(a_paid_session(), 0, 2_000, 5_000)
    found(session)
    send_all()
    accept(CreditProposal.objects.get())
    send_all()
    assert CreditProposal.objects.get().state == "done"
    session.refresh_from_db()
    assert (session.energy_wh, CreditNote.objects.count()) == (5_000, 1)
    assert given_back(stand_in) == [2_000]
    assert_books_are_right()


def test_a_copied_tokens_session_is_voided(stand_in: StandIn) -> None:
    session = a_paid_session()
    found(session, "F1")
    send_all()
    accept(CreditProposal.objects.get())
    send_all()
    assert given_back(stand_in) == [4_000]


def test_one_finding_proposes_one_credit_however_often_it_is_told() -> None:
    session = metered(a_paid_session(), 0, 2_000, 5_000)
    for _ in range(3):
        propose_credit(
            session_id=session.pk, doubt_id=DOUBT, kind="M3", cause="stuck", now=timezone.now()
        )
    assert CreditProposal.objects.count() == 1


def test_what_would_not_be_cheaper_is_not_proposed() -> None:
    session = metered(a_paid_session(), 0, 5_000, 10_000)
    made = propose_credit(
        session_id=session.pk, doubt_id=uuid4(), kind="M3", cause="stuck", now=timezone.now()
    )
    assert (made, CreditProposal.objects.count()) == (None, 0)


def test_a_decision_needs_a_reason_and_is_made_once() -> None:
    found(metered(a_paid_session(), 0, 2_000, 5_000))
    send_all()
    proposal = CreditProposal.objects.get()
    with pytest.raises(ReasonMissing):
        accept(proposal, reason=" ")
    decline_credit(
        proposal_id=proposal.pk, reason="agreed", actor=an_accountant(), now=timezone.now()
    )
    with pytest.raises(AlreadyDecided):
        accept(proposal)
    assert CreditProposal.objects.get().state == "declined"


def test_a_dry_run_that_changed_carries_nothing_out() -> None:
    session = metered(a_paid_session(), 0, 2_000, 5_000)
    found(session)
    send_all()
    with pytest.raises(PlanChanged):
        accept_credit(
            proposal_id=CreditProposal.objects.get().pk,
            digest="other",
            reason="x",
            actor=an_accountant(),
            now=timezone.now(),
        )
    session.refresh_from_db()
    assert (session.energy_wh, CreditProposal.objects.get().state) == (10_000, "proposed")


def test_the_page_shows_the_dry_run_and_takes_the_decision(volt: Tenant) -> None:
    found(metered(a_paid_session(), 0, 2_000, 5_000))
    send_all()
    proposal = CreditProposal.objects.get()
    client = Client()
    client.force_login(a_member(Role.ACCOUNTANT))
    page = client.get(reverse("admin:billing_creditproposal_change", args=(proposal.pk,)))
    assert "20,00" in page.content.decode()
    asked = {"act": "accept", "reason": "meter", "digest": page.context["plan"].digest}
    answer = client.post(reverse("admin:decide-credit", args=(proposal.pk,)), asked)
    assert "/runs/" in answer.headers["Location"]


def test_who_may_not_see_money_decides_nothing(volt: Tenant) -> None:
    found(metered(a_paid_session(), 0, 2_000, 5_000))
    send_all()
    client = Client()
    client.force_login(a_member(Role.OPERATOR))
    page = reverse("admin:decide-credit", args=(CreditProposal.objects.get().pk,))
    assert client.post(page, {"act": "decline", "reason": "x"}).status_code == 403


@pytest.mark.parametrize(("over_wh", "is_released"), [(0, True), (1, False)])
def test_above_the_rating_nobody_releases_what_was_measured(
    over_wh: int, is_released: bool
) -> None:
    outlet = a_connector(a_charge_point("CP-R"), max_power_w=11_000)
    # 11 kW and 10 % for an hour, 200 Wh and a whole kWh
    session = a_cleared_session(
        a_payer(),
        12_100 + 1_200 + over_wh,
        charge_point=outlet.charge_point,
        connector=outlet,
        gate="held",
    )
    if is_released:
        assert release_hold(session=session, user_id=None, actor="A Person", reason="measured")
    else:
        with pytest.raises(AboveRating):
            release_hold(session=session, user_id=None, actor="A Person", reason="measured")


def test_a_doubt_of_a_billed_session_is_told_once_and_holds_nothing() -> None:
    session = a_paid_session()
    found(session)
    record_findings(session=session, findings=[a_finding()], samples=())
    assert Event.objects.filter(type="session.doubted").count() == 1
    session.refresh_from_db()
    assert session.gate == "cleared"
