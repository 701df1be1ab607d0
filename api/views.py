"""The endpoints under `/api/v1/`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers as drf
from rest_framework.decorators import action
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import ReadOnlyModelViewSet

from api import filters, serializers
from api.authentication import label_of
from api.calls import call_forms, make_call
from api.errors import Conflict, ErrorAnswer
from api.pagination import NewestFirst
from billing.models import Invoice
from billing.selectors import revenue_by_day
from chargepoints.models import ChargePoint, Command, Site
from sessions_app.models import ChargingSession, MeterSample
from sessions_app.selectors import session_samples
from sessions_app.services import request_start, request_stop
from tenants.access import Principal, Right
from tenants.models import Tenant, TenantOwned
from tenants.scope import required_tenant_id

LONGEST_REPORT = timedelta(days=366)


class TenantReadOnly(ReadOnlyModelViewSet[Any]):
    """Lists and shows one tenant's rows."""

    pagination_class = NewestFirst
    rights: ClassVar[dict[str, Right]] = {}
    model: ClassVar[type[TenantOwned]]

    def get_queryset(self) -> QuerySet[Any]:
        """The tenant's rows, with what their answers show."""
        return self.model.objects.all()


class LocationViewSet(TenantReadOnly):
    """Places with charge points."""

    model = Site
    serializer_class = serializers.LocationSerializer


class ChargePointViewSet(TenantReadOnly):
    """Stations and their connectors."""

    model = ChargePoint
    serializer_class = serializers.ChargePointSerializer
    filterset_class = filters.ChargePointFilter

    def get_queryset(self) -> QuerySet[ChargePoint]:
        """The rows with what their answers show."""
        return ChargePoint.objects.prefetch_related("connectors")

    @extend_schema(
        summary="Start charging",
        request=serializers.RemoteStartSerializer,
        responses={202: serializers.CommandSerializer},
    )
    @action(detail=True, methods=["post"], url_path="start", rights={"POST": Right.CONTROL})
    def start(self, request: Request, pk: str) -> Response:
        """Send RemoteStartTransaction (1.6) or RequestStartTransaction (2.0.1).

        The answer is the command; follow it at `/commands/{id}`.
        """
        charge_point = get_object_or_404(self.get_queryset(), pk=pk)
        wish = serializers.RemoteStartSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        connector = charge_point.connectors.filter(evse_id=wish.validated_data["evse_id"]).first()
        if connector is None:
            raise drf.ValidationError({"evse_id": _("The charge point has no such EVSE.")})
        command = request_start(
            charge_point=charge_point,
            connector=connector,
            token_uid=wish.validated_data["token"],
            requested_by=label_of(request),
        )
        return Response(serializers.CommandSerializer(command).data, status=202)

    @extend_schema(
        methods=["GET"],
        summary="List the OCPP calls the station knows",
        responses={200: serializers.CallFormSerializer(many=True)},
        filters=False,
    )
    @extend_schema(
        methods=["POST"],
        summary="Send an OCPP call",
        parameters=[
            OpenApiParameter(
                "Idempotency-Key",
                OpenApiTypes.STR,
                OpenApiParameter.HEADER,
                description="At most 64 characters: the same key sends the same call once.",
            )
        ],
        request=serializers.CallSerializer,
        responses={200: serializers.CommandSerializer, 409: ErrorAnswer},
    )
    @action(
        detail=True,
        methods=["get", "post"],
        url_path="calls",
        rights={"POST": Right.CONTROL},
        pagination_class=None,
        filterset_class=None,
    )
    def calls(self, request: Request, pk: str) -> Response:
        """Any call of the station's OCPP version, with its content as OCPP has it.

        POST answers with the command: answered, failed (with the station's reason), offline, or
        sent when `wait_s` was not enough; follow it at `/commands/{id}`. The everyday calls need
        the scope `control`, all others `operate` too.
        """
        charge_point = get_object_or_404(self.get_queryset(), pk=pk)
        if request.method == "GET":
            return Response(
                serializers.CallFormSerializer(call_forms(charge_point), many=True).data
            )
        return Response(serializers.CommandSerializer(make_call(request, charge_point)).data)


class SessionViewSet(TenantReadOnly):
    """Charging sessions."""

    model = ChargingSession
    filterset_class = filters.SessionFilter

    def get_queryset(self) -> QuerySet[ChargingSession]:
        """The rows with what their answers show."""
        rows = ChargingSession.objects.select_related("charge_point")
        if self.action == "retrieve":
            rows = rows.prefetch_related("charges__invoice", "charges__lines")
        return rows

    def get_serializer_class(self) -> type[drf.BaseSerializer[Any]]:
        """Details only for one session."""
        if self.action == "retrieve":
            return serializers.SessionDetailSerializer
        return serializers.SessionSerializer

    def get_serializer_context(self) -> dict[str, Any]:
        """Prices are for those with the billing scope."""
        principal = self.request.user
        sees_money = isinstance(principal, Principal) and principal.may(Right.MONEY)
        return {**super().get_serializer_context(), "sees_money": sees_money}

    @extend_schema(
        summary="Meter samples of a session",
        responses={200: serializers.SampleSerializer(many=True)},
        filters=False,
    )
    @action(
        detail=True,
        pagination_class=None,
        filterset_class=None,
        serializer_class=serializers.SampleSerializer,
    )
    def samples(self, request: Request, pk: str) -> Response:
        """In the order of time."""
        session = get_object_or_404(ChargingSession.objects.all(), pk=pk)
        pages = SamplePages()
        rows = pages.paginate_samples(session, request, view=self)
        return pages.get_paginated_response(serializers.SampleSerializer(rows, many=True).data)

    @extend_schema(
        summary="Stop charging",
        request=None,
        responses={202: serializers.CommandSerializer, 409: ErrorAnswer},
    )
    @action(detail=True, methods=["post"], url_path="stop", rights={"POST": Right.CONTROL})
    def stop(self, request: Request, pk: str) -> Response:
        """Send RemoteStopTransaction (1.6) or RequestStopTransaction (2.0.1)."""
        session = get_object_or_404(self.get_queryset(), pk=pk)
        if session.state != ChargingSession.State.OPEN:
            raise Conflict(_("The session has ended."))
        command = request_stop(session=session, requested_by=label_of(request))
        return Response(serializers.CommandSerializer(command).data, status=202)


class SamplePages(CursorPagination):
    """Samples have no id: their time is the cursor."""

    ordering = ("at", "context")
    page_size = 200
    max_page_size = 500
    page_size_query_param = "page_size"

    def paginate_samples(
        self, session: ChargingSession, request: Request, view: APIView
    ) -> Sequence[Any]:
        """A page of rows; those of an old session are packed, and all come at once.

        Either has the fields of a sample.
        """
        kept = MeterSample.objects.filter(session=session)
        rows = self.paginate_queryset(kept, request, view=view)
        if rows or kept.exists():
            return rows or ()
        samples, cursor = session_samples(session.id), self.cursor
        if cursor is None or cursor.position is None:
            return samples
        passed_at = datetime.fromisoformat(str(cursor.position))
        return [sample for sample in samples if sample.at > passed_at][cursor.offset or 0 :]


class CommandViewSet(TenantReadOnly):
    """What stations were told."""

    model = Command
    serializer_class = serializers.CommandSerializer


class InvoiceViewSet(TenantReadOnly):
    """Invoices."""

    model = Invoice
    serializer_class = serializers.InvoiceSerializer
    filterset_class = filters.InvoiceFilter
    rights: ClassVar[dict[str, Right]] = {"GET": Right.MONEY}

    def get_queryset(self) -> QuerySet[Invoice]:
        """The rows with what their answers show."""
        return Invoice.objects.select_related("charge")


class RevenuePeriod(drf.Serializer[Any]):
    """From a day to a day, both included; local days of the tenant."""

    date_from = drf.DateField()
    date_to = drf.DateField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The end must not come before the start, nor more than a year after."""
        if attrs["date_to"] < attrs["date_from"]:
            raise drf.ValidationError({"date_to": _("The end comes before the start.")})
        if attrs["date_to"] - attrs["date_from"] > LONGEST_REPORT:
            raise drf.ValidationError({"date_to": _("At most one year at a time.")})
        return attrs


class DailyRevenueView(APIView):
    """Revenue per local day."""

    rights: ClassVar[dict[str, Right]] = {"GET": Right.MONEY}

    @extend_schema(
        summary="Revenue per day",
        operation_id="revenue_daily",
        parameters=[
            OpenApiParameter("date_from", OpenApiTypes.DATE, description="Default: 30 days ago."),
            OpenApiParameter("date_to", OpenApiTypes.DATE, description="Included. Default: today."),
        ],
        responses={200: serializers.RevenueDaySerializer(many=True)},
    )
    def get(self, request: Request) -> Response:
        """From the books: what was charged and what was paid."""
        tenant = Tenant.objects.get(pk=required_tenant_id())
        today = timezone.now().astimezone(ZoneInfo(tenant.time_zone)).date()
        period = RevenuePeriod(
            data={
                "date_from": request.query_params.get("date_from", today - timedelta(days=30)),
                "date_to": request.query_params.get("date_to", today),
            }
        )
        period.is_valid(raise_exception=True)
        days = revenue_by_day(time_zone=tenant.time_zone, **period.validated_data)
        return Response(serializers.RevenueDaySerializer(days, many=True).data)
