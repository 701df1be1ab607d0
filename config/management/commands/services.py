"""`manage.py services`: only the embedded database and broker, until Ctrl-C."""

from __future__ import annotations

import os
from typing import Any

from config.devstack.command import StackCommand
from config.devstack.stack import Stack


class Command(StackCommand):
    """Start the two servers and print where they are."""

    help = "Start the embedded PostgreSQL and Valkey and print their URLs; Ctrl-C stops them."

    def run(self, stack: Stack, options: dict[str, Any]) -> None:
        """Bring the servers up, print the URLs in the shell's own form, and stay."""
        stack.start_servers()
        stack.reporter.say()
        for name in ("DATABASE_URL", "REDIS_URL"):
            stack.reporter.say(f"export {name}='{os.environ[name]}'")
        stack.supervisor.watch()
