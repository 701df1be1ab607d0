"""The admin's pages of the monitoring."""

from anomalies.admin.incidents import IncidentAdmin
from anomalies.admin.maintenance import MaintenanceAdmin

__all__ = ["IncidentAdmin", "MaintenanceAdmin"]
