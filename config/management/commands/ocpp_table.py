"""Writes `docs/ocpp.md`: every OCPP message, who sends it, in which version, and its effect."""

from __future__ import annotations

import inspect
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import translation

from chargepoints.catalogue import CATALOGUE
from chargepoints.services.answers import EFFECTS
from chargepoints.services.beginnings import BEGINNINGS
from config.ocpp import STATIONS

PLACE = Path(settings.BASE_DIR) / "docs" / "ocpp.md"
KEPT = "The answer is kept with the command."
HEAD = """# OCPP messages

Written by `python manage.py ocpp_table` from the code; a test compares the two.

- **Calls of stations** are answered by the methods marked `@answers` in the `ocpp_handlers` of
  `chargepoints` and `sessions_app`. The frame itself is in the message log as well, personal data
  masked. An effect is the same however often the message comes.
- **Calls to stations** are listed in `chargepoints/catalogue.py`. Each is a command with a life of
  its own (queued, sent, answered, refused, not answered, station offline); what its answer changes
  is in `chargepoints/services/answers*.py`.
- OCPP 2.1 is spoken as 2.0.1 with the schemas of 2.1; messages that only 2.1 has are answered with
  NotImplemented, those that are not a station's to send with NotSupported.
"""


class Command(BaseCommand):
    """`manage.py ocpp_table`, or with `--check` only compare."""

    help = "Writes docs/ocpp.md from the code."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """`--check` writes nothing and fails when the file is out of date."""
        parser.add_argument("--check", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the file, or compare."""
        with translation.override("en"):
            text = ocpp_document()
        if not options["check"]:
            PLACE.write_text(text, encoding="utf-8")
        elif PLACE.read_text(encoding="utf-8") != text:
            raise CommandError("docs/ocpp.md is out of date: run manage.py ocpp_table")


def ocpp_document() -> str:
    """The whole text of `docs/ocpp.md`."""
    return "\n".join(
        (
            HEAD,
            "## From the station",
            "",
            *_table(_inbound_rows()),
            "",
            "## To the station",
            "",
            *_table(_outbound_rows()),
            "",
        )
    )


def _table(rows: list[tuple[str, frozenset[str], str]]) -> list[str]:
    versions = list(STATIONS)
    lines = [
        f"| Message | {' | '.join(versions)} | Effect |",
        "|---|" + "---|" * (len(versions) + 1),
    ]
    for action, spoken, effect in rows:
        marks = " | ".join("x" if version in spoken else "" for version in versions)
        lines.append(f"| {action} | {marks} | {effect} |")
    return lines


def _inbound_rows() -> list[tuple[str, frozenset[str], str]]:
    rows = []
    for action in sorted({name for station in STATIONS.values() for name in station.handlers}):
        speakers = {v: s for v, s in STATIONS.items() if action in s.handlers}
        effects = [_said(getattr(s, s.handlers[action])) for s in speakers.values()]
        rows.append((action, frozenset(speakers), " / ".join(dict.fromkeys(effects))))
    return rows


def _outbound_rows() -> list[tuple[str, frozenset[str], str]]:
    rows = []
    for action, spec in sorted(CATALOGUE.items()):
        parts = [f"{spec.summary}."]
        parts += [_said(BEGINNINGS[action])] if action in BEGINNINGS else []
        parts += [_said(EFFECTS[action]) if action in EFFECTS else KEPT]
        rows.append((action, spec.versions, " ".join(parts)))
    return rows


def _said(function: Callable[..., Any]) -> str:
    """The first line of a function's docstring: what it says it does."""
    return (inspect.getdoc(function) or "").splitlines()[0]
