"""Every message by hand: its form, sent to a connected station, and the answer on the page."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from django.urls import reverse
from django.utils import timezone
from selenium.webdriver.common.by import By
from websockets.exceptions import ConnectionClosed

from chargepoints.call_shapes import example_answer
from chargepoints.catalogue import commands_of
from chargepoints.models import Command
from chargepoints.services import rotate_key
from tenants.scope import tenant_scope
from tests.browser.scenes import Scene
from tests.browser.visitor import PHONE, Visitor
from tests.station import connect


@contextmanager
def obedient_station(scene: Scene, url: str, version: str) -> Iterator[None]:
    """The scene's station, connected, answering every call with something that fits."""
    with tenant_scope(scene.tenant.id):
        key = rotate_key(charge_point=scene.station)
    is_up, is_over = threading.Event(), threading.Event()

    async def talk() -> None:
        async with connect(f"{url}/ocpp/volt/CP-1", key, version) as station:
            is_up.set()
            while not is_over.is_set():
                with suppress(TimeoutError, ConnectionClosed):
                    async with asyncio.timeout(0.5):
                        _type, number, action, _payload = await station.recv()
                    answer = example_answer(version, action, timezone.now())
                    await station.answer(number, answer)

    thread = threading.Thread(target=lambda: asyncio.run(talk()), daemon=True)
    thread.start()
    assert is_up.wait(20)
    try:
        yield
    finally:
        is_over.set()
        thread.join(20)


def send_example(owner: Visitor, scene: Scene, action: str) -> str:
    """Fill in the example of a message and send it; what the page of the command says."""
    owner.open(reverse("admin:write-call", args=(scene.station.pk, action)) + "?example")
    assert not owner.is_wider_than_the_screen(), action
    form = owner.browser.find_element(By.CSS_SELECTOR, "[data-testid='typed']")
    for tick in form.find_elements(By.NAME, "although_in_use"):
        tick.click()
    form.find_element(By.CSS_SELECTOR, "button[type='submit']").click()
    return owner.seen("(//pre[@class='laddbok-json'])[2]").text


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
def test_every_message_is_sent_and_answered(owner: Visitor, scene: Scene, version: str) -> None:
    owner.use_screen(PHONE)
    url = owner.base_url.replace("http", "ws", 1)
    with obedient_station(scene, url, version):
        for spec in commands_of(version):
            shown = send_example(owner, scene, spec.action)
            assert "{" in shown, (spec.action, shown)
    with tenant_scope(scene.tenant.id):
        rows = Command.objects.filter(requested_by=scene.owner.email)
        assert set(rows.values_list("state", flat=True)) == {Command.State.ANSWERED}


@pytest.mark.parametrize("language", ["sv", "en"])
def test_the_choice_of_messages_leads_to_a_form(
    owner: Visitor, scene: Scene, language: str
) -> None:
    owner.speak(language)
    owner.open(reverse("admin:choose-call", args=(scene.station.pk,)))
    restart = {"sv": "Starta om stationen", "en": "Restart the station"}[language]
    owner.press(restart)
    assert owner.sees(restart)
    assert owner.sees("Reset")
