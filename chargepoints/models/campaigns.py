"""Settings and firmware for many stations: what is wanted, and how far each station is."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from chargepoints.models.charge_points import ChargePoint
from chargepoints.models.maintenance import FirmwareJob
from chargepoints.models.profiles import ModelProfile
from tenants.models import TenantRecord


class SettingsTemplate(TenantRecord):
    """What stations are to be set to; `values` are `[component, name, value]`, OCPP's words.

    OCPP 1.6 has no components: they are empty there.
    """

    name = models.CharField(_("name"), max_length=80)
    profile = models.ForeignKey(
        ModelProfile,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="templates",
        verbose_name=_("charger model"),
        help_text=_("Empty: stations of every model."),
    )
    speaks_16 = models.BooleanField(_("for OCPP 1.6"), default=True)
    values = models.JSONField(_("settings"), default=list)

    class Meta(TenantRecord.Meta):
        verbose_name = _("settings template")
        verbose_name_plural = _("settings templates")
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "name"), name="settings_templates_have_names_of_their_own"
            ),
        )

    def __str__(self) -> str:
        return self.name


class Campaign(TenantRecord):
    """One change to many stations, wave by wave.

    `template_values` is a copy: a template that is changed meanwhile changes no campaign.
    `firmware` is location, retrieve_at and, for a signed image, signature and signing_certificate.
    """

    class Kind(models.TextChoices):
        """What the stations get."""

        SETTINGS = "settings", _("Settings")
        FIRMWARE = "firmware", _("Firmware")

    class State(models.TextChoices):
        """A campaign's life."""

        DRAFT = "draft", _("Draft")
        RUNNING = "running", _("Under way")
        STOPPED = "stopped", _("Stopped")
        DONE = "done", _("Done")

    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.DRAFT)
    template_values = models.JSONField(default=list)
    firmware = models.JSONField(default=dict)
    wave_percent = models.PositiveSmallIntegerField(
        _("stations per wave (%)"),
        default=100,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text=_("The next wave begins when every station of the one before has ended."),
    )
    stop_at_failures = models.PositiveSmallIntegerField(
        _("stop at so many failures"), default=3, validators=[MinValueValidator(1)]
    )
    attempts = models.PositiveSmallIntegerField(
        _("attempts per station"), default=2, validators=[MinValueValidator(1)]
    )
    while_charging = models.BooleanField(
        _("also while somebody charges"),
        default=False,
        help_text=_("Otherwise a station waits until all its outlets are free."),
    )
    made_by = models.CharField(_("made by"), max_length=120)
    started_at = models.DateTimeField(_("started"), null=True)
    ended_at = models.DateTimeField(_("ended"), null=True)

    class Meta(TenantRecord.Meta):
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        ordering = ("-id",)
        indexes = (
            models.Index(
                fields=("state",), condition=models.Q(state="running"), name="campaigns_running"
            ),
        )

    def __str__(self) -> str:
        return self.name


class CampaignStation(TenantRecord):
    """One station's part in a campaign."""

    class State(models.TextChoices):
        """How far the station is."""

        WAITING = "waiting", _("Waits")
        SENT = "sent", _("Under way")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="stations")
    charge_point = models.ForeignKey(
        ChargePoint,
        on_delete=models.CASCADE,
        related_name="campaign_parts",
        verbose_name=_("charge point"),
    )
    wave = models.PositiveSmallIntegerField(_("wave"), default=1)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.WAITING)
    attempt = models.PositiveSmallIntegerField(_("attempt"), default=0)
    # What became of each setting, or what the station said of its firmware.
    note = models.CharField(_("what it said"), max_length=500, blank=True)
    firmware_job = models.ForeignKey(
        FirmwareJob, on_delete=models.SET_NULL, null=True, related_name="campaign_parts"
    )
    sent_at = models.DateTimeField(_("sent"), null=True)
    ended_at = models.DateTimeField(_("ended"), null=True)

    class Meta(TenantRecord.Meta):
        verbose_name = _("station of a campaign")
        verbose_name_plural = _("stations of a campaign")
        ordering = ("wave", "charge_point__identity")
        constraints = (
            models.UniqueConstraint(
                fields=("campaign", "charge_point"), name="a_station_is_in_a_campaign_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.charge_point} {self.get_state_display()}"
