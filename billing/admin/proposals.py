"""Admin page of proposed credits: the dry run, accepting and declining."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing.admin.corrections import plan_context
from billing.models import CreditProposal
from billing.selectors.proposals import plan_proposal
from billing.services.corrections import NothingToCorrect, PlanChanged, ReasonMissing
from billing.services.proposals import AlreadyDecided, accept_credit, decline_credit
from billing.wording import money
from tenants.access import Right
from tenants.admin import TenantAdmin, coloured, may
from tenants.models import User

PAGE = "admin:billing_creditproposal_change"
STATES = {"proposed": "warning", "accepted": "info", "declined": "default", "done": "success"}


@admin.register(CreditProposal)
class CreditProposalAdmin(TenantAdmin):
    """Credits that findings after the bill propose."""

    view_right = Right.MONEY
    change_form_template = "billing/proposal.html"
    list_display = ("created_at", "session", "kind", "shown_credit", "shown_state", "decided_by")
    list_display_links = ("created_at", "session")
    list_filter = ("state", "kind")
    list_select_related = ("session__charge_point", "decided_by")
    empty_text = _(
        "When a fault of a meter or a copied token is found after the bill, the credit is proposed"
        " here. What is found before the bill holds the session instead."
    )

    def get_urls(self) -> list[URLPattern]:
        """The admin's own, and the decision."""
        view = self.admin_site.admin_view(self.decide)
        return [path("<uuid:pk>/decide/", view, name="decide-credit"), *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The proposal with its dry run as of now."""
        proposal = self.get_object(request, object_id)
        context = dict(extra_context or {})
        if isinstance(proposal, CreditProposal):
            context |= {"proposal": proposal, "credit": _credit(proposal)}
            if proposal.state == CreditProposal.State.PROPOSED:
                context |= plan_context(plan_proposal(proposal))
        response: HttpResponse = super().change_view(request, object_id, form_url, context)
        return response

    def decide(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Accept or decline; a reason is needed."""
        if request.method != "POST" or not may(request, Right.MONEY):
            raise PermissionDenied
        if not isinstance(request.user, User):
            raise PermissionDenied
        if not CreditProposal.objects.filter(pk=pk).exists():
            raise PermissionDenied
        reason, now = request.POST.get("reason", ""), timezone.now()
        try:
            if request.POST.get("act") == "accept":
                digest = request.POST.get("digest", "")
                run = accept_credit(
                    proposal_id=pk, digest=digest, reason=reason, actor=request.user, now=now
                )
                return HttpResponseRedirect(reverse("admin:correction-run", args=(run.pk,)))
            decline_credit(proposal_id=pk, reason=reason, actor=request.user, now=now)
        except ReasonMissing:
            messages.error(request, _t("Reason: say why you decide so."))
        except AlreadyDecided:
            messages.info(request, _t("Somebody has decided already."))
        except PlanChanged:
            messages.warning(request, _t("Something changed since the dry run. Look at it again."))
        except NothingToCorrect:
            messages.warning(request, _t("There is nothing to correct any more."))
        else:
            messages.success(request, _t("Declined: the bill stays as it is."))
        return HttpResponseRedirect(reverse(PAGE, args=(pk,)))

    @admin.display(description=_("credit"))
    def shown_credit(self, proposal: CreditProposal) -> str:
        """With currency."""
        return _credit(proposal)

    @coloured(_("state"), STATES)
    def shown_state(self, proposal: CreditProposal) -> tuple[str, str]:
        """Colour by state."""
        return proposal.state, str(proposal.get_state_display())


def _credit(proposal: CreditProposal) -> str:
    return money(proposal.credit_minor, proposal.currency)
