"""`create_tenant`: an organisation and the first person who may sign in for it."""

from __future__ import annotations

import secrets
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email, validate_slug

from tenants.models import Tenant, User
from tenants.services import create_tenant


class Command(BaseCommand):
    """Makes the tenant; a new owner's first password is printed once."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Who they are."""
        parser.add_argument("slug", help="short name, part of the address chargers connect to")
        parser.add_argument("name", help="the organisation's name")
        parser.add_argument("owner", help="e-mail address of the owner")

    def handle(self, *args: Any, **options: Any) -> None:
        """Check, make, tell."""
        slug, owner = options["slug"].lower(), options["owner"].lower()
        for field, check, value in (
            ("slug", validate_slug, slug),
            ("owner", validate_email, owner),
        ):
            try:
                check(value)
            except ValidationError as error:
                raise CommandError(f"{field}: {error.messages[0]}") from None
        if Tenant.objects.filter(slug=slug).exists():
            raise CommandError(f"slug: there is already an organisation called {slug}")
        is_new = not User.objects.filter(email=owner).exists()
        password = secrets.token_urlsafe(12)
        create_tenant(slug=slug, name=options["name"], owner_email=owner, password=password)
        self.stdout.write(f"{options['name']}: chargers connect to /ocpp/{slug}/<charge point id>")
        known = "the password they have"
        self.stdout.write(f"{owner} signs in at /admin/ with {password if is_new else known}")
