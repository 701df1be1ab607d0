"""What a token is told, by Authorize and at a start."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from chargepoints.types import V16, V201
from sessions_app.models import ChargingSession, IdToken
from tests.cast import NOON, a_charge_point, a_connector
from tests.sessions_app.talk import Talk, event, start, stop, token


class Debtors:
    """Nobody may charge."""

    def may_charge(self, driver_id: UUID) -> bool:
        return False


def authorize(talk: Talk, uid: str = "AABBCC") -> Any:
    return talk.say(("Authorize", {"idTag": uid}))["idTagInfo"]


def authorize_201(talk: Talk, uid: str = "AABBCC") -> Any:
    return talk.say(("Authorize", {"idToken": token(uid)}))["idTokenInfo"]


def elsewhere(talk: Talk) -> Talk:
    """Another station of the same operator."""
    other = a_charge_point("CP-2", site=talk.charge_point.site)
    a_connector(other)
    return Talk(other, V16)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({}, "Accepted"),
        ({"state": IdToken.State.BLOCKED}, "Blocked"),
        ({"expires_at": NOON}, "Expired"),
    ],
)
def test_a_known_token(old: Talk, change: dict[str, Any], status: str) -> None:
    IdToken.objects.update(**change)
    assert authorize(old)["status"] == status
    assert authorize_201(Talk(old.charge_point, V201))["status"] == status


@pytest.mark.parametrize("uid", ["aabbcc", "AaBbCc", " AABBCC"])
def test_letters_do_not_matter(old: Talk, uid: str) -> None:
    assert authorize(old, uid) == {"status": "Accepted"}


def test_an_unknown_token_is_invalid(old: Talk) -> None:
    assert authorize(old, "STRANGER") == {"status": "Invalid"}


def test_the_expiry_is_told(old: Talk) -> None:
    IdToken.objects.update(expires_at=NOON + timedelta(days=1))
    assert authorize(old)["expiryDate"] == "2026-06-02T12:00:00Z"
    told = authorize_201(Talk(old.charge_point, V201))
    assert told["cacheExpiryDateTime"] == "2026-06-02T12:00:00Z"


def test_a_token_is_judged_at_the_time_of_an_offline_start(old: Talk) -> None:
    IdToken.objects.update(expires_at=NOON + timedelta(minutes=1))
    answer = old.say(start(), NOON + timedelta(days=3))
    assert answer["idTagInfo"]["status"] == "Accepted"


def test_one_token_charges_at_one_place(old: Talk) -> None:
    number = old.start()
    other = elsewhere(old)
    assert authorize(other)["status"] == "ConcurrentTx"
    assert other.say(start(minute=5))["idTagInfo"]["status"] == "ConcurrentTx"
    assert ChargingSession.objects.exclude(driver=None).count() == 2
    old.say(stop(number))
    assert other.say(start(minute=5))["idTagInfo"]["status"] == "Accepted"


def test_the_card_that_stops_is_not_concurrent(old: Talk) -> None:
    old.start()
    assert authorize(old)["status"] == "Accepted"


def test_a_repeated_start_is_not_concurrent_with_itself(old: Talk) -> None:
    old.start()
    assert old.say(start())["idTagInfo"]["status"] == "Accepted"


def test_a_session_left_behind_does_not_keep_its_driver_from_charging(old: Talk) -> None:
    old.start()
    assert old.say(start(minute=10))["idTagInfo"]["status"] == "Accepted"
    late = start(minute=14 * 60)
    assert elsewhere(old).say(late, NOON + timedelta(hours=14))["idTagInfo"]["status"] == "Accepted"


def test_a_driver_without_credit_is_blocked_and_recorded(old: Talk) -> None:
    old.station.credit = Debtors()
    answer = old.say(start())
    assert answer["idTagInfo"]["status"] == "Blocked"
    assert ChargingSession.objects.get().driver is not None


def test_a_driver_without_credit_in_the_words_of_201(new: Talk) -> None:
    new.station.credit = Debtors()
    assert authorize_201(new)["status"] == "NoCredit"
    assert new.say(event("Started", 0, 0))["idTokenInfo"]["status"] == "NoCredit"
