"""An incident appears in an open page by itself, and a person may have their peace."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from anomalies.services import Place, record_place_finding
from chargepoints.models import ChargePoint
from tenants.scope import tenant_scope
from tests.anomalies.test_incident_groups import gone
from tests.browser.scenes import Scene
from tests.browser.test_pages import SCREENS
from tests.browser.visitor import Visitor

WORDS = {"sv": "Ny avvikelse", "en": "New incident"}


def something_happens(scene: Scene, **more: Any) -> None:
    with tenant_scope(scene.tenant.id), transaction.atomic():
        station = ChargePoint.objects.first()
        assert station is not None
        record_place_finding(place=Place(station.pk), finding=gone(timezone.now(), **more))


@SCREENS
@pytest.mark.parametrize("language", ["sv", "en"])
def test_a_new_incident_appears_by_itself(
    owner: Visitor, scene: Scene, language: str, screen: tuple[int, int]
) -> None:
    owner.speak(language)
    owner.use_screen(screen)
    owner.open("/admin/")
    before = int(owner.text_of("live-badge").split()[-1])
    something_happens(scene)
    assert WORDS[language] in owner.text_of("live-notice")
    assert owner.text_of("live-badge").split()[-1] == str(before + 1)
    assert not owner.is_wider_than_the_screen()


def test_muted_it_counts_in_silence(owner: Visitor, scene: Scene) -> None:
    owner.speak("en")
    owner.open("/admin/")
    before = int(owner.text_of("live-badge").split()[-1])
    owner.seen("//*[@data-testid='live-mute']").click()
    something_happens(scene)
    owner.seen(f"//*[@data-testid='live-badge' and contains(., '{before + 1}')]")
    assert not owner.browser.find_elements("css selector", "[data-testid='live-notice']")
    owner.seen("//*[@data-testid='live-mute' and @aria-pressed='true']").click()
