"""What the commands that run the stack have in common."""

from __future__ import annotations

import argparse
import gc
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.devstack import state
from config.devstack.children import ChildFailed
from config.devstack.postgres import NoPostgres
from config.devstack.reporter import Reporter
from config.devstack.schema import RewrittenMigrations
from config.devstack.stack import Stack, choose_web_port, renew_taken_ports
from config.devstack.supervisor import StopAsked, Supervisor
from config.devstack.valkey import NoValkey


class StackCommand(BaseCommand):
    """Takes the checkout's lock, runs `run`, and stops everything on the way out."""

    # There may be no database yet for the checks to look at.
    requires_system_checks = []
    interrupted_exit_code = 0

    def add_web_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Options of the commands that start the web server."""
        parser.add_argument("--host", default="127.0.0.1", help="where the web server listens")
        parser.add_argument("--port", type=int, default=8000, help="and on which port")

    def handle(self, *args: Any, **options: Any) -> None:
        """Django's entry."""
        # What is loaded stays loaded; taking it apart at the end would take longer than stopping.
        gc.freeze()
        filled_in: frozenset[str] = getattr(settings, "FILLED_IN", frozenset())
        reporter = Reporter(sys.stdout)
        try:
            with state.only_run(), _supervisor(reporter) as supervisor:
                renew_taken_ports(filled_in)
                host, port = options.get("host", "127.0.0.1"), options.get("port", 8000)
                port = choose_web_port(port, host)
                self.run(Stack(supervisor, reporter, filled_in, host, port), options)
        except StopAsked:
            reporter.say("  stopped.")
            if self.interrupted_exit_code:
                raise SystemExit(self.interrupted_exit_code) from None
        except state.AlreadyRunning as error:
            raise CommandError(
                f"this checkout is already running (process {error}); stop that one first"
            ) from None
        except (ChildFailed, NoPostgres, NoValkey, RewrittenMigrations) as error:
            raise CommandError(str(error)) from None

    def run(self, stack: Stack, options: dict[str, Any]) -> None:
        """What this command does while the supervisor watches over it."""
        raise NotImplementedError


def _supervisor(reporter: Reporter) -> Supervisor:
    # Linux ends the children of a killed supervisor by itself; elsewhere the next run does it.
    notes = None if sys.platform == "linux" else state.state_folder() / "processes.json"
    return Supervisor(reporter, state.log_folder(), notes)
