"""Admin pages of the books: nothing in them can be changed."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Case, OuterRef, Q, Subquery, Sum, UUIDField, When
from django.db.models.functions import Cast
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from billing.models import JournalEntry, LedgerAccount, Posting
from billing.wording import account_name, money
from sessions_app.models import Driver
from tenants.access import Right
from tenants.admin import TenantAdmin, TenantInline


class PostingInline(TenantInline):
    """The sides of an entry."""

    model = Posting
    view_right = Right.MONEY
    fields = ("shown_account", "shown_debit", "shown_credit")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> Any:
        """Debits first, the largest of each."""
        rows = super().get_queryset(request).select_related("account")
        return _with_owner_name(rows, "account__owner").order_by("-amount_minor")

    @admin.display(description=capfirst(_("account")))
    def shown_account(self, posting: Any) -> str:
        """In words."""
        return account_name(posting.account, posting.owner_name)

    @admin.display(description=capfirst(_("debit")))
    def shown_debit(self, posting: Posting) -> str:
        """Amounts above zero."""
        amount_minor = posting.amount_minor
        return money(amount_minor, posting.account.currency) if amount_minor > 0 else "-"

    @admin.display(description=capfirst(_("credit")))
    def shown_credit(self, posting: Posting) -> str:
        """Amounts below zero, without the sign."""
        amount_minor = posting.amount_minor
        return money(-amount_minor, posting.account.currency) if amount_minor < 0 else "-"


@admin.register(JournalEntry)
class JournalEntryAdmin(TenantAdmin):
    """Business events as they were booked."""

    view_right = Right.MONEY
    list_display = ("occurred_at", "shown_text", "shown_amount")
    search_fields = ("ref", "description")
    date_hierarchy = "occurred_at"
    ordering = ("-occurred_at", "-id")
    inlines = (PostingInline,)
    fields = ("occurred_at", "shown_text", "shown_amount", "ref", "created_at")
    readonly_fields = fields
    empty_text = _("The books fill by themselves, with the first session that is priced.")

    def get_queryset(self, request: HttpRequest) -> Any:
        """With the sum of each entry's debits."""
        return (
            super()
            .get_queryset(request)
            .prefetch_related("postings__account")
            .annotate(
                debit_minor=Sum("postings__amount_minor", filter=Q(postings__amount_minor__gt=0))
            )
        )

    @admin.display(description=_("text"))
    def shown_text(self, entry: JournalEntry) -> str:
        """What it is about."""
        return str(entry)

    @admin.display(description=_("amount"))
    def shown_amount(self, entry: Any) -> str:
        """What was moved: the sum of the debits."""
        postings = entry.postings.all()
        return money(entry.debit_minor or 0, postings[0].account.currency) if postings else "-"


@admin.register(LedgerAccount)
class LedgerAccountAdmin(TenantAdmin):
    """Accounts of the ledger."""

    view_right = Right.MONEY
    list_display = ("shown_name", "shown_balance", "currency")
    list_filter = ("code",)
    fields = ("shown_name", "shown_balance", "currency", "code", "owner")
    readonly_fields = fields
    ordering = ("code", "owner")

    def get_queryset(self, request: HttpRequest) -> Any:
        """With each account's balance."""
        rows = _with_owner_name(super().get_queryset(request), "owner")
        return rows.annotate(balance_minor=Sum("postings__amount_minor"))

    @admin.display(description=_("account"))
    def shown_name(self, account: Any) -> str:
        """In words."""
        return account_name(account, account.owner_name)

    @admin.display(description=_("balance"))
    def shown_balance(self, account: Any) -> str:
        """Debits minus credits."""
        return money(account.balance_minor or 0, account.currency)


def _with_owner_name(rows: Any, owner: str) -> Any:
    """Annotate `owner_name`: the driver's, where the field `owner` holds a driver's id."""
    is_id = {f"{owner}__regex": r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"}
    driver = Driver.objects.filter(pk=OuterRef("owner_id")).values("name")[:1]
    return rows.annotate(
        owner_id=Case(When(**is_id, then=Cast(owner, UUIDField())), default=None),
        owner_name=Subquery(driver),
    )
