"""Tariffs, their versions and drafts, and who gets which."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from chargepoints.models import ChargePoint, Connector, Site
from sessions_app.models import ChargingSession, Driver, DriverGroup
from tenants.models import TenantRecord


class Tariff(TenantRecord):
    """A named price; what it says at a time stands in its versions."""

    name = models.CharField(_("name"), max_length=80)

    class Meta(TenantRecord.Meta):
        verbose_name = _("tariff")
        verbose_name_plural = _("tariffs")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class TariffVersion(TenantRecord):
    """A tariff's prices from `valid_from` until just before `valid_to`; never changed.

    `document` is the canonical JSON of a `rating.TariffFacts` (`rating.tariff_document`) without
    its `version_id`. Only `valid_to` is ever written again, when a later version takes over; the
    database refuses two versions of one tariff at one time.
    """

    append_only = True
    still_writable = ("valid_to",)

    tariff = models.ForeignKey(
        Tariff, on_delete=models.PROTECT, related_name="versions", verbose_name=_("tariff")
    )
    number = models.PositiveIntegerField(_("version"))
    valid_from = models.DateTimeField(_("valid from"))
    valid_to = models.DateTimeField(_("valid to"), null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, default="SEK")
    document = models.JSONField(_("prices"))
    note = models.CharField(_("note"), max_length=200, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("published by"),
    )

    class Meta(TenantRecord.Meta):
        verbose_name = _("tariff version")
        verbose_name_plural = _("tariff versions")
        ordering = ("tariff", "-number")
        constraints = (
            models.UniqueConstraint(
                fields=("tariff", "number"), name="tariff_version_numbers_are_unique"
            ),
            models.CheckConstraint(
                condition=models.Q(valid_to__isnull=True)
                | models.Q(valid_to__gte=models.F("valid_from")),
                name="a_tariff_version_does_not_end_before_it_begins",
            ),
        )

    def __str__(self) -> str:
        return f"{self.tariff} v{self.number}"


class TariffDraft(TenantRecord):
    """What somebody is writing: the next version of a tariff, not in force."""

    tariff = models.OneToOneField(
        Tariff, on_delete=models.CASCADE, related_name="draft", verbose_name=_("tariff")
    )
    document = models.JSONField(_("prices"))
    changed_at = models.DateTimeField(_("changed"), auto_now=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("changed by"),
    )

    class Meta(TenantRecord.Meta):
        verbose_name = _("tariff draft")
        verbose_name_plural = _("tariff drafts")

    def __str__(self) -> str:
        return str(self.tariff)


class TariffLevel(models.TextChoices):
    """For whom or where a tariff holds; the first that has one wins."""

    DRIVER = "driver", _("Driver")
    DRIVER_GROUP = "driver_group", _("Driver group")
    CONNECTOR = "connector", _("Connector")
    CHARGE_POINT = "charge_point", _("Charge point")
    SITE = "site", _("Site")
    TENANT = "tenant", _("Everywhere")


def _exactly_the_target_of_its_level() -> models.Q:
    condition = models.Q()
    targets = [level.value for level in TariffLevel if level is not TariffLevel.TENANT]
    for level in TariffLevel:
        nulls = {f"{name}__isnull": name != level.value for name in targets}
        condition |= models.Q(level=level.value, **nulls)
    return condition


class TariffAssignment(TenantRecord):
    """Who gets a tariff, or where it holds, from `valid_from` until just before `valid_to`.

    Only `valid_to` is ever written again; the database refuses two for one target at one time.
    """

    append_only = True
    still_writable = ("valid_to",)

    tariff = models.ForeignKey(
        Tariff, on_delete=models.PROTECT, related_name="assignments", verbose_name=_("tariff")
    )
    level = models.CharField(_("level"), max_length=12, choices=TariffLevel.choices)
    driver = models.ForeignKey(
        Driver,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="tariffs",
        verbose_name=_("driver"),
    )
    driver_group = models.ForeignKey(
        DriverGroup,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="tariffs",
        verbose_name=_("driver group"),
    )
    connector = models.ForeignKey(
        Connector,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="tariffs",
        verbose_name=_("connector"),
    )
    charge_point = models.ForeignKey(
        ChargePoint,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="tariffs",
        verbose_name=_("charge point"),
    )
    site = models.ForeignKey(
        Site,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="tariffs",
        verbose_name=_("site"),
    )
    valid_from = models.DateTimeField(_("valid from"))
    valid_to = models.DateTimeField(_("valid to"), null=True, blank=True)
    assigned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("assigned by"),
    )

    class Meta(TenantRecord.Meta):
        verbose_name = _("tariff assignment")
        verbose_name_plural = _("tariff assignments")
        ordering = ("level", "-valid_from")
        constraints = (
            models.CheckConstraint(
                condition=_exactly_the_target_of_its_level(),
                name="a_tariff_assignment_has_the_target_of_its_level",
            ),
            models.CheckConstraint(
                condition=models.Q(valid_to__isnull=True)
                | models.Q(valid_to__gte=models.F("valid_from")),
                name="a_tariff_assignment_does_not_end_before_it_begins",
            ),
        )

    def __str__(self) -> str:
        return f"{self.tariff}: {self.target or self.get_level_display()}"

    @property
    def target(self) -> models.Model | None:
        """The driver, group, connector, charge point or site; None at the level of the tenant."""
        found: models.Model | None = getattr(self, self.level, None)
        return found if self.level != TariffLevel.TENANT else None


class SessionTariff(TenantRecord):
    """The version a session is priced by, frozen at its start, and how it was found.

    `priced_at` is the instant the tariff was looked up for. By `clock_rule` that is the station's
    own start time, or, when the station's clock was more wrong than `policy` allows, the time we
    first heard of the session; all its times are then moved by `clock_shift_s` for rating.
    """

    class ClockRule(models.TextChoices):
        """Whose clock the session is priced by."""

        STATION = "station", _("The station's clock")
        SERVER = "server", _("Our clock: the station's was wrong")

    session = models.OneToOneField(
        ChargingSession,
        on_delete=models.PROTECT,
        related_name="session_tariff",
        verbose_name=_("session"),
    )
    version = models.ForeignKey(
        TariffVersion, on_delete=models.PROTECT, related_name="+", verbose_name=_("tariff version")
    )
    assignment = models.ForeignKey(
        TariffAssignment,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("tariff assignment"),
    )
    driver = models.ForeignKey(
        Driver,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("driver"),
    )
    started_at = models.DateTimeField(_("start"))
    priced_at = models.DateTimeField(_("priced by the prices of"))
    clock_rule = models.CharField(_("clock"), max_length=8, choices=ClockRule.choices)
    clock_shift_s = models.BigIntegerField(_("clock moved by (s)"), default=0)

    class Meta(TenantRecord.Meta):
        verbose_name = _("tariff of a session")
        verbose_name_plural = _("tariffs of sessions")

    def __str__(self) -> str:
        return str(self.version)
