"""Tables of the monitoring: what was read, incidents, repairs, work orders and maintenance."""

from anomalies.models.incidents import Incident
from anomalies.models.maintenance import Maintenance
from anomalies.models.repairs import RemediationStep, Repair, RepairPolicy
from anomalies.models.watches import SessionWatch
from anomalies.models.work_orders import CalendarLink, WorkNote, WorkOrder

__all__ = [
    "CalendarLink",
    "Incident",
    "Maintenance",
    "RemediationStep",
    "Repair",
    "RepairPolicy",
    "SessionWatch",
    "WorkNote",
    "WorkOrder",
]
