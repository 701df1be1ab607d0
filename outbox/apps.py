"""Django application of `outbox`."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OutboxConfig(AppConfig):
    """See the package's own line."""

    name = "outbox"
    verbose_name = _("Events")
