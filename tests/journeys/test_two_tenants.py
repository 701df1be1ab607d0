"""Two operators on one platform: whatever one does, no row of the other's is touched."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from django.db import connection
from websockets.exceptions import InvalidStatus

from billing.models import Invoice
from chargepoints.models import ChargePoint, Command
from config.devstack.programs import WEBHOOK_PATH
from config.devstack.simulator.faults import Fault, FaultKind
from config.devstack.simulator.fleet import AC_22, TRI_32
from config.devstack.simulator.plan import Plan, SessionPlan, SessionResult, StationSpec
from config.devstack.simulator.runner import run
from sessions_app.models import ChargingSession, ParkedMessage
from tenants.row_security import tenant_owned_models
from tenants.scope import across_tenants, tenant_scope
from tests import station
from tests.journeys.stage import (
    Json,
    Operator,
    Platform,
    eventually,
    sweep,
)

NOW = datetime.now(UTC).replace(microsecond=0)
NO_CREDIT = "pm_card_chargeCustomerFail"
VERSIONS = ("1.6", "2.0.1")


@dataclass(frozen=True)
class Sides:
    """Both operators, with a station of the same name each, and what Ampere has."""

    volt: Operator
    ampere: Operator
    specs: dict[tuple[str, str], StationSpec]
    theirs: dict[str, Json]

    def spec(self, slug: str, version: str = "1.6") -> StationSpec:
        """A station of either; the names are the same."""
        return self.specs[slug, version]

    def connect(self, of: StationSpec, at: str = "") -> Any:
        """A socket of this station, at its own operator's address unless another is given."""
        url = f"{self.volt.platform.sockets}/ocpp/{at or of.tenant}/{of.charge_point_id}"
        return station.connect(url, of.key, of.version)


def a_charge(spec: StationSpec, token: str, minute: int, *faults: Fault) -> SessionPlan:
    """Twenty minutes, so long ago."""
    arrival_at = NOW - timedelta(minutes=minute)
    return SessionPlan(
        charge_point_id=spec.charge_point_id,
        id_token=token,
        arrival_at=arrival_at,
        departure_at=arrival_at + timedelta(minutes=20),
        energy_wh=3_000,
        charger=AC_22,
        car=TRI_32,
        seed=minute,
        faults=faults,
    )


def charge(operator: Operator, *plans: tuple[StationSpec, SessionPlan]) -> list[SessionResult]:
    """Run these charges one after another; all of them work."""
    results = []
    for spec, plan in plans:
        summary = run(Plan(operator.platform.sockets, (spec,), (plan,)))
        assert summary.errors == []
        results += summary.results
    return results


@pytest.fixture(scope="module")
def sides(volt: Operator, ampere: Operator) -> Sides:
    """Ampere has an invoice that is paid, one that is not, and a session under way."""
    specs = {}
    for operator in (volt, ampere):
        for version in VERSIONS:
            spec = operator.station(f"CP-{version}", version)
            specs[operator.tenant.slug, version] = spec
        operator.driver(f"{operator.tenant.slug.upper()}-1")
        operator.driver(f"{operator.tenant.slug.upper()}-2", card=NO_CREDIT)
    old, new = (specs["ampere", version] for version in VERSIONS)
    first, second = charge(
        ampere, (old, a_charge(old, "AMPERE-1", 90)), (new, a_charge(new, "AMPERE-2", 90))
    )
    paid = ampere.paid(first.transaction_id)
    sides = Sides(volt, ampere, specs, {"paid": paid})
    sides.theirs["unpaid"] = eventually(lambda: unpaid(ampere, second.transaction_id))
    sides.theirs["open"] = asyncio.run(leave_open(sides))
    eventually(volt.platform.is_at_rest)
    return sides


def unpaid(operator: Operator, transaction_id: object) -> Json | None:
    """The session once its payment has been refused."""
    session = operator.session(transaction_id)
    invoice = (session or {}).get("invoice") or {}
    return session if invoice.get("state") == "past_due" else None


async def leave_open(sides: Sides) -> Json:
    """A session of Ampere's that has begun and not ended."""
    begin = start("AMPERE-1", minute=30)
    async with sides.connect(sides.spec("ampere")) as talk:
        answer = await talk.call("StartTransaction", begin)
        assert answer["idTagInfo"]["status"] == "Accepted"
        await talk.call("MeterValues", values(answer["transactionId"], 1_200))
    session = await asyncio.to_thread(sides.ampere.session, answer["transactionId"])
    assert session is not None
    return session


def start(tag: str, minute: int = 10) -> Json:
    """A StartTransaction so many minutes ago."""
    at = f"{NOW - timedelta(minutes=minute):%Y-%m-%dT%H:%M:%SZ}"
    return {"connectorId": 1, "idTag": tag, "meterStart": 1_000, "timestamp": at}


def values(transaction_id: int, wh: int) -> Json:
    """MeterValues now."""
    reading = {"timestamp": f"{NOW:%Y-%m-%dT%H:%M:%SZ}", "sampledValue": [{"value": str(wh)}]}
    return {"connectorId": 1, "transactionId": transaction_id, "meterValue": [reading]}


def event(kind: str, transaction_id: str, tag: str, number: int = 0) -> Json:
    """A TransactionEvent now, with a register."""
    sampled = {"value": 99_000, "measurand": "Energy.Active.Import.Register"}
    at = f"{NOW:%Y-%m-%dT%H:%M:%SZ}"
    return {
        "eventType": kind,
        "timestamp": at,
        "triggerReason": "Authorized",
        "seqNo": number,
        "transactionInfo": {"transactionId": transaction_id, "chargingState": "Charging"},
        "evse": {"id": 1, "connectorId": 1},
        "idToken": {"idToken": tag, "type": "ISO14443"},
        "meterValue": [{"timestamp": at, "sampledValue": [sampled]}],
    }


def rows_of(operator: Operator) -> dict[str, tuple[int, str]]:
    """Number and digest of an operator's rows in every table that has any, by SQL."""
    found = {}
    with across_tenants(reason="the test looks at everything"), connection.cursor() as cursor:
        for model in tenant_owned_models():
            table = model._meta.db_table
            cursor.execute(
                "SELECT count(*), md5(string_agg(r::text, '|' ORDER BY r::text))"  # noqa: S608
                f' FROM "{table}" AS r WHERE tenant_id = %s',
                [operator.tenant.id],
            )
            found[table] = cursor.fetchone()
    return {table: row for table, row in found.items() if row[0]}


def count_of(operator: Operator, model: Any) -> int:
    """How many rows of a model an operator has."""
    with tenant_scope(operator.tenant.id):
        return int(model.objects.count())


class TestStations:
    """A station speaks for its own operator only."""

    @pytest.mark.parametrize("version", VERSIONS)
    def test_a_key_is_refused_at_the_other_operators_address(
        self, sides: Sides, version: str
    ) -> None:
        before = rows_of(sides.ampere)

        async def connect() -> None:
            async with sides.connect(sides.spec("volt", version), at="ampere"):
                pass

        with pytest.raises(InvalidStatus) as refused:
            asyncio.run(connect())
        assert refused.value.response.status_code == 401
        assert rows_of(sides.ampere) == before

    def test_the_other_operators_tag_starts_nothing(self, sides: Sides) -> None:
        before = rows_of(sides.ampere)

        async def talk() -> Any:
            async with sides.connect(sides.spec("volt")) as old:
                known = await old.call("Authorize", {"idTag": "AMPERE-1"})
                return known, await old.call("StartTransaction", start("AMPERE-1"))

        known, answer = asyncio.run(talk())
        assert known["idTagInfo"]["status"] == "Invalid"
        assert answer["idTagInfo"]["status"] == "Invalid"
        session = sides.volt.session(answer["transactionId"])
        assert session is not None
        assert session["driver_id"] is None
        assert sides.ampere.session(answer["transactionId"]) is None
        assert without_keys(rows_of(sides.ampere)) == without_keys(before)

    def test_the_other_operators_tag_starts_nothing_in_201(self, sides: Sides) -> None:
        before = rows_of(sides.ampere)

        async def talk() -> Any:
            async with sides.connect(sides.spec("volt", "2.0.1")) as new:
                return await new.call("TransactionEvent", event("Started", "T-1", "AMPERE-1"))

        assert asyncio.run(talk())["idTokenInfo"]["status"] == "Invalid"
        assert rows_of(sides.ampere) == before

    def test_the_other_operators_transactions_can_not_be_reached(self, sides: Sides) -> None:
        before, parked = rows_of(sides.ampere), count_of(sides.volt, ParkedMessage)
        transaction_id = int(sides.theirs["open"]["transaction_ref"])
        at = f"{NOW:%Y-%m-%dT%H:%M:%SZ}"
        stop = {"transactionId": transaction_id, "meterStop": 99_000, "timestamp": at}

        async def talk() -> None:
            async with sides.connect(sides.spec("volt")) as old:
                assert await old.call("MeterValues", values(transaction_id, 90_000)) == {}
                assert await old.call("StopTransaction", stop) == {}

        asyncio.run(talk())
        assert rows_of(sides.ampere) == before
        assert count_of(sides.volt, ParkedMessage) == parked + 2

    def test_a_transaction_id_in_use_elsewhere_is_another_session(self, sides: Sides) -> None:
        before = rows_of(sides.ampere)
        theirs = sides.theirs["unpaid"]["transaction_ref"]

        async def talk() -> None:
            async with sides.connect(sides.spec("volt", "2.0.1")) as new:
                await new.call("TransactionEvent", event("Started", theirs, "VOLT-1"))
                await new.call("TransactionEvent", event("Ended", theirs, "VOLT-1", 1))

        asyncio.run(talk())
        ours = sides.volt.session(theirs)
        assert ours is not None
        assert ours["id"] != sides.theirs["unpaid"]["id"]
        assert rows_of(sides.ampere) == before


def without_keys(rows: dict[str, tuple[int, str]]) -> dict[str, tuple[int, str]]:
    """All but the API keys, whose last use was noted when Ampere's API was called."""
    return {table: row for table, row in rows.items() if table != "tenants_apikey"}


def test_whatever_the_workers_do_for_one_leaves_the_other_alone(sides: Sides) -> None:
    before, own = rows_of(sides.ampere), count_of(sides.volt, ChargingSession)
    old, new = (sides.spec("volt", version) for version in VERSIONS)
    results = charge(
        sides.volt,
        (old, a_charge(old, "VOLT-1", 200)),
        (new, a_charge(new, "VOLT-1", 170)),
        (old, a_charge(old, "VOLT-2", 140)),
        (new, a_charge(new, "VOLT-1", 110, Fault(FaultKind.REGISTER_JUMP))),
    )
    for result in results[:2]:
        sides.volt.paid(result.transaction_id)
    eventually(lambda: unpaid(sides.volt, results[2].transaction_id))
    eventually(lambda: (sides.volt.session(results[3].transaction_id) or {})["gate"] == "held")
    sweep()
    eventually(sides.volt.platform.is_at_rest)
    assert rows_of(sides.ampere) == before
    assert count_of(sides.volt, ChargingSession) == own + 4


def tell_of_unpaid(sides: Sides, stage: Platform, kind: str, account: str | None) -> None:
    """An event that lies: Ampere's unpaid invoice has come to this end, says that account."""
    with tenant_scope(sides.ampere.tenant.id):
        ref = Invoice.objects.get(pk=sides.theirs["unpaid"]["invoice"]["id"]).stripe_invoice_ref
    events = stage.stripe.events(sides.ampere.account, "invoice.finalized")
    [event] = [each for each in events if each["data"]["object"]["id"] == ref]
    event |= {"id": f"evt_{kind}_{account}", "type": kind, "account": account}
    event["data"]["object"] |= {"status": kind.partition(".")[2], "amount_remaining": 0}
    body, signature = stage.stripe.sign({k: v for k, v in event.items() if v is not None})
    headers = {"Stripe-Signature": signature, "Content-Type": "application/json"}
    url = f"{stage.web.url}{WEBHOOK_PATH}"
    assert httpx.post(url, content=body, headers=headers, trust_env=False).status_code == 200
    eventually(stage.is_at_rest)


@pytest.mark.parametrize("is_platform", [False, True], ids=["of Volt", "of the platform"])
@pytest.mark.parametrize("kind", ["invoice.paid", "invoice.voided"])
def test_an_event_of_one_account_about_the_others_invoice_changes_nothing(
    sides: Sides, stage: Platform, is_platform: bool, kind: str
) -> None:
    before = rows_of(sides.ampere)
    tell_of_unpaid(sides, stage, kind, None if is_platform else sides.volt.account)
    assert rows_of(sides.ampere) == before


def test_an_event_of_its_own_account_is_kept_and_not_believed(
    sides: Sides, stage: Platform
) -> None:
    before = rows_of(sides.ampere)
    tell_of_unpaid(sides, stage, "invoice.paid", sides.ampere.account)
    after = rows_of(sides.ampere)
    changed = {table for table in after if after[table] != before.get(table)}
    assert {"billing_stripeevent", "billing_stripecommand"} <= changed
    assert not {"billing_invoice", "billing_posting", "billing_journalentry"} & changed


@pytest.mark.parametrize("act", ["charge-points/{station}/start/", "sessions/{session}/stop/"])
def test_the_api_tells_nobody_elses_station_what_to_do(sides: Sides, act: str) -> None:
    before = count_of(sides.ampere, Command)
    with tenant_scope(sides.ampere.tenant.id):
        charge_point = ChargePoint.objects.get(identity="CP-1.6")
    path = act.format(station=charge_point.id, session=sides.theirs["open"]["id"])
    answer = sides.volt.api.post(path, json={"token": "VOLT-1", "evse_id": 1})
    assert answer.status_code == 404
    assert count_of(sides.ampere, Command) == before
