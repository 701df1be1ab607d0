"""The receipt as an A4 document."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from io import BytesIO
from typing import Any, Final
from xml.sax.saxutils import escape

from django.utils.translation import gettext as _
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.platypus import (
    CondPageBreak,
    Flowable,
    KeepTogether,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
)

from billing.documents.pages import MARGIN, NumberedCanvas
from billing.documents.style import STYLES, grid_table, plain_table, printable
from drivers.receipts.lines import LineStory
from drivers.receipts.pdf_chart import chart
from drivers.receipts.story import Receipt, Section

WIDTH: Final = A4[0] - 2 * MARGIN
_GAP: Final = 4 * mm
# What reportlab keeps free inside its frames, in points.
_FRAME: Final = 6


def write_pdf(receipt: Receipt, *, language: str) -> bytes:
    """Lay a receipt out on as many pages as it needs; each says its number and how many."""
    story: list[Flowable] = [*_head(receipt), *_summary(receipt)]
    for section in receipt.sections:
        story += _section(section)
    if receipt.curve is not None:
        story.append(KeepTogether([_heading(_("Power and price")), chart(receipt.curve, WIDTH)]))
    story += [CondPageBreak(40 * mm), _heading(_("How the price was computed"))]
    for line in receipt.lines:
        story += _line(line)
    story += _totals(receipt)
    story += [_heading(_("How sure the split is")), *map(_body, receipt.accuracy)]
    story += [*_revisions(receipt), *_check(receipt)]
    target = BytesIO()
    document = SimpleDocTemplate(
        target,
        pagesize=A4,
        leftMargin=MARGIN - _FRAME,
        rightMargin=MARGIN - _FRAME,
        topMargin=MARGIN,
        bottomMargin=MARGIN,
        title=printable(f"{receipt.heading} {receipt.day}"),
        author=printable(receipt.seller.name),
        lang=language,
    )
    document.build(story, canvasmaker=partial(NumberedCanvas, seller=receipt.seller.name))
    return target.getvalue()


def _text(text: str, style: str = "body") -> Paragraph:
    return Paragraph(escape(printable(text)), STYLES[style])


def _body(text: str) -> Paragraph:
    return _text(text)


def _heading(text: str) -> Paragraph:
    return _text(text, "heading")


def _head(receipt: Receipt) -> list[Flowable]:
    seller = receipt.seller
    rows = [seller.name, *seller.address.splitlines()]
    if seller.organisation_number:
        rows.append(f"{_('Organisation number')} {seller.organisation_number}")
    if seller.vat_number:
        rows.append(f"{_('VAT number')} {seller.vat_number}")
    left = [_text(rows[0], "strong"), *(_text(row, "small") for row in rows[1:])]
    right = [_text(receipt.heading, "title"), _text(receipt.total, "total")]
    return [plain_table([[left, right]], (WIDTH / 2, WIDTH / 2)), Spacer(1, _GAP)]


def _summary(receipt: Receipt) -> list[Flowable]:
    text = f"{receipt.place} · {receipt.day} · {receipt.energy} · {receipt.duration}"
    found: list[Flowable] = [_text(text)]
    if receipt.superseded_by is not None:
        found.append(_text(_("This revision was corrected later; it no longer holds."), "warning"))
    if receipt.is_void:
        said = _(
            "The operator has voided this session: it costs nothing. Below is how its price had"
            " been computed."
        )
        found.append(_text(said, "warning"))
    return found


def _section(section: Section) -> list[Flowable]:
    rows = [[_text(fact.label, "label"), _text(fact.value)] for fact in section.facts]
    parts: list[Flowable] = [_heading(section.title)]
    if rows:
        parts.append(plain_table(rows, (50 * mm, WIDTH - 50 * mm)))
    parts += [_text(note, "note") for note in section.notes]
    return [KeepTogether(parts)]


def _line(line: LineStory) -> list[Flowable]:
    """One line: its pieces in a table that may break over pages, then what becomes of the sum."""
    titled = f"{line.title}: {line.quantity} × {line.price}"
    found: list[Flowable] = [CondPageBreak(30 * mm), _text(titled, "strong")]
    if line.pieces:
        found.append(grid_table(_piece_table(line), _widths(line)))
    steps = [[_text(step.label, "label"), _text(step.value, "right")] for step in line.steps]
    steps.append([_text(line.title, "strong"), _text(line.gross, "strong-right")])
    found.append(KeepTogether([plain_table(steps, (WIDTH - 45 * mm, 45 * mm)), Spacer(1, _GAP)]))
    return found


def _piece_table(line: LineStory) -> list[list[Any]]:
    head = [_("When"), _("Quantity"), _("Price with VAT"), _("Amount")]
    if line.has_market:
        head.insert(2, _("Market, no VAT"))
    table: list[list[Any]] = [
        [
            _text(name, "cell-head" if number == 0 else "cell-head-right")
            for number, name in enumerate(head)
        ]
    ]
    for piece in line.pieces:
        when = [_text(piece.when, "cell")]
        if piece.note:
            when.append(_text(piece.note, "cell-note"))
        numbers = [piece.quantity, piece.price, piece.amount]
        if line.has_market:
            numbers.insert(1, piece.market or "–")
        table.append([when, *(_text(number, "cell-right") for number in numbers)])
    return table


def _widths(line: LineStory) -> Sequence[float]:
    if line.has_market:
        return (54 * mm, 26 * mm, 30 * mm, 34 * mm, WIDTH - 144 * mm)
    return (70 * mm, 32 * mm, 36 * mm, WIDTH - 138 * mm)


def _totals(receipt: Receipt) -> list[Flowable]:
    head = [_("VAT rate"), _("Without VAT"), _("VAT"), _("With VAT")]
    rows: list[list[Any]] = [
        [
            _text(name, "cell-head" if number == 0 else "cell-head-right")
            for number, name in enumerate(head)
        ]
    ]
    for row in receipt.vat:
        amounts = (_text(amount, "cell-right") for amount in (row.net, row.vat, row.gross))
        rows.append([_text(row.rate, "cell"), *amounts])
    sums = [[_text(fact.label, "label"), _text(fact.value, "right")] for fact in receipt.sums[:-1]]
    last = receipt.sums[-1]
    sums.append([_text(last.label, "strong"), _text(last.value, "strong-right")])
    quarter = (WIDTH / 4,) * 4
    parts = [_heading(_("Total")), grid_table(rows, quarter), Spacer(1, _GAP / 2)]
    return [KeepTogether([*parts, plain_table(sums, (WIDTH - 45 * mm, 45 * mm))])]


def _revisions(receipt: Receipt) -> list[Flowable]:
    if not receipt.revisions:
        return []
    head = [_("Revision"), _("Priced"), _("Total"), _("Change")]
    rows: list[list[Any]] = [[_text(name, "cell-head") for name in head]]
    for one in receipt.revisions:
        values = (str(one.number), one.rated_at, one.total, one.change)
        cells = [[_text(value, "cell")] for value in values]
        if one.taken_back:
            cells[1].append(_text(one.taken_back, "cell-note"))
        rows.append(cells)
    return [KeepTogether([_heading(_("Corrections")), grid_table(rows, (WIDTH / 4,) * 4)])]


def _check(receipt: Receipt) -> list[Flowable]:
    return [
        KeepTogether(
            [
                _heading(_("Check it yourself")),
                _body(
                    _(
                        "Everything the price was computed from is frozen as one file, which the"
                        " receipt's page on the web lets you download. Its SHA-256 is the number"
                        " below: if both agree, nothing was changed since."
                    )
                ),
                _text(receipt.inputs_hash, "code"),
                _text(_("Rating rules, version %(version)s") % {"version": receipt.rules_version}),
            ]
        )
    ]
