"""Admin pages of what Stripe and the books do not say alike, and of money that is stuck."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from billing.models import Discrepancy, Reconciliation, StripePayout
from billing.selectors.stuck import Remedy, StuckRow, stuck_rows
from billing.services.reconciliation.discrepancies import (
    SETTLING_ACCOUNTS,
    NotBookable,
    look_again,
    settle_discrepancy,
)
from billing.services.remedies import apply_remedy
from billing.wording import ACCOUNTS, DISCREPANCY_ADVICE, money
from tenants.access import Right
from tenants.admin import TenantAdmin, button, coloured, may
from tenants.models import User

STATES = {"open": "danger", "matched": "success", "settled": "success"}


class DiscrepancyForm(forms.ModelForm):  # type: ignore[type-arg]
    """What was done about a discrepancy, and on which account it is booked."""

    note = forms.CharField(
        label=_("What was done"),
        max_length=500,
        widget=UnfoldAdminTextareaWidget(),
        help_text=_("Saving says that it is dealt with, by you, now."),
    )
    book_on = forms.ChoiceField(
        label=_("Book the amount on"),
        required=False,
        widget=UnfoldAdminSelectWidget(),
        help_text=_("Only for a movement without an entry, or an entry without a movement."),
    )

    class Meta:
        model = Discrepancy
        fields = ("note",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = [(code, ACCOUNTS[code]) for code in SETTLING_ACCOUNTS]
        choice = cast(forms.ChoiceField, self.fields["book_on"])
        choice.choices = [("", _("Nowhere: it is put right elsewhere")), *known]

    def clean_book_on(self) -> str:
        """Only what has one side can be booked on another account."""
        code: str = self.cleaned_data["book_on"]
        what = self.instance.about.partition(" ")[0]
        is_movement = what == "movement" and self.instance.entry_id is None
        if code and not is_movement and what != "entry":
            raise forms.ValidationError(_("There is no single movement or entry to book here."))
        return code


@admin.register(Discrepancy)
class DiscrepancyAdmin(TenantAdmin):
    """What Stripe and the books do not say alike; each found once, closed by itself or by you."""

    view_right = change_right = Right.MONEY
    form = DiscrepancyForm
    list_display = ("found_at", "kind", "shown_ours", "shown_theirs", "stripe_ref", "shown_state")
    list_filter = ("state", "kind")
    search_fields = ("stripe_ref", "note")
    readonly_fields = (
        "kind",
        "shown_advice",
        "shown_state",
        "shown_ours",
        "shown_theirs",
        "stripe_ref",
        "shown_links",
        "found_at",
        "ended_at",
        "ended_by",
    )
    fieldsets = (
        (None, {"fields": readonly_fields}),
        (_("Deal with it"), {"fields": ("note", "book_on")}),
    )
    actions_detail = ("look_at_stripe",)
    empty_text = _("Stripe and the books agree. They are compared every night.")

    def get_urls(self) -> list[URLPattern]:
        """The admin's own, and the page of stuck money."""
        view = self.admin_site.admin_view(self.show_stuck)
        return [path("stuck/", view, name="stuck-money"), *super().get_urls()]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """While it is open."""
        # A button's permission is asked with the row's id.
        is_open = not isinstance(obj, Discrepancy) or obj.state == Discrepancy.State.OPEN
        return super().has_change_permission(request, obj) and is_open

    @coloured(_("state"), STATES)
    def shown_state(self, row: Discrepancy) -> tuple[str, str]:
        """Colour by state."""
        return row.state, str(row.get_state_display())

    @admin.display(description=_("what to do"))
    def shown_advice(self, row: Discrepancy) -> str:
        """By its kind."""
        return str(DISCREPANCY_ADVICE[row.kind])

    @admin.display(description=_("in the books"))
    def shown_ours(self, row: Discrepancy) -> str:
        """With currency."""
        return _amount(row.ours_minor, row.currency)

    @admin.display(description=_("at Stripe"))
    def shown_theirs(self, row: Discrepancy) -> str:
        """With currency."""
        return _amount(row.theirs_minor, row.currency)

    @admin.display(description=_("see also"))
    def shown_links(self, row: Discrepancy) -> SafeString:
        """Rows of ours it is about."""
        pages = (
            ("invoice", row.invoice_id, _("Invoice")),
            ("payment", row.payment_id, _("Payment by QR code")),
            ("journalentry", row.entry_id, _("Journal entry")),
        )
        links = (
            (reverse(f"admin:billing_{model}_change", args=(pk,)), text)
            for model, pk, text in pages
            if pk is not None
        )
        return format_html_join(" · ", '<a class="laddbok-link" href="{}">{}</a>', links) or (
            format_html("{}", "–")
        )

    @button(_("Look again at Stripe"), permissions=("change",), icon="refresh")
    def look_at_stripe(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Have what it is about fetched."""
        row = self.get_object(request, object_id)
        if isinstance(row, Discrepancy) and look_again(
            row.invoice_id, row.payment_id, row.kind, timezone.now()
        ):
            messages.success(request, _t("It is being fetched; the next comparison tells."))
        else:
            messages.error(request, _t("It is about no invoice or payment of yours."))
        page = reverse("admin:billing_discrepancy_change", args=(object_id,))
        return HttpResponseRedirect(page)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Say who dealt with it, and how."""
        try:
            settle_discrepancy(
                discrepancy_id=obj.pk,
                note=form.cleaned_data["note"],
                actor=cast(User, request.user),
                now=timezone.now(),
                book_on=form.cleaned_data["book_on"],
            )
        except NotBookable:
            messages.error(request, _t("There is no single movement or entry to book here."))

    def show_stuck(self, request: HttpRequest) -> HttpResponse:
        """Every row past its deadline, with what to do."""
        if not may(request, Right.MONEY):
            raise PermissionDenied
        now = timezone.now()
        if request.method == "POST":
            _press(request)
            return HttpResponseRedirect(reverse("admin:stuck-money"))
        rows = [(row, _page_of(row), REMEDIES.get(row.remedy)) for row in stuck_rows(now)]
        known = {**self.admin_site.each_context(request), "opts": self.opts}
        context = {**known, "title": _t("Stuck money"), "rows": rows}
        return TemplateResponse(request, "billing/stuck.html", context)


REMEDIES = {
    Remedy.SEND_AGAIN: _("Look up and send again"),
    Remedy.LOOK: _("Look again at Stripe"),
    Remedy.CHARGE_AGAIN: _("Charge once more"),
    Remedy.REFUND_AGAIN: _("Give back again"),
}


def _press(request: HttpRequest) -> None:
    """Do what a button says; nothing for one that is none."""
    try:
        remedy, row_id = Remedy(request.POST.get("remedy", "")), UUID(request.POST.get("row", ""))
    except ValueError:
        messages.error(request, _t("There is no such row or remedy."))
        return
    if apply_remedy(remedy=remedy, row_id=row_id, now=timezone.now()):
        messages.success(request, _t("It is on its way; look here again in a minute."))
    else:
        messages.error(request, _t("There is nothing to mend in that way any more."))


def _page_of(row: StuckRow) -> str:
    return reverse(f"admin:{row.page}_change", args=(row.row_id,)) if row.page else ""


def _amount(amount_minor: int | None, currency: str) -> str:
    return "–" if amount_minor is None else money(amount_minor, currency)


@admin.register(Reconciliation)
class ReconciliationAdmin(TenantAdmin):
    """How far each Stripe account has been compared with the books."""

    view_right = Right.MONEY
    list_display = (
        "__str__",
        "listed_until",
        "movement_count",
        "matched_count",
        "stranger_count",
        "problem",
    )
    fields = list_display[1:]
    readonly_fields = fields
    empty_text = _("The first comparison with Stripe is made tonight.")


@admin.register(StripePayout)
class StripePayoutAdmin(TenantAdmin):
    """What Stripe sent to the bank."""

    view_right = Right.MONEY
    list_display = ("occurred_at", "payout_ref", "shown_amount", "shown_contents", "status")
    fields = list_display
    readonly_fields = fields
    empty_text = _("A payout appears the night after Stripe made it.")

    @admin.display(description=_("amount"), ordering="amount_minor")
    def shown_amount(self, row: StripePayout) -> str:
        """With currency."""
        return _amount(row.amount_minor, row.currency)

    @admin.display(description=_("its movements"))
    def shown_contents(self, row: StripePayout) -> str:
        """With currency; nothing for one that Stripe cannot say it of."""
        return _amount(row.contents_minor, row.currency)
