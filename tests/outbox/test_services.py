"""What was published is delivered: once it worked, however often it had to be tried."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import time_machine
from django.db import connection, transaction

from chargepoints.models import Site
from outbox import bell, events
from outbox.events import DomainEvent, NotYet, from_payload, subscribe, to_payload
from outbox.models import Delivery, Event
from outbox.services import (
    ATTEMPTS_BEFORE_A_PERSON,
    NotInTransaction,
    deliver_due,
    publish,
    retry_delivery,
)
from tenants.models import Tenant
from tenants.scope import across_tenants, tenant_scope
from tests.cast import a_site, a_tenant

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
SITE = UUID(int=7)


@dataclass(frozen=True, kw_only=True)
class SiteOpened(DomainEvent):
    """An event only these tests know."""

    type = "test.site_opened"
    site_id: UUID
    opened_at: datetime = NOW


@pytest.fixture(autouse=True)
def _no_bell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bell, "ring", lambda *args: None)


@pytest.fixture
def heard() -> Iterator[list[SiteOpened]]:
    """What a subscriber heard; it is forgotten after the test."""
    told: list[SiteOpened] = []
    subscribe(SiteOpened)(told.append)
    yield told
    events._subscribers.pop(SiteOpened.type)


@pytest.fixture
def volt(db: None) -> Iterator[Tenant]:
    tenant = a_tenant()
    with tenant_scope(tenant.id):
        yield tenant


def publish_one() -> Event:
    with transaction.atomic():
        return publish(SiteOpened(occurred_at=NOW, site_id=SITE))


def test_an_event_survives_its_payload() -> None:
    event = SiteOpened(occurred_at=NOW, site_id=SITE)
    assert from_payload(SiteOpened, to_payload(event), NOW) == event


def test_a_subscriber_hears_an_event_once(volt: Tenant, heard: list[SiteOpened]) -> None:
    publish_one()
    assert deliver_due() == 1
    assert deliver_due() == 0
    assert heard == [SiteOpened(occurred_at=NOW, site_id=SITE)]
    assert Delivery.objects.get().state == Delivery.State.DONE


@pytest.mark.django_db(transaction=True)
def test_an_event_outside_of_a_transaction_is_refused() -> None:
    with tenant_scope(a_tenant().id), pytest.raises(NotInTransaction):
        publish(SiteOpened(occurred_at=NOW, site_id=SITE))


def test_an_event_without_subscribers_owes_nothing(volt: Tenant) -> None:
    publish_one()
    assert Event.objects.count() == 1
    assert Delivery.objects.count() == 0


def test_a_subscriber_works_in_the_events_tenant(volt: Tenant, heard: list[SiteOpened]) -> None:
    subscribe(SiteOpened)(open_a_site)
    publish_one()
    with across_tenants(reason="as the worker"):
        deliver_due()
    assert Site.objects.get().tenant_id == volt.id


def open_a_site(event: SiteOpened) -> None:
    a_site()


def fail(event: SiteOpened) -> None:
    a_site()
    raise ZeroDivisionError("broken subscriber")


def test_a_failure_undoes_the_work_and_waits_longer_each_time(
    volt: Tenant, heard: list[SiteOpened]
) -> None:
    events._subscribers.pop(SiteOpened.type)
    subscribe(SiteOpened)(fail)
    with time_machine.travel(NOW, tick=False):
        publish_one()
        deliver_due()
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempts) == (Delivery.State.PENDING, 1)
    assert delivery.due_at == NOW + timedelta(seconds=1)
    assert "broken subscriber" in delivery.last_error
    assert Site.objects.count() == 0


def test_after_enough_failures_a_person_decides(volt: Tenant, heard: list[SiteOpened]) -> None:
    events._subscribers.pop(SiteOpened.type)
    subscribe(SiteOpened)(fail)
    publish_one()
    for day in range(ATTEMPTS_BEFORE_A_PERSON):
        with time_machine.travel(NOW + timedelta(days=200 + day), tick=False):
            deliver_due()
    delivery = Delivery.objects.get()
    assert delivery.state == Delivery.State.DEAD
    assert retry_delivery(delivery_id=delivery.pk)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == (Delivery.State.PENDING, 0)


def break_a_deferred_rule(event: SiteOpened) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO outbox_delivery (id, tenant_id, event_id, subscriber, state, attempts, "
            "due_at, last_error, created_at) SELECT gen_random_uuid(), tenant_id, "
            "gen_random_uuid(), 'x', 'done', 0, now(), '', now() FROM outbox_event LIMIT 1"
        )


@pytest.mark.django_db(transaction=True)
def test_a_rule_checked_at_commit_does_not_block_the_queue(heard: list[SiteOpened]) -> None:
    subscribe(SiteOpened)(break_a_deferred_rule)
    with tenant_scope(a_tenant().id):
        publish_one()
        assert deliver_due() == 2
        states = set(Delivery.objects.values_list("state", "attempts"))
    assert states == {("done", 1), ("pending", 1)}
    assert len(heard) == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_share_the_work_without_doing_any_twice(heard: list[SiteOpened]) -> None:
    with tenant_scope(a_tenant().id):
        for _ in range(20):
            publish_one()
    start = threading.Barrier(2)

    def work() -> None:
        start.wait()
        deliver_due()
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(heard) == 20


def test_a_subscriber_can_ask_to_hear_of_it_later_without_failing(volt: Tenant) -> None:
    later, heard = datetime.now(UTC) + timedelta(minutes=5), []

    def wait_for_it(event: SiteOpened) -> None:
        if datetime.now(UTC) < later:
            raise NotYet(later)
        heard.append(event)

    subscribe(SiteOpened)(wait_for_it)
    try:
        publish_one()
        deliver_due()
        delivery = Delivery.objects.get()
        waiting = (delivery.state, delivery.attempts, delivery.last_error, delivery.due_at)
        with time_machine.travel(later):
            deliver_due()
    finally:
        events._subscribers.pop(SiteOpened.type)
    assert waiting == (Delivery.State.PENDING, 0, "", later)
    assert [event.site_id for event in heard] == [SITE]
    assert Delivery.objects.get().state == Delivery.State.DONE
