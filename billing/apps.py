"""Django application of `billing`."""

from django.apps import AppConfig
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _


class BillingConfig(AppConfig):
    """Refuses to start where webhooks could not be believed."""

    name = "billing"
    verbose_name = _("Billing")

    def ready(self) -> None:
        """Raise `ImproperlyConfigured` without a webhook secret: unsigned events pay invoices."""
        if not any(secret.strip() for secret in settings.STRIPE_WEBHOOK_SECRETS):
            raise ImproperlyConfigured(
                "STRIPE_WEBHOOK_SECRETS is empty: give the signing secret of the webhook endpoint"
            )
