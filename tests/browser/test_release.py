"""The page of a held session: why it is held, and which energy goes to billing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from outbox.models import Event
from sessions_app.models import ChargingSession, MeterSample
from tenants.scope import tenant_scope
from tests.browser.scenes import Scene
from tests.browser.test_pages import SCREENS, page_of
from tests.browser.visitor import Visitor
from tests.cast import NOON

WORDS = {
    "sv": ("Mätarställningen vid starten är en platshållare", "11,21 kWh", "högst 410 Wh"),
    "en": ("Meter reading at the start is a placeholder", "11.21 kWh", "at most 410 Wh"),
}


@pytest.fixture
def held(scene: Scene) -> ChargingSession:
    """An hour that began at a placeholder of 0 and then showed the odometer, each minute."""
    with tenant_scope(scene.tenant.id):
        ChargingSession.objects.filter(pk=scene.held.pk).update(
            gate_reason="M2 begin_placeholder",
            meter_start_wh=0,
            meter_stop_wh=921_403,
            energy_wh=921_403,
        )
        MeterSample.objects.bulk_create(
            MeterSample(
                session=scene.held,
                at=NOON + timedelta(minutes=number),
                context="periodic",
                seq=number,
                received_at=NOON,
                energy_wh=910_003 + 190 * number,
                power_w=11_400,
            )
            for number in range(1, 60)
        )
    return scene.held


@SCREENS
@pytest.mark.parametrize("language", ["sv", "en"])
def test_it_says_why_it_is_held_and_what_can_be_billed(
    owner: Visitor, held: ChargingSession, language: str, screen: tuple[int, int]
) -> None:
    reason, energy, bound = WORDS[language]
    owner.speak(language)
    owner.use_screen(screen)
    owner.open(page_of(held))
    assert owner.text_of("hold-reason") == reason
    assert energy in owner.text_of("hold-energies")
    assert bound in owner.text_of("release")
    assert not owner.is_wider_than_the_screen()


def test_it_is_released_with_the_rebuilt_energy(
    owner: Visitor, scene: Scene, held: ChargingSession
) -> None:
    owner.speak("en")
    owner.open(page_of(held))
    owner.type("reason", "checked")
    owner.press("Release to billing")
    assert owner.sees("Released: the session goes to billing.")
    with tenant_scope(scene.tenant.id):
        session = ChargingSession.objects.get(pk=held.pk)
        told = Event.objects.get(type="session.energy_rebuilt").payload
    assert (session.gate, session.energy_source) == ("released", "rebuilt_from_registers")
    assert session.energy_wh == told["energy_wh"] == 11_210
    assert (told["before_wh"], told["bound_wh"], told["reason"]) == (921_403, 410, "checked")
