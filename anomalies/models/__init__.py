"""Tables of the monitoring: what was read, incidents, repairs, work orders and maintenance."""

from anomalies.models.figures import ConnectorDay, OutageExclusion
from anomalies.models.incidents import Incident
from anomalies.models.maintenance import Maintenance
from anomalies.models.notices import DriverChoice, DriverNotice, NoticeAddress, StatusPage
from anomalies.models.repairs import RemediationStep, Repair, RepairPolicy
from anomalies.models.rules import (
    LearntProfile,
    RuleMemory,
    RuleSetting,
    SessionDigest,
    SiteReading,
)
from anomalies.models.watches import SessionWatch
from anomalies.models.work_orders import CalendarLink, WorkNote, WorkOrder

__all__ = [
    "CalendarLink",
    "ConnectorDay",
    "DriverChoice",
    "DriverNotice",
    "Incident",
    "LearntProfile",
    "Maintenance",
    "NoticeAddress",
    "OutageExclusion",
    "RemediationStep",
    "Repair",
    "RepairPolicy",
    "RuleMemory",
    "RuleSetting",
    "SessionDigest",
    "SessionWatch",
    "SiteReading",
    "StatusPage",
    "WorkNote",
    "WorkOrder",
]
