"""All the forms of one tariff together, and the moves of its rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.http import QueryDict
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from billing.editor.entered import (
    idle_fee,
    idle_fields,
    reservation_fee,
    reservation_fields,
    row_fields,
    row_of,
    whole_fields,
)
from billing.editor.forms import IdleForm, ReservationForm, RowForm, WholeForm
from billing.editor.rows import elements_of, rows_of
from billing.rating import InvalidTariff, TariffFacts
from billing.rating.tally import vat_rate_of, with_vat

MOST_ROWS: Final = 60


@dataclass(slots=True)
class Sheet:
    """A tariff as it is being written."""

    whole: WholeForm
    idle: IdleForm
    reservation: ReservationForm
    rows: list[RowForm]
    problem: str = ""

    @classmethod
    def of_tariff(cls, tariff: TariffFacts) -> Sheet:
        """Prices in fields."""
        return cls(
            WholeForm(prefix="whole", initial=whole_fields(tariff)),
            IdleForm(prefix="idle", initial=idle_fields(tariff.idle_fee)),
            ReservationForm(prefix="reservation", initial=reservation_fields(tariff)),
            [
                RowForm(prefix=f"row-{n}", initial=row_fields(row))
                for n, row in enumerate(rows_of(tariff))
            ],
        )

    @classmethod
    def of_post(cls, data: QueryDict) -> Sheet:
        """What was sent, to be checked."""
        return cls(
            WholeForm(data, prefix="whole"),
            IdleForm(data, prefix="idle"),
            ReservationForm(data, prefix="reservation"),
            [RowForm(data, prefix=f"row-{n}") for n in range(_count(data))],
        )

    @classmethod
    def as_typed(cls, data: QueryDict, act: str) -> Sheet:
        """What was typed, unchecked, with a row added, removed or moved (`add`, `up-2`)."""
        rows = [_typed(RowForm, data, f"row-{n}") for n in range(_count(data))]
        return cls(
            WholeForm(prefix="whole", initial=_typed(WholeForm, data, "whole")),
            IdleForm(prefix="idle", initial=_typed(IdleForm, data, "idle")),
            ReservationForm(
                prefix="reservation", initial=_typed(ReservationForm, data, "reservation")
            ),
            [
                RowForm(prefix=f"row-{n}", initial=fields)
                for n, fields in enumerate(_rearrange(rows, act))
            ],
        )

    @property
    def forms(self) -> Sequence[forms.Form]:
        """Every form, in the order of the page."""
        return [*self.rows, self.idle, self.reservation, self.whole]

    @property
    def complaints(self) -> Iterator[str]:
        """Every error with the place and the field it is at."""
        if self.problem:
            yield self.problem
        for number, form in enumerate(self.forms, start=1):
            place = _("row %(number)s") % {"number": number} if number <= len(self.rows) else ""
            for name, errors in form.errors.items():
                label = str(form.fields[name].label) if name in form.fields else ""
                where = ", ".join(part for part in (place, label) if part)
                yield f"{capfirst(where)}: {' '.join(map(str, errors))}"

    def read(self) -> TariffFacts | None:
        """Return the tariff; None when a field has an error, which stands at the field."""
        # Every form is asked, so that every error is told.
        if [form for form in self.forms if not form.is_valid()]:
            return None
        try:
            tariff = self._tariff()
        except InvalidTariff as invalid:
            self.problem = _("These prices cannot be calculated with: %s") % invalid
            return None
        return None if self._refuse_dear_fallbacks(tariff) else tariff

    def _refuse_dear_fallbacks(self, tariff: TariffFacts) -> bool:
        """Tell each row whose price without a market price is above what it promises at most."""
        found = False
        for form in self.rows:
            component = row_of(form.cleaned_data).component
            ceiling = component.spot.ceiling if component.spot else None
            vat_rate = vat_rate_of(tariff, component.vat_rate)
            if ceiling is not None and with_vat(tariff, component.price, vat_rate) > ceiling:
                form.add_error("price", _("Without a market price this is above the ceiling."))
                found = True
        return found

    def _tariff(self) -> TariffFacts:
        whole = self.whole.cleaned_data
        return TariffFacts(
            version_id="",
            currency=whole["currency"],
            vat_rate=whole["vat_rate"],
            elements=elements_of(row_of(form.cleaned_data) for form in self.rows),
            prices_include_vat=whole["prices_include_vat"] == "yes",
            idle_fee=idle_fee(self.idle.cleaned_data),
            free_energy_wh=whole["free_energy"] or 0,
            free_time_s=whole["free_time"] or 0,
            min_price=whole["min_price"],
            max_price=whole["max_price"],
            reservation_fee=reservation_fee(self.reservation.cleaned_data),
        )


def _count(data: QueryDict) -> int:
    text = data.get("rows", "")
    return min(int(text), MOST_ROWS) if text.isdecimal() else 0


def _typed(form: type[forms.Form], data: QueryDict, prefix: str) -> dict[str, Any]:
    """What was sent for a form, as it was typed."""
    return {
        name: field.widget.value_from_datadict(data, {}, f"{prefix}-{name}")
        for name, field in form.base_fields.items()
    }


def _rearrange(rows: list[dict[str, Any]], act: str) -> list[dict[str, Any]]:
    """Add, remove or move a row; an act that means nothing changes nothing."""
    verb, _dash, text = act.partition("-")
    if verb == "add" and len(rows) < MOST_ROWS:
        return [*rows, {}]
    place = int(text) if text.isdecimal() else -1
    if not 0 <= place < len(rows):
        return rows
    others = rows[:place] + rows[place + 1 :]
    if verb == "remove":
        return others
    target = {"up": place - 1, "down": place + 1}.get(verb, place)
    target = max(0, min(target, len(others)))
    return [*others[:target], rows[place], *others[target:]]
