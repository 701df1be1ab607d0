"""What stations say about themselves: their make, their state, their connectors' states."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from chargepoints.events import FaultOver, FaultReported
from chargepoints.models import ChargePoint, Connector, StatusRecord
from chargepoints.services.profiles import assign_profile
from outbox.services import publish

CLOCKS_ARE_SET_AFTER = datetime(2015, 1, 1, tzinfo=UTC)
CLOCKS_MAY_BE_AHEAD = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class StatusReport:
    """One StatusNotification; `evse_id` 0 is the station itself."""

    evse_id: int
    connector_id: int
    status: str
    at: datetime
    error_code: str = ""
    vendor_error_code: str = ""


def record_boot(
    *,
    charge_point_id: UUID,
    vendor: str,
    model: str,
    serial_number: str,
    firmware_version: str,
    at: datetime,
) -> None:
    """Keep what a station says it is, and that it has started."""
    ChargePoint.objects.filter(pk=charge_point_id).update(
        vendor=vendor,
        model=model,
        serial_number=serial_number,
        firmware_version=firmware_version,
        booted_at=at,
    )
    assign_profile(charge_point_id=charge_point_id)


def record_status(*, charge_point_id: UUID, report: StatusReport) -> None:
    """Add a status to the timeline, and show it unless a newer one is known.

    Statuses are replayed after offline times and repeated: each counts once, by the station's time.
    A connector we did not know is created.
    """
    connector = None
    if report.evse_id:
        connector, _ = Connector.objects.get_or_create(
            charge_point_id=charge_point_id,
            evse_id=report.evse_id,
            connector_id=report.connector_id,
        )
    _, is_new = StatusRecord.objects.get_or_create(
        charge_point_id=charge_point_id,
        connector=connector,
        status=report.status,
        error_code=report.error_code,
        at=report.at,
        defaults={"vendor_error_code": report.vendor_error_code},
    )
    if not is_new:
        return
    is_newest = connector is None
    if connector is not None:
        not_newer = Q(status_at__isnull=True) | Q(status_at__lte=report.at)
        is_newest = bool(
            Connector.objects.filter(not_newer, pk=connector.pk).update(
                status=report.status, error_code=report.error_code, status_at=report.at
            )
        )
    if is_newest:
        _tell_of_fault(charge_point_id, connector, report)


def _tell_of_fault(
    charge_point_id: UUID, connector: Connector | None, report: StatusReport
) -> None:
    """News of a fault, or of its end; what is well and was well is none.

    OCPP 2.0.1 has no error codes here: an outlet that is faulted is broken inside.
    """
    code = _fault_code(report.status, report.error_code)
    event: FaultReported | FaultOver | None = None
    if code:
        event = FaultReported(
            occurred_at=report.at,
            charge_point_id=charge_point_id,
            evse_id=report.evse_id,
            error_code=code,
            vendor_error_code=report.vendor_error_code,
        )
    elif connector is None or _fault_code(connector.status, connector.error_code):
        event = FaultOver(
            occurred_at=report.at, charge_point_id=charge_point_id, evse_id=report.evse_id
        )
    if event is not None:
        with transaction.atomic():
            publish(event)


def _fault_code(status: str, error_code: str) -> str:
    if error_code.strip().lower() not in ("", "noerror"):
        return error_code
    return "InternalError" if status == Connector.Status.FAULTED else ""


def plausible_time(text: str | None, received_at: datetime) -> datetime:
    """The station's time of something, or when it was received if the station cannot know.

    Before its first boot answer a station may say 1970 or 2000, and one whose clock is ahead would
    hide everything that comes after.
    """
    if text is None:
        return received_at
    at = read_time(text)
    if at < CLOCKS_ARE_SET_AFTER or at > received_at + CLOCKS_MAY_BE_AHEAD:
        return received_at
    return at


def read_time(text: str) -> datetime:
    """An OCPP date-time as UTC; without a zone it counts as UTC. Raises `ValueError`."""
    at = datetime.fromisoformat(text)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
