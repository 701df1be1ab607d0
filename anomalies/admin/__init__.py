"""The admin's pages of the monitoring."""

from anomalies.admin.exclusions import OutageExclusionAdmin
from anomalies.admin.incidents import IncidentAdmin
from anomalies.admin.maintenance import MaintenanceAdmin
from anomalies.admin.notices import NoticeAddressAdmin
from anomalies.admin.repairs import RepairPolicyAdmin
from anomalies.admin.rule_settings import RuleSettingAdmin
from anomalies.admin.work_orders import WorkOrderAdmin

__all__ = [
    "IncidentAdmin",
    "MaintenanceAdmin",
    "NoticeAddressAdmin",
    "OutageExclusionAdmin",
    "RepairPolicyAdmin",
    "RuleSettingAdmin",
    "WorkOrderAdmin",
]
