"""What the API says about each thing; times are UTC, money minor units, energy Wh."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from billing.models import Charge, ChargeLine, Correction, Invoice
from billing.rating import RatedCharge
from billing.selectors import current_charge
from billing.selectors.payments import live_invoices
from billing.selectors.running_cost import running_charge
from billing.selectors.settlements import corrections_of
from billing.services.receipt_links import receipt_token
from chargepoints.models import ChargePoint, Command, Connector, Site
from sessions_app.models import ChargingSession, MeterSample


class ConnectorSerializer(serializers.ModelSerializer[Connector]):
    """One outlet."""

    class Meta:
        model = Connector
        fields = (
            "id",
            "evse_id",
            "connector_id",
            "status",
            "error_code",
            "status_at",
            "current_type",
            "phases",
            "max_current_ma",
            "max_power_w",
        )


class ChargePointSerializer(serializers.ModelSerializer[ChargePoint]):
    """One station with its connectors."""

    connectors = ConnectorSerializer(many=True, read_only=True)
    location_id = serializers.UUIDField(source="site_id")
    online = serializers.SerializerMethodField()

    class Meta:
        model = ChargePoint
        fields = (
            "id",
            "identity",
            "location_id",
            "online",
            "enabled",
            "ocpp_version",
            "vendor",
            "model",
            "serial_number",
            "firmware_version",
            "boot_state",
            "last_seen_at",
            "connectors",
        )

    def get_online(self, charge_point: ChargePoint) -> bool:
        """A socket is open and has been heard of lately."""
        return charge_point.is_online(timezone.now())


class LocationSerializer(serializers.ModelSerializer[Site]):
    """A site."""

    class Meta:
        model = Site
        fields = (
            "id",
            "name",
            "address",
            "city",
            "latitude",
            "longitude",
            "time_zone",
            "price_area",
        )


class ChargeLineSerializer(serializers.ModelSerializer[ChargeLine]):
    """One priced part of a charge."""

    class Meta:
        model = ChargeLine
        fields = (
            "kind",
            "quantity",
            "unit",
            "unit_price",
            "vat_rate",
            "gross_minor",
            "net_minor",
            "vat_minor",
        )


class ChargeSerializer(serializers.ModelSerializer[Charge]):
    """What a session costs, with its lines."""

    lines = ChargeLineSerializer(many=True, read_only=True)

    class Meta:
        model = Charge
        fields = ("currency", "gross_minor", "net_minor", "vat_minor", "rated_at", "lines")


class CorrectionSerializer(serializers.ModelSerializer[Correction]):
    """A charge of the session that was taken back, and what it became; amounts include VAT."""

    credit_note_number = serializers.SerializerMethodField()

    class Meta:
        model = Correction
        fields = (
            "kind",
            "reason",
            "corrected_at",
            "currency",
            "old_gross_minor",
            "new_gross_minor",
            "credit_note_number",
        )

    def get_credit_note_number(self, correction: Correction) -> int | None:
        """Null when there was no invoice to credit."""
        note = getattr(correction, "credit_note", None)
        return None if note is None else note.number


class RunningCostSerializer(serializers.Serializer[RatedCharge]):
    """What a session under way costs so far, as if it ended now."""

    currency = serializers.CharField()
    gross_minor = serializers.IntegerField()
    net_minor = serializers.IntegerField()
    vat_minor = serializers.IntegerField()


class InvoiceSerializer(serializers.ModelSerializer[Invoice]):
    """An invoice and whether it is paid."""

    session_id = serializers.UUIDField(
        source="charge.session_id",
        read_only=True,
        allow_null=True,
        help_text="Null on an invoice for a period.",
    )

    class Meta:
        model = Invoice
        fields = (
            "id",
            "number",
            "kind",
            "session_id",
            "period_from_on",
            "period_to_on",
            "issued_on",
            "due_on",
            "reference",
            "state",
            "currency",
            "total_minor",
            "vat_minor",
            "issued_at",
            "paid_at",
            "hosted_url",
            "problem",
            "seller",
            "buyer",
        )


class SessionSerializer(serializers.ModelSerializer[ChargingSession]):
    """One charging session."""

    charge_point_identity = serializers.CharField(source="charge_point.identity", read_only=True)
    location_id = serializers.UUIDField(source="charge_point.site_id", read_only=True)
    duration_s = serializers.IntegerField(read_only=True)

    class Meta:
        model = ChargingSession
        fields = (
            "id",
            "charge_point_id",
            "charge_point_identity",
            "location_id",
            "connector_id",
            "driver_id",
            "transaction_ref",
            "state",
            "gate",
            "gate_reason",
            "started_at",
            "ended_at",
            "duration_s",
            "meter_start_wh",
            "meter_stop_wh",
            "energy_wh",
            "energy_source",
            "stop_reason",
            "sample_count",
            "flags",
        )


class SessionDetailSerializer(SessionSerializer):
    """One session with its charge and the state of its payment (null without the billing scope)."""

    charge = serializers.SerializerMethodField()
    invoice = serializers.SerializerMethodField()
    corrections = serializers.SerializerMethodField()
    running_cost = serializers.SerializerMethodField()
    receipt_url = serializers.SerializerMethodField()

    class Meta:
        model = ChargingSession
        fields = (
            *SessionSerializer.Meta.fields,
            "charge",
            "invoice",
            "corrections",
            "running_cost",
            "receipt_url",
        )

    def get_charge(self, session: ChargingSession) -> dict[str, Any] | None:
        """See `Charge`."""
        charge = self._charge(session)
        return None if charge is None else dict(ChargeSerializer(charge).data)

    def get_invoice(self, session: ChargingSession) -> dict[str, Any] | None:
        """See `Invoice`."""
        charge = self._charge(session)
        if charge is None:
            return None
        invoice = getattr(charge, "invoice", None) or live_invoices([charge]).get(charge.pk)
        return None if invoice is None else dict(InvoiceSerializer(invoice).data)

    @extend_schema_field(CorrectionSerializer(many=True))
    def get_corrections(self, session: ChargingSession) -> list[dict[str, Any]]:
        """See `Correction`; the latest first, empty without the billing scope."""
        if not self.context.get("sees_money"):
            return []
        return list(CorrectionSerializer(corrections_of(session.pk), many=True).data)

    @extend_schema_field(RunningCostSerializer(allow_null=True))
    def get_running_cost(self, session: ChargingSession) -> dict[str, Any] | None:
        """See `RunningCost`; null once the session has ended."""
        sees_money = self.context.get("sees_money")
        running = running_charge(session, timezone.now()) if sees_money else None
        return None if running is None else dict(RunningCostSerializer(running).data)

    def get_receipt_url(self, session: ChargingSession) -> str | None:
        """Where anybody who has this address reads the receipt; null before the session is priced.

        Also null without the billing scope, and once the operator has revoked the link.
        """
        token = None if self._charge(session) is None else receipt_token(session)
        if token is None:
            return None
        path = reverse("receipt", args=(token,))
        request: Request = self.context["request"]
        return (
            settings.PUBLIC_URL + path if settings.PUBLIC_URL else request.build_absolute_uri(path)
        )

    def _charge(self, session: ChargingSession) -> Charge | None:
        return current_charge(session) if self.context.get("sees_money") else None


class SampleSerializer(serializers.ModelSerializer[MeterSample]):
    """One instant of a session."""

    class Meta:
        model = MeterSample
        fields = (
            "at",
            "context",
            "energy_wh",
            "power_w",
            "current_ma",
            "current_l1_ma",
            "current_l2_ma",
            "current_l3_ma",
            "voltage_mv",
            "voltage_l1_mv",
            "voltage_l2_mv",
            "voltage_l3_mv",
            "current_offered_ma",
            "soc_pct",
        )


class CommandSerializer(serializers.ModelSerializer[Command]):
    """One OCPP call to a station and what became of it."""

    class Meta:
        model = Command
        fields = (
            "id",
            "charge_point_id",
            "action",
            "state",
            "response",
            "error",
            "created_at",
            "sent_at",
            "answered_at",
        )


class CallSerializer(serializers.Serializer[Any]):
    """An OCPP call: its action, its content as OCPP has it, and how patient the caller is."""

    action = serializers.CharField(max_length=50)
    payload = serializers.DictField(required=False, default=dict)
    wait_s = serializers.IntegerField(
        min_value=0,
        max_value=30,
        default=10,
        help_text="Seconds to wait for the station's answer; then the state says how far it is.",
    )
    expires_in_s = serializers.IntegerField(
        min_value=1, max_value=86_400, default=60, help_text="Seconds until it is given up."
    )
    wait_for_station = serializers.BooleanField(
        default=False, help_text="Keep it for a station that is not connected now."
    )
    although_in_use = serializers.BooleanField(
        default=False, help_text="Restart the station (Reset) although somebody charges there."
    )


class CallFieldSerializer(serializers.Serializer[Any]):
    """One field of a call; `path` joins the names on the way to it with dots."""

    path = serializers.CharField()
    kind = serializers.CharField()
    is_required = serializers.BooleanField()
    choices = serializers.ListField(child=serializers.CharField())
    longest = serializers.IntegerField(allow_null=True)


class CallFormSerializer(serializers.Serializer[Any]):
    """A call the station's OCPP version has, with its fields and the shortest example."""

    action = serializers.CharField()
    summary = serializers.CharField()
    scope = serializers.CharField(help_text="The scope an API key needs to send it.")
    fields = CallFieldSerializer(many=True)  # type: ignore[assignment]
    example = serializers.DictField()


class RemoteStartSerializer(serializers.Serializer[Any]):
    """Start charging for a token."""

    token = serializers.CharField(max_length=36)
    evse_id = serializers.IntegerField(min_value=1, max_value=1000)


class RevenueDaySerializer(serializers.Serializer[Any]):
    """What one local day earned, from the books."""

    day = serializers.DateField()
    currency = serializers.CharField()
    sessions = serializers.IntegerField()
    energy_wh = serializers.IntegerField()
    gross_minor = serializers.IntegerField()
    net_minor = serializers.IntegerField()
    vat_minor = serializers.IntegerField()
    paid_minor = serializers.IntegerField()
