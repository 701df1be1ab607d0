"""An invoice or a credit note as an A4 document; docs/invoices.md says which rule asks for what."""

from __future__ import annotations

from functools import partial
from io import BytesIO
from typing import Any, Final
from xml.sax.saxutils import escape

from django.utils import translation
from django.utils.translation import gettext as _
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, KeepTogether, Paragraph, SimpleDocTemplate, Spacer

from billing.documents.facts import DocumentFacts, Party, credit_note_facts, invoice_facts
from billing.documents.pages import MARGIN, NumberedCanvas
from billing.documents.style import STYLES, grid_table, plain_table, printable
from billing.line_text import kwh_text
from billing.models import CreditNote, Invoice, InvoiceLine
from billing.wording import money, percent

WIDTH: Final = A4[0] - 2 * MARGIN
_GAP: Final = 5 * mm
# What reportlab keeps free inside its frames, in points.
_FRAME: Final = 6


def invoice_pdf(invoice: Invoice, *, language: str) -> bytes:
    """An invoice; the same bytes whenever it is asked for in the same language."""
    with translation.override(language):
        return write_document(invoice_facts(invoice), language=language)


def credit_note_pdf(note: CreditNote, *, language: str) -> bytes:
    """A credit note; the same bytes whenever it is asked for in the same language."""
    with translation.override(language):
        return write_document(credit_note_facts(note), language=language)


def write_document(facts: DocumentFacts, *, language: str) -> bytes:
    """Lay a document out on as many pages as it needs, in the language in force."""
    story: list[Flowable] = [
        *_head(facts),
        *_lines(facts),
        *_totals(facts),
        *_payment(facts),
        *_foot(facts),
        *_annex(facts),
    ]
    target = BytesIO()
    document = SimpleDocTemplate(
        target,
        pagesize=A4,
        leftMargin=MARGIN - _FRAME,
        rightMargin=MARGIN - _FRAME,
        topMargin=MARGIN,
        bottomMargin=MARGIN,
        title=printable(f"{_title(facts)} {facts.number}"),
        author=printable(facts.seller["name"]),
        lang=language,
        invariant=1,
    )
    document.build(story, canvasmaker=partial(NumberedCanvas, seller=facts.seller["name"]))
    return target.getvalue()


def _title(facts: DocumentFacts) -> str:
    return _("Invoice") if facts.credits_number is None else _("Credit note")


def _text(text: str, style: str = "body") -> Paragraph:
    return Paragraph(escape(printable(text)), STYLES[style])


def _head(facts: DocumentFacts) -> list[Flowable]:
    seller = [_text(row, "strong" if n == 0 else "small") for n, row in enumerate(_seller(facts))]
    title = [_text(f"{_title(facts)} {facts.number}", "total")]
    buyer = [_text(_("Buyer"), "label")]
    buyer += [_text(row, "strong" if n == 0 else "body") for n, row in enumerate(_buyer(facts))]
    half = (WIDTH / 2, WIDTH / 2)
    dates = [[_text(name, "label"), _text(value, "right")] for name, value in _dates(facts)]
    return [
        plain_table([[seller, title]], half),
        Spacer(1, _GAP),
        plain_table([[buyer, plain_table(dates, (WIDTH / 4, WIDTH / 4))]], half),
        Spacer(1, _GAP),
    ]


def _seller(facts: DocumentFacts) -> list[str]:
    seller = facts.seller
    rows = [seller["name"], *str(seller.get("address") or "").splitlines()]
    return rows + _numbers(seller)


def _buyer(facts: DocumentFacts) -> list[str]:
    buyer = facts.buyer
    rows = [buyer["name"], *str(buyer.get("address") or "").splitlines()]
    if not buyer.get("address") and buyer.get("email"):
        rows.append(buyer["email"])
    return rows + _numbers(buyer)


def _numbers(party: Party) -> list[str]:
    named = (
        (_("Organisation number"), party.get("organisation_number")),
        (_("VAT number"), party.get("vat_number")),
    )
    return [f"{name} {value}" for name, value in named if value]


def _dates(facts: DocumentFacts) -> list[tuple[str, str]]:
    supplied = facts.supplied_from_on.isoformat()
    if facts.supplied_to_on != facts.supplied_from_on:
        supplied += f" – {facts.supplied_to_on.isoformat()}"
    is_invoice = facts.credits_number is None
    rows = [
        (_("Invoice number") if is_invoice else _("Credit note number"), str(facts.number)),
        (_("Invoice date") if is_invoice else _("Date"), facts.issued_on.isoformat()),
        (_("Supplied"), supplied),
    ]
    if facts.credits_number is not None and facts.credits_issued_on is not None:
        of = f"{facts.credits_number} ({facts.credits_issued_on.isoformat()})"
        rows.append((_("Credits invoice"), of))
    if facts.due_on is not None:
        rows.append((_("Due date"), facts.due_on.isoformat()))
    if facts.reference:
        rows.append((_("Payment reference (OCR)"), facts.reference))
    if facts.buyer.get("reference"):
        rows.append((_("Your reference"), str(facts.buyer["reference"])))
    return rows


def _table_head(names: list[str]) -> list[Any]:
    return [
        _text(name, "cell-head" if number == 0 else "cell-head-right")
        for number, name in enumerate(names)
    ]


def _lines(facts: DocumentFacts) -> list[Flowable]:
    names = {
        InvoiceLine.Supply.ELECTRICITY: _("Electricity (goods)"),
        InvoiceLine.Supply.FEES: _("Charging fees (service)"),
    }
    found: list[Flowable] = []
    for supply, name in names.items():
        lines = [line for line in facts.lines if line.supply == supply]
        if not lines:
            continue
        head = _table_head([name, _("VAT rate"), _("Without VAT"), _("VAT"), _("With VAT")])
        rows = [head]
        for line in lines:
            amounts = (line.net_minor, line.vat_minor, line.gross_minor)
            rows.append(
                [
                    _text(line.text, "cell"),
                    _text(percent(line.vat_rate), "cell-right"),
                    *(_text(money(one, facts.currency), "cell-right") for one in amounts),
                ]
            )
        widths = (WIDTH - 96 * mm, 15 * mm, 27 * mm, 25 * mm, 29 * mm)
        found += [grid_table(rows, widths), Spacer(1, _GAP)]
    return found


def _totals(facts: DocumentFacts) -> list[Flowable]:
    rows: list[list[Any]] = [
        _table_head([_("VAT rate"), _("Without VAT"), _("VAT"), _("With VAT")])
    ]
    for rate, net_minor, vat_minor in facts.vat_by_rate:
        amounts = (net_minor, vat_minor, net_minor + vat_minor)
        cells = (_text(money(one, facts.currency), "cell-right") for one in amounts)
        rows.append([_text(percent(rate), "cell"), *cells])
    is_invoice = facts.credits_number is None
    sums = [(_("Total") if is_invoice else _("Total credited"), facts.total_minor)]
    if facts.settled_minor:
        sums += [(_("Paid before"), -facts.settled_minor), (_("To pay"), facts.due_minor)]
    shown = [
        [_text(name, "strong"), _text(money(amount, facts.currency), "strong-right")]
        for name, amount in sums
    ]
    return [
        KeepTogether(
            [
                _text(_("Total"), "heading"),
                grid_table(rows, (WIDTH / 4,) * 4),
                Spacer(1, _GAP / 2),
                plain_table(shown, (WIDTH - 45 * mm, 45 * mm)),
            ]
        )
    ]


def _payment(facts: DocumentFacts) -> list[Flowable]:
    """How it is paid, or why it was credited."""
    if facts.credits_number is not None:
        return [_text(_("Why it is credited"), "heading"), _text(facts.reason)]
    if not facts.due_minor:
        said = [_("Nothing is to be paid: it was paid before.")]
    elif not facts.is_sent:
        said = [_("The amount is charged to your saved payment method.")]
    else:
        words = _("To pay by %(day)s: %(amount)s.")
        day = "" if facts.due_on is None else facts.due_on.isoformat()
        said = [words % {"day": day, "amount": money(facts.due_minor, facts.currency)}]
        if facts.seller.get("bankgiro"):
            named = _("Bankgiro %(number)s, payment reference %(reference)s.")
            given = {"number": facts.seller["bankgiro"], "reference": facts.reference}
            said.append(named % given)
    return [KeepTogether([_text(_("Payment"), "heading"), *map(_text, said)])]


def _foot(facts: DocumentFacts) -> list[Flowable]:
    seller = facts.seller
    parts = []
    if seller.get("has_f_tax"):
        parts.append(_("Approved for F-tax"))
    if seller.get("seat"):
        parts.append(_("Registered office: %s") % seller["seat"])
    if seller.get("contact"):
        parts.append(str(seller["contact"]))
    return [Spacer(1, _GAP), _text(" · ".join(parts), "note")] if parts else []


def _annex(facts: DocumentFacts) -> list[Flowable]:
    if not facts.sessions:
        return []
    rows = [_table_head([_("Ended"), _("Place"), _("Energy (kWh)"), _("With VAT")])]
    rows += [
        [
            _text(one.ended_at, "cell"),
            _text(one.place, "cell-right"),
            _text(kwh_text(one.energy_wh), "cell-right"),
            _text(money(one.gross_minor, facts.currency), "cell-right"),
        ]
        for one in facts.sessions
    ]
    title = _("Annex: every session of this invoice")
    widths = (35 * mm, WIDTH - 95 * mm, 28 * mm, 32 * mm)
    return [_text(title, "heading"), grid_table(rows, widths)]
