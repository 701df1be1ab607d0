"""What a person does in the admin, by clicking."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from chargepoints.models import Command
from sessions_app.models import ChargingSession
from tenants.scope import tenant_scope
from tests.browser.scenes import Scene
from tests.browser.test_pages import page_of
from tests.browser.visitor import Visitor


def only_command(scene: Scene) -> tuple[str, dict[str, Any]]:
    with tenant_scope(scene.tenant.id):
        command = Command.objects.get()
    return command.action, command.payload


def test_a_running_session_is_stopped(owner: Visitor, scene: Scene) -> None:
    owner.speak("en")
    owner.open(page_of(scene.running))
    owner.press("Stop charging")
    assert owner.sees("Not sent: Station offline")
    assert only_command(scene) == ("RemoteStopTransaction", {"transactionId": 3})


def test_a_held_session_is_released_with_a_reason(owner: Visitor, scene: Scene) -> None:
    owner.speak("sv")
    owner.open(page_of(scene.held))
    assert "Spärrad: Mätarställningen gick bakåt" in owner.text_of("facts")
    owner.type("reason", "mätaren kontrollerad")
    owner.press("Släpp till fakturering")
    assert owner.sees("Släppt: laddsessionen går vidare till fakturering.")
    with tenant_scope(scene.tenant.id):
        assert ChargingSession.objects.get(pk=scene.held.pk).gate == "released"


def test_charging_is_started_from_the_stations_page(owner: Visitor, scene: Scene) -> None:
    owner.speak("en")
    owner.open(reverse("admin:chargepoints_chargepoint_change", args=(scene.station.pk,)))
    owner.press("Start charging")
    owner.type("token", "aabbcc")
    owner.press("Start charging")
    assert owner.sees("Not sent: Station offline")
    assert only_command(scene) == ("RemoteStartTransaction", {"connectorId": 1, "idTag": "AABBCC"})
