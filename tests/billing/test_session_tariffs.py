"""The prices of a session are frozen at its start, by a clock that can be believed."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from decimal import Decimal

import pytest

from billing.models import SessionTariff, TariffLevel, TariffVersion
from billing.rating import LineKind, PriceComponent, Restrictions, TariffElement, TariffFacts
from billing.selectors import current_charge
from billing.selectors.running_cost import running_charge
from billing.selectors.tariffs import TariffNotInForce
from billing.services.charges import rate_charge_again, rate_session
from billing.services.session_tariffs import believed_start, freeze_tariff
from billing.services.tariffs import assign_tariff, create_tariff, publish_tariff_version
from billing.subscribers import freeze_prices
from outbox.events import DomainEvent
from sessions_app.events import SessionStarted
from sessions_app.models import ChargingSession, MeterSample
from tenants.models import Tenant
from tests.billing.scenes import a_cleared_session, a_payer
from tests.cast import LONG_AGO, NOON, a_charge_point, a_session, a_version, prices

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def an_open_session(**more: object) -> ChargingSession:
    session = a_session(a_charge_point(), **more)
    ChargingSession.objects.update(created_at=NOON)
    session.refresh_from_db()
    return session


def read(session: ChargingSession, at: datetime, energy_wh: int) -> None:
    seq = session.samples.count() + 1
    MeterSample.objects.create(
        session=session, at=at, context="periodic", seq=seq, received_at=at, energy_wh=energy_wh
    )


def by_day_and_night() -> TariffFacts:
    """4 kr/kWh, and 1 kr from 14 o'clock in Stockholm (12 UTC in June)."""
    cheap = PriceComponent(LineKind.ENERGY, Decimal(1))
    dear = PriceComponent(LineKind.ENERGY, Decimal(4))
    late = Restrictions(time_from=time(14))
    return TariffFacts(
        "", "SEK", Decimal(25), (TariffElement((cheap,), late), TariffElement((dear,)))
    )


class TestFrozen:
    """Once, for the start and the driver that are known."""

    def test_it_is_the_version_in_force_at_the_start(self, tariff: TariffVersion) -> None:
        frozen = freeze_tariff(an_open_session())
        assert (frozen.version, frozen.assignment.level) == (tariff, "tenant")
        assert (frozen.priced_at, frozen.clock_rule, frozen.clock_shift_s) == (NOON, "station", 0)

    def test_a_tariff_given_later_does_not_change_it(self, tariff: TariffVersion) -> None:
        session = an_open_session()
        freeze_tariff(session)
        cheaper = create_tariff(name="Site")
        a_version(cheaper, prices("1.00"))
        site_id = session.charge_point.site_id
        assign_tariff(
            tariff_id=cheaper.pk,
            level=TariffLevel.SITE,
            target_id=site_id,
            valid_from=LONG_AGO,
            now=NOON,
        )
        assert freeze_tariff(session).version == tariff

    def test_a_driver_who_becomes_known_gets_their_own(self, tariff: TariffVersion) -> None:
        session, driver = an_open_session(), a_payer()
        freeze_tariff(session)
        own = create_tariff(name="Own")
        version = a_version(own, prices("1.00"))
        assign_tariff(
            tariff_id=own.pk,
            level=TariffLevel.DRIVER,
            target_id=driver.pk,
            valid_from=LONG_AGO,
            now=NOON,
        )
        session.driver = driver
        session.save()
        assert freeze_tariff(session).version == version
        assert SessionTariff.objects.count() == 1

    def test_the_outbox_freezes_it_at_the_start(self, tariff: TariffVersion) -> None:
        session = an_open_session()
        event: DomainEvent = SessionStarted(session_id=session.pk, occurred_at=NOON)
        freeze_prices(event)
        freeze_prices(event)
        assert SessionTariff.objects.get().version == tariff

    def test_without_a_tariff_the_start_goes_on(self, volt: Tenant) -> None:
        session = an_open_session()
        freeze_prices(SessionStarted(session_id=session.pk, occurred_at=NOON))
        assert not SessionTariff.objects.exists()
        with pytest.raises(TariffNotInForce):
            freeze_tariff(session)

    def test_new_prices_during_the_session_do_not_touch_it(self, tariff: TariffVersion) -> None:
        session = a_cleared_session(a_payer())
        publish_tariff_version(
            tariff_id=tariff.tariff_id,
            prices=prices("9.00"),
            valid_from=NOON + MINUTE,
            now=NOON,
        )
        assert rate_session(session_id=session.pk, now=NOON + DAY).gross_minor == 4_000


class TestClocks:
    """The station's, within bounds."""

    @pytest.mark.parametrize(
        ("started_at", "rule"),
        [
            (NOON, "station"),
            (NOON + 5 * MINUTE, "station"),
            (NOON + 6 * MINUTE, "server"),
            (NOON - 366 * DAY, "station"),
            (NOON - 367 * DAY, "server"),
        ],
    )
    def test_one_that_is_too_wrong_is_not_believed(
        self, tariff: TariffVersion, started_at: datetime, rule: str
    ) -> None:
        session = an_open_session(started_at=started_at)
        found = believed_start(session, started_at)
        assert found == (rule, started_at if rule == "station" else NOON)

    def test_one_that_was_never_set_is_not_believed(self, tariff: TariffVersion) -> None:
        frozen = freeze_tariff(an_open_session(flags=["clock_unset"]))
        assert (frozen.clock_rule, frozen.priced_at) == ("server", NOON)

    def test_all_times_move_with_the_start(self, volt: Tenant, tariff: TariffVersion) -> None:
        TariffVersion.objects.update(valid_to=LONG_AGO)
        a_version(tariff.tariff, by_day_and_night(), number=2)
        ahead = NOON + 10 * DAY - HOUR
        session = a_cleared_session(a_payer(), started_at=ahead, ended_at=ahead + HOUR)
        ChargingSession.objects.update(created_at=NOON)
        charge = rate_session(session_id=session.pk, now=NOON)
        # By the station's clock it was 13 to 14 o'clock and dear; by ours 14 to 15.
        assert charge.gross_minor == 1_000
        assert charge.explanation["session"]["started_at"] == "2026-06-01T14:00:00+02:00"


class TestMeasured:
    """Readings say when energy flowed, and when charging ended."""

    def test_energy_is_priced_when_it_flowed(self, tariff: TariffVersion) -> None:
        TariffVersion.objects.update(valid_to=LONG_AGO)
        a_version(tariff.tariff, by_day_and_night(), number=2)
        session = a_cleared_session(
            a_payer(), started_at=NOON - HOUR, ended_at=NOON + HOUR, meter_start_wh=0
        )
        read(session, NOON - 30 * MINUTE, 9_000)
        read(session, NOON, 9_000)
        assert rate_session(session_id=session.pk, now=NOON).gross_minor == 9 * 400 + 100

    def test_idle_counts_from_when_the_register_stood_still(self, tariff: TariffVersion) -> None:
        TariffVersion.objects.update(valid_to=LONG_AGO)
        parking = PriceComponent(LineKind.PARKING_TIME, Decimal(2))
        facts = TariffFacts("", "SEK", Decimal(25), (TariffElement((parking,)),))
        a_version(tariff.tariff, facts, number=2)
        session = a_cleared_session(a_payer())
        for minute, energy_wh in [(10, 4_000), (15, 4_000), (30, 10_000), (40, 10_000)]:
            read(session, NOON + minute * MINUTE, energy_wh)
        # A pause at 10 to 15 was only a pause; from minute 30 to 60 nothing flowed.
        assert rate_session(session_id=session.pk, now=NOON).gross_minor == 30 * 200

    def test_the_bill_can_be_made_again_without_the_samples(self, tariff: TariffVersion) -> None:
        session = a_cleared_session(a_payer())
        read(session, NOON + MINUTE, 5_000)
        charge = rate_session(session_id=session.pk, now=NOON)
        MeterSample.objects.all().delete()
        again = rate_charge_again(charge)
        assert (again.gross_minor, again.inputs_hash) == (4_000, charge.inputs_hash)
        assert again.explanation == charge.explanation


class TestRunningCost:
    """What it costs so far."""

    def test_it_is_the_price_if_it_ended_now(self, tariff: TariffVersion) -> None:
        session = an_open_session(energy_wh=2_500)
        read(session, NOON + MINUTE, 2_500)
        running = running_charge(session, NOON + HOUR)
        assert running is not None
        assert (running.gross_minor, running.currency) == (1_000, "SEK")

    def test_an_ended_session_has_none(self, tariff: TariffVersion) -> None:
        session = a_cleared_session(a_payer())
        assert running_charge(session, NOON) is None
        assert current_charge(session) is None

    def test_without_a_tariff_there_is_none(self, volt: Tenant) -> None:
        assert running_charge(an_open_session(), NOON) is None
