"""How the PDF looks: type, colours, tables."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any, Final

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import LongTable, Table, TableStyle

INK: Final = HexColor("#1c2420")
GREY: Final = HexColor("#5d6862")
LINE: Final = HexColor("#d9dfdb")
ACCENT: Final = HexColor("#0b7a55")
WARNING: Final = HexColor("#9a5b00")

# The standard fonts of PDF know these beside the code page of western Europe.
_ALSO_KNOWN: Final = "\N{MINUS SIGN}"


def _style(name: str, **more: Any) -> ParagraphStyle:
    given = {"fontName": "Helvetica", "fontSize": 9.5, "leading": 13, "textColor": INK, **more}
    return ParagraphStyle(name, **given)


_ALL: Final = (
    _style("body"),
    _style("right", alignment=TA_RIGHT),
    _style("small", fontSize=8.5, leading=11.5, textColor=GREY),
    _style("label", textColor=GREY),
    _style("note", fontSize=8.5, leading=11.5, textColor=GREY, spaceBefore=3),
    _style("warning", textColor=WARNING, fontName="Helvetica-Bold", spaceBefore=4),
    _style("strong", fontName="Helvetica-Bold"),
    _style("strong-right", fontName="Helvetica-Bold", alignment=TA_RIGHT),
    _style("title", fontSize=11, alignment=TA_RIGHT, textColor=GREY),
    _style("total", fontName="Helvetica-Bold", fontSize=22, leading=27, alignment=TA_RIGHT),
    _style(
        "heading", fontName="Helvetica-Bold", fontSize=11.5, leading=15, spaceBefore=12,
        spaceAfter=4, textColor=ACCENT, keepWithNext=1,
    ),
    _style("cell", fontSize=8.5, leading=11),
    _style("cell-note", fontSize=7.5, leading=9.5, textColor=GREY),
    _style("cell-right", fontSize=8.5, leading=11, alignment=TA_RIGHT),
    _style("cell-head", fontSize=8, leading=10.5, textColor=GREY),
    _style("cell-head-right", fontSize=8, leading=10.5, textColor=GREY, alignment=TA_RIGHT),
    _style("code", fontName="Courier", fontSize=8, leading=11, spaceBefore=3, spaceAfter=3),
)  # fmt: skip
STYLES: Final = {style.name: style for style in _ALL}

_PLAIN: Final = (
    ("LEFTPADDING", (0, 0), (-1, -1), 0),
    ("RIGHTPADDING", (0, 0), (-1, -1), 0),
    ("TOPPADDING", (0, 0), (-1, -1), 1),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 1),
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
)
_RULED: Final = (
    *_PLAIN,
    ("TOPPADDING", (0, 0), (-1, -1), 2.5),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
    ("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE),
)


def plain_table(rows: Sequence[Sequence[Any]], widths: Sequence[float]) -> Table:
    """Rows without rules."""
    return Table(rows, colWidths=widths, style=TableStyle(_PLAIN), hAlign="LEFT")


def grid_table(rows: Sequence[Sequence[Any]], widths: Sequence[float]) -> LongTable:
    """Rows with a rule under each; the first is repeated on every page."""
    style = TableStyle(_RULED)
    return LongTable(rows, colWidths=widths, style=style, repeatRows=1, hAlign="LEFT")


def printable(text: str) -> str:
    """Text in the letters the document's fonts have: others lose their accents, or become "?"."""
    return "".join(map(_printable_letter, text))


def _printable_letter(letter: str) -> str:
    if letter in _ALSO_KNOWN or _is_western(letter):
        return letter
    plain = unicodedata.normalize("NFKD", letter)
    return "".join(part for part in plain if _is_western(part)) or "?"


def _is_western(letter: str) -> bool:
    return bool(letter.encode("cp1252", errors="ignore"))
