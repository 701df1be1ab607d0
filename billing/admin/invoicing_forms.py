"""Forms of who is invoiced, and by whom; each error says what is wrong and how to mend it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from billing.check_digits import (
    is_bankgiro,
    is_swedish_organisation_number,
    is_vat_number,
)
from billing.models import BillingAccount, InvoiceAlarm, SellerDetails


def checked_organisation_number(number: str) -> str:
    """Ten digits whose last one fits; raises `ValidationError`."""
    if number and not is_swedish_organisation_number(number):
        raise forms.ValidationError(
            _("Ten digits are asked for, as 556036-0793; the last one does not fit the others.")
        )
    return number


def checked_vat_number(number: str) -> str:
    """A VAT number of the EU without spaces; raises `ValidationError`."""
    if number and not is_vat_number(number):
        raise forms.ValidationError(
            _("Write it with its country, as SE556036079301; the digits do not fit each other.")
        )
    return number.replace(" ", "").upper()


class BillingAccountForm(forms.ModelForm):  # type: ignore[type-arg]
    """How a driver is invoiced."""

    write_off_reason = forms.CharField(
        label=_("Write off what waits"),
        required=False,
        max_length=500,
        widget=UnfoldAdminTextInputWidget(),
        help_text=_(
            "With a reason here, saving writes off every session that waits for a collective"
            " invoice: nobody is asked for it, and the books say so. This cannot be undone."
        ),
    )

    class Meta:
        model = BillingAccount
        fields = (
            "collection",
            "lines_per",
            "payment_way",
            "payment_days",
            "is_company",
            "buyer_name",
            "buyer_email",
            "buyer_address",
            "organisation_number",
            "vat_number",
            "reference",
        )

    def clean_organisation_number(self) -> str:
        """With its check digit."""
        return checked_organisation_number(self.cleaned_data["organisation_number"])

    def clean_vat_number(self) -> str:
        """With its check digit where it is Swedish."""
        return checked_vat_number(self.cleaned_data["vat_number"])

    def clean_payment_days(self) -> int:
        """Between 1 and 120."""
        days: int = self.cleaned_data["payment_days"]
        if not 1 <= days <= 120:
            raise forms.ValidationError(_("Give 1 to 120 days."))
        return days

    def clean(self) -> dict[str, Any] | None:
        """What a company needs, and whose account may pay for whose."""
        given = super().clean() or self.cleaned_data
        for name in ("buyer_name", "buyer_address"):
            if given.get("is_company") and not given.get(name):
                self.add_error(name, _("A company's invoice must state it."))
        email = given.get("buyer_email") or self.instance.driver.email
        if given.get("payment_way") == BillingAccount.PaymentWay.INVOICE and not email:
            self.add_error("buyer_email", _("The invoice is sent to it: give one."))
        payer = given.get("paid_by")
        if payer is not None and (payer.pk == self.instance.pk or payer.paid_by_id is not None):
            self.add_error("paid_by", _("Choose an account that pays for itself."))
        if payer is not None and self.instance.pays_for.exists():
            self.add_error("paid_by", _("This account pays for others; it must pay for itself."))
        return given


class SellerForm(forms.ModelForm):  # type: ignore[type-arg]
    """The organisation as it stands on its documents."""

    name = forms.CharField(
        label=capfirst(_("name")), max_length=120, widget=UnfoldAdminTextInputWidget()
    )
    organisation_number = forms.CharField(
        label=capfirst(_("organisation number")),
        max_length=20,
        widget=UnfoldAdminTextInputWidget(),
    )
    vat_number = forms.CharField(
        label=capfirst(_("VAT number")), max_length=20, widget=UnfoldAdminTextInputWidget()
    )
    address = forms.CharField(label=capfirst(_("address")), widget=UnfoldAdminTextareaWidget())

    class Meta:
        model = SellerDetails
        fields = ("seat", "has_f_tax", "bankgiro", "contact")

    def clean_organisation_number(self) -> str:
        """With its check digit."""
        return checked_organisation_number(self.cleaned_data["organisation_number"])

    def clean_vat_number(self) -> str:
        """With its check digit."""
        return checked_vat_number(self.cleaned_data["vat_number"])

    def clean_bankgiro(self) -> str:
        """With its check digit."""
        number: str = self.cleaned_data["bankgiro"]
        if number and not is_bankgiro(number):
            raise forms.ValidationError(
                _("Seven or eight digits, as 5050-1055; the last one does not fit the others.")
            )
        return number


class AlarmForm(forms.ModelForm):  # type: ignore[type-arg]
    """What was done about an alarm."""

    class Meta:
        model = InvoiceAlarm
        fields = ("note",)
        help_texts = {"note": _("Saving says that the alarm is dealt with, by you, now.")}

    def clean_note(self) -> str:
        """Not without words."""
        note: str = self.cleaned_data["note"]
        if not note.strip():
            raise forms.ValidationError(_("Say what was done."))
        return note
