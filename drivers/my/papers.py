"""A driver's invoices and credit notes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext as _t

from billing.models import CreditNote, Invoice
from billing.money import Money, format_money
from drivers.my.sessions import state_in_words
from sessions_app.models import Driver

PAGE = 24
_UNPAID = (Invoice.State.OPEN, Invoice.State.ACTION_REQUIRED, Invoice.State.PAST_DUE)


@dataclass(frozen=True, slots=True)
class PaperRow:
    """One document in words; `pay_url` where it can be paid by hand."""

    pk: UUID
    title: str
    day: str
    about: str
    total: str
    state: str
    tone: str
    due: str = ""
    pay_url: str = ""
    is_credit: bool = False


def invoices_of(driver: Driver) -> QuerySet[Invoice]:
    """Invoices to the driver's own account, the newest first."""
    return Invoice.objects.filter(billing_account__driver=driver).order_by("-number")


def credit_notes_of(driver: Driver) -> QuerySet[CreditNote]:
    """Credit notes for those, the newest first."""
    mine = CreditNote.objects.filter(invoice__billing_account__driver=driver)
    return mine.select_related("invoice").order_by("-number")


def tell_invoice(invoice: Invoice, language: str) -> PaperRow:
    """An invoice in words."""
    tone, state = state_in_words(invoice.state)
    is_due = invoice.state in _UNPAID
    left = invoice.total_minor - invoice.settled_minor
    return PaperRow(
        pk=invoice.pk,
        title=_t("Invoice %(number)s") % {"number": invoice.number},
        day=date_format(invoice.issued_on, "DATE_FORMAT"),
        about=_period(invoice.supplied_from_on, invoice.supplied_to_on),
        total=format_money(Money(left, invoice.currency), language),
        state=state,
        tone=tone,
        due=date_format(invoice.due_on, "DATE_FORMAT") if is_due else "",
        pay_url=invoice.hosted_url if is_due else "",
    )


def tell_credit_note(note: CreditNote, language: str) -> PaperRow:
    """A credit note in words."""
    return PaperRow(
        pk=note.pk,
        title=_t("Credit note %(number)s") % {"number": note.number},
        day=date_format(note.issued_at, "DATE_FORMAT"),
        about=_t("Invoice %(number)s") % {"number": note.invoice_number},
        total=format_money(Money(-note.total_minor, note.currency), language),
        state="",
        tone="done",
        is_credit=True,
    )


def _period(first: date, last: date) -> str:
    days = [date_format(day, "DATE_FORMAT") for day in (first, last)]
    return days[0] if first == last else "–".join(days)
