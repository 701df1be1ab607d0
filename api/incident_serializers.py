"""What the API says about incidents, their repairs, planned work and work orders."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from rest_framework import serializers

from anomalies.models import Incident, Maintenance, RemediationStep, WorkNote, WorkOrder
from anomalies.wording import explain
from chargepoints.models import ChargePoint, Connector, Site


class IncidentSerializer(serializers.ModelSerializer[Incident]):
    """Something that is wrong with a place; sentences are in the language that was asked for."""

    title = serializers.SerializerMethodField()
    sentence = serializers.SerializerMethodField()
    advice = serializers.SerializerMethodField()
    location_id = serializers.SerializerMethodField()
    part_of = serializers.UUIDField(
        source="parent_id",
        read_only=True,
        allow_null=True,
        help_text="The incident it belongs to: one that holds another session, or the site's.",
    )

    class Meta:
        model = Incident
        fields: tuple[str, ...] = (
            *("id", "kind", "cause", "title", "sentence", "advice", "action", "severity", "state"),
            *("location_id", "charge_point_id", "connector_id", "session_id", "part_of"),
            *("signal", "unit", "observed", "relation", "expected"),
            *("since_at", "last_seen_at", "occurrences", "reopened", "is_muted", "holds_billing"),
            *("acknowledged_at", "acknowledged_by", "resolved_at", "resolution"),
            *("verdict", "verdict_cause", "verdict_by", "verdict_at"),
        )

    def get_title(self, incident: Incident) -> str:
        """What is wrong, in a few words."""
        return explain(incident).title

    def get_sentence(self, incident: Incident) -> str:
        """What was observed and what was expected."""
        return explain(incident).sentence

    def get_advice(self, incident: Incident) -> str:
        """What to do first."""
        return explain(incident).advice

    def get_location_id(self, incident: Incident) -> UUID | None:
        """The site, also of a station's incident."""
        station = incident.charge_point
        return incident.site_id if station is None else station.site_id


class RepairSerializer(serializers.ModelSerializer[RemediationStep]):
    """One step of the ladder and what came of it."""

    class Meta:
        model = RemediationStep
        fields = (
            *("position", "repair", "state", "reason", "command_id", "asked_by"),
            *("due_at", "sent_at", "ended_at"),
        )


class IncidentDetailSerializer(IncidentSerializer):
    """With its evidence, the steps of its repair, its parts and its work order."""

    evidence = serializers.ListField(
        child=serializers.DictField(),
        read_only=True,
        help_text="The samples around the moment it was certain; units stand in the names.",
    )
    repairs = RepairSerializer(source="steps", many=True, read_only=True)
    parts: Any = serializers.PrimaryKeyRelatedField(many=True, read_only=True)
    work_order_id = serializers.SerializerMethodField()

    class Meta(IncidentSerializer.Meta):
        fields = (*IncidentSerializer.Meta.fields, "evidence", "repairs", "parts", "work_order_id")

    def get_work_order_id(self, incident: Incident) -> UUID | None:
        """Null when nobody has to go."""
        order: WorkOrder | None = getattr(incident, "work_order", None)
        return None if order is None else order.pk


class VerdictSerializer(serializers.Serializer[Any]):
    """What somebody says of an incident; `other` needs a `cause`."""

    verdict = serializers.ChoiceField(
        choices=[(v.value, v.label) for v in Incident.Verdict if v is not Incident.Verdict.UNSAID]
    )
    cause = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Something else needs a word on what it was."""
        if attrs["verdict"] == Incident.Verdict.OTHER and not attrs["cause"].strip():
            raise serializers.ValidationError({"cause": _("Say what it was instead.")})
        return attrs


class MuteSerializer(serializers.Serializer[Any]):
    """Until when the incident's place is being worked on, and why."""

    ends_at = serializers.DateTimeField()
    reason = serializers.CharField(max_length=200)


class MaintenanceSerializer(serializers.ModelSerializer[Maintenance]):
    """Planned work at exactly one place; its incidents are muted from `starts_at` to `ends_at`."""

    location_id = serializers.UUIDField(source="site_id", required=False, allow_null=True)
    charge_point_id = serializers.UUIDField(required=False, allow_null=True)
    connector_id = serializers.UUIDField(required=False, allow_null=True)

    class Meta:
        model = Maintenance
        fields = (
            *("id", "location_id", "charge_point_id", "connector_id"),
            *("starts_at", "ends_at", "reason", "set_by"),
        )
        read_only_fields = ("set_by",)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One place, which the operator owns, and an end after the start."""
        places: dict[str, tuple[str, Any]] = {
            "location_id": ("site_id", Site),
            "charge_point_id": ("charge_point_id", ChargePoint),
            "connector_id": ("connector_id", Connector),
        }
        given = [name for name, (column, _model) in places.items() if attrs.get(column)]
        if len(given) != 1:
            text = _("Choose exactly one: a site, a charge point or a connector.")
            raise serializers.ValidationError({"location_id": text})
        column, model = places[given[0]]
        if not model.objects.filter(pk=attrs[column]).exists():
            raise serializers.ValidationError({given[0]: _("There is no such place.")})
        if attrs["ends_at"] <= attrs["starts_at"]:
            raise serializers.ValidationError(
                {"ends_at": _("The end has to come after the start.")}
            )
        return attrs


class WorkNoteSerializer(serializers.ModelSerializer[WorkNote]):
    """What somebody wrote on a work order."""

    has_photo = serializers.BooleanField(read_only=True)
    at = serializers.DateTimeField(source="created_at", read_only=True)

    class Meta:
        model = WorkNote
        fields = ("id", "at", "author", "text", "has_photo")


class WorkOrderSerializer(serializers.ModelSerializer[WorkOrder]):
    """Something a person has to see to, and until when."""

    title = serializers.SerializerMethodField()
    location_id = serializers.UUIDField(source="site_id", read_only=True)
    assignee = serializers.SerializerMethodField()

    class Meta:
        model = WorkOrder
        fields: tuple[str, ...] = (
            *("id", "title", "description", "incident_id", "location_id", "charge_point_id"),
            *("connector_id", "severity", "skill", "parts", "assignee", "due_at", "state"),
            *("started_at", "done_at", "done_by"),
        )

    def get_title(self, order: WorkOrder) -> str:
        """Its own title, or what is wrong."""
        return order.title or (explain(order.incident).title if order.incident else "")

    def get_assignee(self, order: WorkOrder) -> str | None:
        """Who does it; null when nobody has taken it."""
        return None if order.assignee is None else str(order.assignee.user)


class WorkOrderDetailSerializer(WorkOrderSerializer):
    """With its notes, the oldest first."""

    notes = WorkNoteSerializer(many=True, read_only=True)

    class Meta(WorkOrderSerializer.Meta):
        fields = (*WorkOrderSerializer.Meta.fields, "notes")


class NoteSerializer(serializers.Serializer[Any]):
    """What to write on a work order."""

    text = serializers.CharField(max_length=4000)


class DoneSerializer(serializers.Serializer[Any]):
    """What was found and done, if there is something to say."""

    text = serializers.CharField(max_length=4000, required=False, default="", allow_blank=True)
