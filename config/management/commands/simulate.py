"""`manage.py simulate`: simulated chargers against a running platform."""

import json
from argparse import ArgumentTypeError
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.devstack.simulator.faults import Fault, FaultKind
from config.devstack.simulator.plan import Plan, SessionPlan, StationSpec
from config.devstack.simulator.replay import (
    UnknownFormat,
    move_by_weeks,
    plan_replay,
    read_sessions,
)
from config.devstack.simulator.roster import RosterError, read_roster, stations_of
from config.devstack.simulator.runner import LEAD_TIME, run
from config.devstack.simulator.schedule import plan_sessions, shift_to_start


class Command(BaseCommand):
    """Connects stations, charges cars, prints progress lines and a JSON summary."""

    help = "Run simulated chargers against a platform, from a seed or from a file of real sessions."
    requires_system_checks: list[str] = []

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Let --version mean the OCPP version here, not Django's."""
        return super().create_parser(prog_name, subcommand, conflict_handler="resolve", **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--url", required=True, help="ws://host:port of the platform")
        parser.add_argument("--tenant", default="", help="slug of the tenant")
        parser.add_argument("--stations", default="", help="ID:KEY, comma-separated")
        parser.add_argument("--keys", type=Path, help="JSON file with stations and keys")
        parser.add_argument("--version", choices=["1.6", "2.0.1", "mixed"], default="1.6")
        parser.add_argument("--sessions", type=int, help="how many charges (default: 10, or all)")
        parser.add_argument("--tokens", default="SIM-0001", help="tokens, comma-separated")
        parser.add_argument("--replay", type=Path, help="ACN-Data or EPFL file, csv or csv.gz")
        parser.add_argument("--recent", action="store_true", help="move a replay's days to now")
        parser.add_argument("--speed", type=read_speed, default=None, help="a factor, or max")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--fault", choices=[str(kind) for kind in FaultKind])
        parser.add_argument("--interval", type=int, help="seconds between samples, for the run")
        parser.add_argument("--concurrency", type=int, default=50, help="stations at a time")
        parser.add_argument("--log", type=Path, help="append every frame to this file")
        parser.add_argument("--stay", action="store_true", help="stay connected until Ctrl-C")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the plan; fails when any station was refused or lost."""
        try:
            plan = make_plan(options)
        except (RosterError, UnknownFormat, OSError) as error:
            raise CommandError(str(error)) from error
        try:
            summary = run(plan, self.stdout.write)
        except KeyboardInterrupt:
            self.stdout.write("stopped")
            return
        self.stdout.write(json.dumps(summary.as_json(), default=str, indent=1))
        if summary.errors:
            raise CommandError(f"{len(summary.errors)} errors, the first: {summary.errors[0]}")


def make_plan(options: dict[str, Any]) -> Plan:
    """The plan the options describe. Raises RosterError, UnknownFormat or OSError."""
    if options["keys"]:
        stations = read_roster(options["keys"], options["tenant"], options["version"])
    else:
        stations = stations_of(options["stations"], options["tenant"], options["version"])
    return Plan(
        url=options["url"],
        stations=stations,
        sessions=make_sessions(options, stations),
        speed=options["speed"],
        concurrency=options["concurrency"],
        sample_interval_s=options["interval"],
        stays=options["stay"],
        seed=options["seed"],
        log_path=options["log"],
    )


def make_sessions(
    options: dict[str, Any], stations: tuple[StationSpec, ...]
) -> tuple[SessionPlan, ...]:
    """The charges to come: real ones from a file, or invented ones.

    Those end now when time leaps, and begin in a minute when it is paced.
    """
    tokens = options["tokens"].split(",")
    if options["replay"]:
        real = read_sessions(options["replay"], options["sessions"])
        if options["recent"]:
            real = move_by_weeks(real, datetime.now(UTC))
        return plan_replay(real, stations, id_tokens=tokens, seed=options["seed"])
    faults = (Fault(FaultKind(options["fault"])),) if options["fault"] else ()
    count = 10 if options["sessions"] is None else options["sessions"]
    now = datetime.now(UTC)
    sessions = plan_sessions(
        stations, count, ends_at=now, id_tokens=tokens, seed=options["seed"], faults=faults
    )
    return sessions if options["speed"] is None else shift_to_start(sessions, now + LEAD_TIME)


def read_speed(text: str) -> float | None:
    """`max` is None: as fast as the platform answers."""
    if text == "max":
        return None
    try:
        speed = float(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text} is neither a number nor max") from error
    if speed <= 0:
        raise ArgumentTypeError("speed must be above 0")
    return speed
