"""Work orders, what technicians write and photograph, and the links of their calendars."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

from anomalies.models.incidents import Incident
from chargepoints.models import ChargePoint, Connector, Site
from tenants.models import Member, TenantRecord


def new_link_token() -> str:
    """A token nobody guesses: 192 bits."""
    return secrets.token_urlsafe(24)


class WorkOrder(TenantRecord):
    """Something a person has to see to at a site, and until when."""

    class State(models.TextChoices):
        """An order's life."""

        OPEN = "open", _("To do")
        STARTED = "started", _("Begun")
        DONE = "done", _("Done")
        CANCELLED = "cancelled", _("Not needed")

    class Skill(models.TextChoices):
        """Who can do it."""

        ANYBODY = "anybody", _("Anybody on site")
        TECHNICIAN = "technician", _("Charging technician")
        ELECTRICIAN = "electrician", _("Electrician")
        METER = "meter", _("Meter technician")
        NETWORK = "network", _("Network technician")

    incident = models.OneToOneField(
        Incident,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="work_order",
        verbose_name=_("incident"),
    )
    site = models.ForeignKey(
        Site, on_delete=models.PROTECT, related_name="work_orders", verbose_name=_("site")
    )
    charge_point = models.ForeignKey(
        ChargePoint,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="work_orders",
        verbose_name=_("charge point"),
    )
    connector = models.ForeignKey(
        Connector,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("connector"),
    )
    title = models.CharField(_("what"), max_length=160, blank=True)
    description = models.TextField(_("details"), blank=True, max_length=4000)
    severity = models.PositiveSmallIntegerField(_("severity"), default=5)
    skill = models.CharField(
        _("who can do it"), max_length=12, choices=Skill.choices, default=Skill.TECHNICIAN
    )
    parts = models.CharField(_("bring along"), max_length=200, blank=True)
    assignee = models.ForeignKey(
        Member,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="work_orders",
        verbose_name=_("who does it"),
    )
    due_at = models.DateTimeField(_("due"))
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OPEN)
    started_at = models.DateTimeField(_("begun"), null=True, blank=True)
    done_at = models.DateTimeField(_("done"), null=True, blank=True)
    done_by = models.CharField(_("done by"), max_length=120, blank=True)

    class Meta(TenantRecord.Meta):
        verbose_name = _("work order")
        verbose_name_plural = _("work orders")
        ordering = ("due_at",)
        indexes = (
            models.Index(
                fields=("assignee", "due_at"),
                condition=models.Q(state__in=("open", "started")),
                name="work_orders_to_do",
            ),
        )

    def __str__(self) -> str:
        return f"{self.title or self.incident}"

    @property
    def place(self) -> Connector | ChargePoint | Site:
        """Where to go."""
        return self.connector or self.charge_point or self.site

    @property
    def is_to_do(self) -> bool:
        """Whether it still waits for somebody."""
        return self.state in (self.State.OPEN, self.State.STARTED)

    def is_late(self, now: datetime) -> bool:
        """Whether it should have been done."""
        return self.is_to_do and now >= self.due_at


class WorkNote(TenantRecord):
    """What somebody wrote, or photographed, on a work order."""

    append_only = True

    work_order = models.ForeignKey(WorkOrder, on_delete=models.CASCADE, related_name="notes")
    author = models.CharField(_("by"), max_length=120)
    text = models.TextField(_("note"), blank=True, max_length=4000)
    # A JPEG made by us of what was sent: small, upright, without the place it was taken at. In the
    # database it stays within the tenant's rows, their rights and their backups.
    photo = models.BinaryField(_("photo"), null=True)

    class Meta(TenantRecord.Meta):
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        ordering = ("id",)

    def __str__(self) -> str:
        return self.text[:60]


class CalendarLink(TenantRecord):
    """The secret link by which a member's calendar reads their work orders."""

    member = models.OneToOneField(Member, on_delete=models.CASCADE, related_name="calendar_link")
    token = models.CharField(max_length=40, unique=True, default=new_link_token, editable=False)

    class Meta(TenantRecord.Meta):
        verbose_name = _("calendar link")
        verbose_name_plural = _("calendar links")

    def __str__(self) -> str:
        return str(self.member)
