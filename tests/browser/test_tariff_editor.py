"""A tariff written, seen, published and compared by somebody in front of a browser."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from django.urls import reverse
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from billing.models import Tariff, TariffVersion
from tenants.scope import tenant_scope
from tests.browser.scenes import Scene
from tests.browser.visitor import DESKTOP, PHONE, Visitor


@dataclass(frozen=True)
class Words:
    """What the pages say in a language."""

    begin: str
    save_and_publish: str
    publish: str
    compare: str
    total: str
    reason: str
    gap: str
    dearer: str
    change: str
    taken: str


WORDS = {
    "sv": Words(
        "Skriv priserna",
        "Spara och publicera…",
        "Publicera",
        "Jämför",
        "99,00 kr",
        "17:40–20:10 · 22 kWh × 4,50 kr/kWh (rad 1: 06–22)",
        "Inget energipris varje dag 22–23: då är energin gratis.",
        "4,75",
        "4,50 kr/kWh → 4,75 kr/kWh",
        "kommande",
    ),
    "en": Words(
        "Write the prices",
        "Save and publish…",
        "Publish",
        "Compare",
        "SEK 99.00",
        "17:40–20:10 · 22 kWh × SEK 4.50/kWh (row 1: 06–22)",
        "No energy price every day 22–23: energy is free then.",
        "4.75",
        "SEK 4.50/kWh → SEK 4.75/kWh",
        "coming",
    ),
}


def retype(visitor: Visitor, name: str, text: str) -> None:
    field = visitor.browser.find_element(By.NAME, name)
    field.clear()
    field.send_keys(text, Keys.TAB)


def set_time(visitor: Visitor, name: str, text: str) -> None:
    """As the browser's own time picker does; how it is typed differs between languages."""
    visitor.browser.execute_script(
        "const field = document.getElementsByName(arguments[0])[0]; field.value = arguments[1];"
        "field.dispatchEvent(new Event('input', {bubbles: true}));",
        name,
        text,
    )


def reads(visitor: Visitor, test_id: str, text: str) -> bool:
    """Whether a marked place comes to say this; fails when it does not."""
    plain = "translate(normalize-space(.), '\xa0', ' ')"
    return visitor.seen(
        f"//*[@data-testid='{test_id}'][contains({plain}, '{text}')]"
    ).is_displayed()


def publish(visitor: Visitor, words: Words, year: str) -> None:
    visitor.press(words.save_and_publish)
    visitor.seen("//form[@data-testid='publish']")
    set_time(visitor, "valid_from_0", f"{year}-02-01")
    visitor.press(words.publish)
    visitor.seen("//table[@data-testid='versions']")


def versions_of(scene: Scene, name: str) -> list[TariffVersion]:
    with tenant_scope(scene.tenant.id):
        return list(TariffVersion.objects.filter(tariff__name=name).order_by("number"))


@pytest.mark.parametrize("language", ["sv", "en"])
def test_a_day_and_night_tariff_is_written_and_followed_by_a_dearer_one(
    owner: Visitor, scene: Scene, language: str
) -> None:
    words = WORDS[language]
    owner.speak(language)
    owner.open(reverse("admin:billing_tariff_add"))
    owner.type("name", "Depot")
    owner.browser.find_element(By.CSS_SELECTOR, "input[value=day_and_night]").click()
    owner.press(words.begin)
    assert reads(owner, "preview-total", words.total)
    assert reads(owner, "preview-lines", words.reason)
    assert len(owner.browser.find_elements(By.CSS_SELECTOR, "[data-testid=week] li")) == 21
    set_time(owner, "row-1-time_from", "23:00")
    assert reads(owner, "findings", words.gap)
    set_time(owner, "row-1-time_from", "22:00")
    publish(owner, words, "2097")
    owner.open(reverse("admin:write-tariff", args=(versions_of(scene, "Depot")[0].tariff_id,)))
    retype(owner, "row-0-price", words.dearer)
    publish(owner, words, "2098")
    assert reads(owner, "versions", words.taken)
    first, second = versions_of(scene, "Depot")
    assert first.valid_to == second.valid_from
    owner.open(reverse("admin:billing_tariffversion_change", args=(second.pk,)))
    assert reads(owner, "differences", words.change)


def test_rows_move_without_loading_the_page_and_keep_what_was_typed(
    owner: Visitor, scene: Scene
) -> None:
    owner.speak("en")
    with tenant_scope(scene.tenant.id):
        tariff = Tariff.objects.get()
    owner.open(reverse("admin:write-tariff", args=(tariff.pk,)))
    owner.browser.execute_script("window.isSamePage = true")
    retype(owner, "row-0-price", "dear")
    assert owner.sees("Enter a number.")
    owner.browser.find_element(By.CSS_SELECTOR, "button[value=down-0]").click()
    owner.seen("//input[@name='row-1-price'][@value='dear']")
    kind = Select(owner.browser.find_element(By.NAME, "row-1-kind"))
    assert kind.first_selected_option.get_attribute("value") == "energy"
    owner.browser.find_element(By.CSS_SELECTOR, "button[value=remove-1]").click()
    assert reads(owner, "findings", "No row prices energy: kilowatt-hours are free.")
    assert owner.browser.execute_script("return window.isSamePage")


@pytest.mark.parametrize("screen", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_no_page_of_tariffs_is_wider_than_the_screen(
    owner: Visitor, scene: Scene, screen: tuple[int, int]
) -> None:
    with tenant_scope(scene.tenant.id):
        version = TariffVersion.objects.select_related("tariff").get()
    owner.use_screen(screen)
    tariff = (version.tariff_id,)
    pages = [
        reverse("admin:billing_tariff_add"),
        reverse("admin:billing_tariff_change", args=tariff),
        reverse("admin:write-tariff", args=tariff),
        reverse("admin:billing_tariffversion_change", args=(version.pk,)),
        reverse("admin:billing_tariffassignment_changelist"),
        reverse("admin:billing_tariffassignment_add"),
        reverse("admin:ask-for-tariff") + f"?charge_point={scene.station.pk}",
    ]
    too_wide = []
    for page in pages:
        owner.open(page)
        too_wide += [page] if owner.is_wider_than_the_screen() else []
    assert too_wide == []
