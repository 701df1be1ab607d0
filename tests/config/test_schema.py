"""An embedded database made by migrations that were rewritten since is refused with a sentence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from config.devstack.schema import (
    RewrittenMigrations,
    note_migrations,
    refuse_rewritten_migrations,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    note_migrations(tmp_path / "notes", MigrationLoader(connection))
    return tmp_path / "notes"


def test_the_same_migrations_are_fine(notes: Path) -> None:
    refuse_rewritten_migrations(notes, MigrationLoader(connection))


def test_only_our_own_migrations_are_noted(notes: Path) -> None:
    noted = json.loads(notes.read_text())
    assert "tenants.0001_initial" in noted
    assert "auth.0001_initial" not in noted


def test_a_rewritten_migration_is_named(notes: Path) -> None:
    noted = json.loads(notes.read_text())
    notes.write_text(json.dumps(noted | {"billing.0001_initial": "another"}))
    with pytest.raises(RewrittenMigrations, match=r"older versions of billing\.0001_initial"):
        refuse_rewritten_migrations(notes, MigrationLoader(connection))


def test_without_notes_nothing_is_refused(tmp_path: Path) -> None:
    refuse_rewritten_migrations(tmp_path / "none", MigrationLoader(connection))
