"""Collects translatable texts and compiles the Swedish catalogue, without GNU gettext."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[1]
CATALOGUE = ROOT / "locale" / "sv" / "LC_MESSAGES" / "django.po"
COMPILED = CATALOGUE.with_suffix(".mo")
NO_DATE = datetime(2000, 1, 1, tzinfo=UTC)
KEYWORDS = {
    "_": None,
    "_t": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
}


def collect() -> Catalog:
    """Every text the product shows, without translations."""
    catalogue = _empty()
    for path in _sources():
        text = path.read_text(encoding="utf-8")
        method = "python"
        if path.suffix != ".py":
            # What Django makes of a template is calls of gettext amid filler; only the more
            # forgiving of Babel's readers takes that.
            text, method = templatize(text), "javascript"
        for _line, message, _comments, context in extract(
            method, io.BytesIO(text.encode()), keywords=KEYWORDS
        ):
            catalogue.add(message, context=context, flags=())
    return catalogue


def _empty() -> Catalog:
    return Catalog(
        locale="sv",
        fuzzy=False,
        project="Laddbok",
        version="1",
        copyright_holder="the Laddbok authors",
        msgid_bugs_address="",
        last_translator="",
        language_team="",
    )


def stored() -> Catalog:
    """The catalogue as it lies in the repository; empty when there is none."""
    if not CATALOGUE.exists():
        return _empty()
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="sv")


def updated() -> Catalog:
    """The stored translations for exactly the texts that are shown now."""
    old, new = stored(), collect()
    for message in new:
        known = old.get(message.id, message.context) if message.id else None
        if known is not None:
            message.string = known.string
    return new


def save(catalogue: Catalog) -> None:
    """Write the catalogue and what it compiles to."""
    CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
    CATALOGUE.write_bytes(_po(catalogue))
    COMPILED.write_bytes(compiled(catalogue))


def problems() -> list[str]:
    """What is wrong with the stored catalogue; empty when it is complete and compiled."""
    old, new = stored(), collect()
    known = {(m.id, m.context) for m in old if m.id}
    wanted = {(m.id, m.context) for m in new if m.id}
    found = [f"not collected: {text!r}" for text, _ in sorted(wanted - known, key=str)]
    found += [f"no longer shown: {text!r}" for text, _ in sorted(known - wanted, key=str)]
    found += [f"not translated: {m.id!r}" for m in old if m.id and not _is_translated(m.string)]
    if not COMPILED.exists() or COMPILED.read_bytes() != compiled(old):
        found.append(f"{COMPILED.name} is older than {CATALOGUE.name}")
    return found


def compiled(catalogue: Catalog) -> bytes:
    """The binary catalogue Django reads."""
    # The header has dates; the same texts shall compile to the same bytes on any day.
    catalogue.creation_date = catalogue.revision_date = NO_DATE
    out = io.BytesIO()
    write_mo(out, catalogue)
    return out.getvalue()


def _po(catalogue: Catalog) -> bytes:
    out = io.BytesIO()
    write_po(out, catalogue, omit_header=False, no_location=True, sort_output=True, width=98)
    lines = out.getvalue().splitlines(keepends=True)
    # Dates and tool versions would change the file without a text having changed.
    noise = (b'"POT-Creation-Date', b'"PO-Revision-Date', b'"Generated-By', b"# FIRST AUTHOR")
    return b"".join(line for line in lines if not line.startswith(noise))


def _is_translated(string: str | tuple[str, ...] | list[str] | None) -> bool:
    return all(string) if isinstance(string, tuple | list) else bool(string)


def _sources() -> Iterator[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "*.py", "*.html", "*.txt"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    for name in sorted(listed):
        if name.split("/")[0] not in {"tests", "bench", "requirements", "docs", "locale"}:
            yield ROOT / name
