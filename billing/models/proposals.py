"""Credits that are proposed where a finding came after the bill."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from billing.models.corrections import CorrectionKind, CorrectionRun
from sessions_app.models import ChargingSession
from tenants.models import TenantRecord


class CreditProposal(TenantRecord):
    """What should be given back of a session's price, and what became of the proposal.

    `energy_wh` is what the samples show to have been delivered (`bound_wh` at most off); blank
    where the energy is not what is wrong. Amounts are those of the dry run at that time, minor
    units; what is carried out is what the person saw. The incident is one app beside us in the
    order of apps, so `doubt_id` names it and does not link it.
    """

    class State(models.TextChoices):
        """A proposal's life."""

        PROPOSED = "proposed", _("Proposed")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")
        DONE = "done", _("Credited")

    session = models.ForeignKey(
        ChargingSession,
        on_delete=models.PROTECT,
        related_name="credit_proposals",
        verbose_name=_("session"),
    )
    doubt_id = models.UUIDField(_("incident"))
    kind = models.CharField(_("kind"), max_length=8)
    cause = models.CharField(_("cause"), max_length=32)
    state = models.CharField(
        _("state"), max_length=8, choices=State.choices, default=State.PROPOSED
    )
    correction_kind = models.CharField(
        _("correction"), max_length=8, choices=CorrectionKind.choices
    )
    billed_wh = models.BigIntegerField(_("energy billed (Wh)"))
    energy_wh = models.BigIntegerField(_("energy delivered (Wh)"), null=True, blank=True)
    bound_wh = models.BigIntegerField(_("at most off by (Wh)"), null=True, blank=True)
    energy_source = models.CharField(max_length=32, blank=True)
    currency = models.CharField(_("currency"), max_length=3)
    old_gross_minor = models.BigIntegerField(_("price now"))
    new_gross_minor = models.BigIntegerField(_("price then"))
    run = models.ForeignKey(
        CorrectionRun,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="proposals",
        verbose_name=_("correction run"),
    )
    problem = models.CharField(_("problem"), max_length=255, blank=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("decided by"),
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)

    class Meta(TenantRecord.Meta):
        verbose_name = _("proposed credit")
        verbose_name_plural = _("proposed credits")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("session", "doubt_id"), name="a_doubt_proposes_one_credit_of_a_session"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.session}"

    @property
    def credit_minor(self) -> int:
        """How much less the session would cost."""
        return self.old_gross_minor - self.new_gross_minor
