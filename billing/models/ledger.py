"""The double-entry books; migration 0002 makes the database keep them balanced."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from billing.entry_text import entry_text
from tenants.models import TenantRecord


class LedgerAccount(TenantRecord):
    """An account of the double-entry ledger, by code, owner and currency."""

    code = models.CharField(_("account"), max_length=40)
    owner = models.CharField(_("owner"), max_length=64, blank=True)
    currency = models.CharField(_("currency"), max_length=3)

    class Meta(TenantRecord.Meta):
        verbose_name = _("ledger account")
        verbose_name_plural = _("ledger accounts")
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "code", "owner", "currency"), name="a_ledger_account_is_one"
            ),
        )

    def __str__(self) -> str:
        return f"{self.code}:{self.owner}" if self.owner else self.code


class JournalEntry(TenantRecord):
    """One business event in the books; `ref` makes booking it twice impossible."""

    append_only = True

    ref = models.CharField(_("reference"), max_length=120)
    description = models.CharField(_("text"), max_length=200)
    occurred_at = models.DateTimeField(_("occurred"))
    posting_count = models.PositiveSmallIntegerField(_("postings"))

    class Meta(TenantRecord.Meta):
        verbose_name = _("journal entry")
        verbose_name_plural = _("journal entries")
        ordering = ("-id",)
        indexes = (models.Index(fields=("tenant", "occurred_at"), name="entries_by_time"),)
        constraints = (
            models.UniqueConstraint(fields=("tenant", "ref"), name="an_entry_is_booked_once"),
        )

    def __str__(self) -> str:
        return entry_text(self.description) or self.ref


class Posting(TenantRecord):
    """One side of an entry: debit above zero, credit below, in minor units; never changed."""

    append_only = True

    entry = models.ForeignKey(JournalEntry, on_delete=models.PROTECT, related_name="postings")
    account = models.ForeignKey(LedgerAccount, on_delete=models.PROTECT, related_name="postings")
    amount_minor = models.BigIntegerField(_("amount"))

    class Meta(TenantRecord.Meta):
        verbose_name = _("posting")
        verbose_name_plural = _("postings")
        constraints = (
            models.CheckConstraint(
                condition=~models.Q(amount_minor=0), name="a_posting_moves_something"
            ),
        )

    def __str__(self) -> str:
        return f"{self.account_id} {self.amount_minor}"
