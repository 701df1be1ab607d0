"""Key figures from rows: counted days, sums over any period, detection and repair."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from anomalies.models import (
    ConnectorDay,
    Incident,
    Maintenance,
    OutageExclusion,
    RemediationStep,
    WorkOrder,
)
from anomalies.selectors.figures import Part, Period, Scope, repair_figures, use_figures
from anomalies.selectors.timelines import timelines_of
from anomalies.services.figures import (
    count_days,
    count_new_days,
    exclude_outage,
    forget_exclusion,
)
from anomalies.tasks import count_days as count_days_task
from anomalies.uptime import TALLY_FIELDS, tally_of
from chargepoints.models import ChargePoint, Connector, StatusRecord
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.cast import a_charge_point, a_connector, a_session, a_site, a_tenant

ZONE_OFFSET = timedelta(hours=2)  # Stockholm in June
DAY = date(2026, 6, 1)
MIDNIGHT = datetime(2026, 6, 1, tzinfo=UTC) - ZONE_OFFSET
LATER = datetime(2026, 7, 1, tzinfo=UTC)
HOUR = 3600
JUNE = Period(DAY, date(2026, 7, 1))


def at(hours: float) -> datetime:
    return MIDNIGHT + timedelta(hours=hours)


@pytest.fixture
def tenant(db: None) -> Iterator[Tenant]:
    one = a_tenant()
    with tenant_scope(one.id):
        yield one


def an_outlet(identity: str = "CP-1", known_h: float = -1000) -> Connector:
    connector = a_connector(a_charge_point(identity))
    Connector.objects.filter(pk=connector.pk).update(created_at=at(known_h))
    return Connector.objects.select_related("charge_point__site").get(pk=connector.pk)


def says(connector: Connector, *statuses: tuple[float, str]) -> None:
    for hours, status in statuses:
        StatusRecord.objects.create(
            charge_point=connector.charge_point, connector=connector, status=status, at=at(hours)
        )


def fault(
    place: Connector | ChargePoint, kind: str, since_h: float, until_h: float | None, **more: object
) -> Incident:
    is_outlet = isinstance(place, Connector)
    values: dict[str, object] = {
        "charge_point": place.charge_point if is_outlet else place,
        "connector": place if is_outlet else None,
        "cause": "offline" if kind == "S3" else "jump",
        "severity": 3,
        "signal": "Heartbeat",
        "observed": 1,
        "expected": 0,
        "since_at": at(since_h),
        "last_seen_at": at(since_h),
        "state": "open" if until_h is None else "resolved",
        "resolved_at": None if until_h is None else at(until_h),
    }
    seen_h = float(str(more.pop("seen_h", since_h)))
    incident = Incident.objects.create(kind=kind, **(values | more))  # type: ignore[misc]
    Incident.objects.filter(pk=incident.pk).update(created_at=at(seen_h))
    return incident


def counted(connector: Connector, days: int = 1) -> ConnectorDay:
    site = connector.charge_point.site
    count_days(site=site, day_from=DAY, day_to=DAY + timedelta(days=days), now=LATER)
    return ConnectorDay.objects.get(connector=connector, day=DAY)


def test_a_day_is_counted_from_statuses_silence_and_planned_work(tenant: Tenant) -> None:
    outlet = an_outlet()
    says(outlet, (-30, "available"), (4, "faulted"), (10, "available"))
    fault(outlet.charge_point, "S3", 20, 26)
    Maintenance.objects.create(connector=outlet, starts_at=at(8), ends_at=at(12), reason="fan")
    row = counted(outlet)
    assert (row.up_s, row.down_s, row.offline_s) == (14 * HOUR, 6 * HOUR, 4 * HOUR)
    assert (row.excused_maintenance_s, row.total_s) == (2 * HOUR, 24 * HOUR)


def test_a_station_that_never_reported_is_unknown_since_it_was_entered(tenant: Tenant) -> None:
    row = counted(an_outlet(known_h=18))
    assert (row.total_s, row.unknown_s) == (6 * HOUR, 6 * HOUR)


def test_a_dismissed_silence_is_none(tenant: Tenant) -> None:
    outlet = an_outlet()
    says(outlet, (-1, "available"))
    fault(outlet.charge_point, "S3", 2, 4, state="dismissed")
    assert counted(outlet).offline_s == 0


def test_failures_in_a_row_are_time_without_power(tenant: Tenant) -> None:
    outlet = an_outlet()
    says(outlet, (-1, "available"))
    fault(outlet, "S8", 6, None)
    assert counted(outlet).failing_s == 18 * HOUR


def test_attempts_and_visits_count_for_the_day_they_began(tenant: Tenant) -> None:
    outlet = an_outlet()
    for ref, begin, end, energy_wh in (("1", 23.9, 23.95, 0), ("2", 24.0, 25, 8_000)):
        a_session(
            outlet.charge_point,
            ref,
            connector=outlet,
            token_uid="AABBCC",
            state="completed",
            started_at=at(begin),
            ended_at=at(end),
            energy_wh=energy_wh,
        )
    row = counted(outlet, days=2)
    second = ConnectorDay.objects.get(day=DAY + timedelta(days=1))
    assert (row.attempts, row.visits, row.first_charged, row.charged_visits) == (1, 1, 0, 1)
    assert (second.attempts, second.visits, second.energy_wh) == (1, 0, 8_000)


def test_counting_again_replaces_and_a_day_under_way_is_left_out(tenant: Tenant) -> None:
    outlet = an_outlet(known_h=5)
    site = outlet.charge_point.site
    assert count_new_days(site=site, now=at(60)) == 2
    says(outlet, (6, "available"))
    assert count_new_days(site=site, now=at(61)) == 0
    assert count_new_days(site=site, now=at(61), again=2) == 2
    assert [row.up_s for row in ConnectorDay.objects.order_by("day")] == [18 * HOUR, 24 * HOUR]


def test_the_task_counts_every_tenants_sites(tenant: Tenant) -> None:
    outlet = an_outlet()
    assert count_days_task() > 0
    assert ConnectorDay.objects.filter(connector=outlet).exists()


def test_an_outage_of_the_grid_is_left_out_at_once_and_comes_back(tenant: Tenant) -> None:
    outlet = an_outlet()
    says(outlet, (-1, "faulted"))
    counted(outlet)
    outage = OutageExclusion(
        site=outlet.charge_point.site, reason="utility", starts_at=at(6), ends_at=at(18), proof="x"
    )
    exclude_outage(outage, now=LATER)
    [whole] = use_figures(Scope(), Period(DAY, DAY + timedelta(days=1)))
    assert (whole.tally.excused_utility_s, str(whole.nevi_percent)) == (12 * HOUR, "50.00")
    forget_exclusion(outage, now=LATER)
    [whole] = use_figures(Scope(), Period(DAY, DAY + timedelta(days=1)))
    assert str(whole.nevi_percent) == "0.00"


def test_figures_are_sums_over_the_period_by_site_station_and_outlet(tenant: Tenant) -> None:
    site = a_site("Hamnen")
    station = a_charge_point("CP-1", site)
    for evse, down_h in ((1, 6), (2, 0)):
        outlet = a_connector(station, evse)
        Connector.objects.filter(pk=outlet.pk).update(created_at=at(-9))
        says(outlet, (-9, "faulted"), (down_h, "available"))
    count_days(site=site, day_from=DAY, day_to=DAY + timedelta(days=2), now=LATER)
    [hamnen] = use_figures(Scope(), JUNE, Part.SITE)
    outlets = use_figures(Scope(charge_point_id=station.pk), JUNE, Part.CONNECTOR)
    assert (hamnen.name, hamnen.outlets, str(hamnen.nevi_percent)) == ("Hamnen", 2, "93.75")
    found = [(row.name, str(row.nevi_percent)) for row in outlets]
    assert found == [("CP-1/1", "87.50"), ("CP-1/2", "100.00")]
    days = use_figures(Scope(), JUNE, Part.DAY)
    assert [str(day.uk_percent) for day in days] == ["87.50", "100.00"]


def test_another_tenants_days_are_not_in_the_sums(tenant: Tenant) -> None:
    counted(an_outlet())
    with tenant_scope(a_tenant("ampere").id):
        [whole] = use_figures(Scope(), JUNE)
        assert (whole.outlets, whole.nevi_percent, whole.first_attempt_percent) == (0, None, None)


def test_detection_and_repair_are_measured_from_the_first_evidence(tenant: Tenant) -> None:
    outlet = an_outlet()
    for number, (minutes, hours) in enumerate(((1, 1), (2, 2), (9, 6))):
        kind = f"E{number + 1}"
        fault(outlet, kind, number, number + hours, seen_h=number + minutes / 60)
    fault(outlet, "E5", 1, 2, verdict="false")
    fault(outlet, "E6", 1, 900)  # ends after the period
    figures = repair_figures(Scope(), Period(DAY, DAY + timedelta(days=1)))[None]
    assert (figures.opened, figures.ended) == (4, 3)
    assert (figures.repair_median_s, figures.repair_mean_s) == (2 * HOUR, 3 * HOUR)
    # of 0, 60, 120 and 540 s
    assert figures.detect_median_s == 90


def test_healed_remotely_is_a_step_that_helped_and_no_visit(tenant: Tenant) -> None:
    outlet = an_outlet()
    site = outlet.charge_point.site
    far, near, alone = (fault(outlet, kind, 1, 2) for kind in ("S1", "E6", "E7"))
    for incident in (far, near):
        RemediationStep.objects.create(
            incident=incident,
            position=1,
            repair="soft_reset",
            state="succeeded",
            due_at=at(1),
            give_up_at=at(2),
        )
    WorkOrder.objects.create(incident=near, site=site, state="done", due_at=at(9), title="x")
    figures = repair_figures(Scope(), JUNE, Part.SITE)[site.pk]
    assert (figures.healed_remotely, figures.healed_on_site, figures.ended) == (1, 1, 3)
    assert (str(figures.remote_percent), alone.kind) == ("50.00", "E7")


def test_a_year_of_outlets_takes_one_query(tenant: Tenant) -> None:
    for number in range(3):
        counted(an_outlet(f"CP-{number}"), days=5)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        rows = use_figures(Scope(), Period(DAY, DAY + timedelta(days=365)), Part.CONNECTOR)
    assert (len(rows), len(queries)) == (3, 1)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=8, deadline=None
)
@given(
    st.lists(
        st.tuples(st.integers(-20, 120), st.sampled_from(["available", "faulted", "unavailable"])),
        max_size=8,
        unique=True,
    ),
    st.lists(st.tuples(st.integers(-10, 100), st.integers(1, 30)), max_size=2),
)
def test_counted_days_equal_the_raw_timeline(
    tenant: Tenant, statuses: list[tuple[int, str]], silences: list[tuple[int, int]]
) -> None:
    Incident.objects.all().delete()
    outlet = an_outlet(f"CP-{ChargePoint.objects.count()}")
    says(outlet, *statuses)
    for since_h, lasted_h in silences:
        fault(outlet.charge_point, "S3", since_h, since_h + lasted_h)
    counted(outlet, days=4)
    [rolled] = use_figures(Scope(connector_id=outlet.pk), JUNE)
    timeline = timelines_of(outlet.charge_point.site, at(0), at(96))[outlet.pk]
    raw = tally_of(timeline, at(0), at(96))
    for name in TALLY_FIELDS:
        assert getattr(rolled.tally, name) == getattr(raw, name)
