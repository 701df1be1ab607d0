"""The tariff editor: what is written, kept, shown, published and compared."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from billing.models import SpotPrice, Tariff, TariffAssignment, TariffDraft, TariffVersion
from billing.rating import LineKind
from billing.selectors.tariff_drafts import draft_facts
from tenants.models import Role
from tenants.scope import tenant_scope
from tests.cast import a_member, a_tariff
from tests.console.pages import fields_of
from tests.operators import Operator

DAY_AND_NIGHT: dict[str, Any] = {
    "rows": "2",
    "row-0-kind": "energy",
    "row-0-price": "3,50",
    "row-0-days": ["0", "1", "2", "3", "4"],
    "row-0-time_from": "06:00",
    "row-0-time_to": "22:00",
    "row-1-kind": "energy",
    "row-1-price": "2.25",
    "row-1-time_from": "22:00",
    "row-1-time_to": "06:00",
    "whole-currency": "SEK",
    "whole-prices_include_vat": "yes",
    "whole-vat_rate": "25",
    "session-energy": "22",
    "session-day": "2026-11-24",
    "session-time_from": "17:40",
    "session-time_to": "20:10",
    "week-kind": "energy",
    "week-day": "2026-11-24",
}
START = {"valid_from_0": "2099-02-01", "valid_from_1": "00:00", "note": "new grid prices"}


@pytest.fixture
def volt(db: None) -> Operator:
    return Operator("volt")


@pytest.fixture
def version(volt: Operator) -> TariffVersion:
    with tenant_scope(volt.tenant.id):
        return a_tariff(energy="3.50")


@pytest.fixture
def accountant(volt: Operator) -> Client:
    return signed_in(volt, Role.ACCOUNTANT)


def signed_in(operator: Operator, role: Role) -> Client:
    with tenant_scope(operator.tenant.id):
        user = a_member(role, f"{role}@{operator.tenant.slug}.example")
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(user)
    return client


def write_page(version: TariffVersion) -> str:
    return reverse("admin:write-tariff", args=(version.tariff_id,))


def drafted(volt: Operator) -> Any:
    with tenant_scope(volt.tenant.id):
        draft = TariffDraft.objects.first()
        return draft and draft_facts(draft)


def text_of(answer: Any) -> str:
    return " ".join(answer.content.decode().replace("\xa0", " ").split())


def test_a_new_tariff_begins_with_what_was_chosen(volt: Operator, accountant: Client) -> None:
    form = {"name": "Nattladdning", "start": "day_and_night"}
    answer = accountant.post(reverse("admin:billing_tariff_add"), form)
    with tenant_scope(volt.tenant.id):
        tariff = Tariff.objects.get(name="Nattladdning")
        assert not tariff.versions.exists()
    assert answer.headers["Location"] == reverse("admin:write-tariff", args=(tariff.pk,))
    assert [e.components[0].price for e in drafted(volt).elements] == [Decimal("4.5"), Decimal(3)]


def test_a_copy_begins_with_another_tariffs_prices(
    volt: Operator, accountant: Client, version: TariffVersion
) -> None:
    form = {"name": "Copy", "start": "copy", "version": version.pk}
    accountant.post(reverse("admin:billing_tariff_add"), form)
    assert drafted(volt).elements[0].components[0].price == Decimal("3.5")


def test_what_the_editor_shows_is_what_it_saves(
    volt: Operator, accountant: Client, version: TariffVersion
) -> None:
    shown = fields_of(accountant.get(write_page(version)).content.decode())
    assert accountant.post(write_page(version), {**shown, "act": "save"}).status_code == 302
    with tenant_scope(volt.tenant.id):
        draft, kept = TariffDraft.objects.get(), TariffVersion.objects.get()
    assert draft.document == kept.document


def test_a_saved_draft_is_not_in_force(
    volt: Operator, accountant: Client, version: TariffVersion
) -> None:
    accountant.post(write_page(version), {**DAY_AND_NIGHT, "act": "save"})
    assert [e.components[0].kind for e in drafted(volt).elements] == [LineKind.ENERGY] * 2
    with tenant_scope(volt.tenant.id):
        assert TariffVersion.objects.count() == 1


def test_a_mistake_stands_at_its_field_and_changes_nothing(
    volt: Operator, accountant: Client, version: TariffVersion
) -> None:
    wrong = {**DAY_AND_NIGHT, "row-1-price": "cheap", "act": "save"}
    page = accountant.post(write_page(version), wrong)
    assert "Row 2, price: Enter a number." in text_of(page)
    shown = fields_of(page.content.decode())
    assert (shown["row-1-price"], shown["row-0-price"]) == (["cheap"], ["3,50"])
    assert drafted(volt) is None


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"row-0-time_to": "06:00"}, "Row 1, to: This is no time at all"),
        ({"row-0-season_from_0": "1", "row-0-season_from_1": "11"}, "A season has a first and a"),
        ({"row-0-season_from_0": "31", "row-0-season_from_1": "4"}, "There is no such day."),
        ({"row-0-min_energy": "50", "row-0-max_energy": "20"}, "Row 1, up to kWh: This has to be"),
        ({"row-0-min_duration": "ten"}, "Write minutes, for example 15 or 15:30."),
        ({"idle-grace": "15"}, "Price per minute: There is no price for this yet."),
        ({"idle-price": "1", "idle-quiet": "at night"}, "Write hours like 22:00-07:00"),
        ({"whole-currency": "kronor"}, "Currency: "),
        ({"whole-vat_rate": ""}, "VAT rate (%): This field is required."),
        ({"whole-min_price": "9", "whole-max_price": "5"}, "The highest price is under the least"),
        ({"row-0-kind": "power", "row-0-price": "-1"}, "A power fee is not negative."),
    ],
)
def test_every_mistake_is_told_in_words(
    accountant: Client, version: TariffVersion, wrong: dict[str, str], complaint: str
) -> None:
    answer = accountant.post(
        reverse("admin:look-at-tariff", args=(version.tariff_id,)), {**DAY_AND_NIGHT, **wrong}
    )
    assert complaint in text_of(answer)


def test_rows_are_moved_added_and_removed_with_what_was_typed(
    accountant: Client, version: TariffVersion
) -> None:
    typed = {**DAY_AND_NIGHT, "row-1-price": "half a crown"}

    def prices(act: str) -> list[str]:
        page = accountant.post(write_page(version), {**typed, "act": act}).content.decode()
        shown = fields_of(page)
        return [shown[f"row-{n}-price"][0] for n in range(int(shown["rows"][0]))]

    assert prices("down-0") == prices("up-1") == ["half a crown", "3,50"]
    assert prices("remove-0") == ["half a crown"]
    assert prices("add") == ["3,50", "half a crown", ""]
    assert prices("up-0") == prices("remove-7") == ["3,50", "half a crown"]


def test_the_look_tells_cost_reason_gap_and_words(
    accountant: Client, version: TariffVersion
) -> None:
    look = reverse("admin:look-at-tariff", args=(version.tariff_id,))
    text = text_of(accountant.post(look, DAY_AND_NIGHT))
    assert "22 kWh, Tuesday 24 November, 17:40–20:10" in text
    assert '<strong data-testid="preview-total">SEK 77.00</strong>' in text
    assert "17:40–20:10 · 22 kWh × SEK 3.50/kWh (row 1: Mon–Fri 06–22)" in text
    assert "No energy price Sat, Sun 06–22: energy is free then." in text
    assert "Energy 22–06: SEK 2.25/kWh" in text


SPOT = {
    **DAY_AND_NIGHT,
    "rows": "1",
    "row-0-kind": "energy_spot",
    "row-0-price": "4",
    "row-0-adder": "0.50",
    "row-0-days": [],
    "row-0-time_from": "",
    "row-0-time_to": "",
}


def known_spot_prices(*hours: int) -> None:
    """1.00 kr per kWh in these hours of 24 November, UTC."""
    SpotPrice.objects.bulk_create(
        SpotPrice(
            area="SE3",
            currency="SEK",
            starts_at=datetime(2026, 11, 24, hour, tzinfo=UTC),
            duration_s=3600,
            price=Decimal(1),
            source="test",
            recorded_at=datetime(2026, 11, 23, 12, tzinfo=UTC),
        )
        for hour in hours
    )


@pytest.mark.parametrize(
    ("hours", "total", "note"),
    [
        # (1.00 + 0.50) kr and 25 % VAT are 1.875 kr per kWh; the fallback is 4.00 kr.
        ((16, 17, 18, 19), "SEK 41.25", "With the market prices of SE3 on this day."),
        ((), "SEK 88.00", "No market prices of SE3 are known for this day"),
        ((16, 17, 18), "SEK 44.37", "Some market prices of SE3 are missing"),
    ],
)
def test_the_preview_uses_the_market_prices_that_are_known(
    accountant: Client, version: TariffVersion, hours: tuple[int, ...], total: str, note: str
) -> None:
    known_spot_prices(*hours)
    look = reverse("admin:look-at-tariff", args=(version.tariff_id,))
    text = text_of(accountant.post(look, SPOT))
    assert f'<strong data-testid="preview-total">{total}</strong>' in text
    assert note in text


@pytest.mark.parametrize(
    ("price", "ceiling", "with_vat", "is_refused"),
    [
        ("4", "3.99", "yes", True),
        ("4", "4", "yes", False),
        # 4.00 kr and 25 % VAT are 5.00 kr.
        ("4", "4.99", "no", True),
        ("4", "5", "no", False),
    ],
)
def test_a_fallback_above_the_ceiling_is_refused_at_its_field(
    accountant: Client,
    version: TariffVersion,
    price: str,
    ceiling: str,
    with_vat: str,
    is_refused: bool,
) -> None:
    entered = {"row-0-price": price, "row-0-ceiling": ceiling}
    form = {**SPOT, **entered, "whole-prices_include_vat": with_vat, "act": "save"}
    answer = accountant.post(write_page(version), form)
    told = "Row 1, price: Without a market price this is above the ceiling." in text_of(answer)
    assert (told, answer.status_code) == (is_refused, 200 if is_refused else 302)


def test_the_least_price_that_spot_prices_bring_is_said_before_publishing(
    accountant: Client, version: TariffVersion
) -> None:
    accountant.post(write_page(version), {**SPOT, "act": "save"})
    text = text_of(accountant.get(reverse("admin:publish-tariff", args=(version.tariff_id,))))
    assert '<b>Least price of a session</b> <span class="lb-tag">new</span> <ins>SEK 0.00' in text


def test_publishing_needs_a_time_to_come(
    volt: Operator, accountant: Client, version: TariffVersion
) -> None:
    accountant.post(write_page(version), {**DAY_AND_NIGHT, "act": "publish"})
    publish = reverse("admin:publish-tariff", args=(version.tariff_id,))
    past = accountant.post(publish, {**START, "valid_from_0": "2020-02-01"})
    assert "This time has passed" in text_of(past)
    assert accountant.post(publish, START).status_code == 302
    with tenant_scope(volt.tenant.id):
        new = TariffVersion.objects.get(number=2)
        assert not TariffDraft.objects.exists()
    assert new.valid_from == datetime(2099, 1, 31, 23, tzinfo=UTC)
    assert (new.note, str(new.published_by)) == ("new grid prices", "accountant@volt.example")


def test_the_publishing_page_says_what_changes(accountant: Client, version: TariffVersion) -> None:
    everywhere = {**DAY_AND_NIGHT, "rows": "1", "row-0-days": [], "row-0-price": "3.90"}
    everywhere |= {"row-0-time_from": "", "row-0-time_to": ""}
    accountant.post(write_page(version), {**everywhere, "act": "save"})
    page = accountant.get(reverse("admin:publish-tariff", args=(version.tariff_id,)))
    text = text_of(page)
    assert "What changes from Standard v1" in text
    assert "<b>Energy</b> <del>SEK 3.50/kWh</del> → <ins>SEK 3.90/kWh</ins>" in text


def test_a_version_that_has_not_begun_is_taken_back(
    volt: Operator, accountant: Client, version: TariffVersion
) -> None:
    accountant.post(write_page(version), {**DAY_AND_NIGHT, "act": "save"})
    accountant.post(reverse("admin:publish-tariff", args=(version.tariff_id,)), START)
    with tenant_scope(volt.tenant.id):
        new = TariffVersion.objects.get(number=2)
    shown = accountant.get(reverse("admin:billing_tariffversion_change", args=(new.pk,)))
    assert "Take back" in text_of(shown)
    accountant.post(reverse("admin:withdraw-tariff-version", args=(new.pk,)))
    with tenant_scope(volt.tenant.id):
        assert TariffVersion.objects.get(number=1).valid_to is None


def test_a_version_in_force_is_not_taken_back(
    volt: Operator, accountant: Client, version: TariffVersion
) -> None:
    page = accountant.post(
        reverse("admin:withdraw-tariff-version", args=(version.pk,)), follow=True
    )
    assert "It has begun" in text_of(page)
    with tenant_scope(volt.tenant.id):
        assert TariffVersion.objects.get().valid_to is None


def test_a_draft_is_thrown_away_or_begun_from_a_version(
    volt: Operator, accountant: Client, version: TariffVersion
) -> None:
    accountant.post(write_page(version), {**DAY_AND_NIGHT, "act": "save"})
    accountant.post(reverse("admin:discard-tariff-draft", args=(version.tariff_id,)))
    assert drafted(volt) is None
    accountant.post(reverse("admin:rewrite-tariff-version", args=(version.pk,)))
    assert drafted(volt).elements[0].components[0].price == Decimal("3.5")


def test_a_technician_reads_prices_and_writes_none(volt: Operator, version: TariffVersion) -> None:
    technician = signed_in(volt, Role.TECHNICIAN)
    tariff = (version.tariff_id,)
    readable = [
        reverse("admin:billing_tariff_change", args=tariff),
        reverse("admin:billing_tariffversion_change", args=(version.pk,)),
        reverse("admin:ask-for-tariff"),
    ]
    assert [technician.get(page).status_code for page in readable] == [200] * 3
    names = ("write-tariff", "look-at-tariff", "publish-tariff", "discard-tariff-draft")
    forbidden = [reverse(f"admin:{name}", args=tariff) for name in names]
    forbidden += [
        reverse("admin:withdraw-tariff-version", args=(version.pk,)),
        reverse("admin:rewrite-tariff-version", args=(version.pk,)),
        reverse("admin:billing_tariff_add"),
        reverse("admin:billing_tariffassignment_add"),
    ]
    assert [technician.post(page).status_code for page in forbidden] == [403] * 8
    assert technician.post(readable[0], {"name": "Mine"}).status_code == 403


def test_another_tenants_tariff_is_not_there(volt: Operator, version: TariffVersion) -> None:
    owner = signed_in(Operator("ampere"), Role.OWNER)
    names = ("write-tariff", "look-at-tariff", "publish-tariff", "discard-tariff-draft")
    pages = [reverse(f"admin:{name}", args=(version.tariff_id,)) for name in names]
    pages += [
        reverse(f"admin:{name}", args=(version.pk,))
        for name in ("withdraw-tariff-version", "rewrite-tariff-version")
    ]
    assert [owner.post(page, DAY_AND_NIGHT).status_code for page in pages] == [404] * 6
    with tenant_scope(volt.tenant.id):
        assignment = TariffAssignment.objects.get()
    for model, pk in (
        ("tariff", version.tariff_id),
        ("tariffversion", version.pk),
        ("tariffassignment", assignment.pk),
    ):
        page = owner.get(reverse(f"admin:billing_{model}_change", args=(pk,)))
        assert page.status_code == 404, model
    form = {"name": "Stolen", "start": "copy", "version": version.pk}
    assert "valid choice" in text_of(owner.post(reverse("admin:billing_tariff_add"), form))
