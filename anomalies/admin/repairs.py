"""The admin's pages of repairs: what may happen by itself, and the ladder of an incident."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget

from anomalies.ladder import ladder_of
from anomalies.models import Incident, RemediationStep, Repair, RepairPolicy
from chargepoints.admin import exact_time
from tenants.access import Right
from tenants.admin import TenantAdmin


@admin.register(RepairPolicy)
class RepairPolicyAdmin(TenantAdmin):
    """Which steps the platform takes without asking."""

    add_right = change_right = Right.OPERATE
    list_display = ("__str__", "trigger", "soft_reset", "hard_reset", "inoperative", "work_order")
    fields = ("trigger", "soft_reset", "hard_reset", "inoperative", "work_order")
    empty_text = _(
        "Without a policy the platform asks stations how they are and writes work orders."
        " Restarts and taking out of service wait for a person."
    )

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """One policy for each organisation."""
        return super().has_add_permission(request) and not RepairPolicy.objects.exists()


class StepForm(forms.Form):
    """Which step to take now."""

    repair = forms.ChoiceField(label=_("step"), widget=UnfoldAdminSelectWidget)

    def __init__(self, incident: Incident, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ladder = ladder_of(incident.action, is_site=incident.charge_point_id is None)
        field: Any = self.fields["repair"]
        left_out = (Repair.WAIT, Repair.RETEST)
        field.choices = [(r.value, r.label) for r in ladder if r not in left_out]


def steps_table(incident: Incident) -> SafeString | str:
    """The ladder: what was done, what came of it, and what would come next."""
    steps = list(RemediationStep.objects.filter(incident=incident).order_by("position"))
    ladder = ladder_of(incident.action, is_site=incident.charge_point_id is None)
    taken = {step.repair for step in steps}
    rows = [_row(step) for step in steps]
    if incident.state == Incident.State.OPEN:
        rows += [(rung.label, "-", "-") for rung in ladder if rung not in taken]
    if not rows:
        return "-"
    heads = ((capfirst(head),) for head in (_("step"), _("outcome"), _("when")))
    return format_html(
        '<div class="laddbok-scroll"><table class="laddbok-table"><thead><tr>{}</tr></thead>'
        "<tbody>{}</tbody></table></div>",
        format_html_join("", "<th>{}</th>", heads),
        format_html_join(
            "", '<tr><td>{}</td><td class="laddbok-wraps">{}</td><td>{}</td></tr>', rows
        ),
    )


def _row(step: RemediationStep) -> tuple[Any, Any, Any]:
    outcome = str(step.get_state_display())
    if step.repair == Repair.WORK_ORDER and step.state == RemediationStep.State.SUCCEEDED:
        outcome = str(_("The work order is written"))
    if step.reason:
        outcome += f": {step.get_reason_display()}"
    if step.asked_by:
        outcome += f" ({step.asked_by})"
    at = step.sent_at or step.ended_at or step.due_at
    return step.get_repair_display(), outcome, exact_time(at)
