"""The whole platform on one machine: servers, migrations, then web, worker and beat."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from django.core.management import call_command
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor

from config.devstack import state
from config.devstack.children import Program
from config.devstack.postgres import Cluster
from config.devstack.programs import (
    WEBHOOK_PATH,
    beat_program,
    stripe_program,
    web_program,
    worker_program,
)
from config.devstack.reporter import Reporter
from config.devstack.schema import note_migrations, refuse_rewritten_migrations
from config.devstack.supervisor import Supervisor
from config.devstack.valkey import Broker
from tenants.postgresql.base import acting_as_owner

SERVERS_WITHIN_S = 60.0
APPLICATIONS_WITHIN_S = 90.0
WORKER_NAME = "laddbok@localhost"


@dataclass(frozen=True)
class Stack:
    """What runs, and where the web server listens.

    `filled_in` names the variables nobody set: those servers are ours to start.
    """

    supervisor: Supervisor
    reporter: Reporter
    filled_in: frozenset[str]
    host: str = "127.0.0.1"
    port: int = 8000

    @property
    def base_url(self) -> str:
        """Where a browser on this machine finds the platform."""
        return f"http://127.0.0.1:{self.port}"

    def start_servers(self) -> None:
        """Start the database and the broker that nobody named; raises `ChildFailed`."""
        local = state.local_values()
        programs: list[Program] = []
        if "DATABASE_URL" in self.filled_in:
            cluster = Cluster(
                folder=Path(local.postgres_folder),
                sockets=Path(local.postgres_sockets),
                password=local.postgres_password,
                identity=local.postgres_identity,
            )
            if not cluster.data.exists():
                self.reporter.begin("PostgreSQL", "making its data folder")
            programs.append(cluster.program())
        if "REDIS_URL" in self.filled_in:
            folder = state.state_folder() / "valkey"
            programs.append(Broker(local.valkey_port, local.valkey_password, folder).program())
        self.supervisor.start_group(programs, within_s=SERVERS_WITHIN_S)

    def migrate(self) -> None:
        """Bring the database's tables up to date; raises `RewrittenMigrations`."""
        began_at = time.monotonic()
        notes = state.state_folder() / "migrations.json"
        with acting_as_owner():
            executor = MigrationExecutor(connection)
            pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if "DATABASE_URL" in self.filled_in:
            refuse_rewritten_migrations(notes, executor.loader)
        if pending:
            self.reporter.begin("database", f"applying {len(pending)} migrations")
            call_command("migrate", verbosity=0, interactive=False)
            note_migrations(notes, executor.loader)
        connections.close_all()
        self.reporter.ready("database", "tables up to date", time.monotonic() - began_at)

    def start_applications(self) -> None:
        """Start web, worker and beat, and the Stripe stand-in if there is no key; `ChildFailed`."""
        self.reporter.begin("applications", "starting web, worker and beat")
        programs = [web_program(self.host, self.port), worker_program(WORKER_NAME)]
        if "STRIPE_SECRET_KEY" in self.filled_in:
            programs.insert(0, self._stripe())
        self.supervisor.start_group(programs, within_s=APPLICATIONS_WITHIN_S)
        # Last, because nobody waits for it and starting costs the others time.
        beat = beat_program(state.state_folder() / "beat")
        self.supervisor.start_group([beat], within_s=APPLICATIONS_WITHIN_S)

    def _stripe(self) -> Program:
        local = state.local_values()
        return stripe_program(
            local.stripe_port,
            f"{self.base_url}{WEBHOOK_PATH}",
            local.stripe_webhook_secret,
            state.state_folder() / "stripe-stand-in.json",
        )


def choose_web_port(wished: int, host: str) -> int:
    """The wished port, or one of the next twenty, or any."""
    for port in range(wished, wished + 20):
        if state.port_is_free(port, host):
            return port
    return state.free_port()


def renew_taken_ports(filled_in: frozenset[str]) -> None:
    """Start this command again with other ports when somebody else has taken ours.

    The settings hold the ports already, so this process cannot simply change its mind.
    """
    local = state.local_values()
    ports = {"REDIS_URL": local.valkey_port, "STRIPE_SECRET_KEY": local.stripe_port}
    ours = [port for name, port in ports.items() if name in filled_in]
    if all(state.port_is_free(port) for port in ours):
        return
    state.renew_ports()
    given = {name: value for name, value in os.environ.items() if name not in filled_in}
    os.execve(sys.executable, [sys.executable, *sys.argv], given)  # noqa: S606 - no shell is wanted
