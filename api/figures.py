"""Key figures over REST: what the page shows, as numbers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers as drf
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from anomalies.selectors.figures import (
    Part,
    Period,
    RepairFigures,
    Scope,
    UseFigures,
    repair_figures,
    use_figures,
)
from tenants.access import Right

LONGEST = timedelta(days=3 * 366)
USUAL_DAYS = 30


class FiguresQuestion(drf.Serializer[Any]):
    """Which period, which outlets, split by what."""

    date_from = drf.DateField(required=False, help_text="Default: 30 days before `date_to`.")
    date_to = drf.DateField(required=False, help_text="Included. Default: yesterday.")
    by = drf.ChoiceField(choices=[part.value for part in Part], default=Part.WHOLE.value)
    site = drf.UUIDField(required=False)
    charge_point = drf.UUIDField(required=False)
    connector = drf.UUIDField(required=False)
    least_power_w = drf.IntegerField(
        required=False, min_value=0, default=0, help_text="50000 for what the UK's law counts."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The end must not come before the start, nor more than three years after."""
        last = attrs.setdefault("date_to", timezone.localdate() - timedelta(days=1))
        first = attrs.setdefault("date_from", last - timedelta(days=USUAL_DAYS - 1))
        if last < first:
            raise drf.ValidationError({"date_to": _("The end comes before the start.")})
        if last - first >= LONGEST:
            raise drf.ValidationError({"date_to": _("At most three years at a time.")})
        return attrs


class TallySerializer(drf.Serializer[Any]):
    """Seconds by condition; `excused_*` are the parts of the outages that NEVI leaves out."""

    total_s = drf.IntegerField()
    up_s = drf.IntegerField()
    failing_s = drf.IntegerField()
    down_s = drf.IntegerField()
    offline_s = drf.IntegerField()
    unknown_s = drf.IntegerField()
    outage_s = drf.IntegerField()
    excluded_s = drf.IntegerField()
    excused_closed_s = drf.IntegerField()
    excused_maintenance_s = drf.IntegerField()
    excused_utility_s = drf.IntegerField()
    excused_vandalism_s = drf.IntegerField()
    excused_disaster_s = drf.IntegerField()
    excused_vehicle_s = drf.IntegerField()
    measured_s = drf.IntegerField()
    not_working_s = drf.IntegerField()


class RepairSerializer(drf.Serializer[Any]):
    """Seconds from the first evidence; null where there was no incident."""

    opened = drf.IntegerField()
    detect_median_s = drf.IntegerField(allow_null=True)
    detect_p95_s = drf.IntegerField(allow_null=True)
    ended = drf.IntegerField()
    repair_median_s = drf.IntegerField(allow_null=True)
    repair_mean_s = drf.IntegerField(allow_null=True)
    repair_p95_s = drf.IntegerField(allow_null=True)
    healed_remotely = drf.IntegerField()
    healed_on_site = drf.IntegerField()
    remote_percent = drf.DecimalField(6, 2, allow_null=True)


class FiguresSerializer(drf.Serializer[Any]):
    """The key figures of one place, day or month. Formulas: docs/key-figures.md."""

    key = drf.CharField(allow_null=True, help_text="Id of the place, or first day.")
    name = drf.CharField()
    outlets = drf.IntegerField()
    attempts = drf.IntegerField()
    charged_attempts = drf.IntegerField()
    visits = drf.IntegerField()
    first_charged = drf.IntegerField()
    charged_visits = drf.IntegerField()
    energy_wh = drf.IntegerField()
    first_attempt_percent = drf.DecimalField(6, 2, allow_null=True)
    visit_percent = drf.DecimalField(6, 2, allow_null=True)
    nevi_percent = drf.DecimalField(6, 2, allow_null=True)
    uk_percent = drf.DecimalField(6, 2, allow_null=True)
    time = TallySerializer(source="tally")
    repair = drf.SerializerMethodField()

    def get_repair(self, row: UseFigures) -> dict[str, Any] | None:
        """Null for days and months: a repair belongs to no single one."""
        repairs: dict[UUID | None, RepairFigures] | None = self.context["repairs"]
        if repairs is None:
            return None
        key = row.key if isinstance(row.key, UUID) else None
        return dict(RepairSerializer(repairs.get(key, RepairFigures(key))).data)


class FiguresView(APIView):
    """Key figures of any period of whole days."""

    rights: ClassVar[dict[str, Right]] = {"GET": Right.VIEW}

    @extend_schema(
        summary="Key figures",
        operation_id="figures",
        parameters=[FiguresQuestion],
        responses={200: FiguresSerializer(many=True)},
    )
    def get(self, request: Request) -> Response:
        """First-attempt success, visits, uptime (NEVI, UK), detection and repair."""
        question = FiguresQuestion(data=request.query_params)
        question.is_valid(raise_exception=True)
        said = question.validated_data
        scope = Scope(
            said.get("site"), said.get("charge_point"), said.get("connector"), said["least_power_w"]
        )
        period, part = Period(said["date_from"], said["date_to"] + timedelta(days=1)), said["by"]
        by_time = part in (Part.DAY, Part.MONTH)
        repairs = None if by_time else repair_figures(scope, period, Part(part))
        rows = use_figures(scope, period, Part(part))
        return Response(FiguresSerializer(rows, many=True, context={"repairs": repairs}).data)
