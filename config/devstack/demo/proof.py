"""Reads back over HTTP that a session was charged, priced, invoiced, paid, and kept private."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import httpx

from config.devstack.demo.cast import PASSWORD, DemoOperator
from config.devstack.demo.seed import SeededOperator
from config.devstack.simulator.plan import SessionResult

PAID_WITHIN_S = 60.0
POLL_S = 0.1


class NotProved(Exception):
    """What the public API or the admin did not show."""


def prove(
    base_url: str, ours: SeededOperator, other: SeededOperator, result: SessionResult
) -> list[str]:
    """Lines that say what was read back; raises `NotProved` with the reason."""
    with _client(base_url, ours.api_key) as client:
        session = _wait_until_paid(client, result)
        lines = [
            _describe(session),
            _check_energy(session, result),
            _check_price(session, ours.operator),
            "invoice      number {number}, {state} at {paid_at}".format(**session["invoice"]),
            _check_revenue(client, session),
        ]
    with _client(base_url, other.api_key) as stranger:
        if stranger.get(f"sessions/{session['id']}/").status_code != 404:
            raise NotProved("the other operator's API key reaches the session")
    lines.append(_check_admin(base_url, ours.operator, other.operator, session))
    return lines


def _describe(session: dict[str, Any]) -> str:
    return (
        "session      {charge_point_identity}, {energy_wh} Wh, {sample_count} samples,"
        " checks: {gate}"
    ).format(**session)


def _client(base_url: str, api_key: str) -> httpx.Client:
    return httpx.Client(
        base_url=f"{base_url}/api/v1/",
        headers={"Authorization": f"Bearer {api_key}"},
        trust_env=False,
        timeout=20,
    )


def _wait_until_paid(client: httpx.Client, result: SessionResult) -> dict[str, Any]:
    deadline = time.monotonic() + PAID_WITHIN_S
    seen = "no such session"
    while time.monotonic() < deadline:
        for session in _sessions(client, result):
            invoice = session["invoice"] or {}
            if invoice.get("state") == "paid":
                return session
            seen = f"{session['state']}, checks {session['gate']}, invoice {invoice.get('state')}"
        time.sleep(POLL_S)
    raise NotProved(f"after {PAID_WITHIN_S:.0f} s the session is not paid: {seen}")


def _sessions(client: httpx.Client, result: SessionResult) -> Iterator[dict[str, Any]]:
    found = client.get("sessions/", params={"transaction_ref": str(result.transaction_id)})
    if found.status_code != 200:
        raise NotProved(f"GET sessions/ answers {found.status_code}: {found.text[:200]}")
    for row in found.json()["results"]:
        if row["charge_point_identity"] == result.charge_point_id:
            detail: dict[str, Any] = client.get(f"sessions/{row['id']}/").json()
            yield detail


def _check_energy(session: dict[str, Any], result: SessionResult) -> str:
    if session["energy_wh"] != result.energy_wh:
        raise NotProved(
            f"the charger delivered {result.energy_wh} Wh, the API says {session['energy_wh']}"
        )
    return f"energy       the charger's own register says the same: {result.energy_wh} Wh"


def _check_price(session: dict[str, Any], operator: DemoOperator) -> str:
    """Prices computed here anew, from the demo's own price list."""
    expected = [
        Decimal(session["energy_wh"]) / 1000 * operator.energy_price,
        Decimal(session["duration_s"]) / 60 * operator.minute_price,
        operator.session_price,
    ]
    ore = sum(int((100 * part).quantize(Decimal(1), ROUND_HALF_UP)) for part in expected)
    charge, invoice = session["charge"], session["invoice"]
    amounts = {charge["gross_minor"], invoice["total_minor"]}
    amounts.add(sum(line["gross_minor"] for line in charge["lines"]))
    if amounts != {ore}:
        raise NotProved(f"expected {ore} öre, the API says {sorted(amounts)}")
    return f"price        {ore / 100:.2f} kr, of which {charge['vat_minor'] / 100:.2f} kr VAT"


def _check_revenue(client: httpx.Client, session: dict[str, Any]) -> str:
    days = client.get("revenue/daily/").json()
    earned = sum(day["gross_minor"] for day in days)
    paid = sum(day["paid_minor"] for day in days)
    if min(earned, paid) < session["charge"]["gross_minor"]:
        raise NotProved(f"the revenue report knows of {earned} öre earned and {paid} öre paid")
    return f"revenue      {earned / 100:.2f} kr earned, {paid / 100:.2f} kr paid in 30 days"


def _check_admin(
    base_url: str, ours: DemoOperator, other: DemoOperator, session: dict[str, Any]
) -> str:
    page = f"/admin/sessions_app/chargingsession/{session['id']}/change/"
    mine = _admin_page(base_url, ours, page)
    if mine.status_code != 200 or session["transaction_ref"] not in mine.text:
        raise NotProved(f"the admin answers {mine.status_code} for the session's page")
    theirs = _admin_page(base_url, other, page)
    if theirs.status_code == 200:
        raise NotProved("the other operator's owner can open the session's page")
    return "isolation    the other operator reaches it neither by API nor in the admin"


def _admin_page(base_url: str, operator: DemoOperator, page: str) -> httpx.Response:
    with httpx.Client(base_url=base_url, trust_env=False, timeout=20) as browser:
        form = browser.get("/admin/login/").text
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)
        if token is None:
            raise NotProved("the admin shows no login form")
        browser.post(
            "/admin/login/",
            data={
                "username": operator.owner_email,
                "password": PASSWORD,
                "csrfmiddlewaretoken": token[1],
            },
            headers={"Referer": f"{base_url}/admin/login/"},
        )
        return browser.get(page)
