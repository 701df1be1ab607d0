"""`messages`: collect the texts people see, keep their translations, compile them."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config import translations


class Command(BaseCommand):
    """Updates locale/sv; with --check it changes nothing and says what is missing."""

    help = __doc__
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """`--check`."""
        parser.add_argument("--check", action="store_true", help="change nothing, report")

    def handle(self, *args: Any, **options: Any) -> None:
        """Update or check."""
        if not options["check"]:
            translations.save(translations.updated())
        found = translations.problems()
        for problem in found:
            self.stdout.write(problem)
        if found and options["check"]:
            raise CommandError(f"{len(found)} problems; run `manage.py messages`")
