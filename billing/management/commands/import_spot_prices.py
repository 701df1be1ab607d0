"""`import_spot_prices`: market prices out of files, each of them wholly or not at all."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing.money import UnknownCurrency, minor_exponent
from billing.selectors.spot_prices import market_zone
from billing.services.spot_prices import record_prices
from billing.spot.days import day_of
from billing.spot.feeds import Wanted, read_prices
from billing.spot.slots import AREA_PATTERN, WrongSpotPrices
from billing.spot.units import Unit

LARGEST_FILE_BYTES: Final = 50_000_000
_AREA_IN_NAME: Final = re.compile(r"(?:^|[_-])([A-Z]{2}[0-9])(?=[._-]|$)")


class Command(BaseCommand):
    """Reads the JSON shapes of public feeds, and CSV."""

    help = (
        "Record market prices out of files: JSON as public feeds give it, or CSV with a header"
        " (time_start, and price or SEK_per_kWh). A file is recorded wholly or not at all. A price"
        " that differs from the recorded one becomes its next revision; bills that were made do"
        " not change."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """The files, and what they do not say themselves."""
        parser.add_argument("files", nargs="+", metavar="FILE")
        parser.add_argument("--area", help="price area; without it the file's name says it (_SE3)")
        parser.add_argument("--currency", help="SEK, or the currency of --from-unit")
        parser.add_argument(
            "--from-unit",
            metavar="UNIT",
            help="unit of numbers without one: SEK/kWh (the default), öre/kWh, EUR/MWh, ...;"
            " currencies are not exchanged",
        )
        parser.add_argument(
            "--allow-gaps",
            action="store_true",
            help="record days with missing slots; the tariff's fallback price holds in them",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Each file in turn; those that fail are named at the end."""
        try:
            unit = Unit.read(options["from_unit"]) if options["from_unit"] else None
            currency = _currency_of(options["currency"], unit)
        except WrongSpotPrices as wrong:
            raise CommandError(str(wrong)) from None
        failed = []
        for name in options["files"]:
            try:
                told = _import_file(
                    Path(name), options["area"], currency, unit, allow_gaps=options["allow_gaps"]
                )
                self.stdout.write(f"{name}: {told}")
            except WrongSpotPrices as wrong:
                failed.append("\n".join(f"{name}: {reason}" for reason in wrong.reasons))
        if failed:
            raise CommandError("\n".join([*failed, "Nothing of what is named here was recorded."]))


def _currency_of(asked: str | None, unit: Unit | None) -> str:
    currency = (asked or (unit.currencies[0] if unit else "SEK")).upper()
    try:
        minor_exponent(currency)
    except UnknownCurrency:
        raise WrongSpotPrices(f"--currency: {currency} is no currency known here") from None
    if unit:
        unit.require_currency(currency)
    return currency


def _area_of(path: Path, asked: str | None) -> str:
    """Return the area that was asked for or stands in the file's name; both must agree."""
    found = _AREA_IN_NAME.search(path.name)
    named = found[1] if found else None
    area = asked or named
    if area is None:
        raise WrongSpotPrices("of which price area are the prices? Add --area SE3")
    if not re.fullmatch(AREA_PATTERN, area):
        raise WrongSpotPrices(f"--area: {area!r} is no price area; SE3 is one")
    if named not in (None, area):
        raise WrongSpotPrices(f"the file is named for {named}, --area says {area}")
    return area


def _import_file(
    path: Path, asked_area: str | None, currency: str, unit: Unit | None, *, allow_gaps: bool
) -> str:
    """Record one file and say what was in it."""
    area = _area_of(path, asked_area)
    zone = market_zone()
    slots = read_prices(_content_of(path), Wanted(area, currency, zone, unit))
    done = record_prices(
        area=area,
        currency=currency,
        slots=slots,
        source=path.name,
        zone=zone,
        allow_gaps=allow_gaps,
    )
    days = sorted({str(day_of(slot.starts_at, zone)) for slot in slots})
    when = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
    if not done.added + done.revised:
        return f"{area}, {when}: nothing new, all {done.unchanged} prices were recorded before"
    return (
        f"{area}, {when}: {done.added} new prices, {done.revised} revised,"
        f" {done.unchanged} as before"
    )


def _content_of(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST_FILE_BYTES:
            raise WrongSpotPrices(f"more than {LARGEST_FILE_BYTES} bytes")
        return path.read_bytes()
    except OSError as error:
        raise WrongSpotPrices(f"cannot be read: {error.strerror}") from None
