"""Seller and buyer as they are copied onto documents, and the numbers documents get."""

from __future__ import annotations

from billing.models import BillingAccount, InvoiceCounter, SellerDetails
from billing.stripe_gateway import Json
from tenants.models import Tenant
from tenants.scope import required_tenant_id


def next_invoice_number() -> int:
    """The next number of the tenant's unbroken series; its row stays locked until the commit."""
    InvoiceCounter.objects.get_or_create()
    counter = InvoiceCounter.objects.select_for_update().get()
    counter.last_number += 1
    counter.save(update_fields=("last_number",))
    return counter.last_number


def name_seller(*, name: str, organisation_number: str, vat_number: str, address: str) -> None:
    """The seller's name and numbers from now on; what was issued stays as it was."""
    Tenant.objects.filter(pk=required_tenant_id()).update(
        name=name, organisation_number=organisation_number, vat_number=vat_number, address=address
    )


def seller_as_now(tenant: Tenant) -> Json:
    """Who sells."""
    details = SellerDetails.objects.first() or SellerDetails()
    return {
        "name": tenant.name,
        "organisation_number": tenant.organisation_number,
        "vat_number": tenant.vat_number,
        "address": tenant.address,
        "seat": details.seat,
        "has_f_tax": details.has_f_tax,
        "bankgiro": details.bankgiro,
        "contact": details.contact,
    }


def buyer_as_now(account: BillingAccount) -> Json:
    """Who buys: the billing account's particulars, and the driver's where it has none."""
    driver = account.driver
    return {
        "id": str(driver.pk),
        "name": account.buyer_name or driver.name,
        "email": account.buyer_email or driver.email,
        "address": account.buyer_address,
        "organisation_number": account.organisation_number,
        "vat_number": account.vat_number,
        "reference": account.reference,
        "is_company": account.is_company,
    }
