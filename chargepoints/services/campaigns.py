"""Campaigns: one change to many stations, in waves, and what became of it at each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from chargepoints.models import (
    Campaign,
    CampaignStation,
    ChargePoint,
    Command,
    FirmwareJob,
)
from chargepoints.selectors import OCCUPIED_STATES
from chargepoints.services.calls import OPEN
from chargepoints.services.commands import LARGEST_START_ID, CommandNotPossible, queue_command
from chargepoints.types import V16
from tenants.scope import across_tenants, tenant_scope

State = Campaign.State
Part = CampaignStation.State
Kind = Campaign.Kind

ANSWER_WITHIN_S = 120
# A station that says nothing more about its firmware for so long has failed.
FIRMWARE_MOVES_WITHIN = timedelta(hours=6)
TAKEN = frozenset({"Accepted", "RebootRequired"})


def plan_campaign(*, campaign: Campaign, stations: Sequence[ChargePoint]) -> Campaign:
    """Keep a draft with its stations cut into waves; raises `ValidationError` for none."""
    if not stations:
        raise ValidationError(_("No charge point fits this choice."))
    size = max(1, len(stations) * campaign.wave_percent // 100)
    with transaction.atomic():
        campaign.save(force_insert=True)
        CampaignStation.objects.bulk_create(
            CampaignStation(campaign=campaign, charge_point=station, wave=place // size + 1)
            for place, station in enumerate(stations)
        )
    return campaign


def start_campaign(*, campaign: Campaign, now: datetime) -> bool:
    """Begin a draft, or go on with a stopped one: stations that failed are tried again."""
    with transaction.atomic():
        rows = Campaign.objects.filter(pk=campaign.pk, state__in=(State.DRAFT, State.STOPPED))
        if not rows.update(state=State.RUNNING, ended_at=None):
            return False
        Campaign.objects.filter(pk=campaign.pk, started_at=None).update(started_at=now)
        CampaignStation.objects.filter(campaign=campaign, state=Part.FAILED).update(
            state=Part.WAITING, attempt=0, ended_at=None
        )
    return True


def stop_campaign(*, campaign: Campaign, now: datetime) -> bool:
    """Begin with no further station; what is under way at a station goes on there."""
    rows = Campaign.objects.filter(pk=campaign.pk, state=State.RUNNING)
    return bool(rows.update(state=State.STOPPED, ended_at=now))


def advance_campaigns(*, now: datetime) -> int:
    """Take every running campaign as far as it goes now; returns how many run. A sweep."""
    with across_tenants(reason="campaigns under way"):
        running = list(Campaign.objects.filter(state=State.RUNNING).values_list("tenant_id", "id"))
    for tenant_id, campaign_id in running:
        with tenant_scope(tenant_id):
            _advance(campaign_id, now)
    return len(running)


def _advance(campaign_id: UUID, now: datetime) -> None:
    with transaction.atomic():
        campaign = (
            Campaign.objects.select_for_update(skip_locked=True)
            .filter(pk=campaign_id, state=State.RUNNING)
            .first()
        )
        if campaign is None:
            return
        parts = list(campaign.stations.select_related("charge_point", "firmware_job"))
        for part in parts:
            if part.state == Part.SENT:
                _settle(campaign, part, now)
        if sum(part.state == Part.FAILED for part in parts) >= campaign.stop_at_failures:
            stop_campaign(campaign=campaign, now=now)
            return
        open_parts = [part for part in parts if part.state in (Part.WAITING, Part.SENT)]
        if not open_parts:
            Campaign.objects.filter(pk=campaign.pk).update(state=State.DONE, ended_at=now)
            return
        wave = min(part.wave for part in open_parts)
        for part in open_parts:
            if part.wave == wave and part.state == Part.WAITING:
                _begin(campaign, part, now)


def _begin(campaign: Campaign, part: CampaignStation, now: datetime) -> None:
    """Send a station its part, unless it is away or busy: then it waits."""
    station = part.charge_point
    if not station.enabled or not station.is_online(now):
        return
    busy = station.connectors.filter(status__in=OCCUPIED_STATES)
    if not campaign.while_charging and busy.exists():
        return
    part.attempt += 1
    part.sent_at, part.state, part.note = now, Part.SENT, ""
    try:
        with transaction.atomic():
            for number, (action, payload) in enumerate(_calls(campaign, part)):
                command = queue_command(
                    charge_point=station,
                    action=action,
                    payload=payload,
                    requested_by=campaign.made_by,
                    ttl_s=ANSWER_WITHIN_S,
                    idempotency_key=f"{_key(part)}{number}",
                )
                if campaign.kind == Kind.FIRMWARE:
                    part.firmware_job = FirmwareJob.objects.filter(command=command).first()
    except CommandNotPossible as problem:
        _end(part, Part.FAILED, str(problem), now)
        return
    part.save()


def _calls(campaign: Campaign, part: CampaignStation) -> list[tuple[str, dict[str, Any]]]:
    is_16 = (part.charge_point.ocpp_version or V16) == V16
    if campaign.kind == Kind.FIRMWARE:
        return [_firmware_call(campaign, part, is_16=is_16)]
    if is_16:
        return [
            ("ChangeConfiguration", {"key": name, "value": value})
            for _component, name, value in campaign.template_values
        ]
    items = [
        {
            "attributeValue": value,
            "component": {"name": component},
            "variable": {"name": name},
        }
        for component, name, value in campaign.template_values
    ]
    return [("SetVariables", {"setVariableData": items})]


def _firmware_call(
    campaign: Campaign, part: CampaignStation, *, is_16: bool
) -> tuple[str, dict[str, Any]]:
    """UpdateFirmware, or for a signed image in 1.6 SignedUpdateFirmware."""
    image = campaign.firmware
    at = max(datetime.fromisoformat(image["retrieve_at"]), part.sent_at or part.created_at)
    when = f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    if is_16 and not image.get("signature"):
        return "UpdateFirmware", {"location": image["location"], "retrieveDate": when}
    firmware = {"location": image["location"], "retrieveDateTime": when}
    if image.get("signature"):
        firmware["signature"] = image["signature"]
        firmware["signingCertificate"] = image["signing_certificate"]
    # The same number for a station's attempt, however often this runs.
    number = (part.id.int + part.attempt) % LARGEST_START_ID
    action = "SignedUpdateFirmware" if is_16 else "UpdateFirmware"
    return action, {"requestId": number, "firmware": firmware}


def _settle(campaign: Campaign, part: CampaignStation, now: datetime) -> None:
    commands = list(
        Command.objects.filter(
            charge_point=part.charge_point, idempotency_key__startswith=_key(part)
        ).order_by("id")
    )
    if any(command.state in OPEN for command in commands):
        return
    unanswered = [
        c for c in commands if c.state in (Command.State.OFFLINE, Command.State.TIMED_OUT)
    ]
    if unanswered:
        _end_or_retry(campaign, part, unanswered[0].get_state_display(), now)
    elif campaign.kind == Kind.FIRMWARE:
        _settle_firmware(campaign, part, commands, now)
    else:
        results = [result for command in commands for result in _results(command)]
        note = ", ".join(f"{name}: {status}" for name, status in results)
        is_taken = all(status in TAKEN for _name, status in results)
        # What a station refuses it will refuse again.
        _end(part, Part.DONE if is_taken else Part.FAILED, note, now)


def _settle_firmware(
    campaign: Campaign, part: CampaignStation, commands: list[Command], now: datetime
) -> None:
    job = part.firmware_job
    if job is None:
        error = commands[0].error if commands else ""
        _end_or_retry(campaign, part, error, now)
    elif job.state == FirmwareJob.State.DONE:
        _end(part, Part.DONE, job.step, now)
    elif job.state == FirmwareJob.State.FAILED:
        _end_or_retry(campaign, part, job.step, now)
    else:
        moved_at = max(job.step_at or job.created_at, part.sent_at or job.created_at)
        due_at = datetime.fromisoformat(campaign.firmware["retrieve_at"])
        if now - max(moved_at, due_at) > FIRMWARE_MOVES_WITHIN:
            _end_or_retry(campaign, part, f"{job.step}: silent since {moved_at:%F %H:%MZ}", now)
        elif part.note != job.step:
            part.note = job.step
            part.save(update_fields=("note",))


def _results(command: Command) -> list[tuple[str, str]]:
    """What a station said about each setting of a command."""
    answer = command.response or {}
    if command.action == "ChangeConfiguration":
        return [(command.payload["key"], answer.get("status") or command.error)]
    results = answer.get("setVariableResult")
    if not results:
        return [(command.action, command.error or "no answer")]
    return [
        (f"{one['component']['name']}.{one['variable']['name']}", one["attributeStatus"])
        for one in results
    ]


def _end_or_retry(campaign: Campaign, part: CampaignStation, note: str, now: datetime) -> None:
    if part.attempt >= campaign.attempts:
        _end(part, Part.FAILED, note, now)
        return
    part.state, part.note = Part.WAITING, str(note)[:500]
    part.save(update_fields=("state", "note"))


def _end(part: CampaignStation, state: CampaignStation.State, note: str, now: datetime) -> None:
    part.state, part.note, part.ended_at = state, str(note)[:500], now
    part.save()


def _key(part: CampaignStation) -> str:
    return f"campaign-{part.id.hex}-{part.attempt}-"
