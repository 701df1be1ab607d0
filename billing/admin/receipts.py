"""Admin pages of the public links of receipts."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from billing.models import ReceiptLink
from billing.services.receipt_links import (
    receipt_token,
    renew_receipt_link,
    revoke_receipt_link,
)
from tenants.access import Right
from tenants.admin import TenantAdmin, coloured


@admin.register(ReceiptLink)
class ReceiptLinkAdmin(TenantAdmin):
    """Who has a link reads the receipt; here it is renewed or revoked."""

    view_right = change_right = Right.MONEY
    list_display = ("session", "shown_state", "created_at", "renewed_at")
    list_select_related = ("session__charge_point",)
    fields = ("session", "shown_state", "shown_link", "created_at", "renewed_at", "revoked_at")
    readonly_fields = fields
    actions = ("renew", "revoke")
    empty_text = _("A receipt gets its link when somebody first asks for it, on a session's page.")

    @coloured(_("state"), {"open": "success", "revoked": "danger"})
    def shown_state(self, link: ReceiptLink) -> tuple[str, str]:
        """Whether it opens the receipt."""
        if link.revoked_at is None:
            return "open", str(_("Open"))
        return "revoked", str(_("Revoked"))

    @admin.display(description=_("receipt"))
    def shown_link(self, link: ReceiptLink) -> SafeString | str:
        """The receipt itself, while it is open."""
        token = receipt_token(link.session)
        if token is None:
            return "-"
        address = reverse("receipt", args=(token,))
        return format_html('<a class="laddbok-link" href="{}">{}</a>', address, _("Receipt"))

    @admin.action(description=_("New link: the old one stops at once"), permissions=("change",))
    def renew(self, request: HttpRequest, queryset: Any) -> None:
        """Give each chosen receipt a new link."""
        for link in queryset:
            renew_receipt_link(link=link, now=timezone.now())

    @admin.action(description=_("Revoke: the link stops at once"), permissions=("change",))
    def revoke(self, request: HttpRequest, queryset: Any) -> None:
        """Close each chosen receipt to the public."""
        for link in queryset:
            revoke_receipt_link(link=link, now=timezone.now())
