"""What-if runs: asked for in the admin, computed by a worker over real bills."""

from __future__ import annotations

import zlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.models import Charge, Tariff, TariffDraft, TariffVersion, WhatIfRun
from billing.rating import TariffFacts, tariff_document
from billing.selectors import revenue_by_day, usage
from billing.services.what_if import Question, WhatIfRefused, ask_what_if, run_due_what_ifs
from billing.tasks import run_due_what_ifs as task
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.billing.bills import (
    SPOT,
    a_bill,
    a_bill_of,
    a_tariff_of,
    as_owner,
    random_bills,
    record_slot,
)
from tests.billing.rating_cases import Drive, day_and_night, drives, element, energy, tariffs
from tests.billing.rating_cases import tariff as facts_of
from tests.cast import NOON, a_tariff, a_tenant

pytestmark = pytest.mark.usefixtures("_no_bell")

# A Monday; the weeks end with the Sunday before.
LATER = datetime(2026, 6, 15, 9, tzinfo=UTC)
State = WhatIfRun.State
NIGHT_PRICES = day_and_night("4.00", "2.00")


def draft(tariff: Tariff, facts: TariffFacts) -> TariffDraft:
    document = tariff_document(facts)
    del document["version_id"]
    return TariffDraft.objects.create(tariff=tariff, document=document)


def asked(tariff: Tariff, now: datetime = LATER, **more: Any) -> WhatIfRun:
    return ask_what_if(Question(tariff.pk, **more), asked_by=None, now=now)


def answered(run: WhatIfRun) -> Any:
    """The result, once a worker has been there."""
    run_due_what_ifs()
    run.refresh_from_db()
    assert (run.state, run.problem) == (State.DONE, "")
    return run.result


def money(result: Any) -> list[int]:
    return [result["money"][name]["gross"] for name in ("before", "unmoved", "low", "high")]


def test_the_version_in_force_gives_the_revenue_in_the_books(tariff: TariffVersion) -> None:
    for number in range(5):
        a_bill(str(number), start_at=NOON + timedelta(hours=31 * number))
    result = answered(asked(tariff.tariff, version_id=tariff.pk))
    (days,) = [
        revenue_by_day(
            date_from=LATER.date() - timedelta(40),
            date_to=LATER.date(),
            time_zone="Europe/Stockholm",
        )
    ]
    booked = sum(day.gross_minor for day in days), sum(day.vat_minor for day in days)
    assert booked == (18_000, 3_600)
    for name in ("before", "unmoved", "low", "high"):
        assert (result["money"][name]["gross"], result["money"][name]["vat"]) == booked


@settings(parent=random_bills, max_examples=max(12, random_bills.max_examples // 4))
@given(st.lists(drives(), min_size=1, max_size=3), tariffs())
def test_any_unchanged_tariff_gives_the_actual_revenue(
    volt: Tenant, some: list[Drive], facts: TariffFacts
) -> None:
    with transaction.atomic():
        tariff = a_tariff_of(replace(facts, currency="SEK"))
        charges = [
            a_bill_of(replace_start(drive, days).read_every(60), str(days))
            for days, drive in enumerate(some)
        ]
        result = answered(asked(tariff.tariff, version_id=tariff.pk, weeks=2))
        for name in ("before", "unmoved", "low", "high"):
            for part in ("gross", "net", "vat"):
                actual = sum(getattr(charge, f"{part}_minor") for charge in charges)
                assert result["money"][name][part] == actual
        transaction.set_rollback(True)


def replace_start(drive: Drive, days: int) -> Drive:
    return replace(drive, start=NOON + timedelta(days=days, seconds=drive.start.second))


def test_a_draft_is_tried_as_it_was_when_asked(tariff: TariffVersion) -> None:
    a_bill()
    written = draft(tariff.tariff, NIGHT_PRICES)
    run = asked(tariff.tariff)
    written.delete()
    # 14:00 in Stockholm, 36.00 kr; by night they would be 18.00.
    assert money(answered(run)) == [3_600, 3_600, 3_420, 2_520]


def test_only_the_tried_tariffs_sessions_change(tariff: TariffVersion) -> None:
    a_bill()
    other = Tariff.objects.create(name="Other")
    draft(other, facts_of(element(energy("9.00"))))
    result = answered(asked(other))
    assert (money(result), result["counts"]) == ([3_600] * 4, {"sessions": 1, "kept": 1})


def test_weeks_are_whole_local_days_that_have_passed(tariff: TariffVersion) -> None:
    monday = datetime(2026, 6, 7, 22, tzinfo=UTC)
    hour = timedelta(hours=1)
    a_bill("1", start_at=monday - hour - timedelta(seconds=1))
    a_bill("2", start_at=monday - hour)
    a_bill("3", start_at=monday + 7 * 24 * hour - hour - timedelta(seconds=1))
    a_bill("4", start_at=monday + 7 * 24 * hour - hour)
    result = answered(asked(tariff.tariff, version_id=tariff.pk, weeks=1))
    assert (result["counts"]["sessions"], len(result["weeks"])) == (2, 1)
    longer = answered(asked(tariff.tariff, version_id=tariff.pk, weeks=2))
    assert [week["before"]["gross"] for week in longer["weeks"]] == [3_600, 7_200]


def test_chosen_hours_are_used_and_named(tariff: TariffVersion) -> None:
    a_bill()
    draft(tariff.tariff, NIGHT_PRICES)
    chosen = {"off_peak_from_hour": 13, "off_peak_to_hour": 16}
    result = answered(asked(tariff.tariff, off_peak=WhatIfRun.OffPeak.CHOSEN, **chosen))
    assert result["off_peak"]["rule"] == "chosen"
    assert result["off_peak_wh"]["before"] == 9_000


def test_a_tariff_with_one_price_falls_back_on_the_hours_given(tariff: TariffVersion) -> None:
    a_bill()
    result = answered(asked(tariff.tariff, version_id=tariff.pk))
    assert result["off_peak"]["rule"] == "same_price"
    assert len(result["off_peak"]["hours"]) == 56


def test_market_prices_make_the_cheap_hours(tariff: TariffVersion) -> None:
    a_bill()
    for quarter in range(7 * 96):
        record_slot(NOON + timedelta(minutes=15 * quarter), f"{quarter % 96}.00")
    draft(tariff.tariff, SPOT)
    result = answered(asked(tariff.tariff, weeks=2))
    assert result["off_peak"]["rule"] == "cheapest"
    # Prices of 0 to 3 kr a kWh in the four quarters, plus 0.10, plus 25 %: 9 kWh are 18.00 kr.
    assert money(result)[:2] == [3_600, 1_800]


def test_another_organisations_sessions_are_not_seen(tariff: TariffVersion) -> None:
    a_bill()
    ampere = a_tenant("ampere")
    with tenant_scope(ampere.id):
        a_tariff()
        a_bill()
    result = answered(asked(tariff.tariff, version_id=tariff.pk))
    assert result["counts"]["sessions"] == 1


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({}, "tried"),
        ({"weeks": 0}, "weeks"),
        ({"weeks": 54}, "weeks"),
        ({"elasticity_low_pct": 61}, "elasticity_high_pct"),
        ({"elasticity_high_pct": 101}, "elasticity_high_pct"),
        ({"off_peak_from_hour": 6}, "off_peak_to_hour"),
    ],
)
def test_a_question_that_means_nothing_is_refused(
    tariff: TariffVersion, more: dict[str, int], field: str
) -> None:
    with pytest.raises(WhatIfRefused) as refused:
        asked(tariff.tariff, **more)
    assert refused.value.field == field
    assert not WhatIfRun.objects.exists()


def test_a_draft_in_another_currency_is_refused(tariff: TariffVersion) -> None:
    draft(tariff.tariff, replace(NIGHT_PRICES, currency="EUR"))
    with pytest.raises(WhatIfRefused, match="EUR instead of SEK"):
        asked(tariff.tariff)


def test_a_draft_that_is_no_tariff_is_refused(tariff: TariffVersion) -> None:
    TariffDraft.objects.create(tariff=tariff.tariff, document={"elements": "none"})
    with pytest.raises(WhatIfRefused):
        asked(tariff.tariff)


def test_a_worker_that_dies_is_replaced_and_three_are_enough(tariff: TariffVersion) -> None:
    run = asked(tariff.tariff, version_id=tariff.pk)
    long_ago = LATER - timedelta(days=1)
    WhatIfRun.objects.update(state=State.RUNNING, attempts=1, due_at=long_ago)
    assert answered(run)["counts"] == {}
    WhatIfRun.objects.update(state=State.RUNNING, attempts=3, due_at=long_ago)
    assert task() == 1
    run.refresh_from_db()
    assert (run.state, run.problem) == (State.FAILED, "given up after 3 tries")


def test_a_run_that_is_being_computed_is_left_alone(tariff: TariffVersion) -> None:
    asked(tariff.tariff, version_id=tariff.pk)
    WhatIfRun.objects.update(state=State.RUNNING, due_at=datetime(2100, 1, 1, tzinfo=UTC))
    assert run_due_what_ifs() == 0


def test_a_damaged_bill_fails_the_run_with_its_reason(tariff: TariffVersion) -> None:
    charge = a_bill()
    a_bill("2")
    damaged = zlib.decompress(charge.inputs).replace(b'"energy_wh":9000', b'"energy_wh":-900')
    as_owner(
        "UPDATE billing_charge SET inputs = %s WHERE id = %s", zlib.compress(damaged), charge.pk
    )
    run = asked(tariff.tariff, version_id=tariff.pk)
    run_due_what_ifs()
    run.refresh_from_db()
    assert run.state == State.FAILED
    assert "-900" in run.problem


def test_queries_do_not_grow_with_the_sessions(
    tariff: TariffVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    def queries() -> int:
        run = asked(tariff.tariff, version_id=tariff.pk)
        with CaptureQueriesContext(
            connection,
        ) as seen:
            answered(run)
        return len(seen)

    a_bill("0")
    few = queries()
    for number in range(1, 12):
        a_bill(str(number))
    assert queries() == few


def test_many_bills_are_read_in_pieces(
    tariff: TariffVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usage, "CHUNK", 2)
    monkeypatch.setattr("billing.services.what_if.PROGRESS_EVERY", 2)
    for number in range(5):
        a_bill(str(number))
    run = asked(tariff.tariff, version_id=tariff.pk)
    assert answered(run)["counts"]["sessions"] == Charge.objects.count() == 5
    assert (run.sessions_done, run.sessions_total) == (5, 5)
