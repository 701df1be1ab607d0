"""Django application of the REST API."""

from importlib import import_module

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """The partners' door."""

    name = "api"
    verbose_name = "API"

    def ready(self) -> None:
        """Make the credentials known to the OpenAPI document."""
        import_module("api.schemes")
