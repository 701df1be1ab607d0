"""Admin pages of tariffs: what they cost, and writing what they will cost."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing.admin.tariff_forms import NameForm, PublishForm, StartForm, tomorrow
from billing.admin.tariff_look import look_context
from billing.admin.tariff_pages import (
    by_whom,
    explain_conflict,
    state_of,
    tariff_or_404,
    version_rows,
)
from billing.editor.differences import compare_tariffs
from billing.editor.findings import find_problems
from billing.editor.rows import rows_of
from billing.editor.sheet import Sheet
from billing.editor.starts import Start, start_from
from billing.editor.words import row_in_words, tariff_in_words
from billing.models import Tariff, TariffAssignment, TariffDraft, TariffVersion
from billing.rating import TariffFacts
from billing.selectors.tariff_drafts import draft_facts, standing_versions, version_before
from billing.selectors.tariffs import find_version, tariff_facts, versions_in_force
from billing.services.tariff_drafts import (
    NothingDrafted,
    discard_draft,
    publish_draft,
    save_draft,
    start_tariff,
)
from billing.services.tariffs import TariffTimeConflict, never_below_nothing
from tenants.access import Right
from tenants.admin import TenantAdmin, may
from tenants.models import Tenant
from tenants.scope import required_tenant_id

FIRST_ROWS = 2


@admin.register(Tariff)
class TariffAdmin(TenantAdmin):
    """Named prices: a list, a page for each, an editor, publishing."""

    add_right = change_right = Right.MONEY
    list_display = ("name", "shown_prices", "shown_draft")
    search_fields = ("name",)
    empty_text = _("Without a tariff sessions are not priced. Begin with one price all day.")

    @admin.display(description=_("in force now"))
    def shown_prices(self, tariff: Tariff) -> str:
        """The first prices of the version in force."""
        versions: list[TariffVersion] = tariff.in_force  # type: ignore[attr-defined]
        if not versions:
            return "-"
        version = versions[0]
        prices = tariff_facts(version)
        rows = [row_in_words(row, prices.currency) for row in rows_of(prices)]
        more = f" +{len(rows) - FIRST_ROWS}" if len(rows) > FIRST_ROWS else ""
        return f"v{version.number}: {'; '.join(rows[:FIRST_ROWS])}{more}"

    @admin.display(description=_("draft"), boolean=True)
    def shown_draft(self, tariff: Tariff) -> bool:
        """Whether something is written that is not published."""
        return hasattr(tariff, "draft")

    def get_queryset(self, request: HttpRequest) -> Any:
        """With what the list shows."""
        now_in_force = Prefetch("versions", versions_in_force(timezone.now()), to_attr="in_force")
        rows = super().get_queryset(request).select_related("draft")
        return rows.prefetch_related(now_in_force)

    def get_urls(self) -> list[URLPattern]:
        """The admin's own, and those of writing and publishing."""
        view = self.admin_site.admin_view
        return [
            path("<uuid:pk>/write/", view(self.write), name="write-tariff"),
            path("<uuid:pk>/look/", view(self.look), name="look-at-tariff"),
            path("<uuid:pk>/publish/", view(self.publish), name="publish-tariff"),
            path("<uuid:pk>/discard/", view(self.discard), name="discard-tariff-draft"),
            *super().get_urls(),
        ]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Ask for a name and what to begin with."""
        _require_money(request)
        form = StartForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            tariff = start_tariff(
                name=form.cleaned_data["name"], prices=_first_prices(form), by=by_whom(request)
            )
            return HttpResponseRedirect(reverse("admin:write-tariff", args=(tariff.pk,)))
        return self._page(request, "start", _t("New tariff"), {"form": form})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Say what a tariff costs, cost and will cost, and who gets it."""
        tariff = self.get_object(request, object_id)
        if not isinstance(tariff, Tariff):
            raise Http404
        name_form = NameForm(request.POST or None, initial={"name": tariff.name})
        if request.method == "POST":
            _require_money(request)
            if name_form.is_valid():
                Tariff.objects.filter(pk=tariff.pk).update(name=name_form.cleaned_data["name"])
                return _to_tariff(tariff)
        now = timezone.now()
        given = TariffAssignment.objects.filter(tariff=tariff).select_related(
            "driver", "driver_group", "connector__charge_point", "charge_point", "site"
        )
        version = find_version(tariff_id=tariff.pk, at=now)
        context = {
            "tariff": tariff,
            "name_form": name_form,
            "may_write": may(request, Right.MONEY),
            "draft": TariffDraft.objects.filter(tariff=tariff).select_related("changed_by").first(),
            "version": version,
            "words": tariff_in_words(tariff_facts(version)) if version else [],
            "versions": version_rows(tariff, now),
            "assignments": [(row, state_of(row.valid_from, row.valid_to, now)) for row in given],
        }
        return self._page(request, "page", tariff.name, context)

    def write(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """The editor: keeps the draft, or shows what is wrong with it."""
        _require_money(request)
        tariff = tariff_or_404(pk)
        act = request.POST.get("act", "look") if request.method == "POST" else "open"
        sheet, prices = self._sheet(request, tariff, act)
        if act in ("save", "publish") and prices is not None:
            save_draft(tariff_id=tariff.pk, prices=prices, by=by_whom(request))
            if act == "publish":
                return HttpResponseRedirect(reverse("admin:publish-tariff", args=(tariff.pk,)))
            messages.success(request, _t("The draft is saved; nothing of it is in force yet."))
            return HttpResponseRedirect(reverse("admin:write-tariff", args=(tariff.pk,)))
        context = {"tariff": tariff, "sheet": sheet, "may_discard": hasattr(tariff, "draft")}
        context |= look_context(request, prices, request.POST)
        return self._page(request, "editor", _t("Write %s") % tariff, context)

    def look(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """The right-hand side of the editor for what is typed now; keeps nothing."""
        _require_money(request)
        tariff_or_404(pk)
        if request.method != "POST":
            raise Http404
        sheet = Sheet.of_post(request.POST)
        prices = sheet.read()
        context = {"sheet": sheet, **look_context(request, prices, request.POST)}
        return TemplateResponse(request, "billing/tariff_look.html", context)

    def publish(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Ask from when a draft holds, beside what it changes."""
        _require_money(request)
        tariff = tariff_or_404(pk)
        draft = TariffDraft.objects.filter(tariff=tariff).first()
        if draft is None:
            return _to_tariff(tariff)
        form = PublishForm(request.POST or None, initial={"valid_from": tomorrow()})
        if form.is_valid() and _publish(request, tariff, form):
            return _to_tariff(tariff)
        entered = form.cleaned_data.get("valid_from") if form.is_bound else None
        before = version_before(tariff, entered or tomorrow())
        prices = never_below_nothing(draft_facts(draft))
        context = {
            "tariff": tariff,
            "form": form,
            "before": before,
            "differences": compare_tariffs(tariff_facts(before), prices) if before else [],
            "words": tariff_in_words(prices),
            "findings": find_problems(prices, timezone.localdate()),
        }
        return self._page(request, "publish", _t("Publish %s") % tariff, context)

    def discard(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Throw a draft away."""
        _require_money(request)
        tariff = tariff_or_404(pk)
        if request.method != "POST":
            raise Http404
        discard_draft(tariff_id=tariff.pk)
        messages.success(request, _t("The draft is thrown away."))
        return _to_tariff(tariff)

    def _sheet(
        self, request: HttpRequest, tariff: Tariff, act: str
    ) -> tuple[Sheet, TariffFacts | None]:
        """The forms, and the prices they say if they say any."""
        if act == "open":
            prices = _prices_to_write(tariff)
            return Sheet.of_tariff(prices), prices
        if act in ("save", "publish", "look"):
            sheet = Sheet.of_post(request.POST)
            return sheet, sheet.read()
        return Sheet.as_typed(request.POST, act), None

    def _page(
        self, request: HttpRequest, name: str, title: str, context: dict[str, Any]
    ) -> HttpResponse:
        known = {**self.admin_site.each_context(request), "title": title, "opts": self.opts}
        return TemplateResponse(request, f"billing/tariff_{name}.html", {**known, **context})


def _prices_to_write(tariff: Tariff) -> TariffFacts:
    """The draft, or a copy of the last version, or one price all day."""
    draft = TariffDraft.objects.filter(tariff=tariff).first()
    if draft is not None:
        return draft_facts(draft)
    last = standing_versions(tariff).first()
    return start_from(Start.ONE_PRICE, _currency()) if last is None else tariff_facts(last)


def _first_prices(form: StartForm) -> TariffFacts:
    start = Start(form.cleaned_data["start"])
    if start is Start.COPY:
        return tariff_facts(form.cleaned_data["version"])
    return start_from(start, _currency())


def _currency() -> str:
    tenant = Tenant.objects.get(pk=required_tenant_id())
    return tenant.currency


def _publish(request: HttpRequest, tariff: Tariff, form: PublishForm) -> bool:
    """Publish the draft, or say at the field why it cannot begin then."""
    valid_from, now = form.cleaned_data["valid_from"], timezone.now()
    try:
        version = publish_draft(
            tariff_id=tariff.pk,
            valid_from=valid_from,
            now=now,
            note=form.cleaned_data["note"],
            by=by_whom(request),
        )
    except TariffTimeConflict:
        form.add_error("valid_from", explain_conflict(standing_versions(tariff), valid_from, now))
        return False
    except NothingDrafted:
        form.add_error(None, _t("Somebody else has published or thrown away this draft."))
        return False
    messages.success(request, _t("%s is published.") % version)
    return True


def _require_money(request: HttpRequest) -> None:
    if not may(request, Right.MONEY):
        raise PermissionDenied


def _to_tariff(tariff: Tariff) -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:billing_tariff_change", args=(tariff.pk,)))
