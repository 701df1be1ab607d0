"""Admin pages of what-if: a question is asked, and its answer shown."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget

from billing.admin.what_if_page import answer_context, tried_name
from billing.models import TariffDraft, TariffVersion, WhatIfRun
from billing.services.what_if import Question, WhatIfRefused, ask_what_if, check_question
from tenants.access import Right
from tenants.admin import TenantAdmin, coloured
from tenants.models import User

_WRONG = {
    "tried": _("This cannot be tried on past sessions: %s."),
    "weeks": _("From 1 to 53 weeks."),
    "off_peak_to_hour": _("Full hours of a day, 0 to 23, that are not the same."),
    "elasticity_high_pct": _("Percent from 0 to 100, the highest not under the lowest."),
}


class WhatIfForm(forms.ModelForm):  # type: ignore[type-arg]
    """Which tariff is tried, over how many weeks, and how drivers may answer."""

    tried = forms.ChoiceField(
        label=capfirst(_("try")),
        widget=UnfoldAdminSelectWidget,
        help_text=_("A draft or a version; it prices the past sessions of its own tariff."),
    )

    class Meta:
        model = WhatIfRun
        fields = (
            "weeks",
            "off_peak",
            "off_peak_from_hour",
            "off_peak_to_hour",
            "off_peak_weekends",
            "elasticity_low_pct",
            "elasticity_high_pct",
        )
        help_texts = {
            "weeks": _("Whole weeks until yesterday."),
            "off_peak": _("If no hour is cheaper than another, the hours below are used."),
            "elasticity_low_pct": _(
                "By so many percent charging in an hour falls when its price, compared with"
                " off-peak, doubles. An assumption: 10 to 60 is a wide range."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "tried" in self.fields:
            self.fields["tried"].choices = _choices()  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Refuse what cannot be computed, at the field that is wrong."""
        entered: dict[str, Any] = super().clean() or {}
        if self.errors or "tried" not in entered:
            return entered
        try:
            check_question(question_of(entered))
        except WhatIfRefused as why:
            text = str(_WRONG[why.field])
            self.add_error(why.field, text % why if "%s" in text else text)
        return entered


def question_of(entered: dict[str, Any]) -> Question:
    """What was entered, as a question."""
    tariff_id, _colon, version_id = entered["tried"].partition(":")
    numbers = {name: value for name, value in entered.items() if name != "tried"}
    return Question(UUID(tariff_id), UUID(version_id) if version_id else None, **numbers)


def _choices() -> list[tuple[str, str]]:
    drafts = TariffDraft.objects.select_related("tariff").order_by("tariff__name")
    versions = TariffVersion.objects.select_related("tariff").order_by("tariff__name", "-number")
    return [
        *((f"{row.tariff_id}:", _t("%s, draft") % row.tariff) for row in drafts),
        *((f"{row.tariff_id}:{row.pk}", str(row)) for row in versions),
    ]


@admin.register(WhatIfRun)
class WhatIfRunAdmin(TenantAdmin):
    """Asked here, never changed; the answer comes from a worker."""

    view_right = add_right = Right.MONEY
    form = WhatIfForm
    change_form_template = "billing/what_if.html"
    add_form_template = "admin/change_form.html"
    list_display = ("shown_tried", "weeks", "day_to", "shown_state", "created_at")
    list_select_related = ("tariff", "version")
    empty_text = _(
        "Write a draft of a tariff, then add a what-if: past sessions are priced by it, and you see"
        " revenue, peak power and off-peak share before and after."
    )

    @admin.display(description=_("tried"))
    def shown_tried(self, run: WhatIfRun) -> str:
        """Version or draft."""
        return tried_name(run)

    @coloured(
        _("state"), {"pending": "info", "running": "info", "done": "success", "failed": "danger"}
    )
    def shown_state(self, run: WhatIfRun) -> tuple[str, str]:
        """Colour by state."""
        return run.state, str(run.get_state_display())

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The question; an answer has a page of its own."""
        return ("tried", *WhatIfForm.Meta.fields) if obj is None else ()

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The answer's page."""
        run = self.get_object(request, object_id)
        context = dict(extra_context or {})
        if isinstance(run, WhatIfRun):
            context |= answer_context(run)
        response: HttpResponse = super().change_view(request, object_id, form_url, context)
        return response

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Ask through the service."""
        asked_by = request.user if isinstance(request.user, User) else None
        made = ask_what_if(question_of(form.cleaned_data), asked_by=asked_by, now=timezone.now())
        obj.pk = made.pk
        obj._state.adding = False

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """On to the page where the answer will be."""
        return HttpResponseRedirect(reverse("admin:billing_whatifrun_change", args=(obj.pk,)))

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """The row itself says who asked."""
        return None
