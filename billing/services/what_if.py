"""What-if runs: asked for by a person, computed by a worker."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from billing.models import Tariff, TariffDraft, TariffVersion, WhatIfRun
from billing.rating import (
    DamagedInputs,
    InvalidTariff,
    OverlappingSpotPrices,
    UnratableSession,
    read_tariff,
)
from billing.selectors.tariffs import tariff_facts, without_fees
from billing.selectors.usage import Weeks, billed_sessions, current_charges, market_books
from billing.what_if import (
    BilledSession,
    OffPeak,
    Replacement,
    Replay,
    SlotBook,
    cheapest_hours,
    chosen_hours,
    price_curve,
)
from outbox import bell
from tenants.models import Tenant, User
from tenants.scope import across_tenants, required_tenant_id, tenant_scope

log = logging.getLogger(__name__)

RUN_TASK: Final = "billing.tasks.run_due_what_ifs"
LEASE: Final = timedelta(minutes=10)
PROGRESS_EVERY: Final = 100
MOST_ATTEMPTS: Final = 3
MOST_WEEKS: Final = 53

State = WhatIfRun.State


class WhatIfRefused(ValueError):
    """The question cannot be answered; `field` names what of it is wrong."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(why)
        self.field = field


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be tried: a version of a tariff or (None) its draft, over so many past weeks.

    Answers are percent: by so much the energy of a peak hour falls when its price, compared with
    off-peak, doubles.
    """

    tariff_id: UUID
    version_id: UUID | None = None
    weeks: int = 8
    off_peak: str = WhatIfRun.OffPeak.CHEAPEST
    off_peak_from_hour: int = 22
    off_peak_to_hour: int = 6
    off_peak_weekends: bool = False
    elasticity_low_pct: int = 10
    elasticity_high_pct: int = 60


def ask_what_if(question: Question, *, asked_by: User | None, now: datetime) -> WhatIfRun:
    """Store a question for a worker; its tariff is copied, later edits do not change it.

    Raises `WhatIfRefused`.
    """
    document = check_question(question)
    tenant = Tenant.objects.get(pk=required_tenant_id())
    with transaction.atomic():
        tariff = Tariff.objects.get(pk=question.tariff_id)
        run = WhatIfRun.objects.create(
            tariff=tariff,
            version_id=question.version_id,
            document=document,
            day_to=now.astimezone(ZoneInfo(tenant.time_zone)).date(),
            weeks=question.weeks,
            off_peak=question.off_peak,
            off_peak_from_hour=question.off_peak_from_hour,
            off_peak_to_hour=question.off_peak_to_hour,
            off_peak_weekends=question.off_peak_weekends,
            elasticity_low_pct=question.elasticity_low_pct,
            elasticity_high_pct=question.elasticity_high_pct,
            requested_by=asked_by,
            due_at=now,
        )
        transaction.on_commit(partial(bell.ring, RUN_TASK))
    return run


def run_due_what_ifs(*, limit: int = 20) -> int:
    """Answer the questions that wait; returns how many were tried."""
    for tried in range(limit):
        run = _claim_next(timezone.now())
        if run is None:
            return tried
        with tenant_scope(run.tenant_id):
            _answer(run)
    return limit


def compute_what_if(run: WhatIfRun) -> dict[str, Any]:
    """Replay the run's weeks; its progress is stored as it goes. Raises as rating does."""
    tenant = Tenant.objects.get(pk=required_tenant_id())
    weeks = Weeks(run.day_to, run.weeks, ZoneInfo(tenant.time_zone))
    tried = read_tariff(run.document)
    books = market_books(weeks, currency=tried.currency)
    main_book = max(books.values(), key=len, default=SlotBook())
    curve = partial(
        price_curve,
        zone=weeks.zone,
        day_from=weeks.day_from,
        day_to=weeks.day_to,
        book=main_book,
    )
    tried_curve = curve(tried)
    off_peak = _off_peak_of(run, tried_curve)
    curves: dict[UUID, Sequence[int]] = {}

    def prices(billed: BilledSession) -> tuple[Sequence[int], Sequence[int]]:
        was = tariff_facts(TariffVersion.objects.get(pk=billed.version_id))
        is_same = replace(was, version_id=tried.version_id) == tried
        curves[billed.version_id] = tried_curve if is_same else curve(was)
        return curves[billed.version_id], tried_curve

    replay = Replay(
        {run.tariff_id: Replacement(tried, without_fees(tried))},
        off_peak=off_peak,
        elasticity_pct=(run.elasticity_low_pct, run.elasticity_high_pct),
        prices=prices,
        books=books,
        currency=tried.currency,
    )
    run.sessions_total = current_charges(weeks).count()
    run.save(update_fields=("sessions_total",))
    for number, billed in enumerate(billed_sessions(weeks), start=1):
        replay.add(billed)
        if number % PROGRESS_EVERY == 0:
            _tell_progress(run, number)
    return {
        **replay.document(),
        "price_curve": list(tried_curve),
        "old_price_curves": {str(version): list(one) for version, one in curves.items()},
    }


def check_question(question: Question) -> dict[str, Any]:
    """Return the document of the tariff that is to be tried; raises `WhatIfRefused`."""
    _check_numbers(question)
    return _document_of(question)


def _check_numbers(question: Question) -> None:
    if not 1 <= question.weeks <= MOST_WEEKS:
        raise WhatIfRefused("weeks", f"from 1 to {MOST_WEEKS} weeks")
    low, high = question.elasticity_low_pct, question.elasticity_high_pct
    if not 0 <= low <= high <= 100:
        raise WhatIfRefused("elasticity_high_pct", "0 <= lowest <= highest <= 100")
    try:
        chosen_hours(question.off_peak_from_hour, question.off_peak_to_hour)
    except ValueError as why:
        raise WhatIfRefused("off_peak_to_hour", str(why)) from why


def _document_of(question: Question) -> dict[str, Any]:
    """The tariff that is tried, checked against the currency its bills are in."""
    versions = TariffVersion.objects.filter(tariff_id=question.tariff_id)
    if question.version_id is not None:
        row: TariffVersion | TariffDraft | None = versions.filter(pk=question.version_id).first()
    else:
        row = TariffDraft.objects.filter(tariff_id=question.tariff_id).first()
    if row is None:
        raise WhatIfRefused("tried", "the tariff has no such draft or version")
    document = {**row.document, "version_id": str(row.pk)}
    try:
        tried = read_tariff(document)
    except InvalidTariff as why:
        raise WhatIfRefused("tried", str(why)) from why
    currencies = set(versions.values_list("currency", flat=True))
    if currencies and tried.currency not in currencies:
        raise WhatIfRefused("tried", f"{tried.currency} instead of {', '.join(currencies)}")
    return document


def _claim_next(now: datetime) -> WhatIfRun | None:
    with across_tenants(reason="what-if runs"), transaction.atomic():
        run = (
            WhatIfRun.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(state__in=(State.PENDING, State.RUNNING), due_at__lte=now)
            .order_by("due_at", "id")
            .first()
        )
        if run is None:
            return None
        run.state = State.RUNNING
        run.attempts += 1
        run.due_at = now + LEASE
        run.save(update_fields=("state", "attempts", "due_at"))
    return run


def _answer(run: WhatIfRun) -> None:
    if run.attempts > MOST_ATTEMPTS:
        _settle(run, State.FAILED, problem=f"given up after {MOST_ATTEMPTS} tries")
        return
    try:
        result = compute_what_if(run)
    except (DamagedInputs, InvalidTariff, OverlappingSpotPrices, UnratableSession) as why:
        log.warning("what-if failed", extra={"what_if": str(run.pk)}, exc_info=True)
        _settle(run, State.FAILED, problem=str(why)[:255])
    else:
        _settle(run, State.DONE, result=result, sessions_done=result["counts"].get("sessions", 0))


def _settle(run: WhatIfRun, state: State, **values: Any) -> None:
    WhatIfRun.objects.filter(pk=run.pk, state=State.RUNNING, attempts=run.attempts).update(
        state=state, finished_at=timezone.now(), **values
    )


def _tell_progress(run: WhatIfRun, done: int) -> None:
    WhatIfRun.objects.filter(pk=run.pk, attempts=run.attempts).update(
        sessions_done=done, due_at=timezone.now() + LEASE
    )


def _off_peak_of(run: WhatIfRun, curve: Sequence[int]) -> OffPeak:
    chosen = chosen_hours(
        run.off_peak_from_hour, run.off_peak_to_hour, weekends=run.off_peak_weekends
    )
    if run.off_peak == WhatIfRun.OffPeak.CHOSEN:
        return chosen
    return cheapest_hours(curve) or OffPeak("same_price", chosen.hours)
