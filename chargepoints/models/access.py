"""Who may charge when the platform is not asked: local lists and reservations."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from chargepoints.models.charge_points import ChargePoint, Connector
from tenants.models import TenantRecord


class LocalList(TenantRecord):
    """The list of tokens a station decides by on its own, as it accepted it from us.

    `entries` maps a token to its `[status, expiry]`; `station_version` is what the station said
    last, and differs from `version` when somebody else has changed the list or it was lost.
    """

    charge_point = models.OneToOneField(
        ChargePoint,
        on_delete=models.CASCADE,
        related_name="local_list",
        verbose_name=_("charge point"),
    )
    version = models.PositiveIntegerField(_("version"), default=0)
    station_version = models.IntegerField(_("version at the station"), null=True)
    entries = models.JSONField(default=dict)
    problem = models.CharField(_("problem"), max_length=40, blank=True)
    accepted_at = models.DateTimeField(_("accepted"), null=True)

    class Meta(TenantRecord.Meta):
        verbose_name = _("local list")
        verbose_name_plural = _("local lists")

    def __str__(self) -> str:
        return f"{self.charge_point} {self.version}"


class Reservation(TenantRecord):
    """An outlet kept for a token until a time; `number` is OCPP's reservation id."""

    class State(models.TextChoices):
        """A reservation's life."""

        ASKED = "asked", _("Asked")
        ACTIVE = "active", _("Active")
        REFUSED = "refused", _("Refused by the station")
        USED = "used", _("Used")
        CANCELLED = "cancelled", _("Cancelled")
        EXPIRED = "expired", _("Expired")
        REMOVED = "removed", _("Removed by the station")

    charge_point = models.ForeignKey(
        ChargePoint,
        on_delete=models.PROTECT,
        related_name="reservations",
        verbose_name=_("charge point"),
    )
    connector = models.ForeignKey(
        Connector,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="reservations",
        verbose_name=_("connector"),
    )
    number = models.IntegerField(_("number"))
    token_uid = models.CharField(_("token"), max_length=36)
    group_uid = models.CharField(_("group token"), max_length=36, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.ASKED)
    answer = models.CharField(_("answer"), max_length=40, blank=True)
    expires_at = models.DateTimeField(_("expires"))
    active_from = models.DateTimeField(_("from"), null=True)
    ended_at = models.DateTimeField(_("ended"), null=True)
    # The session it became: one above us in the order of apps, so it is named, not linked.
    transaction_ref = models.CharField(_("transaction"), max_length=64, blank=True)

    class Meta(TenantRecord.Meta):
        verbose_name = _("reservation")
        verbose_name_plural = _("reservations")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("charge_point", "number"),
                name="reservation_numbers_are_unique_at_a_station",
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at__isnull=True)
                | models.Q(active_from__isnull=True)
                | models.Q(ended_at__gte=models.F("active_from")),
                name="a_reservation_ends_after_it_began",
            ),
        )
        indexes = (
            models.Index(
                fields=("expires_at",),
                condition=models.Q(state__in=("asked", "active")),
                name="reservations_open",
            ),
            models.Index(
                fields=("charge_point", "transaction_ref"), name="reservations_of_a_session"
            ),
        )

    def __str__(self) -> str:
        return f"{self.charge_point} {self.number}"

    @property
    def reserved_s(self) -> int:
        """Seconds from the station's acceptance to the end; 0 before either is known."""
        if self.active_from is None or self.ended_at is None:
            return 0
        return max(int((self.ended_at - self.active_from).total_seconds()), 0)
