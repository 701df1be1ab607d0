"""Who is told of incidents and work: the right people, once, and not for what is over at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core import mail
from pytest_django import Settings

from anomalies.models import DriverChoice, DriverNotice, Incident, NoticeAddress, WorkOrder
from anomalies.notice_texts import News
from anomalies.services import Place, record_place_finding, resolve_place
from anomalies.services.driver_notices import choice_of, choose_notices
from anomalies.services.notices import quiet_until, tell_late_work, tell_operators
from anomalies.services.repairs import take_next_step
from anomalies.services.work_orders import assign_work_order, write_work_order
from anomalies.types import Severity
from chargepoints.models import ChargePoint, Reservation
from outbox.models import Message
from outbox.services import deliver_due, send_due_messages
from sessions_app.models import Driver, IdToken
from tenants.models import Member, Role
from tests.anomalies.test_incident_groups import gone
from tests.cast import NOON, a_charge_point, a_driver, a_member, a_session

MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _public(settings: Settings) -> None:
    settings.PUBLIC_URL = "https://laddbok.example"


@pytest.fixture
def clock(outlet: ChargePoint) -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def an_address(**more: Any) -> NoticeAddress:
    given = {"name": "Jour", "address": "jour@example.com", "language": "sv"}
    return NoticeAddress.objects.create(**(given | more))


def fails(station: ChargePoint, at: datetime = NOON, **more: Any) -> Incident:
    record_place_finding(place=Place(station.id), finding=gone(at, **more))
    return Incident.objects.filter(charge_point=station).latest("id")


def mends(station: ChargePoint, at: datetime) -> None:
    resolve_place(place=Place(station.id), kinds=["S3"], now=at, resolution="heard")


def after(clock: time_machine.Traveller, time_passed: timedelta) -> list[str]:
    """Subjects of the mails sent until so long after noon."""
    deliver_due()
    clock.move_to(NOON + time_passed)
    deliver_due()
    send_due_messages()
    return [sent.subject for sent in mail.outbox]


def a_charging_driver(station: ChargePoint, language: str = "sv", ref: str = "1") -> Driver:
    driver = a_driver(f"D{ref}{language}".upper(), email=f"{language}{ref}@example.com")
    Driver.objects.filter(pk=driver.pk).update(language=language)
    a_session(station, ref, driver=driver, connector=station.connectors.first())
    return driver


class TestOperators:
    def test_a_new_incident_and_its_end_are_told_once(
        self, outlet: ChargePoint, clock: time_machine.Traveller
    ) -> None:
        an_address()
        incident = fails(outlet)
        assert after(clock, MINUTE) == []
        assert len(after(clock, 2 * MINUTE)) == 1
        tell_operators(incident_id=incident.pk, news=News.OPENED, now=NOON + 3 * MINUTE)
        assert len(after(clock, 4 * MINUTE)) == 1
        mends(outlet, NOON + 5 * MINUTE)
        new, over = after(clock, 6 * MINUTE)
        assert new == "Ny: Stationen är frånkopplad · Torget, CP-1"
        assert over == "Över: Stationen är frånkopplad · Torget, CP-1"

    def test_what_is_over_within_two_minutes_is_not_told(
        self, outlet: ChargePoint, clock: time_machine.Traveller
    ) -> None:
        an_address()
        fails(outlet)
        after(clock, MINUTE)
        mends(outlet, NOON + MINUTE)
        assert after(clock, 10 * MINUTE) == []

    def test_a_danger_is_told_at_once_even_at_night(
        self, outlet: ChargePoint, clock: time_machine.Traveller
    ) -> None:
        an_address(quiet_from=time(0), quiet_to=time(23, 59))
        fails(outlet, severity=Severity.DANGER)
        assert len(after(clock, timedelta())) == 1

    def test_a_sites_storm_is_one_mail(
        self, outlet: ChargePoint, clock: time_machine.Traveller
    ) -> None:
        an_address()
        stations = [outlet] + [a_charge_point(f"S-{n}", outlet.site) for n in range(9)]
        for station in stations:
            fails(station)
            deliver_due()
        (subject,) = after(clock, 10 * MINUTE)
        assert "flera stationer" in subject
        for station in stations:
            mends(station, NOON + 11 * MINUTE)
        assert len(after(clock, 20 * MINUTE)) == 2

    def test_when_mild_repairs_do_not_help_that_is_told(
        self, outlet: ChargePoint, clock: time_machine.Traveller
    ) -> None:
        an_address(tells_opened=False)
        fails(outlet)
        deliver_due()
        for minutes in range(1, 16):
            while take_next_step(now=NOON + minutes * MINUTE):
                pass
        (subject,) = after(clock, 20 * MINUTE)
        assert subject == "En tekniker behövs: Stationen är frånkopplad · Torget, CP-1"

    @pytest.mark.parametrize(
        "more",
        [
            {"is_on": False},
            {"least": NoticeAddress.Least.SYSTEM},
            {"site_ids": [UUID(int=1)]},
            {"tells_opened": False},
        ],
    )
    def test_who_did_not_ask_is_not_told(
        self, outlet: ChargePoint, clock: time_machine.Traveller, more: dict[str, Any]
    ) -> None:
        an_address(**more)
        fails(outlet)
        assert after(clock, 5 * MINUTE) == []

    def test_its_own_site_is_told_of(
        self, outlet: ChargePoint, clock: time_machine.Traveller
    ) -> None:
        an_address(site_ids=[outlet.site_id])
        fails(outlet)
        assert len(after(clock, 5 * MINUTE)) == 1

    @pytest.mark.parametrize(
        ("at", "told_at"),
        [("21:59", "21:59"), ("22:00", "06:00"), ("23:30", "06:00"), ("05:59", "06:00")],
    )
    def test_quiet_hours_may_go_over_midnight(self, at: str, told_at: str) -> None:
        zone = ZoneInfo("Europe/Stockholm")
        night = NoticeAddress(tenant_id=UUID(int=1), quiet_from=time(22), quiet_to=time(6))
        asked = datetime(2026, 6, 1, *map(int, at.split(":")), tzinfo=zone)
        told = quiet_until(night, asked, zone)
        assert f"{told:%H:%M}" == told_at
        assert timedelta() <= told - asked < timedelta(hours=8, minutes=1)


class TestWork:
    def an_order(self, station: ChargePoint) -> tuple[WorkOrder, Member]:
        order = write_work_order(incident=fails(station), now=NOON)
        a_member(Role.TECHNICIAN, "tekniker@example.com")
        return order, Member.objects.get()

    def test_the_assignee_gets_the_order_with_link_and_calendar(
        self, outlet: ChargePoint, clock: time_machine.Traveller
    ) -> None:
        order, member = self.an_order(outlet)
        assign_work_order(order=order, member=member, now=NOON)
        assign_work_order(order=order, member=member, now=NOON)
        (subject,) = after(clock, MINUTE)
        (sent,) = mail.outbox
        assert (sent.to, subject) == (
            ["tekniker@example.com"],
            "Arbete för dig: Stationen är frånkopplad",
        )
        assert f"https://laddbok.example/admin/anomalies/workorder/{order.pk}/work/" in sent.body
        name, content, kind = sent.attachments[0]
        assert (name, kind) == ("work.ics", "text/calendar")
        assert "BEGIN:VEVENT" in content

    def test_late_work_is_told_once(
        self, outlet: ChargePoint, clock: time_machine.Traveller
    ) -> None:
        order, member = self.an_order(outlet)
        WorkOrder.objects.filter(pk=order.pk).update(assignee=member, due_at=NOON)
        an_address(tells_opened=False)
        for minutes in (1, 2):
            tell_late_work(now=NOON + minutes * MINUTE)
        subjects = after(clock, 3 * MINUTE)
        assert subjects == ["Försenat: Stationen är frånkopplad"] * 2


class TestDrivers:
    def test_who_charges_there_is_told_in_their_language_and_of_the_end(
        self, outlet: ChargePoint, clock: time_machine.Traveller
    ) -> None:
        a_charging_driver(outlet, "sv", "1")
        a_charging_driver(outlet, "en", "2")
        fails(outlet)
        assert after(clock, 4 * MINUTE) == []
        assert sorted(after(clock, 5 * MINUTE)) == ["Ingen kontakt: Torget", "No contact: Torget"]
        mends(outlet, NOON + 6 * MINUTE)
        assert sorted(after(clock, 7 * MINUTE)) == [
            "Fungerar igen: Torget",
            "Ingen kontakt: Torget",
            "No contact: Torget",
            "Working again: Torget",
        ]
        assert not DriverNotice.objects.filter(ended_at=None).exists()

    def test_a_mail_names_no_station_id_and_unsubscribes_with_one_click(
        self, outlet: ChargePoint, clock: time_machine.Traveller
    ) -> None:
        driver = a_charging_driver(outlet, "en")
        fails(outlet)
        after(clock, 5 * MINUTE)
        (sent,) = mail.outbox
        assert outlet.public_code in sent.body
        assert outlet.identity not in sent.body + str(sent.alternatives)
        stop = f"https://laddbok.example/notices/{choice_of(driver).token}/stop/"
        assert sent.extra_headers["List-Unsubscribe"] == f"<{stop}>"
        assert sent.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"

    def test_a_short_blip_is_told_to_nobody(
        self, outlet: ChargePoint, clock: time_machine.Traveller
    ) -> None:
        a_charging_driver(outlet)
        fails(outlet)
        after(clock, 4 * MINUTE)
        mends(outlet, NOON + 4 * MINUTE)
        assert after(clock, timedelta(hours=1)) == []
        fails(outlet, NOON + timedelta(hours=2))
        assert len(after(clock, timedelta(hours=3))) == 1

    def test_a_storm_is_one_notice_and_one_end(
        self, outlet: ChargePoint, clock: time_machine.Traveller
    ) -> None:
        stations = [outlet] + [a_charge_point(f"S-{n}", outlet.site) for n in range(19)]
        a_charging_driver(outlet)
        for station in stations:
            fails(station)
            deliver_due()
        assert after(clock, 10 * MINUTE) == ["Ingen kontakt: Torget"]
        for station in stations:
            mends(station, NOON + 11 * MINUTE)
            deliver_due()
        assert len(after(clock, 30 * MINUTE)) == 2

    def test_who_has_reserved_is_told(
        self, outlet: ChargePoint, clock: time_machine.Traveller
    ) -> None:
        driver = a_driver("EEFF")
        Reservation.objects.create(
            charge_point=outlet,
            number=1,
            token_uid="EEFF",
            state="active",
            expires_at=NOON + timedelta(hours=1),
        )
        fails(outlet)
        after(clock, 5 * MINUTE)
        assert [sent.to for sent in mail.outbox] == [[driver.email]]

    @pytest.mark.parametrize(("wants", "told"), [("sites", 1), ("mine", 0)])
    def test_who_uses_the_site_is_told_only_when_they_asked(
        self, outlet: ChargePoint, clock: time_machine.Traveller, wants: str, told: int
    ) -> None:
        driver = a_driver("EEFF")
        ended = {"state": "completed", "ended_at": NOON - timedelta(days=1)}
        a_session(outlet, "7", driver=driver, **ended | {"started_at": NOON - timedelta(days=2)})
        DriverChoice.objects.create(driver=driver, wants=wants)
        fails(outlet)
        assert len(after(clock, 5 * MINUTE)) == told

    def test_who_said_no_is_not_told_not_even_of_what_waits(
        self, outlet: ChargePoint, clock: time_machine.Traveller
    ) -> None:
        driver = a_charging_driver(outlet)
        fails(outlet)
        after(clock, MINUTE)
        choose_notices(choice=choice_of(driver), wants=DriverChoice.Wants.NOTHING)
        assert after(clock, 10 * MINUTE) == []

    def test_what_only_the_operator_minds_is_not_told(
        self, outlet: ChargePoint, clock: time_machine.Traveller
    ) -> None:
        a_charging_driver(outlet)
        fails(outlet, kind="M5", cause="drift_slow")
        assert after(clock, 10 * MINUTE) == []

    def test_without_a_public_address_nobody_is_told(
        self, outlet: ChargePoint, clock: time_machine.Traveller, settings: Settings
    ) -> None:
        settings.PUBLIC_URL = ""
        a_charging_driver(outlet)
        fails(outlet)
        assert after(clock, 10 * MINUTE) == []
        assert not Message.objects.exists()

    def test_a_strangers_card_belongs_to_nobody(
        self, outlet: ChargePoint, clock: time_machine.Traveller
    ) -> None:
        a_session(outlet, "9", token_uid="UNKNOWN")
        assert not IdToken.objects.filter(uid="UNKNOWN").exists()
        fails(outlet)
        assert after(clock, 10 * MINUTE) == []
