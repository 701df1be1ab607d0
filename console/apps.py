"""Django application of the console, and the admin that uses its site."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig


class ConsoleConfig(AppConfig):
    """The operators' door."""

    name = "console"
    verbose_name = "Console"


class AdminConfig(DjangoAdminConfig):
    """Django's admin with our site instead of its own."""

    default_site = "console.site.ConsoleSite"
