"""Django application of the console."""

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    """The operators' door."""

    name = "console"
    verbose_name = "Console"
