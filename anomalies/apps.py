"""Django application of `anomalies`."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AnomaliesConfig(AppConfig):
    """See the package's own line."""

    name = "anomalies"
    verbose_name = _("Monitoring")
