"""Every session that ends is charged once, to the öre, and says how it is to be collected."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import ProgrammingError, transaction

from billing.models import Charge, JournalEntry, TariffVersion
from billing.rating import UnratableSession
from billing.selectors import charges_not_invoiced
from billing.selectors.tariffs import TariffNotInForce
from billing.services.charges import SessionNotBillable, rate_session
from billing.services.invoices import issue_invoice
from billing.services.ledger import Line, booked_lines
from billing.services.tariffs import publish_tariff_version
from sessions_app.models import ChargingSession
from tenants.models import Tenant
from tests.billing.scenes import a_cleared_session, a_payer, assert_books_are_right
from tests.cast import NOON, a_driver, a_tariff, prices

Collection = Charge.Collection


def rated(session: ChargingSession) -> Charge:
    return rate_session(session_id=session.pk, now=NOON)


def lines_of(charge: Charge) -> list[tuple[str, int, str, int, int, int]]:
    return [
        (line.kind, line.quantity, line.unit, line.gross_minor, line.net_minor, line.vat_minor)
        for line in charge.lines.all()
    ]


def test_ten_kilowatt_hours_at_four_crowns(tariff: TariffVersion) -> None:
    charge = rated(a_cleared_session(a_payer()))
    assert (charge.gross_minor, charge.net_minor, charge.vat_minor) == (4_000, 3_200, 800)
    assert lines_of(charge) == [("energy", 10_000, "Wh", 4_000, 3_200, 800)]
    assert (charge.currency, charge.energy_wh, charge.duration_s) == ("SEK", 10_000, 3_600)


def test_energy_time_and_start_fee_are_lines_of_their_own(volt: Tenant) -> None:
    a_tariff("4.99", minute="0.25", session="5")
    charge = rated(a_cleared_session(a_payer(), 12_345))
    assert lines_of(charge) == [
        ("energy", 12_345, "Wh", 6_160, 4_928, 1_232),
        ("session_time", 3_600, "s", 1_500, 1_200, 300),
        ("flat", 1, "1", 500, 400, 100),
    ]
    assert (charge.gross_minor, charge.vat_minor) == (8_160, 1_632)


def test_the_charge_says_how_it_came_about(tariff: TariffVersion) -> None:
    charge = rated(a_cleared_session(a_payer()))
    assert charge.tariff_version == tariff
    assert charge.explanation["tariff_version"] == str(tariff.pk)
    assert charge.explanation["gross_minor"] == 4_000
    assert charge.inputs_hash == charge.explanation["inputs_hash"]


def test_a_charge_is_booked_as_receivable_revenue_and_vat(volt: Tenant) -> None:
    a_tariff("4.00", minute="0.25", session="5")
    driver = a_payer()
    charge = rated(a_cleared_session(driver))
    entry = JournalEntry.objects.get(ref=f"charge:{charge.pk}")
    assert booked_lines(entry) == [
        Line("receivable", 6_000, "SEK", str(driver.pk)),
        Line("revenue:energy", -3_200, "SEK"),
        Line("revenue:fee", -400, "SEK"),
        Line("revenue:time", -1_200, "SEK"),
        Line("vat_output", -1_200, "SEK"),
    ]
    assert entry.occurred_at == NOON + timedelta(hours=1)


def test_rating_twice_rates_once(tariff: TariffVersion) -> None:
    session = a_cleared_session(a_payer())
    assert rated(session).pk == rated(session).pk
    assert Charge.objects.count() == JournalEntry.objects.count() == 1


def test_a_charge_cannot_be_changed(tariff: TariffVersion) -> None:
    rated(a_cleared_session(a_payer()))
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        Charge.objects.update(gross_minor=1)


def test_a_session_without_energy_costs_nothing_and_is_not_invoiced(volt: Tenant) -> None:
    a_tariff("4.00", minute="0.25", session="5")
    charge = rated(a_cleared_session(a_payer(), energy_wh=0))
    assert (charge.gross_minor, charge.collection) == (0, Collection.NOTHING_TO_PAY)
    assert issue_invoice(charge_id=charge.pk, now=NOON) is None
    assert not JournalEntry.objects.exists()
    assert not charges_not_invoiced().exists()


def test_a_session_of_nobody_known_is_charged_and_shown_as_such(tariff: TariffVersion) -> None:
    charge = rated(a_cleared_session(None))
    assert (charge.gross_minor, charge.collection) == (4_000, Collection.UNIDENTIFIED)
    assert issue_invoice(charge_id=charge.pk, now=NOON) is None
    assert list(charges_not_invoiced()) == [charge]
    entry = JournalEntry.objects.get()
    assert booked_lines(entry)[0] == Line("receivable", 4_000, "SEK", "unidentified")


def test_a_driver_without_a_billing_account_is_charged_and_shown(tariff: TariffVersion) -> None:
    charge = rated(a_cleared_session(a_driver()))
    assert charge.collection == Collection.NO_BILLING_ACCOUNT
    assert issue_invoice(charge_id=charge.pk, now=NOON) is None
    assert list(charges_not_invoiced()) == [charge]


@pytest.mark.parametrize(
    ("energy_wh", "gross_minor", "collection"),
    [(747, 299, Collection.BELOW_MINIMUM), (750, 300, Collection.INVOICE)],
)
def test_three_crowns_is_the_least_that_is_invoiced(
    tariff: TariffVersion, energy_wh: int, gross_minor: int, collection: str
) -> None:
    charge = rated(a_cleared_session(a_payer(), energy_wh))
    assert (charge.gross_minor, charge.collection) == (gross_minor, collection)
    assert (issue_invoice(charge_id=charge.pk, now=NOON) is None) == (gross_minor < 300)


def test_the_least_that_is_invoiced_can_be_raised(tariff: TariffVersion, settings: object) -> None:
    settings.INVOICE_MINIMUM_MINOR = {"SEK": 5_000}  # type: ignore[attr-defined]
    assert rated(a_cleared_session(a_payer())).collection == Collection.BELOW_MINIMUM


def test_it_cannot_be_lowered_under_what_a_card_can_pay(
    tariff: TariffVersion, settings: object
) -> None:
    settings.INVOICE_MINIMUM_MINOR = {"SEK": 0}  # type: ignore[attr-defined]
    assert rated(a_cleared_session(a_payer(), 700)).collection == Collection.BELOW_MINIMUM


def test_a_session_under_way_is_not_charged(tariff: TariffVersion) -> None:
    session = a_cleared_session(a_payer(), state=ChargingSession.State.OPEN)
    with pytest.raises(SessionNotBillable):
        rated(session)


def test_a_held_session_is_not_charged(tariff: TariffVersion) -> None:
    session = a_cleared_session(a_payer(), gate=ChargingSession.Gate.HELD, gate_reason="jump")
    with pytest.raises(SessionNotBillable, match="jump"):
        rated(session)


def test_a_released_session_is_charged(tariff: TariffVersion) -> None:
    session = a_cleared_session(a_payer(), gate=ChargingSession.Gate.RELEASED)
    assert rated(session).gross_minor == 4_000


def test_without_a_tariff_nothing_is_charged_for_now(volt: Tenant) -> None:
    session = a_cleared_session(a_payer())
    with pytest.raises(TariffNotInForce):
        rated(session)
    assert not Charge.objects.exists()


def test_the_price_is_the_one_in_force_when_the_session_began(tariff: TariffVersion) -> None:
    later = NOON + timedelta(minutes=1)
    publish_tariff_version(
        tariff_id=tariff.tariff_id, prices=prices("9.00"), valid_from=later, now=NOON
    )
    assert rated(a_cleared_session(a_payer())).gross_minor == 4_000
    after = a_cleared_session(a_payer("CCDDEE"), ref="2", started_at=later)
    assert rated(after).gross_minor == 9_000


def test_a_session_without_its_start_cannot_be_rated(tariff: TariffVersion) -> None:
    with pytest.raises(UnratableSession):
        rated(a_cleared_session(a_payer(), started_at=None))


def test_the_books_agree_with_every_kind_of_charge(tariff: TariffVersion) -> None:
    driver = a_payer()
    for number, (who, energy_wh) in enumerate([(driver, 9_999), (None, 5), (driver, 0)]):
        rated(a_cleared_session(who, energy_wh, ref=str(number)))
    assert_books_are_right()
