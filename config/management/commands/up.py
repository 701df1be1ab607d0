"""`manage.py up`: the platform without demo data, until Ctrl-C."""

from __future__ import annotations

import argparse
from typing import Any

from config.devstack.command import StackCommand
from config.devstack.stack import Stack
from tenants.models import Tenant


class Command(StackCommand):
    """Start everything and keep it running."""

    help = "Start servers, migrations, web, worker and beat; Ctrl-C stops everything."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Where to listen."""
        self.add_web_arguments(parser)

    def run(self, stack: Stack, options: dict[str, Any]) -> None:
        """Bring everything up, say so, and stay."""
        stack.start_servers()
        stack.migrate()
        stack.start_applications()
        report = stack.reporter
        report.say(f"\n  Laddbok is up after {report.elapsed_s:.1f} s: {stack.base_url}/admin/")
        if not Tenant.objects.exists():
            report.say("  Nobody can sign in yet. In another terminal:")
            report.say("    python3 manage.py create_tenant <short name> <name> <owner's e-mail>")
        report.say("  Ctrl-C stops everything.")
        stack.supervisor.watch()
