"""Admin pages of who gets which tariff, and why."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing.admin.tariff_forms import AssignForm, EndForm, QuestionForm, tomorrow
from billing.admin.tariff_pages import by_whom, explain_conflict, state_of
from billing.editor.words import tariff_in_words
from billing.models import TariffAssignment, TariffLevel
from billing.selectors.tariffs import assignments_for, find_version, tariff_facts
from billing.services.tariffs import TariffTimeConflict, assign_tariff, end_assignment
from tenants.access import Right
from tenants.admin import TenantAdmin, coloured, may

COLOURS = {"muted": "default", "info": "info", "success": "success"}
TARGETS = ("driver", "driver_group", "connector__charge_point", "charge_point", "site")


@admin.register(TariffAssignment)
class TariffAssignmentAdmin(TenantAdmin):
    """Who gets which tariff from when to when; begun and ended here, never rewritten."""

    add_right = Right.MONEY
    list_display = ("shown_target", "level", "tariff", "valid_from", "valid_to", "shown_state")
    list_display_links = ("shown_target",)
    list_filter = ("level",)
    list_select_related = ("tariff", *TARGETS)
    list_before_template: Any = "billing/tariff_assignments_intro.html"
    empty_text = _("Nobody gets a tariff yet, so sessions are not priced. Begin with everywhere.")

    @admin.display(description=_("for whom or where"))
    def shown_target(self, row: TariffAssignment) -> str:
        """The driver, group or place."""
        return str(row.target or row.get_level_display())

    @coloured(_("state"), COLOURS)
    def shown_state(self, row: TariffAssignment) -> tuple[str, str]:
        """Whether it holds now."""
        state = state_of(row.valid_from, row.valid_to, timezone.now())
        return state.colour, state.text

    def get_urls(self) -> list[URLPattern]:
        """The admin's own, and the question."""
        view = self.admin_site.admin_view
        return [
            path("question/", view(self.question), name="ask-for-tariff"),
            *super().get_urls(),
        ]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Let somebody or some place have a tariff."""
        if not may(request, Right.MONEY):
            raise PermissionDenied
        initial = {"valid_from": tomorrow(), **request.GET.dict()}
        form = AssignForm(request.POST or None, initial=initial)
        if form.is_valid() and _assign(request, form):
            return HttpResponseRedirect(reverse("admin:billing_tariffassignment_changelist"))
        return self._page(request, "assign", _t("Who gets which tariff"), {"form": form})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show an assignment, and end it."""
        row = self.get_object(request, object_id)
        if not isinstance(row, TariffAssignment):
            raise Http404
        now = timezone.now()
        form = EndForm(request.POST or None, initial={"at": tomorrow()})
        if request.method == "POST":
            if not may(request, Right.MONEY):
                raise PermissionDenied
            if form.is_valid() and _end(request, row, form):
                return HttpResponseRedirect(reverse("admin:billing_tariffassignment_changelist"))
        context = {
            "row": row,
            "form": form,
            "state": state_of(row.valid_from, row.valid_to, now),
            "may_end": may(request, Right.MONEY) and (row.valid_to is None or row.valid_to > now),
        }
        return self._page(request, "assignment", str(row), context)

    def question(self, request: HttpRequest) -> HttpResponse:
        """Which tariff would somebody get somewhere at some time, and why."""
        if not may(request, Right.VIEW):
            raise PermissionDenied
        form = QuestionForm(request.GET or None, initial={"at": timezone.localtime()})
        context: dict[str, Any] = {"form": form}
        if form.is_bound and form.is_valid():
            context |= _answer(form)
        return self._page(request, "question", _t("Which tariff would it be?"), context)

    def _page(
        self, request: HttpRequest, name: str, title: str, context: dict[str, Any]
    ) -> HttpResponse:
        known = {**self.admin_site.each_context(request), "title": title, "opts": self.opts}
        return TemplateResponse(request, f"billing/tariff_{name}.html", {**known, **context})


def _answer(form: QuestionForm) -> dict[str, Any]:
    """Every assignment that fits, the first with prices in force being the one."""
    at = form.cleaned_data["at"]
    fitting = assignments_for(form.target, at).select_related("tariff", *TARGETS)
    steps = [(row, find_version(tariff_id=row.tariff_id, at=at)) for row in fitting]
    chosen = next(((row, version) for row, version in steps if version is not None), None)
    words = tariff_in_words(tariff_facts(chosen[1])) if chosen else []
    return {"is_answered": True, "steps": steps, "chosen": chosen, "words": words}


def _assign(request: HttpRequest, form: AssignForm) -> bool:
    """Assign, or say at the field why it cannot begin then."""
    entered, now = form.cleaned_data, timezone.now()
    level, target_id = TariffLevel(entered["level"]), form.target_id
    try:
        assign_tariff(
            tariff_id=entered["tariff"].pk,
            level=level,
            target_id=target_id,
            valid_from=entered["valid_from"],
            now=now,
            assigned_by=by_whom(request),
        )
    except TariffTimeConflict:
        others = TariffAssignment.objects.filter(level=level)
        if target_id is not None:
            others = others.filter(**{f"{level.value}_id": target_id})
        form.add_error("valid_from", explain_conflict(others, entered["valid_from"], now))
        return False
    messages.success(request, _t("It is noted who gets the tariff."))
    return True


def _end(request: HttpRequest, row: TariffAssignment, form: EndForm) -> bool:
    try:
        end_assignment(assignment_id=row.pk, at=form.cleaned_data["at"], now=timezone.now())
    except TariffTimeConflict:
        form.add_error("at", _t("Choose a time to come, before the time at which it ends already."))
        return False
    messages.success(request, _t("It ends then."))
    return True
