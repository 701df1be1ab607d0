"""How unpaid invoices are asked for again, and when their driver may not charge any more."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.models import TenantRecord

BLOCKED_AFTER_DAYS = 14


class DunningTerms(TenantRecord):
    """One set of terms for a tenant; without it the defaults hold."""

    class By(models.TextChoices):
        """Who charges a refused card again; never both, or a card would be tried twice as often."""

        PLATFORM = "platform", _("This platform, after 1, 3 and 7 days")
        STRIPE = "stripe", _("Stripe, as set up in its dashboard")

    by = models.CharField(
        _("refused cards are charged again by"),
        max_length=8,
        choices=By.choices,
        default=By.PLATFORM,
    )
    blocked_after_days = models.PositiveSmallIntegerField(
        _("drivers may not charge after (days)"),
        default=BLOCKED_AFTER_DAYS,
        validators=[MinValueValidator(8), MaxValueValidator(365)],
        help_text=_(
            "So long after a refused invoice was issued; they may again as soon as it is paid."
        ),
    )

    class Meta(TenantRecord.Meta):
        verbose_name = _("terms of reminders")
        verbose_name_plural = _("terms of reminders")
        constraints = (
            models.UniqueConstraint(
                fields=("tenant",), name="a_tenant_has_one_set_of_dunning_terms"
            ),
            models.CheckConstraint(
                condition=models.Q(blocked_after_days__gte=8),
                name="nobody_is_blocked_before_reminders",
            ),
        )

    def __str__(self) -> str:
        return str(self._meta.verbose_name)
