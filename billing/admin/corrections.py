"""Admin pages of corrections: dry run, carrying out, progress, what needs a person."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing.admin.correction_forms import CorrectionForm
from billing.correction_wording import (
    REFUSALS,
    advice_for,
    moves_in_words,
    outcome_in_words,
    problem_in_words,
    refusal_in_words,
    totals_in_words,
)
from billing.models import Correction, CorrectionRun, CorrectionTask, Refund, Settlement
from billing.selectors.correction_plans import CorrectionPlan, Refusal
from billing.selectors.corrections import TooManySessions, plan_corrections
from billing.services.corrections import NothingToCorrect, PlanChanged, start_corrections
from billing.services.refunds import GivenBack, give_back_by_hand, refund_again
from billing.services.settlements import withdraw_again
from billing.wording import money
from sessions_app.models import ChargingSession
from tenants.access import Right
from tenants.admin import TenantAdmin, coloured, may
from tenants.models import User

STATES = {
    "closing": "info",
    "refunding": "info",
    "done": "success",
    "needs_person": "danger",
}
# How many sessions the dry run lists; the totals are of all of them.
SHOWN = 200


@admin.register(Correction)
class CorrectionAdmin(TenantAdmin):
    """Corrections and where their money is."""

    view_right = Right.MONEY
    change_form_template = "billing/correction.html"
    change_list_template = "billing/corrections.html"
    list_display = (
        "corrected_at",
        "session",
        "kind",
        "shown_old",
        "shown_new",
        "shown_difference",
        "shown_state",
    )
    list_select_related = ("session__charge_point", "settlement")
    list_filter = ("settlement__state", "kind")
    list_display_links = ("corrected_at", "session")
    empty_text = _("A charge is corrected from the page of its session, or many at once.")

    def get_urls(self) -> list[URLPattern]:
        """The admin's own, and the steps of a correction."""
        view = self.admin_site.admin_view
        return [
            path("correct/", view(self.correct), name="correct-sessions"),
            path("runs/<uuid:pk>/", view(self.show_run), name="correction-run"),
            path("<uuid:pk>/mend/", view(self.mend), name="mend-correction"),
            *super().get_urls(),
        ]

    def correct(self, request: HttpRequest) -> HttpResponse:
        """Ask what, show the dry run, carry it out."""
        if not may(request, Right.MONEY):
            raise PermissionDenied
        posted = request.POST if request.method == "POST" else None
        form = CorrectionForm(posted, initial={"session": request.GET.get("session")})
        context: dict[str, Any] = {"form": form, "session": _session_named(request)}
        if form.is_valid() and request.POST.get("act") != "change":
            done = self._look_or_carry_out(request, form, context)
            if done is not None:
                return done
        return self._page(request, "correct", _t("Correct"), context)

    def show_run(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """How far a run has come, and what was left as it was."""
        if not may(request, Right.MONEY):
            raise PermissionDenied
        run = CorrectionRun.objects.select_related("actor", "tariff_version__tariff")
        found = run.filter(pk=pk).first()
        if found is None:
            raise Http404
        return self._page(request, "correction_run", _t("Correction"), run_context(found))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The correction's page."""
        correction = self.get_object(request, object_id)
        context = dict(extra_context or {})
        if isinstance(correction, Correction):
            context |= correction_context(correction)
        response: HttpResponse = super().change_view(request, object_id, form_url, context)
        return response

    def mend(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Try again, or say that the driver has the money."""
        if request.method != "POST" or not may(request, Right.MONEY):
            raise PermissionDenied
        correction = Correction.objects.select_related("settlement").filter(pk=pk).first()
        if correction is None:
            raise Http404
        if _mended(request, correction.settlement):
            messages.success(request, _t("Noted."))
        else:
            messages.error(request, _t("There is nothing to mend in that way any more."))
        return HttpResponseRedirect(reverse("admin:billing_correction_change", args=(pk,)))

    @admin.display(description=_("before"))
    def shown_old(self, correction: Correction) -> str:
        """With currency."""
        return money(correction.old_gross_minor, correction.currency)

    @admin.display(description=_("after"))
    def shown_new(self, correction: Correction) -> str:
        """With currency."""
        return money(correction.new_gross_minor, correction.currency)

    @admin.display(description=_("difference"))
    def shown_difference(self, correction: Correction) -> str:
        """With currency."""
        return money(correction.difference_minor, correction.currency)

    @coloured(_("money"), STATES)
    def shown_state(self, correction: Correction) -> tuple[str, str]:
        """Colour by state."""
        settlement = correction.settlement
        return settlement.state, str(settlement.get_state_display())

    def _look_or_carry_out(
        self, request: HttpRequest, form: CorrectionForm, context: dict[str, Any]
    ) -> HttpResponse | None:
        """The next page, or None with the dry run or an error put into this one."""
        now = timezone.now()
        wanted = form.request_made(now)
        try:
            if request.POST.get("act") == "carry_out":
                run = start_corrections(
                    request=wanted,
                    digest=request.POST.get("digest", ""),
                    reason=form.cleaned_data["reason"],
                    actor=_person(request),
                    now=now,
                )
                return HttpResponseRedirect(reverse("admin:correction-run", args=(run.pk,)))
            plan = plan_corrections(wanted)
        except PlanChanged as changed:
            messages.warning(request, _t("Something changed since the dry run. Look at it again."))
            plan = changed.plan
        except TooManySessions as many:
            text = _t("More than %s sessions at once: choose a shorter period.")
            form.add_error(None, text % many)
            return None
        except NothingToCorrect:
            messages.warning(request, _t("There is nothing to correct any more."))
            plan = plan_corrections(wanted)
        context |= plan_context(plan)
        return None

    def _page(
        self, request: HttpRequest, name: str, title: str, context: dict[str, Any]
    ) -> HttpResponse:
        known = {**self.admin_site.each_context(request), "title": title, "opts": self.opts}
        return TemplateResponse(request, f"billing/{name}.html", {**known, **context})


def plan_context(plan: CorrectionPlan) -> dict[str, Any]:
    """What the dry run's page shows."""
    known_at = plan.request.prices_known_at
    refused = [one for one in plan.refused if one.refusal is not Refusal.UNCHANGED]
    return {
        "plan": plan,
        "known_at": "" if known_at is None else known_at.isoformat(),
        "totals": totals_in_words(plan),
        "moves": moves_in_words(plan),
        "rows": [
            {
                "session": one.session,
                "before": money(one.old.gross_minor, one.charge.currency),
                "after": money(one.new.gross_minor, one.charge.currency),
                "outcome": outcome_in_words(one),
            }
            for one in plan.corrections[:SHOWN]
        ],
        "not_shown": max(len(plan.corrections) - SHOWN, 0),
        "refused": [(one.session, refusal_in_words(one)) for one in refused[:SHOWN]],
    }


def run_context(run: CorrectionRun) -> dict[str, Any]:
    """Progress and outcome of a run."""
    state = CorrectionTask.State
    counts = CorrectionTask.objects.filter(run=run).aggregate(
        done=Count("pk", filter=Q(state=state.DONE)),
        refused=Count("pk", filter=Q(state=state.REFUSED)),
        waiting=Count("pk", filter=Q(state=state.PENDING)),
    )
    left = CorrectionTask.objects.filter(run=run, state=state.REFUSED)
    made = Correction.objects.filter(run=run).select_related(
        "session__charge_point", "settlement", "credit_note", "new_charge__invoice"
    )
    return {
        "run": run,
        **counts,
        "percent": 100 * (run.session_count - counts["waiting"]) // max(run.session_count, 1),
        "refused_rows": [
            (task.charge.session, REFUSALS.get(task.problem, task.problem))
            for task in left.select_related("charge__session__charge_point")[:SHOWN]
        ],
        "made": [_made(correction) for correction in made[:SHOWN]],
    }


def correction_context(correction: Correction) -> dict[str, Any]:
    """What the page of one correction shows."""
    refunds = list(Refund.objects.filter(settlement=correction.settlement).order_by("id"))
    stuck = (Refund.State.REFUSED, Refund.State.FAILED)
    needs_person = correction.settlement.state == Settlement.State.NEEDS_PERSON
    return {
        "correction": correction,
        "made": _made(correction),
        "refunds": [
            {
                "row": refund,
                "amount": money(refund.amount_minor, refund.currency),
                "is_stuck": refund.state in stuck,
                "can_retry": refund.state == Refund.State.REFUSED,
            }
            for refund in refunds
        ],
        "problem": problem_in_words(correction.settlement.problem),
        "advice": advice_for(correction.settlement, refunds),
        "can_withdraw_again": needs_person and not refunds,
    }


def _made(correction: Correction) -> dict[str, Any]:
    new = correction.new_charge
    currency = correction.currency
    return {
        "row": correction,
        "note": getattr(correction, "credit_note", None),
        "invoice": None if new is None else getattr(new, "invoice", None),
        "before": money(correction.old_gross_minor, currency),
        "after": money(correction.new_gross_minor, currency),
        "state": correction.settlement.get_state_display(),
    }


def _session_named(request: HttpRequest) -> ChargingSession | None:
    wanted = _id(request.POST.get("session") or request.GET.get("session"))
    sessions = ChargingSession.objects.select_related("charge_point")
    return None if wanted is None else sessions.filter(pk=wanted).first()


def _id(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None


def _person(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def _mended(request: HttpRequest, settlement: Settlement) -> bool:
    act, now = request.POST.get("act"), timezone.now()
    if act == "withdraw":
        return withdraw_again(settlement_id=settlement.pk, now=now)
    wanted = _id(request.POST.get("refund"))
    refunds = Refund.objects.filter(settlement=settlement)
    refund = None if wanted is None else refunds.filter(pk=wanted).first()
    if refund is None:
        return False
    if act == "again":
        return refund_again(refund_id=refund.pk, now=now)
    if act in set(GivenBack):
        how = GivenBack(str(act))
        return give_back_by_hand(refund_id=refund.pk, how=how, actor=_person(request), now=now)
    return False
