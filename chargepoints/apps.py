"""Django application of `chargepoints`."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ChargePointsConfig(AppConfig):
    """See the package's own line."""

    name = "chargepoints"
    verbose_name = _("Equipment")
