"""What several pages of tariffs have in common: who acts, what holds when, why not then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.http import Http404, HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from billing.models import Tariff, TariffVersion
from tenants.models import User


@dataclass(frozen=True, slots=True)
class State:
    """Whether something holds, in words and as a colour."""

    text: str
    colour: str


def state_of(valid_from: datetime, valid_to: datetime | None, now: datetime) -> State:
    """Whether a version or an assignment holds now, will hold, held or never did."""
    if valid_to == valid_from:
        return State(_("withdrawn"), "muted")
    if valid_to is not None and valid_to <= now:
        return State(_("ended"), "muted")
    if valid_from > now:
        return State(_("coming"), "info")
    return State(_("in force"), "success")


def version_rows(tariff: Tariff, now: datetime) -> list[tuple[TariffVersion, State]]:
    """Every version of a tariff, the latest first, with its state."""
    rows = TariffVersion.objects.filter(tariff=tariff).select_related("published_by", "tariff")
    return [(row, state_of(row.valid_from, row.valid_to, now)) for row in rows.order_by("-number")]


def tariff_or_404(pk: UUID) -> Tariff:
    """The organisation's own tariff."""
    tariff = Tariff.objects.select_related("draft").filter(pk=pk).first()
    if tariff is None:
        raise Http404
    return tariff


def by_whom(request: HttpRequest) -> User | None:
    """The person who does it."""
    return request.user if isinstance(request.user, User) else None


def local_text(at: datetime) -> str:
    """A time by the organisation's clock."""
    return date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT")


def explain_conflict(others: Any, valid_from: datetime, now: datetime) -> str:
    """Say why something cannot begin then, and what can be done."""
    later = others.filter(Q(valid_from__gte=valid_from)).order_by("valid_from").first()
    if valid_from < now:
        return _("This time has passed; choose one in the future, so that nothing is rewritten.")
    if later is None:
        return _("It cannot begin then.")
    return _(
        "Another one begins at %s; take that one back first, or choose a later time."
    ) % local_text(later.valid_from)
