"""Writing the next version of a tariff before anybody is charged by it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from billing.models import Tariff, TariffDraft, TariffVersion
from billing.rating import TariffFacts
from billing.selectors.tariff_drafts import draft_facts
from billing.services.tariffs import create_tariff, prices_document, publish_tariff_version
from tenants.models import User


class NothingDrafted(LookupError):
    """Somebody else has published or thrown away the draft."""


def start_tariff(*, name: str, prices: TariffFacts, by: User | None) -> Tariff:
    """Make a tariff with a draft of its first prices; nobody gets it yet."""
    with transaction.atomic():
        tariff = create_tariff(name=name)
        save_draft(tariff_id=tariff.pk, prices=prices, by=by)
    return tariff


def save_draft(*, tariff_id: UUID, prices: TariffFacts, by: User | None) -> TariffDraft:
    """Keep what is being written in place of what was kept; nothing of it is in force."""
    known = {"document": prices_document(prices), "changed_by": by}
    return TariffDraft.objects.update_or_create(tariff_id=tariff_id, defaults=known)[0]


def discard_draft(*, tariff_id: UUID) -> None:
    """Throw away what was written since the last version."""
    TariffDraft.objects.filter(tariff_id=tariff_id).delete()


def publish_draft(
    *, tariff_id: UUID, valid_from: datetime, now: datetime, note: str, by: User | None
) -> TariffVersion:
    """Make the draft the tariff's next version; it is a draft no more.

    Raises `TariffTimeConflict` and `NothingDrafted`, and then the draft stays.
    """
    with transaction.atomic():
        Tariff.objects.select_for_update().get(pk=tariff_id)
        draft = TariffDraft.objects.filter(tariff_id=tariff_id).first()
        if draft is None:
            raise NothingDrafted(f"tariff {tariff_id} has no draft")
        version = publish_tariff_version(
            tariff_id=tariff_id,
            prices=draft_facts(draft),
            valid_from=valid_from,
            now=now,
            note=note,
            published_by=by,
        )
        draft.delete()
    return version
