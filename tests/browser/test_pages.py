"""Pages as a person sees them: language, charts, and nothing off the screen."""

from __future__ import annotations

import pytest
from django.urls import reverse

from config.settings.faces import UNFOLD
from sessions_app.models import ChargingSession
from tests.browser.scenes import PASSWORD, Scene
from tests.browser.visitor import DESKTOP, PHONE, Visitor

SCREENS = pytest.mark.parametrize("screen", [DESKTOP, PHONE], ids=["desktop", "phone"])
SESSION_IN_WORDS = {
    "sv": ("Stopporsak\nKabeln drogs ur", "11,528 kWh", "72,06 kr", "Effekt (kW)"),
    "en": ("Stop reason\nThe cable was unplugged", "11.528 kWh", "SEK 72.06", "Power (kW)"),
}


def page_of(session: ChargingSession) -> str:
    return reverse("admin:sessions_app_chargingsession_change", args=(session.pk,))


@SCREENS
def test_the_owner_signs_in_and_sees_what_is_going_on(
    visitor: Visitor, scene: Scene, screen: tuple[int, int]
) -> None:
    visitor.speak("sv")
    visitor.use_screen(screen)
    visitor.open("/")
    visitor.type("username", scene.owner.email)
    visitor.type("password", PASSWORD)
    visitor.press("Logga in")
    assert visitor.text_of("under-way") == "1"
    assert visitor.charts_painted() == 2
    assert not visitor.is_wider_than_the_screen()


@SCREENS
@pytest.mark.parametrize("language", ["sv", "en"])
def test_a_sessions_page_shows_facts_prices_and_curves(
    owner: Visitor, scene: Scene, language: str, screen: tuple[int, int]
) -> None:
    facts, energy, total, title = SESSION_IN_WORDS[language]
    owner.speak(language)
    owner.use_screen(screen)
    owner.open(page_of(scene.priced))
    assert facts in owner.text_of("facts")
    assert energy in owner.text_of("facts")
    assert owner.text_of("total").replace("\xa0", " ") == total
    assert owner.sees(title)
    assert owner.charts_painted() == 3
    assert not owner.is_wider_than_the_screen()


def test_no_page_is_wider_than_a_phone(owner: Visitor, scene: Scene) -> None:
    owner.use_screen(PHONE)
    groups = UNFOLD["SIDEBAR"]["navigation"]
    pages = [str(entry["link"]) for group in groups for entry in group["items"]]
    pages += [
        reverse("admin:anomalies_incident_change", args=(scene.incident.pk,)),
        reverse("admin:chargepoints_chargepoint_change", args=(scene.station.pk,)),
    ]
    too_wide = []
    for page in pages:
        owner.open(page)
        too_wide += [page] if owner.is_wider_than_the_screen() else []
    assert too_wide == []
