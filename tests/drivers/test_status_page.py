"""The public status page of a site, and the page on which drivers choose their notices."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from anomalies.models import DriverChoice, Incident, Maintenance, StatusPage
from anomalies.selectors.status import Shown, merged, site_history, site_status
from anomalies.services.driver_notices import choice_of
from anomalies.services.status_pages import switch_status_page
from chargepoints.models import ChargePoint, Connector
from tenants.scope import tenant_scope
from tests.cast import NOON
from tests.console.test_admin import signed_in
from tests.operators import Operator

HOUR = timedelta(hours=1)


@pytest.fixture
def volt(db: None) -> Iterator[Operator]:
    """An operator whose one outlet is free since a hundred days, at noon."""
    cache.clear()
    operator = Operator("volt")
    with tenant_scope(operator.tenant.id), time_machine.travel(NOON, tick=False):
        ChargePoint.objects.update(socket_channel="x", last_seen_at=NOON)
        Connector.objects.update(status="available", created_at=NOON - timedelta(days=100))
        yield operator


def interrupted(operator: Operator, **more: Any) -> Incident:
    given: dict[str, Any] = {
        "charge_point": operator.charge_point,
        "kind": "S3",
        "cause": "offline",
        "severity": 3,
        "observed": 1,
        "expected": 1,
        "since_at": NOON - HOUR,
        "last_seen_at": NOON,
    }
    return Incident.objects.create(**(given | more))


def address(operator: Operator) -> str:
    page = switch_status_page(operator.charge_point.site, is_open=True)
    return reverse("site-status", args=(operator.tenant.slug, page.code))


def read(operator: Operator, language: str = "en") -> str:
    cache.clear()
    return Client().get(f"{address(operator)}?lang={language}").content.decode()


def shown(operator: Operator) -> Shown:
    return site_status(operator.charge_point.site, NOON).outlets[0].shown


def test_a_free_outlet_is_said_in_both_languages(volt: Operator) -> None:
    assert "1 outlet is free" in read(volt)
    assert "1 uttag är ledigt" in read(volt, "sv")


def test_nothing_but_what_the_sign_says_is_shown(volt: Operator) -> None:
    interrupted(volt)
    Maintenance.objects.create(
        site=volt.charge_point.site,
        starts_at=NOON + HOUR,
        ends_at=NOON + 2 * HOUR,
        reason="Ring Kalle",
    )
    page = read(volt)
    assert volt.charge_point.public_code in page
    for secret in (volt.charge_point.identity, str(volt.charge_point.pk), volt.driver.name):
        assert secret not in page
    assert "Kalle" not in page
    assert "Planned work" in page


def test_an_interruption_is_told_with_its_beginning(volt: Operator) -> None:
    interrupted(volt)
    page = read(volt)
    assert "No contact" in page
    assert "13:00 CEST" in page
    assert "We are looking into it." in page
    assert "No outlet can be used just now" in page


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("available", Shown.FREE),
        ("charging", Shown.BUSY),
        ("reserved", Shown.BUSY),
        ("faulted", Shown.OUT),
        ("unavailable", Shown.OUT),
        ("unknown", Shown.UNKNOWN),
    ],
)
def test_an_outlet_is_what_it_says(volt: Operator, status: str, expected: Shown) -> None:
    Connector.objects.update(status=status)
    assert shown(volt) is expected


def test_slow_charging_is_no_outage_and_a_false_alarm_of_the_meter_none_at_all(
    volt: Operator,
) -> None:
    interrupted(volt, kind="E10", cause="derated")
    interrupted(volt, kind="M1", cause="lower")
    assert shown(volt) is Shown.FREE


def test_planned_work_goes_before_everything_else(volt: Operator) -> None:
    interrupted(volt)
    Maintenance.objects.create(
        site=volt.charge_point.site, starts_at=NOON - HOUR, ends_at=NOON + HOUR, reason="r"
    )
    assert shown(volt) is Shown.PLANNED


def test_the_history_is_what_the_rows_say(volt: Operator) -> None:
    midnight = datetime.fromisoformat("2026-05-30T00:00:00+02:00")
    interrupted(volt, since_at=midnight, resolved_at=midnight + 6 * HOUR, state="resolved")
    interrupted(
        volt, since_at=midnight + 3 * HOUR, resolved_at=midnight + 9 * HOUR, state="resolved"
    )
    Maintenance.objects.create(
        site=volt.charge_point.site,
        starts_at=midnight + 6 * HOUR,
        ends_at=midnight + 12 * HOUR,
        reason="r",
    )
    days = site_history(volt.charge_point.site, NOON)
    by_day = {f"{day.on:%m-%d}": day.up_permille for day in days}
    assert len(days) == 90
    # Six of the eighteen hours outside of the work were interrupted.
    assert by_day["05-30"] == 666
    assert by_day["05-29"] == by_day["06-01"] == 1000


def test_days_before_the_first_outlet_are_not_known(volt: Operator) -> None:
    Connector.objects.update(created_at=NOON - timedelta(days=2))
    days = [day.up_permille for day in site_history(volt.charge_point.site, NOON)]
    assert days == [None] * 87 + [1000] * 3


def test_spans_that_touch_are_one() -> None:
    at = [NOON + n * HOUR for n in range(5)]
    assert merged([(at[3], at[4]), (at[0], at[2]), (at[1], at[3]), (at[2], at[2])]) == [
        (at[0], at[4])
    ]


def test_a_page_is_there_only_while_the_operator_wants(volt: Operator) -> None:
    where = address(volt)
    assert Client().get(where).status_code == 200
    assert Client().get(where.replace("/volt/", "/ampere/")).status_code == 404
    switch_status_page(volt.charge_point.site, is_open=False)
    assert Client().get(where).status_code == 404


def test_a_second_look_costs_next_to_nothing(
    volt: Operator, django_assert_max_num_queries: Any
) -> None:
    where = address(volt)
    Client().get(where)
    with django_assert_max_num_queries(2):
        answer = Client().get(where)
    assert answer.headers["Cache-Control"] == "public, max-age=20"


def test_who_asks_too_often_is_told_to_wait(
    volt: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drivers.views.status.may_go_on", lambda *args: False)
    answer = Client().get(address(volt))
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "60")


def test_the_operator_opens_the_page_and_gets_link_and_code(volt: Operator) -> None:
    client = signed_in(volt.tenant)
    site = volt.charge_point.site
    where = reverse("admin:chargepoints_site_status_page", args=(site.pk,))
    assert "qr" not in client.get(where).content.decode().split("data-testid=")[-1]
    assert client.post(where, {"act": "open"}).status_code == 302
    page = client.get(where).content.decode()
    assert StatusPage.objects.get().code in page
    assert 'data-testid="qr"' in page


class TestChoice:
    @pytest.fixture
    def choice(self, volt: Operator) -> DriverChoice:
        return choice_of(volt.driver)

    def test_one_click_ends_all_notices_and_a_look_does_not(self, choice: DriverChoice) -> None:
        stop = reverse("notices-stop", args=(choice.token,))
        client = Client(enforce_csrf_checks=True)
        assert client.get(stop).status_code == 302
        choice.refresh_from_db()
        assert choice.wants == "mine"
        assert client.post(stop, {"List-Unsubscribe": "One-Click"}).status_code == 200
        choice.refresh_from_db()
        assert choice.wants == "nothing"

    def test_the_page_keeps_a_choice_and_refuses_another(self, choice: DriverChoice) -> None:
        where = reverse("notices", args=(choice.token,))
        assert "Notices" in Client().get(f"{where}?lang=en").content.decode()
        assert Client().post(where, {"wants": "everything"}).status_code == 422
        assert Client().post(where, {"wants": "sites"}).status_code == 302
        choice.refresh_from_db()
        assert choice.wants == "sites"

    def test_a_wrong_token_opens_nothing(self, choice: DriverChoice) -> None:
        assert Client().get(reverse("notices", args=("x" * 32,))).status_code == 404
