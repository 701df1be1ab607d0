"""Django application of the drivers' and the public's pages."""

from django.apps import AppConfig


class DriversConfig(AppConfig):
    """The door for those who have no account: receipts and price lists."""

    name = "drivers"
    verbose_name = "Drivers"
