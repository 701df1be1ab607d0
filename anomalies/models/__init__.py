"""Tables of the monitoring: what was read, incidents, and maintenance."""

from anomalies.models.incidents import Incident
from anomalies.models.maintenance import Maintenance
from anomalies.models.watches import SessionWatch

__all__ = ["Incident", "Maintenance", "SessionWatch"]
