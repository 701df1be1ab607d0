"""`manage.py test`: the test suite on a real PostgreSQL, a real broker and a real worker."""

from __future__ import annotations

import os
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from config.devstack.state import ROOT


class Command(BaseCommand):
    """Hand everything to pytest; its plugin starts the servers."""

    help = "Run the tests; every argument goes to pytest as it is."

    def run_from_argv(self, argv: list[str]) -> None:
        """Become pytest, so that signals and the exit code are its own."""
        filled_in: frozenset[str] = getattr(settings, "FILLED_IN", frozenset())
        given = {name: value for name, value in os.environ.items() if name not in filled_in}
        given["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
        given.pop("LADDBOK_BEGAN_AT", None)
        sys.stdout.flush()
        os.chdir(ROOT)
        os.execve(sys.executable, [sys.executable, "-m", "pytest", *argv[2:]], given)  # noqa: S606

    def handle(self, *args: Any, **options: Any) -> None:
        """Only reached through `call_command`, which has no arguments of a command line."""
        self.run_from_argv([sys.argv[0], "test"])
