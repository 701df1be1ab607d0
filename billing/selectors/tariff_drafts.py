"""What is being written of a tariff, and what it is compared with."""

from __future__ import annotations

from datetime import datetime

from django.db.models import F, Q, QuerySet

from billing.models import Tariff, TariffDraft, TariffVersion
from billing.rating import TariffFacts, read_tariff


def draft_facts(draft: TariffDraft) -> TariffFacts:
    """A draft as rating takes it; it has no version id."""
    return read_tariff({**draft.document, "version_id": ""})


def standing_versions(tariff: Tariff) -> QuerySet[TariffVersion]:
    """A tariff's versions that are or were or will be in force, the latest first."""
    withdrawn = Q(valid_to__isnull=False, valid_to=F("valid_from"))
    return TariffVersion.objects.filter(tariff=tariff).exclude(withdrawn).order_by("-valid_from")


def version_before(tariff: Tariff, at: datetime) -> TariffVersion | None:
    """The version in force just before an instant: what a new one would take over from."""
    return standing_versions(tariff).filter(valid_from__lt=at).first()


def is_withdrawn(version: TariffVersion) -> bool:
    """Whether a version was taken back before it began."""
    return version.valid_to == version.valid_from
