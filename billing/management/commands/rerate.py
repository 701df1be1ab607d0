"""`rerate --check`: rate past bills again and name every öre that differs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields
from datetime import date
from typing import Any, Final

import orjson
from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing.models import Tariff
from billing.services.rerating import CheckedCharge, charges_between, check_charges
from tenants.models import Tenant
from tenants.scope import across_tenants, tenant_scope

PROGRESS_EVERY: Final = 1000


@dataclass
class Summary:
    """What was found so far; amounts in minor units by currency."""

    checked: int = 0
    differing: int = 0
    differing_minor: Counter[str] = field(default_factory=Counter)
    changed_since: int = 0
    changed_since_minor: Counter[str] = field(default_factory=Counter)
    unknown_rules: Counter[str] = field(default_factory=Counter)

    def add(self, found: CheckedCharge) -> None:
        """Count one charge."""
        currency = found.charge.currency
        self.checked += 1
        if found.differences:
            self.differing += 1
            self.differing_minor[currency] += found.off_by_minor
        if found.change is not None:
            self.changed_since += 1
            self.changed_since_minor[currency] += found.change_minor
        if found.unknown_rules:
            self.unknown_rules[found.unknown_rules] += 1

    @property
    def is_clean(self) -> bool:
        """Every charge was rated again, and none differs."""
        return not self.differing and not self.unknown_rules


class Command(BaseCommand):
    """Reads only; exits 1 when a bill differs or could not be rated again."""

    help = (
        "Rate past bills again from the inputs frozen with them, and hold the result against their"
        " lines, their explanation and the books. What the database measures otherwise today is"
        " told as well, but is no fault of the bill."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Which bills."""
        parser.add_argument("--check", action="store_true", help="check; nothing is changed")
        parser.add_argument("--tenant", metavar="SLUG", help="only this organisation's bills")
        parser.add_argument(
            "--from",
            dest="date_from",
            metavar="DATE",
            help="only sessions that ended on this local day or later (2026-06-01)",
        )
        parser.add_argument(
            "--to", dest="date_to", metavar="DATE", help="... on this local day or earlier"
        )
        parser.add_argument("--tariff", metavar="NAME", default="", help="only this tariff's bills")
        parser.add_argument(
            "--json", action="store_true", help="one JSON object per line, the summary last"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Each organisation in turn, in its own scope."""
        if not options["check"]:
            self.stdout.write(
                "Nothing was done. With --check past bills are rated again and compared. A bill is"
                " corrected in the admin, on the session's page, by a person who gives a reason."
            )
            return
        summary = Summary()
        for slug, found in _all_checked(options):
            summary.add(found)
            if options["json"]:
                self._tell_as_json(slug, found)
            else:
                self._tell(slug, found)
            if summary.checked % PROGRESS_EVERY == 0:
                self.stderr.write(f"{summary.checked} charges checked, now at {slug}")
        self._conclude(summary, as_json=options["json"])

    def _tell(self, slug: str, found: CheckedCharge) -> None:
        charge = found.charge
        name = f"{slug} session {charge.session_id} revision {charge.revision}"
        for one in found.differences:
            off = "" if one.minor is None else f" ({one.minor:+d} {charge.currency} minor units)"
            self.stdout.write(
                f"{name}: {one.where}: stored {one.stored}, computed {one.computed}{off}"
            )
        if found.unknown_rules:
            self.stdout.write(f"{name}: not checked: rated by rules {found.unknown_rules}")
        if found.change is not None and found.change.gross_minor is None:
            self.stdout.write(f"{name}: can not be rated today: {found.change.problem}")
        elif found.change is not None:
            parts = ", ".join(found.change.parts)
            self.stdout.write(
                f"{name}: changed since ({parts}): it would cost {found.change_minor:+d}"
                f" {charge.currency} minor units; the bill stands"
            )

    def _tell_as_json(self, slug: str, found: CheckedCharge) -> None:
        if not (found.differences or found.change or found.unknown_rules):
            return
        charge = found.charge
        told = {
            "tenant": slug,
            "session": str(charge.session_id),
            "charge": str(charge.pk),
            "revision": charge.revision,
            "currency": charge.currency,
            "off_by_minor": found.off_by_minor,
            "differences": [asdict(one) for one in found.differences],
            "changed_since": asdict(found.change) if found.change else None,
            "unknown_rules": found.unknown_rules,
        }
        self.stdout.write(orjson.dumps(told).decode())

    def _conclude(self, summary: Summary, *, as_json: bool) -> None:
        if as_json:
            told = {one.name: getattr(summary, one.name) for one in fields(summary)}
            self.stdout.write(orjson.dumps({"summary": told}).decode())
        else:
            for sentence in _sentences(summary):
                self.stdout.write(sentence)
        if not summary.is_clean:
            raise CommandError("not every bill is what it was")
        if not as_json:
            self.stdout.write(self.style.SUCCESS("Every bill is what it was."))


def _all_checked(options: dict[str, Any]) -> Iterator[tuple[str, CheckedCharge]]:
    date_from = _day(options["date_from"], "--from")
    date_to = _day(options["date_to"], "--to")
    if date_from and date_to and date_from > date_to:
        raise CommandError("--from: is after --to")
    tenants = _tenants(options["tenant"])
    _require_tariff(options["tariff"], tenants)
    for tenant in tenants:
        with tenant_scope(tenant.pk):
            charges = charges_between(
                date_from=date_from,
                date_to=date_to,
                time_zone=tenant.time_zone,
                tariff=options["tariff"],
            )
            for found in check_charges(charges):
                yield tenant.slug, found


def _tenants(slug: str | None) -> list[Tenant]:
    rows = Tenant.objects.order_by("slug")
    found = list(rows if slug is None else rows.filter(slug=slug))
    if slug is not None and not found:
        raise CommandError(f"--tenant: no organisation has the short name {slug}")
    return found


def _require_tariff(name: str, tenants: list[Tenant]) -> None:
    if not name:
        return
    with across_tenants(reason="rerate --tariff"):
        if not Tariff.objects.filter(name=name, tenant__in=tenants).exists():
            raise CommandError(f"--tariff: no tariff is called {name}")


def _day(text: str | None, name: str) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise CommandError(f"{name}: {text} is no date; write 2026-06-01") from None


def _sentences(summary: Summary) -> Iterator[str]:
    yield f"{summary.checked} charges checked, {summary.differing} differ" + _sums(
        summary.differing_minor
    )
    if summary.changed_since:
        yield (
            f"{summary.changed_since} sessions are measured or priced otherwise since"
            f"{_sums(summary.changed_since_minor)}; their bills stand"
        )
    for rules, count in sorted(summary.unknown_rules.items()):
        yield f"{count} charges were NOT checked: rated by rules {rules}, which this code has not"


def _sums(by_currency: Counter[str]) -> str:
    told = ", ".join(f"{minor} {currency}" for currency, minor in sorted(by_currency.items()))
    return f", by {told} in minor units" if told else ""
