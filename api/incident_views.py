"""The endpoints of incidents, planned work and work orders."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar

from django.db import transaction
from django.db.models import Prefetch, Q, QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers as drf
from rest_framework.decorators import action
from rest_framework.mixins import CreateModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from anomalies.models import Incident, Maintenance, WorkNote, WorkOrder
from anomalies.services import Place, acknowledge_incident, judge_incident
from anomalies.services.maintenance import end_maintenance, plan_maintenance
from anomalies.services.work_orders import (
    add_note,
    cancel_work,
    finish_work,
    start_work,
)
from api import filters
from api import incident_serializers as shapes
from api.authentication import label_of
from api.errors import Conflict, ErrorAnswer
from api.views import TenantReadOnly
from tenants.access import Right

CONTROL: dict[str, Right] = {"POST": Right.CONTROL}


class IncidentViewSet(TenantReadOnly):
    """What is wrong, why, and what was done about it."""

    model = Incident
    filterset_class = filters.IncidentFilter

    def get_queryset(self) -> QuerySet[Incident]:
        """The rows with what their answers show."""
        rows = Incident.objects.select_related("charge_point")
        if self.action == "list":
            return rows.defer("evidence")
        return rows.select_related("work_order").prefetch_related("steps", "parts")

    def get_serializer_class(self) -> type[drf.BaseSerializer[Any]]:
        """Evidence and repairs only for one incident."""
        if self.action == "list":
            return shapes.IncidentSerializer
        return shapes.IncidentDetailSerializer

    @extend_schema(
        summary="Say that somebody has seen it",
        request=None,
        responses={200: shapes.IncidentDetailSerializer},
    )
    @action(detail=True, methods=["post"], rights=CONTROL)
    def acknowledge(self, request: Request, pk: str) -> Response:
        """Changes nothing when somebody has said so before."""
        incident = get_object_or_404(self.get_queryset(), pk=pk)
        acknowledge_incident(incident=incident, actor=label_of(request), now=timezone.now())
        return self.retrieve(request, pk=pk)

    @extend_schema(
        summary="Say whether it was right",
        request=shapes.VerdictSerializer,
        responses={200: shapes.IncidentDetailSerializer},
    )
    @action(detail=True, methods=["post"], rights=CONTROL)
    def verdict(self, request: Request, pk: str) -> Response:
        """Counts in the record of the rule; said again, the last word counts."""
        incident = get_object_or_404(self.get_queryset(), pk=pk)
        said = shapes.VerdictSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        judge_incident(
            incident=incident,
            verdict=Incident.Verdict(said.validated_data["verdict"]),
            cause=said.validated_data["cause"],
            actor=label_of(request),
            now=timezone.now(),
        )
        return self.retrieve(request, pk=pk)

    @extend_schema(
        summary="Mute its place for maintenance, from now on",
        request=shapes.MuteSerializer,
        responses={201: shapes.MaintenanceSerializer},
    )
    @action(detail=True, methods=["post"], rights=CONTROL)
    def mute(self, request: Request, pk: str) -> Response:
        """The answer is the maintenance; end it at `/maintenance/{id}/end`."""
        incident = get_object_or_404(self.get_queryset(), pk=pk)
        now = timezone.now()
        wish = shapes.MuteSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        if wish.validated_data["ends_at"] <= now:
            raise drf.ValidationError({"ends_at": _("The end has to come after the start.")})
        maintenance = plan_maintenance(
            place=Place(incident.charge_point_id, incident.connector_id, incident.site_id),
            starts_at=now,
            set_by=label_of(request),
            now=now,
            **wish.validated_data,
        )
        return Response(shapes.MaintenanceSerializer(maintenance).data, status=201)


class MaintenanceViewSet(CreateModelMixin, TenantReadOnly):
    """Planned work, during which nobody is told and nothing is repaired by itself."""

    model = Maintenance
    serializer_class = shapes.MaintenanceSerializer
    filterset_class = filters.MaintenanceFilter
    rights: ClassVar[dict[str, Right]] = CONTROL

    @extend_schema(summary="Plan maintenance")
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Of one site, charge point or connector; one of the past is refused."""
        return super().create(request, *args, **kwargs)

    def perform_create(self, serializer: drf.BaseSerializer[Maintenance]) -> None:
        """Through the service, which mutes what is open there."""
        asked = serializer.validated_data
        now = timezone.now()
        if asked["ends_at"] <= now:
            raise drf.ValidationError({"ends_at": _("The end has passed already.")})
        serializer.instance = plan_maintenance(
            place=Place(
                asked.get("charge_point_id"), asked.get("connector_id"), asked.get("site_id")
            ),
            starts_at=asked["starts_at"],
            ends_at=asked["ends_at"],
            reason=asked["reason"],
            set_by=label_of(self.request),
            now=now,
        )

    @extend_schema(
        summary="End maintenance now, or call it off",
        request=None,
        responses={204: None, 409: ErrorAnswer},
    )
    @action(detail=True, methods=["post"], rights=CONTROL)
    def end(self, request: Request, pk: str) -> Response:
        """What is still wrong is told of again."""
        maintenance = get_object_or_404(self.get_queryset(), pk=pk)
        if not end_maintenance(maintenance=maintenance, now=timezone.now()):
            raise Conflict(_("The maintenance is over already."))
        return Response(status=204)


class WorkOrderViewSet(TenantReadOnly):
    """What people have to see to on site."""

    model = WorkOrder
    filterset_class = filters.WorkOrderFilter

    def get_queryset(self) -> QuerySet[WorkOrder]:
        """The rows with what their answers show."""
        rows = WorkOrder.objects.select_related("incident", "assignee__user")
        if self.action == "list":
            return rows
        notes = WorkNote.objects.defer("photo").annotate(has_photo=Q(photo__isnull=False))
        return rows.prefetch_related(Prefetch("notes", queryset=notes))

    def get_serializer_class(self) -> type[drf.BaseSerializer[Any]]:
        """Notes only for one order."""
        if self.action == "list":
            return shapes.WorkOrderSerializer
        return shapes.WorkOrderDetailSerializer

    @extend_schema(
        summary="Begin the work",
        request=None,
        responses={200: shapes.WorkOrderDetailSerializer, 409: ErrorAnswer},
    )
    @action(detail=True, methods=["post"], rights=CONTROL)
    def start(self, request: Request, pk: str) -> Response:
        """Whoever the order is given to keeps it."""

        def start(order: WorkOrder, now: datetime) -> bool:
            return start_work(order=order, member=None, now=now)

        return self._move(request, pk, start)

    @extend_schema(
        summary="Say that the work is done",
        request=shapes.DoneSerializer,
        responses={200: shapes.WorkOrderDetailSerializer, 409: ErrorAnswer},
    )
    @action(detail=True, methods=["post"], rights=CONTROL)
    def done(self, request: Request, pk: str) -> Response:
        """What was taken out of service goes back; the next good session ends the incident."""
        said = shapes.DoneSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        author, text = label_of(request), said.validated_data["text"]

        def finish(order: WorkOrder, now: datetime) -> bool:
            if not finish_work(order=order, actor=author, now=now):
                return False
            if text.strip():
                add_note(order=order, author=author, text=text)
            return True

        return self._move(request, pk, finish)

    @extend_schema(
        summary="Cancel: nobody has to go",
        request=None,
        responses={200: shapes.WorkOrderDetailSerializer, 409: ErrorAnswer},
    )
    @action(detail=True, methods=["post"], rights=CONTROL)
    def cancel(self, request: Request, pk: str) -> Response:
        """The incident stays as it is."""
        return self._move(request, pk, lambda order, now: cancel_work(order=order))

    @extend_schema(
        summary="Write a note",
        request=shapes.NoteSerializer,
        responses={201: shapes.WorkOrderDetailSerializer},
    )
    @action(detail=True, methods=["post"], rights=CONTROL)
    def notes(self, request: Request, pk: str) -> Response:
        """Notes are kept as they are."""
        order = get_object_or_404(self.get_queryset(), pk=pk)
        said = shapes.NoteSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        add_note(order=order, author=label_of(request), text=said.validated_data["text"])
        order = get_object_or_404(self.get_queryset(), pk=pk)
        return Response(shapes.WorkOrderDetailSerializer(order).data, status=201)

    def _move(
        self, request: Request, pk: str, move: Callable[[WorkOrder, datetime], bool]
    ) -> Response:
        """Change the state, or answer 409 when the order is in another one."""
        order = get_object_or_404(self.get_queryset(), pk=pk)
        with transaction.atomic():
            if not move(order, timezone.now()):
                raise Conflict(_("The work order is in another state: %s.") % order.state)
        return self.retrieve(request, pk=pk)
