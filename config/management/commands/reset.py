"""`manage.py reset`: delete the state folder with its database."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.devstack import state


class Command(BaseCommand):
    """Forget the embedded database, the secrets made up for it, and the logs."""

    help = "Delete the state folder: embedded database, generated secrets and logs."
    requires_system_checks = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Ask unless told not to."""
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        """Delete it unless something runs on it."""
        folder = state.state_folder()
        if not options["yes"]:
            answer = input(f"Delete {folder} with its database? [y/N] ")
            if answer.strip().lower() not in {"y", "yes", "j", "ja"}:
                raise CommandError("nothing deleted")
        try:
            with state.only_run():
                local = state.local_values()
                shutil.rmtree(Path(local.postgres_sockets), ignore_errors=True)
                shutil.rmtree(Path(local.postgres_folder), ignore_errors=True)
                shutil.rmtree(folder)
        except state.AlreadyRunning as error:
            raise CommandError(
                f"this checkout is running (process {error}); stop it first"
            ) from None
        self.stdout.write(f"{folder} is gone.")
