"""The project as a Django application: it brings commands and wires the apps together."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules

from config.celery import app as celery_app

__all__ = ["ProjectConfig", "celery_app"]


class ProjectConfig(AppConfig):
    """Loaded last; makes every app's subscribers known to the outbox in every process."""

    name = "config"
    verbose_name = "Laddbok"

    def ready(self) -> None:
        """Register the outbox's subscribers."""
        autodiscover_modules("subscribers")
