"""Payment on the spot: held, charged against, captured or released, and never left hanging."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone

from billing.models import Charge, Invoice, Payment
from billing.selectors.ad_hoc import Objection, objection_at, offer_at
from billing.services.ad_hoc.moves import NoSuchMove, move
from billing.services.ad_hoc.opening import stop_by_payer
from chargepoints.models import Command
from config.devstack.stripe_stand_in import StandIn
from config.devstack.stripe_stand_in.errors import CardRefused
from tests.billing.ad_hoc_scenes import (
    HOLD_MINOR,
    Stranger,
    a_stranger,
    answer,
    asked,
    at,
    balance,
    finish,
    is_online,
    release,
)
from tests.billing.scenes import PLATFORM, assert_books_are_right, send_all

pytestmark = pytest.mark.usefixtures("tariff")
State, Phase, Ending = Payment.State, Payment.Phase, Payment.Ending


@pytest.fixture
def stranger(
    volt: object, tariff: object, stand_in: StandIn, clock: time_machine.Traveller
) -> Stranger:
    return a_stranger(stand_in)


def where(payment: Payment) -> tuple[str, str, str]:
    return payment.state, payment.phase, payment.ending


class TestTheWholeWay:
    """From the QR code to the receipt."""

    def test_a_stranger_pays_what_the_session_cost(self, stranger: Stranger) -> None:
        held = stranger.pay()
        assert where(held) == (State.AUTHORISED, Phase.STARTING, "")
        assert (held.authorised_minor, stranger.intent()["amount"]) == (HOLD_MINOR, HOLD_MINOR)
        session = stranger.plug_in()
        assert stranger.row.phase == Phase.CHARGING
        stranger.unplug(session, energy_wh=10_000)
        done = stranger.row
        assert where(done) == (State.CAPTURED, Phase.ENDED, Ending.AT_STATION)
        assert (done.captured_minor, done.due_at) == (4_000, None)
        assert stranger.intent()["amount_received"] == 4_000
        assert (balance("receivable"), balance("stripe_pending")) == (0, 4_000)
        assert_books_are_right()

    def test_a_session_is_billed_once(self, stranger: Stranger) -> None:
        stranger.pay()
        session = stranger.plug_in()
        stranger.unplug(session)
        finish(session, 10_000)
        send_all()
        assert Charge.objects.get().collection == "on_the_spot"
        assert not Invoice.objects.exists()
        assert [row["amount_captured"] for row in captured(stranger)] == [4_000]

    def test_the_station_is_asked_to_start_with_the_token_at_the_connector(
        self, stranger: Stranger
    ) -> None:
        payment = stranger.pay()
        command = Command.objects.get()
        assert command.payload == {"idTag": payment.token_uid, "connectorId": 1}
        assert len(payment.token_uid) == 20

    def test_nothing_is_taken_for_a_session_without_energy(self, stranger: Stranger) -> None:
        stranger.pay()
        stranger.unplug(stranger.plug_in(), energy_wh=0)
        assert stranger.row.state == State.CANCELLED
        assert stranger.intent()["status"] == "canceled"
        assert captured(stranger) == []

    def test_less_than_a_card_can_pay_is_written_off(self, stranger: Stranger) -> None:
        stranger.pay()
        stranger.unplug(stranger.plug_in(), energy_wh=700)
        assert stranger.row.state == State.CANCELLED
        assert (stranger.row.written_off_minor, balance("write_off")) == (280, 280)
        assert balance("receivable") == 0
        assert_books_are_right()

    def test_no_more_than_the_hold_is_taken_and_the_rest_is_written_off(
        self, stranger: Stranger
    ) -> None:
        stranger.pay()
        stranger.unplug(stranger.plug_in(), energy_wh=70_000)
        done = stranger.row
        assert (done.state, done.captured_minor, done.written_off_minor) == (
            State.CAPTURED,
            HOLD_MINOR,
            4_000,
        )
        assert (balance("receivable"), balance("write_off")) == (0, 4_000)
        assert_books_are_right()


class TestStarts:
    """A start that does not come: the hold goes back."""

    @pytest.mark.parametrize(
        ("changes", "ending"),
        [
            ({"state": "answered", "response": {"status": "Rejected"}}, Ending.REFUSED),
            ({"state": "failed", "error": "NotSupported"}, Ending.REFUSED),
            ({"state": "timed_out"}, Ending.REFUSED),
            ({"state": "offline"}, Ending.OFFLINE),
        ],
    )
    def test_a_refused_start_releases_the_hold(
        self, stranger: Stranger, changes: dict[str, object], ending: str
    ) -> None:
        answer(stranger.pay(), **changes)
        stranger.tell()
        assert where(stranger.row) == (State.CANCELLED, Phase.ENDED, ending)
        assert stranger.intent()["status"] == "canceled"

    def test_a_payer_who_never_plugs_in_gets_the_hold_back(
        self, stranger: Stranger, clock: time_machine.Traveller
    ) -> None:
        answer(stranger.pay(), state="answered", response={"status": "Accepted"})
        clock.shift(timedelta(minutes=4, seconds=58))
        stranger.sweep()
        assert stranger.row.state == State.AUTHORISED
        clock.shift(timedelta(seconds=4))
        stranger.sweep()
        assert where(stranger.row) == (State.CANCELLED, Phase.ENDED, Ending.SILENT)
        assert stranger.intent()["status"] == "canceled"

    def test_a_start_after_that_is_stopped_and_written_off(
        self, stranger: Stranger, clock: time_machine.Traveller
    ) -> None:
        stranger.pay()
        clock.shift(timedelta(minutes=6))
        stranger.sweep()
        session = stranger.plug_in()
        assert asked("RemoteStopTransaction") == 1
        stranger.unplug(session, energy_wh=1_000)
        assert (stranger.row.state, stranger.row.written_off_minor) == (State.CANCELLED, 400)
        assert balance("receivable") == 0
        assert_books_are_right()

    def test_a_session_nobody_told_of_is_found(self, stranger: Stranger) -> None:
        stranger.pay()
        session = stranger.plug_in()
        Payment.objects.update(session=None, phase=Phase.STARTING)
        stranger.tell()
        assert (stranger.row.session_id, stranger.row.phase) == (session.pk, Phase.CHARGING)

    def test_the_payer_may_give_up_before_plugging_in(self, stranger: Stranger) -> None:
        payment = stranger.pay()
        stop_by_payer(payment_id=payment.pk, now=timezone.now())
        send_all()
        assert where(stranger.row) == (State.CANCELLED, Phase.ENDED, Ending.BY_PAYER)

    def test_the_token_at_another_connector_is_stopped_and_not_paid_for(
        self, stranger: Stranger, stand_in: StandIn
    ) -> None:
        stranger.pay()
        other = a_stranger(stand_in).connector
        stranger.plug_in(connector=other)
        assert (stranger.row.session_id, asked("RemoteStopTransaction")) == (None, 1)


class TestTwoPayers:
    """One connector, two strangers."""

    def test_the_second_is_told_so_before_paying(self, stranger: Stranger) -> None:
        stranger.pay()
        assert offer_at(stranger.connector, timezone.now()) == Objection.BUSY

    def test_the_slower_one_is_shut_out_of_the_payment_page(
        self, stranger: Stranger, stand_in: StandIn
    ) -> None:
        slower = Stranger(stranger.connector, stand_in)
        slower.open()
        stranger.pay()
        assert slower.row.state == State.EXPIRED
        [page] = [
            row
            for row in stand_in.objects(PLATFORM, "checkout.session")
            if row["id"] == slower.row.stripe_checkout_ref
        ]
        assert page["status"] == "expired"

    def test_one_who_paid_all_the_same_gets_the_hold_back(
        self, stranger: Stranger, stand_in: StandIn
    ) -> None:
        slower = Stranger(stranger.connector, stand_in)
        slower.open()
        slower.pay(tell=False)
        stranger.pay()
        slower.tell()
        assert where(slower.row) == (State.CANCELLED, Phase.ENDED, Ending.BUSY)
        assert slower.intent()["status"] == "canceled"
        assert stranger.row.phase == Phase.STARTING

    @pytest.mark.parametrize("status", ["charging", "suspendedev", "reserved"])
    def test_a_connector_in_use_is_busy(self, stranger: Stranger, status: str) -> None:
        stranger.connector.status = status
        assert objection_at(stranger.connector, timezone.now()) == Objection.BUSY

    def test_a_station_that_fell_silent_is_offline(
        self, stranger: Stranger, clock: time_machine.Traveller
    ) -> None:
        clock.shift(timedelta(minutes=11))
        assert offer_at(stranger.connector, timezone.now()) == Objection.OFFLINE

    def test_a_station_that_fell_silent_while_paying_gets_no_money(
        self, stranger: Stranger, clock: time_machine.Traveller
    ) -> None:
        stranger.open()
        clock.shift(timedelta(minutes=11))
        assert where(stranger.pay()) == (State.CANCELLED, Phase.ENDED, Ending.OFFLINE)


class TestTheHold:
    """Never used up, never forgotten."""

    def test_charging_stops_one_interval_before_the_hold_is_used_up(
        self, stranger: Stranger, clock: time_machine.Traveller
    ) -> None:
        stranger.pay()
        session = stranger.plug_in()
        # 22 kW for 60 s are 366 Wh; 59,998 Wh cost 239.99 kr, one more the 240.00 kr held.
        clock.shift(timedelta(hours=3))
        stranger.charge(session, 59_632, timedelta(hours=3))
        stranger.tell()
        assert asked("RemoteStopTransaction") == 0
        stranger.charge(session, 59_633, timedelta(hours=3, microseconds=1))
        stranger.tell()
        assert asked("RemoteStopTransaction") == 1
        assert stranger.row.ending == Ending.HOLD_USED
        stranger.unplug(session, energy_wh=59_900)
        assert (stranger.row.captured_minor, stranger.row.written_off_minor) == (23_960, 0)

    def test_a_station_that_says_nothing_counts_as_charging(
        self, stranger: Stranger, clock: time_machine.Traveller
    ) -> None:
        stranger.pay()
        stranger.plug_in()
        clock.shift(timedelta(hours=2, minutes=42))
        is_online(stranger.connector.charge_point)
        stranger.sweep()
        assert asked("RemoteStopTransaction") == 0
        clock.shift(timedelta(minutes=2))
        stranger.sweep()
        assert asked("RemoteStopTransaction") == 1

    def test_a_stop_that_does_not_stop_is_asked_for_again(
        self, stranger: Stranger, clock: time_machine.Traveller
    ) -> None:
        payment = stranger.pay()
        stranger.plug_in()
        for _twice in range(2):
            stop_by_payer(payment_id=payment.pk, now=timezone.now())
        assert asked("RemoteStopTransaction") == 1
        clock.shift(timedelta(seconds=31))
        stranger.sweep()
        assert (asked("RemoteStopTransaction"), stranger.row.ending) == (2, Ending.BY_PAYER)

    def test_a_session_that_never_ends_is_captured_before_the_hold_lapses(
        self, stranger: Stranger, clock: time_machine.Traveller
    ) -> None:
        payment = stranger.pay()
        session = stranger.plug_in()
        stranger.charge(session, 20_000, timedelta(hours=1))
        clock.move_to(at(payment) - timedelta(hours=6, seconds=1))
        stranger.tell()
        assert stranger.row.state == State.AUTHORISED
        clock.shift(timedelta(seconds=1))
        stranger.tell()
        assert (stranger.row.state, stranger.row.captured_minor) == (State.CAPTURED, 8_000)
        assert stranger.row.phase == Phase.CHARGING

    def test_a_held_session_is_captured_as_far_as_it_is_beyond_doubt(
        self, stranger: Stranger, clock: time_machine.Traveller
    ) -> None:
        payment = stranger.pay()
        session = stranger.plug_in()
        for minute in range(61):
            stranger.charge(session, 100 * minute, timedelta(minutes=minute))
        clock.shift(timedelta(hours=1))
        stranger.unplug(session, energy_wh=30_000, gate="held")
        assert stranger.row.state == State.AUTHORISED
        clock.move_to(at(payment) - timedelta(hours=6))
        stranger.sweep()
        captured_minor = stranger.row.captured_minor
        assert 2_300 < captured_minor <= 2_400
        release(session, 9_000)
        assert stranger.row.written_off_minor == 3_600 - captured_minor
        assert balance("receivable") == 0
        assert_books_are_right()

    def test_what_was_captured_too_much_is_given_back(
        self, stranger: Stranger, clock: time_machine.Traveller
    ) -> None:
        payment = stranger.pay()
        session = stranger.plug_in()
        stranger.charge(session, 20_000, timedelta(hours=1))
        clock.move_to(at(payment) - timedelta(hours=6))
        stranger.tell()
        stranger.unplug(session, energy_wh=15_000)
        done = stranger.row
        assert (done.state, done.captured_minor, done.refunded_minor) == (
            State.PARTLY_REFUNDED,
            8_000,
            2_000,
        )
        assert (balance("receivable"), balance("stripe_pending")) == (0, 6_000)
        assert_books_are_right()

    def test_a_disputed_payment_is_not_refunded(
        self, stranger: Stranger, clock: time_machine.Traveller
    ) -> None:
        payment = stranger.pay()
        session = stranger.plug_in()
        stranger.charge(session, 20_000, timedelta(hours=1))
        clock.move_to(at(payment) - timedelta(hours=6))
        stranger.tell()
        Payment.objects.update(is_disputed=True)
        stranger.unplug(session, energy_wh=15_000)
        assert (stranger.row.refunded_minor, stranger.row.problem) == (
            0,
            "The payment is disputed",
        )

    def test_a_hold_that_lapsed_is_written_off_and_not_forgotten(
        self, stranger: Stranger, clock: time_machine.Traveller
    ) -> None:
        stranger.pay()
        session = stranger.plug_in()
        stranger.stand_in.advance(7 * 24 * 3600)
        stranger.unplug(session, energy_wh=10_000)
        assert (stranger.row.state, stranger.row.written_off_minor) == (State.EXPIRED, 4_000)
        assert (balance("receivable"), captured(stranger)) == (0, [])
        assert_books_are_right()


class TestThePage:
    """Before anything is held."""

    def test_a_declined_card_leaves_the_page_open(self, stranger: Stranger) -> None:
        stranger.open()
        with pytest.raises(CardRefused):
            stranger.pay("pm_card_chargeDeclined")
        stranger.tell()
        assert stranger.row.state == State.CREATED
        assert stranger.pay().phase == Phase.STARTING

    def test_a_page_nobody_pays_on_ends(
        self, stranger: Stranger, clock: time_machine.Traveller
    ) -> None:
        stranger.open()
        clock.shift(timedelta(minutes=46))
        stranger.sweep()
        stranger.tell()
        assert where(stranger.row)[:2] == (State.EXPIRED, Phase.ENDED)
        assert stranger.row.due_at is None

    def test_a_hold_of_another_amount_is_released(self, stranger: Stranger) -> None:
        stranger.open()
        Payment.objects.update(hold_minor=HOLD_MINOR + 1)
        stranger.pay()
        assert where(stranger.row) == (State.CANCELLED, Phase.ENDED, Ending.WRONG_AMOUNT)
        assert stranger.row.problem == "Stripe holds 24000 SEK"

    def test_a_move_the_table_does_not_have_is_refused(self, stranger: Stranger) -> None:
        payment = stranger.open()
        with pytest.raises(NoSuchMove), transaction.atomic():
            move(payment, State.REFUNDED)


def captured(stranger: Stranger) -> list[dict[str, object]]:
    return stranger.stand_in.charges_succeeded(stranger.account)
