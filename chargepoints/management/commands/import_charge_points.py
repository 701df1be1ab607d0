"""`import_charge_points`: stations from a file, with the keys they have already or new ones."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from chargepoints.models import Site
from chargepoints.services import register_charge_point
from tenants.models import Tenant
from tenants.scope import tenant_scope

COLUMNS = {"site", "identity", "key"}


class Command(BaseCommand):
    """Makes all of them or none. New keys are printed this once, as `identity,key`."""

    help = (
        "Register the charge points of a CSV file with the columns site, identity and key. "
        "An empty key is replaced by a new one, which is printed; a site that is new is made."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Whose, and which."""
        parser.add_argument("tenant", help="the organisation's short name")
        parser.add_argument("file", type=Path, help="UTF-8, comma-separated, with a header line")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, register, print what nobody knows yet."""
        tenant = Tenant.objects.filter(slug=options["tenant"]).first()
        if tenant is None:
            raise CommandError(f"tenant: there is no organisation called {options['tenant']}")
        with tenant_scope(tenant.id), transaction.atomic():
            for number, row in enumerate(_rows(options["file"]), 2):
                try:
                    self._register(row)
                except ValidationError as error:
                    reasons = "; ".join(error.messages)
                    raise CommandError(f"line {number}, {row['identity']}: {reasons}") from None

    def _register(self, row: dict[str, str]) -> None:
        site = Site.objects.filter(name=row["site"]).first()
        if site is None:
            site = Site.objects.create(name=row["site"])
        charge_point, key = register_charge_point(
            site=site, identity=row["identity"], key=row["key"]
        )
        if not row["key"]:
            self.stdout.write(f"{charge_point.identity},{key}")


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            if set(reader.fieldnames or ()) != COLUMNS:
                raise CommandError("file: the first line must name site, identity and key")
            return [{name: (row[name] or "").strip() for name in COLUMNS} for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CommandError(f"file: {error}") from None
