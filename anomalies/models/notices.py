"""Who is told of what: operators' addresses, drivers' choices and notices, public status pages."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from anomalies.models.incidents import Incident
from anomalies.models.work_orders import new_link_token
from anomalies.types import Severity
from chargepoints.models import Site
from chargepoints.public_codes import CODE_LENGTH, new_public_code
from outbox.types import Channel
from sessions_app.models import Driver
from tenants.models import TenantRecord


class NoticeAddress(TenantRecord):
    """Somebody, or a system, that is told of incidents: where, of which, and when not.

    `site_ids` empty: of all sites. In the quiet hours (the organisation's time zone) messages wait,
    but for dangers and hardware failures.
    """

    class Least(models.IntegerChoices):
        """How bad an incident must at least be."""

        SYSTEM = Severity.SYSTEM, _("Danger, hardware and system failures only")
        CRITICAL = Severity.CRITICAL, _("Critical and worse")
        ERROR = Severity.ERROR, _("Errors and worse")
        ALERT = Severity.ALERT, _("Alerts and worse")
        NOTICE = Severity.NOTICE, _("Everything")

    name = models.CharField(_("name"), max_length=80)
    channel = models.CharField(
        _("channel"), max_length=8, choices=Channel.choices, default=Channel.EMAIL
    )
    address = models.CharField(_("address"), max_length=254)
    sealed_url = models.TextField(blank=True, editable=False)
    language = models.CharField(
        _("language"), max_length=8, choices=[("sv", _("Swedish")), ("en", _("English"))]
    )
    least = models.PositiveSmallIntegerField(
        _("tell of"), choices=Least.choices, default=Least.CRITICAL
    )
    site_ids = ArrayField(models.UUIDField(), verbose_name=_("sites"), default=list, blank=True)
    tells_opened = models.BooleanField(_("new incidents"), default=True)
    tells_escalated = models.BooleanField(_("escalations and late work"), default=True)
    tells_ended = models.BooleanField(_("their end"), default=True)
    quiet_from = models.TimeField(_("quiet from"), null=True, blank=True)
    quiet_to = models.TimeField(_("quiet until"), null=True, blank=True)
    is_on = models.BooleanField(_("in use"), default=True)

    class Meta(TenantRecord.Meta):
        verbose_name = _("notice address")
        verbose_name_plural = _("notice addresses")
        ordering = ("name",)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(quiet_from=None, quiet_to=None)
                | models.Q(quiet_from__isnull=False, quiet_to__isnull=False),
                name="quiet_hours_have_two_ends",
                violation_error_message=_("Give both ends of the quiet hours, or neither."),
            ),
        )

    def __str__(self) -> str:
        return self.name


class DriverChoice(TenantRecord):
    """What a driver wants to hear, changed by whoever has the link in their mails."""

    class Wants(models.TextChoices):
        """Which interruptions."""

        SITES = "sites", _("At sites I used lately, too")
        MINE = "mine", _("Only where I charge or have reserved")
        NOTHING = "nothing", _("None")

    driver = models.OneToOneField(Driver, on_delete=models.CASCADE, related_name="notice_choice")
    token = models.CharField(max_length=40, unique=True, default=new_link_token, editable=False)
    wants = models.CharField(
        _("notices of interruptions"), max_length=8, choices=Wants.choices, default=Wants.MINE
    )

    class Meta(TenantRecord.Meta):
        verbose_name = _("driver's choice of notices")
        verbose_name_plural = _("drivers' choices of notices")

    def __str__(self) -> str:
        return f"{self.driver}: {self.get_wants_display()}"


class DriverNotice(TenantRecord):
    """A driver who is told of an interruption: once of it, once of its end."""

    class Why(models.TextChoices):
        """What makes it theirs."""

        SESSION = "session", _("charges there")
        RESERVATION = "reservation", _("has a reservation")
        SITE = "site", _("uses the site")

    driver = models.ForeignKey(Driver, on_delete=models.CASCADE, related_name="+")
    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="+")
    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="driver_notices")
    why = models.CharField(_("why"), max_length=12, choices=Why.choices)
    ended_at = models.DateTimeField(_("ended"), null=True)

    class Meta(TenantRecord.Meta):
        verbose_name = _("driver notice")
        verbose_name_plural = _("driver notices")
        constraints = (
            models.UniqueConstraint(
                fields=("incident", "driver"), name="a_driver_is_told_once_of_an_incident"
            ),
            models.UniqueConstraint(
                fields=("driver", "site"),
                condition=models.Q(ended_at=None),
                name="a_driver_has_one_open_notice_of_a_site",
            ),
        )

    def __str__(self) -> str:
        return f"{self.driver}: {self.incident}"


class StatusPage(TenantRecord):
    """The page on which anybody sees how a site is doing, when the operator wants it public."""

    site = models.OneToOneField(Site, on_delete=models.CASCADE, related_name="status_page")
    code = models.CharField(
        max_length=CODE_LENGTH, unique=True, default=new_public_code, editable=False
    )
    is_open = models.BooleanField(_("public"), default=False)

    class Meta(TenantRecord.Meta):
        verbose_name = _("status page")
        verbose_name_plural = _("status pages")

    def __str__(self) -> str:
        return self.code
