"""Attacks on a station's door, over real sockets: no key, many keys, weak lines, forged headers."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from websockets.exceptions import InvalidStatus

from chargepoints.models import ChargePoint, Command, DoorRecord, KeyRotation, StationCertificate
from chargepoints.services import (
    begin_rotation,
    change_profile,
    close_due_windows,
    close_window,
    open_window,
)
from config.devstack.rented import WebProcess
from tests.chargepoints.conftest import Registered, elsewhere
from tests.station import Station, connect

WRONG = "A" * 20
PROXY = ("127.0.0.9", 0)
FINGERPRINT = "ab" * 32


def from_address(address: str) -> dict[str, Any]:
    return {"local_addr": (address, 0)}


async def knock(volt: Registered, key: str | None, **how: Any) -> int:
    """The status of the opening request's answer; 101 when the socket opened."""
    try:
        async with connect(volt.url, key, **how):
            return 101
    except InvalidStatus as refusal:
        return refusal.response.status_code


def statuses(volt: Registered, *keys: str | None, **how: Any) -> list[int]:
    async def talk() -> list[int]:
        return [await knock(volt, key, **how) for key in keys]

    return asyncio.run(talk())


def open_for(volt: Registered, minutes: int = 10) -> None:
    open_window(
        charge_point=volt.charge_point,
        minutes=minutes,
        reason="new station",
        by="anna",
        now=timezone.now(),
    )


def kinds() -> list[str]:
    return list(DoorRecord.objects.order_by("id").values_list("kind", flat=True))


class TestNobodyWithoutAKey:
    def test_there_is_no_way_in_without_one(self, volt: Registered) -> None:
        forged = {"X-Client-Verify": "SUCCESS", "X-Client-Certificate-SHA256": FINGERPRINT}
        assert statuses(volt, None, "", headers=forged) == [401, 401]
        ChargePoint.objects.update(key_mac="")
        assert statuses(volt, None, "") == [401, 401]

    def test_an_open_window_lets_the_station_in_and_is_written_down(self, volt: Registered) -> None:
        open_for(volt)
        assert statuses(volt, None) == [101]
        entered = DoorRecord.objects.get(kind=DoorRecord.Kind.WINDOW_ENTERED)
        assert (entered.address, entered.reason) == ("127.0.0.1", "new station")
        assert ChargePoint.objects.get().socket_way == ChargePoint.Way.WINDOW

    def test_the_window_closes_by_itself(self, volt: Registered) -> None:
        open_for(volt)
        ChargePoint.objects.update(window_until=timezone.now())
        assert statuses(volt, None, volt.key) == [401, 101]

    def test_the_end_of_the_window_ends_what_came_through_it(self, volt: Registered) -> None:
        open_for(volt)

        async def talk() -> int | None:
            async with connect(volt.url, None) as station:
                await station.call("Heartbeat", {})
                later = timezone.now() + timedelta(minutes=11)
                assert await elsewhere(close_due_windows, now=later) == 1
                return await station.closed()

        assert asyncio.run(talk()) == 4001
        assert kinds()[-1] == DoorRecord.Kind.WINDOW_CLOSED

    def test_the_window_of_one_station_opens_no_other(
        self, volt: Registered, ampere: Registered
    ) -> None:
        open_for(volt)
        assert statuses(ampere, None) == [401]

    @pytest.mark.parametrize(("minutes", "reason"), [(0, "x"), (241, "x"), (10, "  ")])
    def test_a_window_needs_an_end_and_a_reason(
        self, volt: Registered, minutes: int, reason: str
    ) -> None:
        with pytest.raises(ValidationError):
            open_window(
                charge_point=volt.charge_point,
                minutes=minutes,
                reason=reason,
                by="anna",
                now=timezone.now(),
            )
        assert kinds() == []

    def test_a_station_in_the_window_gets_a_key_and_then_needs_it(self, volt: Registered) -> None:
        open_for(volt)

        async def talk() -> str:
            async with connect(volt.url, None) as station:
                return await take_key(station)

        key = asyncio.run(talk())
        assert close_due_windows(now=timezone.now()) == 1
        assert statuses(volt, None, bytes.fromhex(key).decode(), volt.key) == [401, 101, 401]


async def take_key(station: Station, status: str = "Accepted") -> str:
    """Answer the platform's ChangeConfiguration; the value it wanted to be set."""
    message_id, payload = await station.recv_call("ChangeConfiguration")
    assert payload["key"] == "AuthorizationKey"
    await station.answer(message_id, {"status": status})
    async with asyncio.timeout(10):
        while await elsewhere(KeyRotation.objects.filter(state="owed").exists):
            await station.call("Heartbeat", {})
    return str(payload["value"])


class TestRotation:
    def rotate(self, volt: Registered, status: str, version: str = "1.6") -> str:
        async def talk() -> str:
            async with volt.connect(version) as station:
                await station.call("Heartbeat", {})
                arguments = {"charge_point": volt.charge_point, "requested_by": "anna"}
                await elsewhere(begin_rotation, **arguments)
                if version == "1.6":
                    return await take_key(station, status)
                message_id, payload = await station.recv_call("SetVariables")
                (item,) = payload["setVariableData"]
                value: str = item.pop("attributeValue")
                result = {**item, "attributeStatus": status}
                await station.answer(message_id, {"setVariableResult": [result]})
                async with asyncio.timeout(10):
                    while await elsewhere(KeyRotation.objects.filter(state="owed").exists):
                        await station.call("Heartbeat", {})
                return value

        return asyncio.run(talk())

    def test_both_keys_open_until_the_new_one_was_used(self, volt: Registered) -> None:
        new = bytes.fromhex(self.rotate(volt, "Accepted")).decode()
        assert statuses(volt, volt.key, new, volt.key, new) == [101, 101, 401, 101]
        assert KeyRotation.objects.get().state == KeyRotation.State.DONE

    def test_a_station_that_keeps_the_digits_may_show_them(self, volt: Registered) -> None:
        digits = self.rotate(volt, "Accepted")
        assert statuses(volt, digits.upper(), volt.key) == [101, 401]

    def test_a_refused_key_never_opens(self, volt: Registered) -> None:
        new = bytes.fromhex(self.rotate(volt, "Rejected")).decode()
        assert statuses(volt, new, volt.key) == [401, 101]
        assert KeyRotation.objects.get().state == KeyRotation.State.REJECTED

    @pytest.mark.parametrize(("status", "expected"), [("Accepted", 101), ("Rejected", 401)])
    def test_version_2_is_given_the_key_as_it_is(
        self, volt: Registered, status: str, expected: int
    ) -> None:
        new = self.rotate(volt, status, "2.0.1")
        assert len(new) == 20
        assert statuses(volt, new) == [expected]

    def test_the_key_is_in_no_row_and_no_log(self, volt: Registered, web: WebProcess) -> None:
        digits = self.rotate(volt, "Accepted")
        key = bytes.fromhex(digits).decode()
        (rotation,) = KeyRotation.objects.values()
        stored = f"{rotation} {list(Command.objects.values())} {list(ChargePoint.objects.values())}"
        for secret in (digits, key, volt.key):
            assert secret not in stored
            assert secret not in web.log


class TestManyKeys:
    def test_wrong_keys_are_made_to_wait(self, volt: Registered) -> None:
        assert statuses(volt, *[WRONG] * 8) == [401] * 6 + [429] * 2

    def test_the_wait_is_told(self, volt: Registered) -> None:
        statuses(volt, *[WRONG] * 6)

        async def talk() -> str | None:
            with pytest.raises(InvalidStatus) as caught:
                async with volt.connect(key=WRONG):
                    pass
            return caught.value.response.headers.get("Retry-After")

        assert asyncio.run(talk()) in ("1", "2")

    def test_wrong_keys_from_elsewhere_do_not_lock_the_station_out(self, volt: Registered) -> None:
        for number in range(2, 7):
            statuses(volt, *[WRONG] * 7, **from_address(f"127.0.0.{number}"))
        assert statuses(volt, volt.key) == [101]
        assert statuses(volt, WRONG, **from_address("127.0.0.2")) == [429]

    def test_a_station_known_here_gets_in_beside_an_attacker_at_its_own_address(
        self, volt: Registered
    ) -> None:
        assert statuses(volt, volt.key) == [101]
        assert statuses(volt, *[WRONG] * 7)[-1] == 429
        assert statuses(volt, volt.key, WRONG) == [101, 429]

    def test_a_spray_over_many_stations_is_stopped_by_its_address(self, volt: Registered) -> None:
        base = volt.url.removesuffix("CP-1")

        async def spray() -> list[int]:
            targets = [Registered(volt.charge_point, "", f"{base}X-{n}") for n in range(33)]
            return [await knock(target, WRONG) for target in targets]

        assert asyncio.run(spray()) == [401] * 31 + [429] * 2
        assert statuses(volt, volt.key, **from_address("127.0.0.2")) == [101]

    def test_endless_connecting_with_the_right_key_is_slowed_too(self, volt: Registered) -> None:
        assert statuses(volt, *[volt.key] * 61)[-2:] == [101, 429]


def certificate(volt: Registered, **other: Any) -> None:
    now = timezone.now()
    StationCertificate.objects.create(
        charge_point=volt.charge_point,
        **{
            "fingerprint": FINGERPRINT,
            "common_name": "CP-1",
            "issuer": "CN=Volt",
            "pem": "x",
            "valid_from": now - timedelta(days=1),
            "valid_to": now + timedelta(days=1),
            **other,
        },
    )


VERIFIED = {
    "X-Forwarded-Proto": "wss",
    "X-Forwarded-For": "198.51.100.7",
    "X-Client-Verify": "SUCCESS",
    "X-Client-Certificate-SHA256": FINGERPRINT.upper(),
}


class TestProfiles:
    def demand(self, volt: Registered, profile: int) -> None:
        ChargePoint.objects.update(security_profile=profile)

    def test_profile_2_is_refused_without_tls(self, volt: Registered) -> None:
        self.demand(volt, 2)
        assert statuses(volt, volt.key) == [403]
        assert kinds() == [DoorRecord.Kind.TOO_WEAK]

    def test_profile_2_comes_in_through_the_proxy(self, volt: Registered) -> None:
        self.demand(volt, 2)
        through = {"headers": {"X-Forwarded-Proto": "https"}}
        assert statuses(volt, volt.key, local_addr=PROXY, **through) == [101]
        assert ChargePoint.objects.get().socket_level == 2

    def test_a_forged_word_about_tls_is_not_believed(self, volt: Registered) -> None:
        self.demand(volt, 2)
        assert statuses(volt, volt.key, headers={"X-Forwarded-Proto": "https"}) == [403]

    def test_profile_3_takes_the_certificate_and_not_the_key(self, volt: Registered) -> None:
        certificate(volt)
        self.demand(volt, 3)
        assert statuses(volt, None, local_addr=PROXY, headers=VERIFIED) == [101]
        tls_only = {"X-Forwarded-Proto": "wss"}
        assert statuses(volt, volt.key, local_addr=PROXY, headers=tls_only) == [403]

    @pytest.mark.parametrize(
        "headers",
        [
            {**VERIFIED, "X-Client-Verify": "FAILED:expired"},
            {**VERIFIED, "X-Client-Verify": "NONE"},
            {**VERIFIED, "X-Forwarded-Proto": "ws"},
            {**VERIFIED, "X-Client-Certificate-SHA256": "cd" * 32},
            {**VERIFIED, "X-Client-Certificate": "rubbish", "X-Client-Certificate-SHA256": ""},
        ],
    )
    def test_another_certificate_does_not_open(
        self, volt: Registered, headers: dict[str, str]
    ) -> None:
        certificate(volt)
        assert statuses(volt, None, local_addr=PROXY, headers=headers) == [401]

    def test_headers_of_anybody_but_the_proxy_are_ignored(self, volt: Registered) -> None:
        certificate(volt)
        assert statuses(volt, None, headers=VERIFIED) == [401]

    @pytest.mark.parametrize(
        "other",
        [{"revoked_at": timezone.now()}, {"valid_to": timezone.now() - timedelta(hours=1)}],
    )
    def test_a_revoked_or_expired_certificate_does_not_open(
        self, volt: Registered, other: dict[str, Any]
    ) -> None:
        certificate(volt, **other)
        assert statuses(volt, None, local_addr=PROXY, headers=VERIFIED) == [401]

    def test_one_stations_certificate_opens_no_other(
        self, volt: Registered, ampere: Registered
    ) -> None:
        certificate(volt)
        assert statuses(ampere, None, local_addr=PROXY, headers=VERIFIED) == [401]

    def test_the_address_behind_the_proxy_is_the_one_that_counts(self, volt: Registered) -> None:
        forged = {**VERIFIED, "X-Forwarded-For": "203.0.113.1, 198.51.100.7"}
        other = {**VERIFIED, "X-Forwarded-For": "198.51.100.8"}
        how = {"local_addr": PROXY}
        assert statuses(volt, *[WRONG] * 7, headers=VERIFIED, **how)[-1] == 429
        assert statuses(volt, WRONG, headers=forged, **how) == [429]
        assert statuses(volt, WRONG, headers=other, **how) == [401]

    def test_a_profile_is_raised_by_a_person_and_lowered_only_in_a_window(
        self, volt: Registered
    ) -> None:
        def change(profile: int) -> bool:
            return change_profile(
                charge_point=volt.charge_point, profile=profile, by="anna", now=timezone.now()
            )

        assert change(2)
        with pytest.raises(ValidationError, match="driftsättningsfönstret"):
            change(1)
        with pytest.raises(ValidationError, match="certifikat"):
            change(3)
        open_for(volt)
        assert change(1)

    def test_the_window_does_not_open_a_door_that_demands_tls(self, volt: Registered) -> None:
        self.demand(volt, 3)
        open_for(volt)
        assert statuses(volt, None) == [403]
        tls = {"X-Forwarded-Proto": "wss"}
        assert statuses(volt, None, local_addr=PROXY, headers=tls) == [101]
        close_window(charge_point=volt.charge_point, by="anna", reason="", now=timezone.now())


def test_neither_names_nor_keys_are_in_the_log(volt: Registered, web: WebProcess) -> None:
    async def talk() -> None:
        async with volt.connect() as station:
            await station.send_raw("{nope")
            await station.call("StatusNotification", {"connectorId": 1})
            await knock(volt, volt.key)

    asyncio.run(talk())
    statuses(volt, volt.key, WRONG, None)
    assert "charge point refused" in web.log
    assert "second connection refused" in web.log
    for secret in ("CP-1", volt.key, WRONG, "Basic ", "volt/"):
        assert secret not in web.log
