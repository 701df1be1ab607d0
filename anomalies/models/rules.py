"""What rules remember between sessions, what they learnt, and how operators have set them."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from chargepoints.models import ChargePoint, ModelProfile, Site
from sessions_app.models import ChargingSession
from tenants.models import TenantRecord


class RuleMemory(TenantRecord):
    """What the rules remember of one connector, station, token or firmware, as JSON of about 1 kB.

    `key` names it within the tenant. `read_until` is how far a sweep has read what it looks at.
    """

    class Subject(models.TextChoices):
        """What is remembered."""

        CONNECTOR = "connector", _("Connector")
        STATION = "station", _("Charge point")
        TOKEN = "token", _("Token")
        FIRMWARE = "firmware", _("Firmware")

    subject = models.CharField(max_length=10, choices=Subject.choices)
    key = models.CharField(max_length=160)
    state = models.JSONField(default=dict)
    read_until = models.DateTimeField(null=True)

    class Meta(TenantRecord.Meta):
        verbose_name = _("rules' memory")
        verbose_name_plural = _("rules' memories")
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "subject", "key"), name="a_subject_is_remembered_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.subject} {self.key}"


class SessionDigest(TenantRecord):
    """A judged session in a few numbers; `learnt_at` is when profiles and cohorts counted it."""

    session = models.OneToOneField(ChargingSession, on_delete=models.CASCADE, related_name="digest")
    charge_point = models.ForeignKey(ChargePoint, on_delete=models.CASCADE, related_name="+")
    model_key = models.CharField(max_length=110)
    firmware = models.CharField(max_length=50, blank=True)
    ended_at = models.DateTimeField()
    is_good = models.BooleanField()
    is_muted = models.BooleanField(default=False)
    summary = models.JSONField(default=dict)
    evidence = models.JSONField(default=list)
    learnt_at = models.DateTimeField(null=True)

    class Meta(TenantRecord.Meta):
        verbose_name = _("session digest")
        verbose_name_plural = _("session digests")
        indexes = (
            models.Index(fields=("tenant", "model_key", "ended_at"), name="digests_of_a_model"),
            models.Index(
                fields=("created_at",),
                condition=models.Q(learnt_at=None),
                name="digests_to_learn_from",
            ),
        )

    def __str__(self) -> str:
        return str(self.session_id)


class LearntProfile(TenantRecord):
    """What cars take at one level: a car on a model, a car, a connector, a model, everybody.

    `curve` holds the last currents (mA) per bin of the charge, `heat` the last rises in millikelvin
    per 1000 A2. Learnt within one tenant alone.
    """

    key = models.CharField(max_length=160)
    sessions = models.PositiveIntegerField(default=0)
    curve = models.JSONField(default=dict)
    heat = models.JSONField(default=list)

    class Meta(TenantRecord.Meta):
        verbose_name = _("learnt profile")
        verbose_name_plural = _("learnt profiles")
        constraints = (
            models.UniqueConstraint(fields=("tenant", "key"), name="a_profile_is_learnt_once"),
        )

    def __str__(self) -> str:
        return self.key


class RuleSetting(TenantRecord):
    """A threshold of a rule that an operator has moved, for all stations or for one model."""

    profile = models.ForeignKey(
        ModelProfile,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="rule_settings",
        verbose_name=_("charger model"),
    )
    rule = models.CharField(_("rule"), max_length=16)
    name = models.CharField(_("threshold"), max_length=32)
    value = models.IntegerField(_("value"))
    set_by = models.CharField(_("set by"), max_length=120, blank=True, editable=False)

    class Meta(TenantRecord.Meta):
        verbose_name = _("rule setting")
        verbose_name_plural = _("rule settings")
        ordering = ("rule", "name")
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "profile", "rule", "name"),
                nulls_distinct=False,
                name="a_threshold_is_set_once_per_model",
                violation_error_message=_("This threshold is set already: change that setting."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.rule} {self.name}"


class SiteReading(TenantRecord):
    """The register of a site's own meter at a time (Wh), which its connectors are compared with."""

    append_only = True

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="meter_readings")
    at = models.DateTimeField(_("time"))
    register_wh = models.BigIntegerField(_("meter (Wh)"))

    class Meta(TenantRecord.Meta):
        verbose_name = _("site meter reading")
        verbose_name_plural = _("site meter readings")
        ordering = ("-at",)
        constraints = (
            models.UniqueConstraint(
                fields=("site", "at"), name="a_site_meter_is_read_once_at_a_time"
            ),
        )

    def __str__(self) -> str:
        return f"{self.register_wh} Wh"
