"""Whether the embedded database's tables were made by the migrations that are here now."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

from django.db.migrations.loader import MigrationLoader

from config.devstack.state import ROOT


class RewrittenMigrations(RuntimeError):
    """Migrations that were applied have been rewritten since; the message says what to do."""


def refuse_rewritten_migrations(notes: Path, loader: MigrationLoader) -> None:
    """Raise `RewrittenMigrations` when an applied migration's file is not the one noted.

    Until 1.0 migrations are squashed freely; Django itself looks at their names only.
    """
    noted: dict[str, str] = json.loads(notes.read_text("ascii")) if notes.exists() else {}
    present = _digests(loader)
    applied = {f"{app}.{name}" for app, name in loader.applied_migrations or {}}
    changed = sorted(
        name for name in applied & set(noted) & set(present) if noted[name] != present[name]
    )
    if changed:
        raise RewrittenMigrations(
            f"the tables were made by older versions of {', '.join(changed)}; "
            "`python3 manage.py reset` starts afresh"
        )


def note_migrations(notes: Path, loader: MigrationLoader) -> None:
    """Remember the migrations that were just applied."""
    notes.write_text(json.dumps(_digests(loader), indent=1), "ascii")


def _digests(loader: MigrationLoader) -> dict[str, str]:
    """SHA-256 of each of our own migration files, by app and name."""
    digests = {}
    for (app, name), migration in loader.disk_migrations.items():
        file = Path(str(sys.modules[type(migration).__module__].__file__))
        if file.is_relative_to(ROOT) and "site-packages" not in file.parts:
            digests[f"{app}.{name}"] = hashlib.sha256(file.read_bytes()).hexdigest()
    return digests
