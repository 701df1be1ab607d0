"""`manage.py test`: the test suite on a real PostgreSQL, a real broker and a real worker."""

from __future__ import annotations

import os
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from config.devstack.state import ROOT

# Each brings a database, a web server and a worker of its own when a test asks for them.
PROCESSES = 2
SIDE_BY_SIDE = ("-n", str(PROCESSES), "--dist", "loadfile", "--no-loadscope-reorder")


class Command(BaseCommand):
    """Hand everything to pytest; its plugin starts the servers."""

    help = "Run the tests, all of them on two cores; every argument goes to pytest as it is."

    def run_from_argv(self, argv: list[str]) -> None:
        """Become pytest, so that signals and the exit code are its own."""
        filled_in: frozenset[str] = getattr(settings, "FILLED_IN", frozenset())
        given = {name: value for name, value in os.environ.items() if name not in filled_in}
        given["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
        given.pop("LADDBOK_BEGAN_AT", None)
        sys.stdout.flush()
        os.chdir(ROOT)
        pytest = [sys.executable, "-m", "pytest", *side_by_side(argv[2:]), *argv[2:]]
        os.execve(sys.executable, pytest, given)  # noqa: S606

    def handle(self, *args: Any, **options: Any) -> None:
        """Only reached through `call_command`, which has no arguments of a command line."""
        self.run_from_argv([sys.argv[0], "test"])


def side_by_side(arguments: list[str]) -> list[str]:
    """Options that run the whole suite in two processes, where there are cores for them.

    With a choice of tests, or with any option that takes a value, one process starts sooner.
    """
    is_chosen = any(not each.startswith("-") or each.startswith("-n") for each in arguments)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    return [] if is_chosen or cores < PROCESSES else [*SIDE_BY_SIDE]
