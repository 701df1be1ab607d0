"""Django application of the tenants."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TenantsConfig(AppConfig):
    """Tenants, members, API keys."""

    name = "tenants"
    verbose_name = _("Organisation")
