"""Recording market prices: from files and from a feed, wholly or not at all."""

from __future__ import annotations

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler
from io import StringIO
from pathlib import Path
from threading import Event

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import Settings

from billing.models import SpotPrice
from billing.selectors.spot_prices import areas_in_use, spot_slots
from billing.services.spot_prices import Recorded, fetch_due_prices, record_prices
from billing.spot.providers import LARGEST_ANSWER_BYTES, JsonFeed, SpotFeedFailed
from billing.spot.slots import Slot, WrongSpotPrices
from billing.tasks import fetch_spot_prices
from chargepoints.models import Site
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.billing.spot_feeds import (
    AUTUMN_DAY,
    PLAIN_DAY,
    QUARTER,
    SPRING_DAY,
    STOCKHOLM,
    a_feed,
    answer_with,
    as_compact,
    as_csv,
    as_list,
    some_prices,
)
from tests.cast import a_site, a_tenant

pytestmark = pytest.mark.django_db
START, COUNT = PLAIN_DAY
DAY = date(2026, 6, 2)


def record(prices: list[str], duration_s: int = 900, **more: bool) -> Recorded:
    step = timedelta(seconds=duration_s)
    slots = [
        Slot(START + number * step, duration_s, Decimal(price), f"slot {number + 1}")
        for number, price in enumerate(prices)
    ]
    return record_prices(
        area="SE3", currency="SEK", slots=slots, source="test", zone=STOCKHOLM, **more
    )


def recorded(start_at: datetime = START, known_at: datetime | None = None) -> list[Decimal]:
    found = spot_slots(
        area="SE3",
        currency="SEK",
        start_at=start_at,
        end_at=start_at + timedelta(hours=25),
        known_at=known_at,
    )
    return [slot.price for slot in found]


def as_decimals(texts: list[str]) -> list[Decimal]:
    return [Decimal(text) for text in texts]


def test_a_price_that_differs_becomes_the_next_revision() -> None:
    before = some_prices(COUNT)
    after = ["9.99", *before[1:]]
    assert record(before) == Recorded(added=96)
    assert record(before) == Recorded(unchanged=96)
    assert record(after) == Recorded(revised=1, unchanged=95)
    assert record(before) == Recorded(revised=1, unchanged=95)
    first = SpotPrice.objects.filter(starts_at=START).values_list("revision", "price")
    assert list(first) == [(1, Decimal(before[0])), (2, Decimal("9.99")), (3, Decimal(before[0]))]


def test_a_later_revision_leaves_what_was_known_before_as_it_was() -> None:
    before = some_prices(COUNT)
    with time_machine.travel(datetime(2026, 6, 1, 12, tzinfo=UTC), tick=False):
        record(before)
    billed_at = datetime(2026, 6, 3, tzinfo=UTC)
    with time_machine.travel(datetime(2026, 6, 4, tzinfo=UTC), tick=False):
        record(["1.23"] * COUNT)
    assert recorded(known_at=billed_at) == as_decimals(before)
    assert recorded() == [Decimal("1.23")] * COUNT
    assert recorded(known_at=datetime(2026, 6, 1, tzinfo=UTC)) == []


def test_missing_slots_may_come_later() -> None:
    prices = some_prices(COUNT)
    assert record(prices[:90], allow_gaps=True) == Recorded(added=90)
    assert record(prices) == Recorded(added=6, unchanged=90)
    assert recorded() == as_decimals(prices)


@pytest.mark.parametrize(("first_s", "then_s"), [(900, 3600), (3600, 900)])
def test_hours_and_quarters_are_never_both_recorded(first_s: int, then_s: int) -> None:
    record(["0.5"] * (24 * 3600 // first_s), first_s)
    with pytest.raises(WrongSpotPrices, match=f"for {first_s // 60} minutes is recorded"):
        record(["0.5"] * (24 * 3600 // then_s), then_s)
    assert SpotPrice.objects.count() == 24 * 3600 // first_s


def test_one_quarter_in_a_recorded_hour_is_refused() -> None:
    record(["0.5"] * 24, 3600)
    quarter = Slot(START + QUARTER, 900, Decimal(1), "line 2")
    with pytest.raises(WrongSpotPrices, match="line 2: a price for 60 minutes"):
        record_prices(
            area="SE3",
            currency="SEK",
            slots=[quarter],
            source="test",
            zone=STOCKHOLM,
            allow_gaps=True,
        )


@pytest.mark.django_db(transaction=True)
def test_who_reads_waits_for_an_import_that_has_begun() -> None:
    begun, read = Event(), Event()

    def import_and_linger() -> None:
        with transaction.atomic():
            record(some_prices(COUNT))
            begun.set()
            read.wait(10)
        connection.close()

    with ThreadPoolExecutor(1) as pool:
        importing = pool.submit(import_and_linger)
        assert begun.wait(10)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '50ms'")
            with pytest.raises(OperationalError, match="lock timeout"), transaction.atomic():
                recorded()
        read.set()
        importing.result(10)
    assert len(recorded()) == COUNT


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.decimals(-100, 100, places=9), min_size=96, max_size=96))
def test_what_was_recorded_last_is_what_is_read(prices: list[Decimal]) -> None:
    record([f"{price:f}" for price in prices])
    assert recorded() == prices


# The command


def import_file(folder: Path, content: bytes, *options: str, name: str = "se_SE3.json") -> str:
    file = folder / name
    file.write_bytes(content)
    out = StringIO()
    call_command("import_spot_prices", str(file), *options, stdout=out)
    return out.getvalue().replace(f"{folder}/", "").strip()


@pytest.mark.parametrize("shape", [as_list, as_compact, as_csv])
@pytest.mark.parametrize("day", [SPRING_DAY, PLAIN_DAY, AUTUMN_DAY], ids=["92", "96", "100"])
def test_a_file_is_recorded_once(tmp_path: Path, shape, day) -> None:  # type: ignore[no-untyped-def]
    start_at, count = day
    content = shape(start_at, some_prices(count))
    local_day = start_at.astimezone(STOCKHOLM).date()
    what = f"se_SE3.json: SE3, {local_day}: "
    first = import_file(tmp_path, content)
    assert first == f"{what}{count} new prices, 0 revised, 0 as before"
    again = import_file(tmp_path, content)
    assert again == f"{what}nothing new, all {count} prices were recorded before"
    assert recorded(start_at) == as_decimals(some_prices(count))


def test_a_file_says_what_it_revised(tmp_path: Path) -> None:
    import_file(tmp_path, as_compact(START, some_prices(COUNT)))
    told = import_file(tmp_path, as_list(START, ["1", "2", *some_prices(COUNT, first=2)]))
    assert told.endswith("0 new prices, 2 revised, 94 as before")


def test_a_file_with_a_gap_needs_the_option(tmp_path: Path) -> None:
    content = as_csv(START, some_prices(95))
    with pytest.raises(CommandError, match="2026-06-02 has 96 slots, here are 95"):
        import_file(tmp_path, content)
    assert not SpotPrice.objects.exists()
    assert "95 new" in import_file(tmp_path, content, "--allow-gaps")


def test_units_and_currency_can_be_stated(tmp_path: Path) -> None:
    content = as_csv(START, ["45.21"] * COUNT)
    import_file(tmp_path, content, "--from-unit", "EUR/MWh", "--area", "FI", name="finland.csv")
    row = SpotPrice.objects.first()
    assert row is not None
    assert (row.area, row.currency, row.price) == ("FI", "EUR", Decimal("0.04521"))
    assert (row.source, row.revision) == ("finland.csv", 1)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--area", "SE4"], "named for SE3, --area says SE4"),
        (["--area", "söder"], "no price area"),
        (["--currency", "KRONOR"], "KRONOR is no currency"),
        (["--from-unit", "kr"], "'kr' is no unit"),
        (["--from-unit", "EUR/MWh", "--currency", "SEK"], "not exchanged"),
        (["--from-unit", "öre/kWh"], "contradicts"),
    ],
)
def test_wrong_options_are_named_and_record_nothing(
    tmp_path: Path, options: list[str], why: str
) -> None:
    with pytest.raises(CommandError, match=why):
        import_file(tmp_path, as_compact(START, some_prices(COUNT)), *options)
    assert not SpotPrice.objects.exists()


def test_an_area_is_needed(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="Add --area SE3"):
        import_file(tmp_path, as_compact(START, some_prices(COUNT)), name="prices.json")


def test_one_wrong_file_keeps_no_other_from_being_recorded(tmp_path: Path) -> None:
    good, bad = tmp_path / "a_SE3.json", tmp_path / "b_SE3.json"
    good.write_bytes(as_compact(START, some_prices(COUNT)))
    bad.write_bytes(as_compact(START, [*some_prices(COUNT - 1), "450"]))
    absent = tmp_path / "c_SE3.json"
    with pytest.raises(CommandError) as raised:
        call_command("import_spot_prices", str(bad), str(absent), str(good), stdout=StringIO())
    lines = str(raised.value).split("\n")
    assert "b_SE3.json: slot 96 (2026-06-02 23:45): 450 SEK/kWh is more than 100" in lines[0]
    assert lines[1].endswith("c_SE3.json: cannot be read: No such file or directory")
    assert recorded() == as_decimals(some_prices(COUNT))


# The feed


def feed_at(address: str, **more: int) -> JsonFeed:
    template = address + "/{yyyy}/{mm}-{dd}_{area}.json"
    return JsonFeed(template, currency="SEK", zone=STOCKHOLM, **more)


PATH = "/2026/06-02_SE3.json"


@pytest.mark.parametrize("shape", [as_list, as_compact])
def test_a_feed_is_read_over_http(shape) -> None:  # type: ignore[no-untyped-def]
    with a_feed({PATH: answer_with(shape(START, some_prices(COUNT)))}) as address:
        slots = feed_at(address).fetch("SE3", DAY)
    assert [slot.price for slot in slots] == as_decimals(some_prices(COUNT))
    assert feed_at(address).source == "127.0.0.1"


def test_what_is_not_published_yet_is_no_error() -> None:
    with a_feed({}) as address:
        assert feed_at(address).fetch("SE3", DAY) == []


def drip(request: BaseHTTPRequestHandler) -> None:
    """A byte now and then, for longer than anybody should wait."""
    request.send_response(200)
    request.end_headers()
    with suppress(OSError):
        for _ in range(60):
            request.wfile.write(b" ")
            time.sleep(0.05)


def hang_up(request: BaseHTTPRequestHandler) -> None:
    request.connection.close()


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (answer_with(b"oops", 500), "answered with 500"),
        (answer_with(b"", 401), "answered with 401"),
        (answer_with(b" " * (LARGEST_ANSWER_BYTES + 1)), "more than 1000000 bytes"),
        (drip, "took too long"),
        (hang_up, "2026/06-02_SE3.json: "),
    ],
)
def test_a_feed_that_fails_says_how(answer, why: str) -> None:  # type: ignore[no-untyped-def]
    with a_feed({PATH: answer}) as address, pytest.raises(SpotFeedFailed, match=why):
        feed_at(address, timeout_s=1).fetch("SE3", DAY)


def test_a_feed_that_is_not_there_says_so() -> None:
    with a_feed({}) as address:
        gone = feed_at(address)
    with pytest.raises(SpotFeedFailed, match="refused"):
        gone.fetch("SE3", DAY)


def test_only_http_is_spoken() -> None:
    with pytest.raises(SpotFeedFailed, match="unknown url type"):
        JsonFeed("file:///etc/{area}", currency="SEK", zone=STOCKHOLM).fetch("passwd", DAY)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"<html>Welcome</html>", "no prices"),
        (as_compact(START + timedelta(days=1), some_prices(96)), "was asked for 2026-06-02"),
        (as_compact(SPRING_DAY[0], some_prices(96)), "2026-03-29 has 92 slots, here are 96"),
    ],
)
def test_a_feed_with_nonsense_is_refused(body: bytes, why: str) -> None:
    feed = a_feed({PATH: answer_with(body)})
    with feed as address, pytest.raises(WrongSpotPrices, match=why):
        feed_at(address).fetch("SE3", DAY)


@pytest.fixture
def sites() -> None:
    """Two tenants with sites in SE3, in SE4, and in no area."""
    with tenant_scope(a_tenant("volt").id):
        a_site("Torget")
        Site.objects.create(name="Ön", price_area="")
    with tenant_scope(a_tenant("ampere").id):
        Site.objects.create(name="Hamnen", price_area="SE4")
        a_site("Backen")


@pytest.mark.usefixtures("sites")
def test_today_and_tomorrow_are_fetched_for_every_area_of_a_site(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    tomorrow = START + timedelta(days=1)
    answers = {
        PATH: answer_with(as_list(START, some_prices(COUNT))),
        "/2026/06-03_SE3.json": answer_with(as_compact(tomorrow, some_prices(COUNT))),
        "/2026/06-02_SE4.json": answer_with(b"oops", 500),
    }
    now = datetime(2026, 6, 2, 12, tzinfo=UTC)
    with a_feed(answers) as address, caplog.at_level(logging.WARNING):
        settings.SPOT_PRICE_FEED_URL = address + "/{yyyy}/{mm}-{dd}_{area}.json"
        assert fetch_due_prices(now=now) == Recorded(added=192)
        assert fetch_due_prices(now=now) == Recorded(unchanged=192)
    assert set(SpotPrice.objects.values_list("area", flat=True)) == {"SE3"}
    failures = [(row.area, row.day) for row in caplog.records]  # type: ignore[attr-defined]
    assert failures == [("SE4", "2026-06-02")] * 2


@pytest.mark.usefixtures("sites")
def test_the_task_repairs_what_failed_before(settings: Settings) -> None:
    answers = {PATH: answer_with(b"", 503)}
    noon = time_machine.travel(datetime(2026, 6, 2, 12, tzinfo=UTC), tick=False)
    with a_feed(answers) as address, noon:
        settings.SPOT_PRICE_FEED_URL = address + "/{yyyy}/{mm}-{dd}_{area}.json"
        assert fetch_spot_prices() == 0
        answers[PATH] = answer_with(as_list(START, some_prices(90)))
        assert fetch_spot_prices() == 90
        answers[PATH] = answer_with(as_list(START, some_prices(COUNT)))
        assert fetch_spot_prices() == 6
    assert recorded() == as_decimals(some_prices(COUNT))


@pytest.mark.usefixtures("sites")
def test_a_feed_may_need_its_unit_stated(settings: Settings) -> None:
    body = as_compact(START, ["50"] * COUNT, "2026-06-01 13:02")
    with a_feed({PATH: answer_with(body)}) as address:
        settings.SPOT_PRICE_FEED_URL = address + "/{yyyy}/{mm}-{dd}_{area}.json"
        settings.SPOT_PRICE_FEED_UNIT = "öre/kWh"
        assert fetch_due_prices(now=START).added == 96
    assert set(recorded()) == {Decimal("0.5")}


@pytest.mark.usefixtures("sites")
def test_a_wrong_unit_of_the_feed_is_logged(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.SPOT_PRICE_FEED_URL, settings.SPOT_PRICE_FEED_UNIT = "http://x/{area}", "kr"
    assert fetch_due_prices(now=START) == Recorded()
    assert "SPOT_PRICE_FEED_UNIT is wrong" in caplog.text


@pytest.mark.usefixtures("sites")
def test_nothing_is_fetched_without_an_address(settings: Settings) -> None:
    settings.SPOT_PRICE_FEED_URL = ""
    assert fetch_due_prices(now=START) == Recorded()


def test_a_tenant_has_the_areas_of_its_own_sites(sites: None) -> None:
    with tenant_scope(Tenant.objects.get(slug="ampere").id):
        assert areas_in_use() == [("SE3", "SEK"), ("SE4", "SEK")]
    with tenant_scope(Tenant.objects.get(slug="volt").id):
        assert areas_in_use() == [("SE3", "SEK")]
