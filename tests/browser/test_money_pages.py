"""What if, and corrections: asked and answered by somebody in front of a browser."""

from __future__ import annotations

import pytest
from django.urls import reverse

from billing.models import TariffVersion, WhatIfRun
from billing.services.what_if import Question, ask_what_if, run_due_what_ifs
from tenants.scope import tenant_scope
from tests.billing.test_what_if_runs import LATER, NIGHT_PRICES, draft
from tests.browser.scenes import Scene
from tests.browser.visitor import DESKTOP, PHONE, Visitor

EACH = pytest.mark.parametrize(
    ("language", "screen"), [("sv", PHONE), ("en", DESKTOP)], ids=["sv-phone", "en-desktop"]
)
ASK = "/admin/billing/correction/correct/"


def an_answer(scene: Scene) -> WhatIfRun:
    """The scene's bill under cheaper nights."""
    with tenant_scope(scene.tenant.id):
        version = TariffVersion.objects.get()
        draft(version.tariff, NIGHT_PRICES)
        run = ask_what_if(Question(version.tariff_id), asked_by=None, now=LATER)
        run_due_what_ifs()
    return run


@EACH
def test_the_answer_of_a_what_if_is_read(
    owner: Visitor, scene: Scene, language: str, screen: tuple[int, int]
) -> None:
    owner.speak(language)
    owner.use_screen(screen)
    owner.open(reverse("admin:billing_whatifrun_change", args=(an_answer(scene).pk,)))
    expected = {"sv": "32,28 kr – 46,11 kr", "en": "SEK 32.28 – SEK 46.11"}
    assert owner.text_of("range").replace("\xa0", " ") == expected[language]
    assert not owner.is_wider_than_the_screen()


@EACH
def test_a_correction_is_tried_and_carried_out(
    owner: Visitor, scene: Scene, language: str, screen: tuple[int, int]
) -> None:
    words = {
        "sv": ("Gör en provkörning", "Genomför"),
        "en": ("Make a dry run", "Carry out"),
    }[language]
    owner.speak(language)
    owner.use_screen(screen)
    owner.open(f"{ASK}?session={scene.priced.pk}")
    owner.seen("//input[@name='kind'][@value='void']").click()
    owner.type("reason", "Broken station")
    owner.press(words[0])
    assert "72" in owner.text_of("totals")
    assert not owner.is_wider_than_the_screen()
    owner.press(words[1])
    assert "1" in owner.text_of("progress")
    assert not owner.is_wider_than_the_screen()
    # The page of the run renews itself, and the run is gone when the test is over.
    owner.browser.get("about:blank")
