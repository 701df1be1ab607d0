"""Django application of the REST API."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """The partners' door."""

    name = "api"
    verbose_name = "API"
