"""The admin's pages of thresholds that operators move, and of connectors by their health."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget

from anomalies.models import RuleSetting
from anomalies.rule_wording import Movable, movables
from anomalies.selectors.health import health_of_connectors
from anomalies.wording import explain
from chargepoints.models import ChargePoint, ModelProfile
from tenants.access import Principal, Right
from tenants.admin import TenantAdmin


class RuleSettingForm(forms.ModelForm):  # type: ignore[type-arg]
    """Which threshold, for which stations, and its value within the bounds."""

    threshold = forms.ChoiceField(
        label=capfirst(_("threshold")),
        widget=UnfoldAdminSelectWidget,
        help_text=_("In brackets: the platform's own value, and the bounds it may be moved in."),
    )
    value = forms.IntegerField(
        label=capfirst(_("value")),
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=_("A whole number, in the unit of the threshold."),
    )

    class Meta:
        model = RuleSetting
        fields = ("value",)  # the model is added with the request, in its scope

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """What is set already is what it was."""
        super().__init__(*args, **kwargs)
        chosen: Any = self.fields["threshold"]
        chosen.choices = [(key, _choice(each)) for key, each in movables().items()]
        if self.instance.rule:
            chosen.initial = f"{self.instance.rule}.{self.instance.name}"
        profile: Any = self.fields.get("profile")
        if profile is not None:
            profile.queryset = ModelProfile.objects.all()
            profile.required = False
            profile.help_text = _("Empty: for every station.")

    def clean(self) -> dict[str, Any]:
        """A value outside the bounds would switch the rule off or make it cry at everything."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        movable = movables().get(cleaned.get("threshold", ""))
        value = cleaned.get("value")
        if movable is None:
            return cleaned
        self.instance.rule, self.instance.name = movable.rule, movable.name
        if value is not None and not movable.low <= value <= movable.high:
            between = {
                "value": movable.shown(value),
                "low": movable.shown(movable.low),
                "high": movable.shown(movable.high),
            }
            text = _("%(value)s is outside the bounds: choose %(low)s to %(high)s.") % between
            self.add_error("value", text)
        return cleaned

    def validate_unique(self) -> None:
        """Each threshold is set once for every station, and once for each model."""
        same = RuleSetting.objects.filter(
            profile=self.cleaned_data.get("profile"),
            rule=self.instance.rule,
            name=self.instance.name,
        ).exclude(pk=self.instance.pk)
        if self.instance.rule and same.exists():
            self.add_error("threshold", _("This threshold is set already: change that setting."))


@admin.register(RuleSetting)
class RuleSettingAdmin(TenantAdmin):
    """Thresholds that differ from the platform's own."""

    form = RuleSettingForm
    add_right = change_right = delete_right = Right.OPERATE
    list_display = ("shown_rule", "profile", "shown_value", "shown_usual", "shown_bounds", "set_by")
    list_display_links = ("shown_rule",)
    list_select_related = ("profile",)
    fields = ("threshold", "profile", "value")
    empty_text = _(
        "Every rule works with the platform's own thresholds. Add a setting to move one, for all"
        " stations or for one model."
    )

    @admin.display(description=_("rule"))
    def shown_rule(self, setting: RuleSetting) -> str:
        """Kind of incident and threshold."""
        movable = _movable_of(setting)
        return str(setting) if movable is None else movable.title

    @admin.display(description=_("value"))
    def shown_value(self, setting: RuleSetting) -> str:
        """With its unit."""
        movable = _movable_of(setting)
        return str(setting.value) if movable is None else movable.shown(setting.value)

    @admin.display(description=_("platform's own"))
    def shown_usual(self, setting: RuleSetting) -> str:
        """What holds without the setting."""
        movable = _movable_of(setting)
        return "-" if movable is None else movable.shown(movable.default)

    @admin.display(description=_("bounds"))
    def shown_bounds(self, setting: RuleSetting) -> str:
        """From and to."""
        movable = _movable_of(setting)
        return "-" if movable is None else f"{movable.low}-{movable.shown(movable.high)}"

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """With whoever set it last."""
        principal: Principal = request.principal  # type: ignore[attr-defined]
        obj.set_by = principal.label
        super().save_model(request, obj, form, change)

    def get_urls(self) -> list[URLPattern]:
        """The admin's own, and the page of health."""
        page = self.admin_site.admin_view(self.show_health)
        return [path("health/", page, name="anomalies_health"), *super().get_urls()]

    def show_health(self, request: HttpRequest) -> HttpResponse:
        """Connectors by their points, the worst first, with the reasons."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        station = _station_asked_for(request)
        found = health_of_connectors(timezone.now(), None if station is None else station.pk)
        title = _t("Health of connectors")
        context = {
            **self.admin_site.each_context(request),
            "title": title if station is None else f"{title}: {station}",
            "opts": self.opts,
            "rows": [
                (health, [(each, explain(each.incident).title) for each in health.reasons])
                for health in found
            ],
        }
        return TemplateResponse(request, "anomalies/health.html", context)


def _choice(movable: Movable) -> str:
    usual, high = movable.shown(movable.default), movable.shown(movable.high)
    return f"{movable.title} ({usual}; {movable.low}-{high})"


def _movable_of(setting: RuleSetting) -> Movable | None:
    return movables().get(f"{setting.rule}.{setting.name}")


def _station_asked_for(request: HttpRequest) -> ChargePoint | None:
    try:
        asked = UUID(request.GET.get("charge_point", ""))
    except ValueError:
        return None
    return ChargePoint.objects.filter(pk=asked).first()
