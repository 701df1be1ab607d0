"""The pages of corrections: asked, shown, carried out, mended."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from billing.models import CorrectionRun, Refund, Settlement, TariffVersion
from config.devstack.stripe_stand_in import StandIn
from sessions_app.models import ChargingSession
from tenants.models import Role
from tenants.services import issue_api_key
from tests.billing.correction_scenes import (
    RE_RATE,
    VOID,
    a_paid_session,
    another_version,
    correct,
    given_back,
)
from tests.billing.scenes import PLATFORM, assert_books_are_right, send_all
from tests.cast import a_member
from tests.console.pages import fields_of

ASK = "/admin/billing/correction/correct/"


@pytest.fixture
def session(tariff: TariffVersion, stand_in: StandIn) -> ChargingSession:
    """40.00 kr, paid."""
    return a_paid_session()


@pytest.fixture
def accountant(session: ChargingSession) -> Client:
    """A member who may see money, reading English."""
    client = Client(headers={"accept-language": "en"})
    client.force_login(a_member(Role.ACCOUNTANT))
    return client


def text_of(page: object) -> str:
    return page.content.decode()  # type: ignore[attr-defined,no-any-return]


def asked(session: ChargingSession, **more: str) -> dict[str, str]:
    return {"session": str(session.pk), "kind": "void", "reason": "Broken station", **more}


def test_a_dry_run_is_shown_and_carried_out_as_shown(
    accountant: Client, session: ChargingSession, tariff: TariffVersion, stand_in: StandIn
) -> None:
    version = another_version(tariff, "3.00")
    shown = text_of(accountant.post(ASK, asked(session, kind="re_rate", version=str(version.pk))))
    assert "-SEK\N{NO-BREAK SPACE}10.00" in shown
    fields = {name: values[-1] for name, values in fields_of(shown).items()}
    done = accountant.post(ASK, {**fields, "act": "carry_out"}, follow=True)
    send_all()
    assert given_back(stand_in) == [1_000]
    run = CorrectionRun.objects.get()
    page = text_of(accountant.get(reverse("admin:correction-run", args=(run.pk,))))
    assert "1 of 1 session corrected" in page
    assert done.redirect_chain[0][0] == reverse("admin:correction-run", args=(run.pk,))
    assert run.actor.email == "accountant@example.com"


def test_what_changed_in_between_is_shown_again(
    accountant: Client, session: ChargingSession
) -> None:
    page = accountant.post(ASK, asked(session, act="carry_out", digest="of another dry run"))
    assert "Something changed since the dry run" in text_of(page)
    assert not CorrectionRun.objects.exists()


@pytest.mark.parametrize(
    ("entered", "says"),
    [
        ({"reason": ""}, "This field is required"),
        ({"session": ""}, "Say which sessions"),
        (
            {"session": "", "first_day": "2026-02-02", "last_day": "2026-02-01"},
            "before the first",
        ),
        ({"version": "x"}, "Select a valid choice"),
    ],
)
def test_bad_input_names_the_field_and_changes_nothing(
    accountant: Client, session: ChargingSession, entered: dict[str, str], says: str
) -> None:
    assert says in text_of(accountant.post(ASK, {**asked(session), **entered}))
    assert not CorrectionRun.objects.exists()


def test_many_are_found_by_their_local_days(
    accountant: Client, session: ChargingSession, tariff: TariffVersion
) -> None:
    chosen = {"session": "", "first_day": "2026-06-01", "last_day": "2026-06-01"}
    chosen["charged_by"] = str(tariff.pk)
    entered = {**asked(session), **chosen}
    assert "1 session would be corrected" in text_of(accountant.post(ASK, entered))
    entered |= {"first_day": "2026-06-02", "last_day": "2026-06-02"}
    assert "Nothing would be corrected" in text_of(accountant.post(ASK, entered))


def test_a_stuck_refund_says_how_it_is_mended_and_is_ended_by_hand(
    accountant: Client, session: ChargingSession, stand_in: StandIn
) -> None:
    stand_in.dispute_charge(PLATFORM, stand_in.charges_succeeded(PLATFORM)[0]["id"])
    correction = correct(session, VOID)
    page = reverse("admin:billing_correction_change", args=(correction.pk,))
    assert "The payment is disputed" in text_of(accountant.get(page))
    mend = reverse("admin:mend-correction", args=(correction.pk,))
    refund = str(Refund.objects.get().pk)
    accountant.post(mend, {"act": "elsewhere", "refund": refund})
    assert Settlement.objects.get().state == Settlement.State.DONE
    assert_books_are_right()


@pytest.mark.parametrize("path", [ASK, "/admin/billing/correction/", "/admin/billing/creditnote/"])
def test_a_technician_has_no_business_here(session: ChargingSession, path: str) -> None:
    client = Client()
    client.force_login(a_member(Role.TECHNICIAN))
    assert client.get(path).status_code == 403


def test_the_sessions_page_leads_to_its_correction(
    accountant: Client, session: ChargingSession
) -> None:
    page = reverse("admin:sessions_app_chargingsession_change", args=(session.pk,))
    assert f"{ASK}?session={session.pk}" in text_of(accountant.get(page))


def test_partners_see_what_was_corrected_and_what_the_session_costs_now(
    session: ChargingSession, tariff: TariffVersion
) -> None:
    correct(session, RE_RATE, version_id=another_version(tariff, "3.00").pk)
    _key, secret = issue_api_key(name="partner", scopes=("read", "billing"))
    partner = Client(headers={"authorization": f"Bearer {secret}"})
    seen = partner.get(f"/api/v1/sessions/{session.pk}/").json()
    assert seen["charge"]["gross_minor"] == 3_000
    [correction] = seen["corrections"]
    assert (correction["old_gross_minor"], correction["new_gross_minor"]) == (4_000, 3_000)
    assert (correction["credit_note_number"], correction["reason"]) == (1, "Wrong price")
