"""My charging on a phone: the link in a letter, every page, a lost tag, and the way to Stripe."""

from __future__ import annotations

import pytest
from django.utils import timezone

from billing.models import Invoice
from billing.services.invoices import issue_invoice, open_billing_account
from drivers.my.signing_in import make_link
from sessions_app.models import Driver, IdToken
from tenants.scope import tenant_scope
from tests.browser.scenes import Scene
from tests.browser.visitor import PHONE, Visitor
from tests.cast import NOON

WORDS = {
    "sv": {
        "enter": "Logga in", "tabs": ("Fakturor", "Betalning", "Brickor", "Driftstörningar"),
        "lost": "Borttappad?", "block": "Spärra AABBCC", "blocked": "Spärrad", "out": "Logga ut",
    },
    "en": {
        "enter": "Sign in", "tabs": ("Invoices", "Payment", "Tags", "Outages"),
        "lost": "Lost it?", "block": "Block AABBCC", "blocked": "Blocked", "out": "Sign out",
    },
}  # fmt: skip


def a_mailed_link(scene: Scene) -> str:
    """What stands in the letter to the scene's driver, who has an invoice."""
    with tenant_scope(scene.tenant.id):
        driver = Driver.objects.get()
        open_billing_account(driver_id=driver.pk)
        issue_invoice(charge_id=scene.priced.charges.get().pk, now=NOON)
        token = make_link(driver=driver, now=timezone.now())[1]
    return f"/my/{scene.tenant.slug}/enter/{token}/"


@pytest.mark.parametrize("language", ["sv", "en"])
def test_a_driver_signs_in_looks_at_everything_and_blocks_a_tag(
    visitor: Visitor, scene: Scene, language: str
) -> None:
    words = WORDS[language]
    visitor.use_screen(PHONE)
    visitor.open(f"{a_mailed_link(scene)}?lang={language}")
    visitor.press(str(words["enter"]))
    assert "Torget" in visitor.text_of("session")
    for tab in words["tabs"]:
        visitor.press(str(tab))
        assert visitor.seen(f"//h2 | //*[@aria-current='page' and contains(., '{tab}')]")
        assert not visitor.is_wider_than_the_screen()
    visitor.press(words["tabs"][2])
    visitor.seen(f"//summary[contains(., '{words['lost']}')]").click()
    visitor.press(str(words["block"]))
    assert visitor.sees(str(words["blocked"]))
    visitor.press(str(words["out"]))
    assert visitor.text_of("sign-in")
    with tenant_scope(scene.tenant.id):
        assert IdToken.objects.get().state == IdToken.State.BLOCKED
        assert Invoice.objects.count() == 1
