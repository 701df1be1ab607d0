"""Django application of `sessions_app`."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SessionsConfig(AppConfig):
    """See the package's own line."""

    name = "sessions_app"
    verbose_name = _("Sessions")
