"""Invoices and credit notes as PDF: what Swedish rules ask for, to the öre, in two languages."""

from __future__ import annotations

import re
from io import BytesIO

import pytest
from pypdf import PdfReader

from billing.documents.pdf import invoice_pdf
from billing.models import BillingAccount, Invoice, SellerDetails
from tests.billing.periods import a_customer, charged, close
from tests.billing.scenes import an_invoice

pytestmark = pytest.mark.usefixtures("tariff")


def text_of(body: bytes) -> str:
    pages = PdfReader(BytesIO(body)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


@pytest.fixture
def month() -> Invoice:
    SellerDetails.objects.create(
        has_f_tax=True, bankgiro="5050-1055", seat="Uppsala", contact="faktura@volt.example"
    )
    customer = a_customer(
        is_company=True,
        payment_way=BillingAccount.PaymentWay.INVOICE,
        lines_per=BillingAccount.LinesPer.SITE,
        buyer_name="Åkeri & Söner AB",
        buyer_address="Vägen 2\n111 22 Lund",
        organisation_number="556036-0793",
        vat_number="SE556036079301",
        reference="Kim",
    )
    for ref in "12":
        charged(customer, ref, energy_wh=833)
    [invoice] = close()
    return invoice


def test_everything_the_rules_ask_for_is_on_it(month: Invoice) -> None:
    text = text_of(invoice_pdf(month, language="sv"))
    for wanted in (
        "Faktura 1",
        "Volt AB",
        "Torget 1, Uppsala",
        "Momsregistreringsnummer SE556000000101",
        "Organisationsnummer 556000-0001",
        "Åkeri & Söner AB",
        "Momsregistreringsnummer SE556036079301",
        "Fakturadatum 2026-07-01",
        "Förfallodatum 2026-07-31",
        "Leverans 2026-06-05",
        "Betalningsreferens (OCR) 133",
        "Er referens Kim",
        "Godkänd för F-skatt",
        "Bankgiro 5050-1055",
        "El, Torget, 2 laddningar, 1,666 kWh",
    ):
        assert wanted in text


def test_vat_is_shown_for_each_rate_to_the_ore(month: Invoice) -> None:
    text = text_of(invoice_pdf(month, language="sv")).replace("\xa0", " ")
    assert re.search(r"25 % 5,32 kr 1,34 kr 6,66 kr", text)


def test_it_can_be_read_in_english(month: Invoice) -> None:
    text = text_of(invoice_pdf(month, language="en")).replace("\xa0", " ")
    assert "Invoice 1" in text
    assert "Electricity (goods)" in text
    assert "To pay by 2026-07-31: SEK 6.66." in text


def test_the_sessions_of_a_month_are_in_the_annex(month: Invoice) -> None:
    text = text_of(invoice_pdf(month, language="en")).replace("\xa0", " ")
    assert text.count("2026-06-05 14:00 Torget, CP-1 0.833 SEK 3.33") == 2


def test_it_never_changes(month: Invoice) -> None:
    before = invoice_pdf(month, language="sv")
    BillingAccount.objects.update(buyer_name="Another AB")
    SellerDetails.objects.update(seat="Elsewhere")
    assert invoice_pdf(Invoice.objects.get(), language="sv") == before


def test_an_invoice_that_is_charged_says_so_and_has_no_reference() -> None:
    text = text_of(invoice_pdf(an_invoice(), language="en"))
    assert "charged to your saved payment method" in text
    assert "OCR" not in text
