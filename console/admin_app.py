"""Django's admin application with our site instead of its own."""

from django.contrib.admin.apps import AdminConfig


class ConsoleAdminConfig(AdminConfig):
    """`admin.site` is the console."""

    default_site = "console.site.ConsoleSite"
