"""Receipts and price lists as drivers see them, without signing in."""

from __future__ import annotations

import pytest

from billing.services.receipt_links import receipt_token
from tenants.scope import tenant_scope
from tests.browser.scenes import Scene
from tests.browser.test_pages import SCREENS
from tests.browser.visitor import Visitor

RECEIPT = {
    "sv": ("72,06 kr", "Så räknades priset ut", "11,528 kWh", "Ladda ned som PDF"),
    "en": ("SEK 72.06", "How the price was computed", "11.528 kWh", "Download as PDF"),
}
PRICES = {"sv": ("4,95 kr/kWh", "Per laddning"), "en": ("SEK 4.95/kWh", "Per session")}


def receipt_path(scene: Scene, language: str) -> str:
    with tenant_scope(scene.tenant.id):
        return f"/receipt/{receipt_token(scene.priced)}/?lang={language}"


def prices_path(scene: Scene, language: str) -> str:
    return f"/prices/{scene.tenant.slug}/{scene.station.public_code}/?lang={language}"


@SCREENS
@pytest.mark.parametrize("language", ["sv", "en"])
def test_a_driver_follows_the_receipt(
    visitor: Visitor, scene: Scene, language: str, screen: tuple[int, int]
) -> None:
    total, heading, energy, button = RECEIPT[language]
    visitor.use_screen(screen)
    visitor.open(receipt_path(scene, language))
    assert visitor.text_of("total").replace("\xa0", " ") == total
    assert visitor.sees(heading)
    assert energy in visitor.text_of("energy").replace("\xa0", " ")
    assert visitor.seen("//*[@class='curve']//*[@class='power']").is_displayed()
    assert visitor.sees(button)
    assert not visitor.is_wider_than_the_screen()


@SCREENS
@pytest.mark.parametrize("language", ["sv", "en"])
def test_anybody_reads_the_price_list(
    visitor: Visitor, scene: Scene, language: str, screen: tuple[int, int]
) -> None:
    headline, per_session = PRICES[language]
    visitor.use_screen(screen)
    visitor.open(prices_path(scene, language))
    assert visitor.text_of("headline").replace("\xa0", " ") == headline
    assert per_session in visitor.text_of("sign")
    assert not visitor.is_wider_than_the_screen()


def test_the_language_is_switched_on_the_page(visitor: Visitor, scene: Scene) -> None:
    visitor.open(receipt_path(scene, "sv"))
    visitor.press("English")
    assert visitor.sees("How the price was computed")


def test_the_owner_comes_to_the_receipt_from_the_session(owner: Visitor, scene: Scene) -> None:
    owner.open(f"/receipt/of/{scene.priced.pk}/")
    assert "72" in owner.text_of("total")
