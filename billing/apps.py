"""Django application of `billing`."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BillingConfig(AppConfig):
    """See the package's own line."""

    name = "billing"
    verbose_name = _("Billing")
