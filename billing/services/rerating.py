"""Rating past bills again: does each still follow, to the öre, from what was frozen with it?"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from hashlib import sha256
from typing import Any, Final
from zoneinfo import ZoneInfo

import orjson
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Q, QuerySet, Sum

from billing.models import Charge, ChargeLine, Posting
from billing.rating import (
    DamagedInputs,
    InvalidTariff,
    OverlappingSpotPrices,
    RatedCharge,
    RatedLine,
    UnknownRules,
    UnratableSession,
    hash_document,
    rate_again,
)
from billing.selectors.rating_facts import rate_facts, session_facts
from billing.selectors.tariffs import tariff_facts
from billing.services.ledger import RECEIVABLE, REVENUE_PREFIX, VAT_OUTPUT

# Charges held in memory at a time.
CHUNK: Final = 200

_AMOUNTS: Final = (
    ("including VAT", "gross_minor"),
    ("excluding VAT", "net_minor"),
    ("VAT", "vat_minor"),
)
_LINE_FACTS: Final = ("quantity", "unit", "unit_price", "per", "vat_rate")
_PARTS: Final = ("session", "tariff", "spot")


class UnreadableInputs(ValueError):
    """What was frozen with the charge is not what was written: it cannot be rated again."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is stored otherwise than it is computed; `minor` is computed - stored.

    `minor` is None where it is no amount of money.
    """

    where: str
    stored: str
    computed: str
    minor: int | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What the database says today of a session whose bill was frozen; the bill is not wrong.

    `parts` are those of the inputs that are others now, `gross_minor` what the session would cost
    by them (None: it could not be rated, `problem` says why).
    """

    parts: tuple[str, ...]
    gross_minor: int | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class CheckedCharge:
    """A charge, how it differs from its own inputs, and what has changed since it was made.

    `unknown_rules` is the version of the rules it was rated by where this code has others: then
    nothing of it could be computed.
    """

    charge: Charge
    differences: tuple[Difference, ...] = ()
    change: Change | None = None
    unknown_rules: str = ""

    @property
    def off_by_minor(self) -> int:
        """The largest amount by which any part of the charge is wrong, in minor units."""
        return max((abs(one.minor) for one in self.differences if one.minor), default=0)

    @property
    def change_minor(self) -> int:
        """By how much the session would cost more today."""
        if self.change is None or self.change.gross_minor is None:
            return 0
        return self.change.gross_minor - self.charge.gross_minor


def charges_between(
    *, date_from: date | None, date_to: date | None, time_zone: str, tariff: str = ""
) -> QuerySet[Charge]:
    """Charges of sessions that ended on these local days (both included), at one tariff or any."""
    zone = ZoneInfo(time_zone)
    wanted = Q()
    if date_from is not None:
        wanted &= Q(session__ended_at__gte=_midnight(date_from, zone))
    if date_to is not None:
        wanted &= Q(session__ended_at__lt=_midnight(date_to + timedelta(days=1), zone))
    if tariff:
        wanted &= Q(tariff_version__tariff__name=tariff)
    return Charge.objects.filter(wanted)


def check_charges(charges: QuerySet[Charge]) -> Iterator[CheckedCharge]:
    """Rate charges again and hold them against their rows, the books, and today's measurements.

    A chunk at a time is in memory. Nothing is written.
    """
    rows = (
        charges.annotate(is_corrected=Q(correction__isnull=False))
        .select_related(
            "session__charge_point__site", "session__session_tariff", "tariff_version__tariff"
        )
        .prefetch_related("lines")
        .order_by("pk")
    )
    chunk = list(rows[:CHUNK])
    while chunk:
        booked = _booked_amounts(chunk)
        for charge in chunk:
            yield _check(charge, booked.get(f"charge:{charge.pk}", (0, 0, 0)))
        chunk = list(rows.filter(pk__gt=chunk[-1].pk)[:CHUNK])


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone)


def _booked_amounts(charges: Iterable[Charge]) -> dict[str, tuple[int, int, int]]:
    """What the books say of charges, by reference: gross, net, VAT."""
    rows = (
        Posting.objects.filter(entry__ref__in=[f"charge:{charge.pk}" for charge in charges])
        .values("entry__ref")
        .annotate(
            gross=Sum("amount_minor", filter=Q(account__code=RECEIVABLE), default=0),
            net=Sum("amount_minor", filter=Q(account__code__startswith=REVENUE_PREFIX), default=0),
            vat=Sum("amount_minor", filter=Q(account__code=VAT_OUTPUT), default=0),
        )
    )
    return {row["entry__ref"]: (row["gross"], -row["net"], -row["vat"]) for row in rows}


def _check(charge: Charge, booked: tuple[int, int, int]) -> CheckedCharge:
    lines = list(charge.lines.all())
    differences = _against_books(lines, booked)
    document: dict[str, Any] = {}
    try:
        document = _read_document(charge)
        differences += _against_hashes(charge, document)
        rated = rate_again(document)
    except UnknownRules:
        rules = str(document.get("rules_version"))
        return CheckedCharge(charge, tuple(differences), unknown_rules=rules)
    except (UnreadableInputs, DamagedInputs, InvalidTariff, UnratableSession) as why:
        unreadable = Difference("frozen inputs", "-", f"cannot be rated: {why}")
        return CheckedCharge(charge, (*differences, unreadable))
    differences += _against_rating(charge, rated)
    differences += _against_lines(lines, rated)
    differences += _against_explanation(charge.explanation, rated)
    is_corrected = getattr(charge, "is_corrected", False)
    change = None if is_corrected else _change_since(charge, document)
    return CheckedCharge(charge, tuple(differences), change)


def _read_document(charge: Charge) -> dict[str, Any]:
    try:
        document = orjson.loads(zlib.decompress(charge.inputs))
    except (zlib.error, orjson.JSONDecodeError) as why:
        raise UnreadableInputs(str(why)) from why
    if not isinstance(document, dict):
        raise UnreadableInputs("no object")
    return document


def _against_hashes(charge: Charge, document: Mapping[str, Any]) -> list[Difference]:
    written = sha256(zlib.decompress(charge.inputs)).hexdigest()
    found = (
        ("hash of the inputs as stored", charge.inputs_hash, written),
        ("hash of the inputs as read", charge.inputs_hash, hash_document(document)),
        ("hash on the bill", str(charge.explanation.get("inputs_hash")), written),
        ("version of the rules", charge.rules_version, str(document.get("rules_version"))),
    )
    return [Difference(*one) for one in found if one[1] != one[2]]


def _against_rating(charge: Charge, rated: RatedCharge) -> list[Difference]:
    session = rated.explanation["session"]
    energy_wh = session["energy_wh"] if isinstance(session, Mapping) else None
    facts = (
        ("currency", charge.currency, rated.currency),
        ("energy (Wh)", str(charge.energy_wh), str(energy_wh)),
    )
    found = [Difference(*one) for one in facts if one[1] != one[2]]
    return found + _amounts("total", charge, rated)


def _amounts(
    what: str, stored: Charge | ChargeLine, computed: RatedCharge | RatedLine
) -> list[Difference]:
    pairs = ((name, getattr(stored, key), getattr(computed, key)) for name, key in _AMOUNTS)
    return [_money(f"{what} {name}", old, new) for name, old, new in pairs if old != new]


def _money(where: str, stored: int, computed: int) -> Difference:
    return Difference(where, str(stored), str(computed), computed - stored)


def _against_lines(lines: list[ChargeLine], rated: RatedCharge) -> list[Difference]:
    found = []
    stored = {line.position: line for line in lines}
    computed = dict(enumerate(rated.lines, start=1))
    for position in sorted(stored.keys() | computed.keys()):
        old, new = stored.get(position), computed.get(position)
        name = f"line {position} ({old.kind if old else new.kind.value if new else ''})"
        if old is None or new is None:
            amounts = (old.gross_minor if old else 0, new.gross_minor if new else 0)
            found.append(_money(f"{name} including VAT", *amounts))
            continue
        found += _amounts(name, old, new)
        facts = [("kind", old.kind, new.kind.value)]
        facts += [(fact, getattr(old, fact), getattr(new, fact)) for fact in _LINE_FACTS]
        found += [
            Difference(f"{name} {fact}", str(one), str(other))
            for fact, one, other in facts
            if one != other
        ]
    return found


def _against_explanation(explanation: Mapping[str, Any], rated: RatedCharge) -> list[Difference]:
    """Amounts of the explanation a driver reads; its wording may grow with the code."""
    fresh = rated.explanation
    pairs: list[tuple[str, Any, Any]] = [
        (f"explained total {name}", explanation.get(key), fresh[key]) for name, key in _AMOUNTS
    ]
    pairs.append(("explained lines", _line_sums(explanation), _line_sums(fresh)))
    return [Difference(where, str(old), str(new)) for where, old, new in pairs if old != new]


def _line_sums(explanation: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    keys = ("kind", "gross_minor", "net_minor", "vat_minor")
    return [tuple(line.get(key) for key in keys) for line in explanation.get("lines", ())]


def _against_books(lines: list[ChargeLine], booked: tuple[int, int, int]) -> list[Difference]:
    sums = [sum(getattr(line, key) for line in lines) for _name, key in _AMOUNTS]
    # A bill of zero is not booked at all, even where its lines cancel out.
    expected = sums if sums[0] else [0, 0, 0]
    pairs = zip(_AMOUNTS, booked, expected, strict=True)
    return [_money(f"booked {name}", old, new) for (name, _key), old, new in pairs if old != new]


def _change_since(charge: Charge, frozen: Mapping[str, Any]) -> Change | None:
    session = charge.session
    try:
        shift_s = session.session_tariff.clock_shift_s
    except ObjectDoesNotExist:
        shift_s = 0
    try:
        today = rate_facts(
            session_facts(session, clock_shift_s=shift_s),
            tariff_facts(charge.tariff_version),
            price_area=session.charge_point.site.price_area,
            known_at=charge.rated_at,
        )
    except (UnratableSession, OverlappingSpotPrices, InvalidTariff) as why:
        return Change((), None, str(why))
    parts = [name for name in _PARTS if today.inputs[name] != frozen.get(name)]
    return Change(tuple(parts), today.gross_minor) if parts else None
