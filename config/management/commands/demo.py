"""`manage.py demo`: everything up, two operators, a charging session proved to be paid."""

from __future__ import annotations

import argparse
import logging
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import CommandError

from anomalies.models import StatusPage
from chargepoints.models import ChargePoint
from config.devstack.command import StackCommand
from config.devstack.demo.cast import PASSWORD
from config.devstack.demo.proof import NotProved, prove
from config.devstack.demo.seed import SeededOperator, seed
from config.devstack.demo.traffic import HISTORY_INTERVAL_S, keep_charging, socket_url
from config.devstack.simulator.plan import Plan, SessionResult
from config.devstack.simulator.runner import run
from config.devstack.simulator.schedule import plan_sessions
from config.devstack.stack import Stack
from config.devstack.state import state_folder
from tenants.models import Tenant
from tenants.scope import tenant_scope


class Command(StackCommand):
    """Start everything, charge a car over a real WebSocket, read the payment back."""

    help = "Show a charging session from plug to payment; --once stops when it is proved."
    interrupted_exit_code = 0

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Where to listen, and whether to stay."""
        self.add_web_arguments(parser)
        parser.add_argument("--once", action="store_true", help="exit 0 when the payment is proved")

    def run(self, stack: Stack, options: dict[str, Any]) -> None:
        """The whole way; the exit code is 1, with the reason, when something was not shown."""
        report = stack.reporter
        logging.getLogger("httpx").setLevel(logging.WARNING)
        stack.start_servers()
        stack.migrate()
        report.begin("demo data", "two operators, their stations, drivers and prices")
        operators = seed()
        stack.start_applications()
        report.begin("charger", f"{operators[0].stations[0].charge_point_id} charges a car")
        result = charge_one(stack, operators[0])
        report.begin("proof", "reading the session back through the public API")
        try:
            lines = prove(stack.base_url, operators[0], operators[1], result)
        except NotProved as error:
            raise CommandError(f"not proved: {error}") from None
        for line in lines:
            report.say(f"    {line}")
        report.say(f"\n  A charging session was paid after {report.elapsed_s:.1f} s.")
        if options["once"]:
            return
        keep_charging(stack, operators)
        _say_what_to_look_at(stack, operators)
        stack.supervisor.watch()


def charge_one(stack: Stack, operator: SeededOperator) -> SessionResult:
    """One car at the operator's first station, as fast as the platform answers."""
    station = operator.stations[0]
    summary = run(
        Plan(
            url=socket_url(stack),
            stations=(station,),
            sessions=plan_sessions(
                (station,),
                1,
                ends_at=datetime.now(UTC),
                id_tokens=operator.operator.tokens[:1],
                seed=int(datetime.now(UTC).timestamp()),
            ),
            sample_interval_s=HISTORY_INTERVAL_S,
        )
    )
    if summary.errors:
        raise CommandError(f"the charger could not charge: {summary.errors[0]}")
    return summary.results[0]


def _say_what_to_look_at(stack: Stack, operators: tuple[SeededOperator, ...]) -> None:
    say, base = stack.reporter.say, stack.base_url
    say(f"\n  Admin          {base}/admin/")
    for each in operators:
        say(f"                 {each.operator.owner_email} / {PASSWORD}   ({each.operator.name})")
    say(f"  API            {base}/api/v1/docs/")
    for each in operators:
        say(f"                 Authorization: Bearer {each.api_key}   ({each.operator.name})")
    for each in operators:
        with tenant_scope(Tenant.objects.get(slug=each.operator.slug).id):
            for station in ChargePoint.objects.order_by("identity"):
                place = f"{each.operator.slug}/{station.public_code}"
                say(f"  Prices         {base}/prices/{place}/")
                say(f"  Pay by QR      {base}/charge/{place}/1/")
            for page in StatusPage.objects.filter(is_open=True):
                say(f"  Status         {base}/status/{each.operator.slug}/{page.code}/")
    say(f"  Mails          {state_folder() / 'mail'}, as files, once something is wrong")
    say(f"  Chargers       {socket_url(stack)}/ocpp/<tenant>/<charge point id>")
    say(
        "\n  More cars charge in the background, one of them in real time. Ctrl-C stops everything."
    )
