"""A station's door, by clicking."""

from __future__ import annotations

from django.urls import reverse

from chargepoints.models import ChargePoint
from tenants.scope import tenant_scope
from tests.browser.scenes import Scene
from tests.browser.visitor import Visitor


def test_the_window_is_opened_and_closed(owner: Visitor, scene: Scene) -> None:
    with tenant_scope(scene.tenant.id):
        station = ChargePoint.objects.order_by("identity").first()
    assert station is not None
    owner.speak("en")
    owner.open(reverse("admin:chargepoints_chargepoint_change", args=(station.pk,)))
    owner.press("Manage")
    owner.press("Door")
    owner.type("reason", "new station")
    owner.press("Open the window")
    assert "without a key until" in owner.text_of("open")
    assert "Commissioning window opened" in owner.text_of("book")
    assert not owner.is_wider_than_the_screen()
    owner.press("Close the window now")
    assert owner.sees("The window is closed.")
