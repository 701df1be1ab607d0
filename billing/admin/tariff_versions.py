"""Admin page of a published tariff version: what it says, and what it changed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _t

from billing.admin.tariff_look import look_context
from billing.admin.tariff_pages import by_whom, state_of
from billing.editor.differences import compare_tariffs
from billing.models import TariffDraft, TariffVersion
from billing.rating import TariffFacts
from billing.selectors.tariff_drafts import draft_facts, standing_versions
from billing.selectors.tariffs import tariff_facts
from billing.services.tariff_drafts import save_draft
from billing.services.tariffs import TariffTimeConflict, withdraw_tariff_version
from tenants.access import Right
from tenants.admin import TenantAdmin, may

DRAFT = "draft"


@admin.register(TariffVersion)
class TariffVersionAdmin(TenantAdmin):
    """Published prices: read, compared, taken back before they begin; never changed."""

    list_display = ("tariff", "number", "valid_from", "valid_to", "currency", "note")
    list_select_related = ("tariff",)

    def get_urls(self) -> list[URLPattern]:
        """The admin's own, and what can be done with a version."""
        view = self.admin_site.admin_view
        return [
            path("<uuid:pk>/withdraw/", view(self.withdraw), name="withdraw-tariff-version"),
            path("<uuid:pk>/rewrite/", view(self.rewrite), name="rewrite-tariff-version"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The version's page."""
        version = self.get_object(request, object_id)
        if not isinstance(version, TariffVersion):
            raise Http404
        now, prices = timezone.now(), tariff_facts(version)
        others = [
            row
            for row in standing_versions(version.tariff).select_related("tariff")
            if row.pk != version.pk
        ]
        draft = TariffDraft.objects.filter(tariff=version.tariff).first()
        asked = request.GET.get("against", "")
        against, differences = _compare(version, prices, others, draft, asked)
        context = {
            **self.admin_site.each_context(request),
            "title": str(version),
            "opts": self.opts,
            "version": version,
            "state": state_of(version.valid_from, version.valid_to, now),
            "may_write": may(request, Right.MONEY),
            "may_withdraw": version.valid_from > now and version.valid_to != version.valid_from,
            "others": others,
            "draft": draft,
            "against": against,
            "differences": differences,
            **look_context(request, prices, request.GET),
        }
        return TemplateResponse(request, "billing/tariff_version.html", context)

    def withdraw(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Take back a version that has not begun."""
        version = _posted(request, pk)
        try:
            withdraw_tariff_version(version_id=version.pk, now=timezone.now())
        except TariffTimeConflict:
            messages.error(request, _t("It has begun, so it can only be followed by a new one."))
        else:
            messages.success(request, _t("%s is taken back.") % version)
        page = reverse("admin:billing_tariff_change", args=(version.tariff_id,))
        return HttpResponseRedirect(page)

    def rewrite(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Begin a draft with a version's prices."""
        version = _posted(request, pk)
        save_draft(tariff_id=version.tariff_id, prices=tariff_facts(version), by=by_whom(request))
        return HttpResponseRedirect(reverse("admin:write-tariff", args=(version.tariff_id,)))


def _compare(
    version: TariffVersion,
    prices: TariffFacts,
    others: list[TariffVersion],
    draft: TariffDraft | None,
    asked: str,
) -> tuple[str, list[Any]]:
    """What is otherwise than in another version: the one asked for, or the one before."""
    if asked == DRAFT and draft is not None:
        return DRAFT, compare_tariffs(prices, draft_facts(draft))
    earlier = [row for row in others if row.number < version.number]
    other = next((row for row in others if str(row.pk) == asked), earlier[0] if earlier else None)
    if other is None:
        return "", []
    pair = (tariff_facts(other), prices)
    is_earlier = other.number < version.number
    return str(other.pk), compare_tariffs(*(pair if is_earlier else pair[::-1]))


def _posted(request: HttpRequest, pk: UUID) -> TariffVersion:
    if request.method != "POST" or not may(request, Right.MONEY):
        raise PermissionDenied
    version = TariffVersion.objects.select_related("tariff").filter(pk=pk).first()
    if version is None:
        raise Http404
    return version
