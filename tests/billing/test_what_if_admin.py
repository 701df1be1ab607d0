"""The pages of what-if: a question is entered, and its answer read."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from billing.models import TariffVersion, WhatIfRun
from billing.services.what_if import Question, ask_what_if, run_due_what_ifs
from tenants.models import Role, Tenant
from tests.billing.bills import a_bill
from tests.billing.test_what_if_runs import LATER, NIGHT_PRICES, draft
from tests.cast import a_member

ADD = "admin:billing_whatifrun_add"
ENTERED: dict[str, Any] = {
    "weeks": 8,
    "off_peak": "cheapest",
    "off_peak_from_hour": 22,
    "off_peak_to_hour": 6,
    "elasticity_low_pct": 10,
    "elasticity_high_pct": 60,
}


@pytest.fixture
def owner(volt: Tenant) -> Client:
    client = Client()
    client.force_login(a_member())
    return client


def page_of(run: WhatIfRun) -> str:
    return reverse("admin:billing_whatifrun_change", args=(run.pk,))


def text_of(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return answer.content.decode().replace("\xa0", " ")


def asked(tariff: TariffVersion, **more: Any) -> WhatIfRun:
    return ask_what_if(Question(tariff.tariff_id, **more), asked_by=None, now=LATER)


def test_a_question_is_entered_and_answered(owner: Client, tariff: TariffVersion) -> None:
    a_bill()
    draft(tariff.tariff, NIGHT_PRICES)
    assert "Standard, utkast" in text_of(owner, reverse(ADD))
    answer = owner.post(reverse(ADD), ENTERED | {"tried": f"{tariff.tariff_id}:"})
    run = WhatIfRun.objects.get()
    assert answer.headers["Location"] == page_of(run)
    assert 'http-equiv="refresh"' in text_of(owner, page_of(run))
    run_due_what_ifs()
    run.refresh_from_db()
    assert run.requested_by is not None


def test_the_answer_shows_the_range_the_peak_and_the_share(
    owner: Client, tariff: TariffVersion
) -> None:
    a_bill()
    draft(tariff.tariff, NIGHT_PRICES)
    run = asked(tariff)
    run_due_what_ifs()
    with override("en"):
        owner.cookies["django_language"] = "en"
        text = text_of(owner, page_of(run))
    assert "SEK 25.20 – SEK 36.00" in text
    assert "9 kW, 1 Jun 14–15" in text
    assert "60 %" in text
    assert "refresh" not in text


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"weeks": 99}, "Mellan 1 och 53 veckor."),
        ({"elasticity_low_pct": 70}, "Procent från 0 till 100"),
        ({"off_peak_to_hour": 22}, "Hela timmar"),
        ({"tried": "nothing"}, "nothing"),
    ],
)
def test_bad_input_is_named_and_stores_nothing(
    owner: Client, tariff: TariffVersion, wrong: dict[str, Any], told: str
) -> None:
    entered = ENTERED | {"tried": f"{tariff.tariff_id}:{tariff.pk}"} | wrong
    assert told in owner.post(reverse(ADD), entered).content.decode()
    assert not WhatIfRun.objects.exists()


def test_weeks_without_bills_say_what_to_do(owner: Client, tariff: TariffVersion) -> None:
    run = asked(tariff, version_id=tariff.pk)
    run_due_what_ifs()
    assert 'data-testid="empty"' in text_of(owner, page_of(run))


def test_a_failed_run_says_why(owner: Client, tariff: TariffVersion) -> None:
    run = asked(tariff, version_id=tariff.pk)
    WhatIfRun.objects.update(state="failed", problem="delivered -900 Wh")
    assert "delivered -900 Wh" in text_of(owner, page_of(run))


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.VIEWER, Role.TECHNICIAN])
def test_revenue_is_for_those_who_may_see_money(tariff: TariffVersion, role: Role) -> None:
    client = Client()
    client.force_login(a_member(role))
    run = asked(tariff, version_id=tariff.pk)
    for url in (reverse(ADD), page_of(run), reverse("admin:billing_whatifrun_changelist")):
        assert client.get(url).status_code == 403
