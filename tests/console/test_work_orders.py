"""Work orders: the technician's phone, the office, paper and the calendar."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from anomalies.models import (
    CalendarLink,
    Incident,
    Maintenance,
    RemediationStep,
    Repair,
    WorkNote,
    WorkOrder,
)
from anomalies.services.work_orders import finish_work, reopen_failed_work, write_work_order
from chargepoints.models import ChargePoint, Command
from outbox.models import Event
from tenants.models import Member, Role
from tenants.scope import tenant_scope
from tests.cast import NOON
from tests.console.test_admin import signed_in
from tests.operators import Operator


@pytest.fixture
def volt(db: None) -> Operator:
    return Operator("volt")


@pytest.fixture
def order(volt: Operator) -> WorkOrder:
    """An order for whoever comes, from an incident."""
    with tenant_scope(volt.tenant.id):
        incident = Incident.objects.create(
            charge_point=volt.charge_point,
            connector=volt.connector,
            kind="E3",
            cause="over_limit",
            severity=2,
            unit="mA",
            observed=40_000,
            expected=32_000,
            action="take_out_of_service",
            since_at=NOON,
            last_seen_at=NOON,
        )
        return write_work_order(incident=incident, now=timezone.now())


@pytest.fixture
def technician(volt: Operator) -> Client:
    return signed_in(volt.tenant, Role.TECHNICIAN)


def a_photo(size: tuple[int, int] = (4000, 2000), kind: str = "JPEG") -> bytes:
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "secret place"
    Image.new("RGB", size, "red").save(out, kind, exif=exif)
    return out.getvalue()


def page(order: WorkOrder) -> str:
    return reverse("admin:work-page", args=(order.pk,))


def test_a_technician_begins_writes_photographs_and_is_done(
    volt: Operator, order: WorkOrder, technician: Client
) -> None:
    assert technician.get(reverse("admin:my-work")).status_code == 200
    technician.post(page(order), {"do": "start"})
    photo = SimpleUploadedFile("cable.jpg", a_photo(), "image/jpeg")
    technician.post(page(order), {"do": "note", "text": "burnt plug", "photo": photo})
    technician.post(page(order), {"do": "done", "text": "new plug"})
    with tenant_scope(volt.tenant.id):
        order.refresh_from_db()
        assert (order.state, str(order.assignee.user)) == ("done", "technician@volt.example")  # type: ignore[union-attr]
        texts = WorkNote.objects.values_list("text", flat=True)
        assert list(texts) == ["burnt plug", "new plug"]
    assert technician.get(page(order)).status_code == 200


def test_a_photo_is_kept_small_and_without_its_place(
    volt: Operator, order: WorkOrder, technician: Client
) -> None:
    photo = SimpleUploadedFile("cable.jpg", a_photo(), "image/jpeg")
    technician.post(page(order), {"do": "note", "photo": photo})
    with tenant_scope(volt.tenant.id):
        note = WorkNote.objects.get()
    shown = technician.get(reverse("admin:work-photo", args=(note.pk,)))
    kept = Image.open(io.BytesIO(shown.content))
    assert (kept.format, kept.size, dict(kept.getexif())) == ("JPEG", (1600, 800), {})
    assert b"secret" not in shown.content


@pytest.mark.parametrize("sent", [b"<svg onload=alert(1)>", b"", b"\xff\xd8\xff broken"])
def test_what_is_no_photo_is_refused_and_kept_nowhere(
    volt: Operator, order: WorkOrder, technician: Client, sent: bytes
) -> None:
    photo = SimpleUploadedFile("x.jpg", sent, "image/jpeg")
    answer = technician.post(page(order), {"do": "note", "photo": photo})
    assert answer.status_code == 200
    assert answer.context["form"].errors
    with tenant_scope(volt.tenant.id):
        assert not WorkNote.objects.exists()


def test_strangers_see_neither_orders_nor_photos(order: WorkOrder, volt: Operator) -> None:
    with tenant_scope(volt.tenant.id):
        note = WorkNote.objects.create(work_order=order, author="x", photo=b"x")
    ampere = signed_in(Operator("ampere").tenant)
    assert ampere.get(page(order)).status_code == 404
    assert ampere.get(reverse("admin:work-photo", args=(note.pk,))).status_code == 404
    assert Client().get(page(order)).status_code == 302
    assert signed_in(volt.tenant, Role.VIEWER).post(page(order), {"do": "done"}).status_code == 403


def test_done_puts_the_outlet_back_into_service(order: WorkOrder, volt: Operator) -> None:
    with tenant_scope(volt.tenant.id):
        ChargePoint.objects.update(socket_channel="here", ocpp_version="1.6")
        RemediationStep.objects.create(
            incident=order.incident,  # type: ignore[misc]
            position=1,
            repair=Repair.INOPERATIVE,
            state="sent",
            due_at=NOON,
            give_up_at=NOON,
            sent_at=NOON,
        )
        assert finish_work(order=order, actor="T", now=timezone.now())
        command = Command.objects.get(action="ChangeAvailability")
        assert command.payload == {"connectorId": 1, "type": "Operative"}
        assert not finish_work(order=order, actor="T", now=timezone.now())


def test_a_fault_seen_after_the_work_makes_it_to_do_again(order: WorkOrder, volt: Operator) -> None:
    now = timezone.now()
    with tenant_scope(volt.tenant.id):
        finish_work(order=order, actor="T", now=now)
        assert reopen_failed_work(now=now) == 0
        Incident.objects.update(last_seen_at=now + timedelta(minutes=1))
        assert reopen_failed_work(now=now) == 1
        order.refresh_from_db()
        assert (order.state, order.done_at) == ("open", None)
        assert reopen_failed_work(now=now) == 0


def test_the_office_writes_and_assigns_one(volt: Operator) -> None:
    client = signed_in(volt.tenant)
    add = reverse("admin:anomalies_workorder_add")
    assert client.get(add).status_code == 200
    with tenant_scope(volt.tenant.id):
        member = Member.objects.get()
    form = {"title": "Paint the bay", "site": volt.charge_point.site_id, "assignee": member.pk}
    form |= {"due_at_0": "2026-12-01", "due_at_1": "12:00", "skill": "anybody"}
    assert client.post(add, form).status_code == 302
    with tenant_scope(volt.tenant.id):
        order = WorkOrder.objects.get()
        assert (str(order), order.assignee) == ("Paint the bay", member)
        assert Event.objects.filter(type="work_order.assigned").count() == 1
    printed = client.get(reverse("admin:anomalies_workorder_print_page", args=(order.pk,)))
    assert b"Paint the bay" in printed.content


def test_a_calendar_shows_its_members_orders_to_whoever_has_the_link(
    volt: Operator, order: WorkOrder, technician: Client
) -> None:
    technician.post(page(order), {"do": "start"})
    technician.get(reverse("admin:my-work"))
    with tenant_scope(volt.tenant.id):
        old = CalendarLink.objects.get().token
    text = Client().get(reverse("work-calendar", args=(old,))).content.decode()
    assert text.count("BEGIN:VEVENT") == 1
    assert f"UID:{order.pk}@laddbok\r\n" in text
    assert max(len(line.encode()) for line in text.split("\r\n")) <= 75
    technician.post(reverse("admin:renew-calendar"))
    assert Client().get(reverse("work-calendar", args=(old,))).status_code == 404


def test_maintenance_is_of_one_place(volt: Operator) -> None:
    client = signed_in(volt.tenant, Role.TECHNICIAN)
    add = reverse("admin:anomalies_maintenance_add")
    form = {"starts_at_0": "2026-12-01", "starts_at_1": "12:00", "reason": "new cable"}
    form |= {"ends_at_0": "2026-12-01", "ends_at_1": "11:00", "site": volt.charge_point.site_id}
    both = form | {"charge_point": volt.charge_point.pk}
    assert client.post(add, form).status_code == 200
    assert "site" in client.post(add, both).context["adminform"].errors
    assert client.post(add, form | {"ends_at_1": "13:00"}).status_code == 302
    with tenant_scope(volt.tenant.id):
        assert Maintenance.objects.get().set_by == "technician@volt.example"


@pytest.mark.parametrize("name", ["judge", "take_step"])
def test_the_forms_of_an_incident_open_and_answer(
    volt: Operator, order: WorkOrder, name: str
) -> None:
    client = signed_in(volt.tenant)
    form = reverse(f"admin:anomalies_incident_{name}", args=(order.incident_id,))
    assert client.get(form).status_code == 200
    assert client.post(form, {}).status_code == 200
    sent = {"verdict": "false", "repair": "work_order"}
    assert client.post(form, sent).status_code == 302
    shown = reverse("admin:anomalies_incident_change", args=(order.incident_id,))
    assert client.get(shown).status_code == 200
    assert client.get(reverse("admin:anomalies_incident_rules")).status_code == 200
