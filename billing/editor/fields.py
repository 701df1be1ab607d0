"""Fields in the units people write: kilowatt-hours, minutes, a day of the year."""

from __future__ import annotations

import re
from datetime import time
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.utils.dates import MONTHS
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from billing.editor.words import day_after_season, days_in, last_day_of_season, minutes

_GAPS: Final = re.compile(r"[\s\u00a0\u202f_]")
_MINUTES: Final = re.compile(r"(\d{1,6})(?::([0-5]\d))?\Z")
_TIME: Final = r"([01]?\d|2[0-4])(?:[:.]?([0-5]\d))?"
_HOURS: Final = re.compile(rf"{_TIME}\s*[-–]\s*{_TIME}\Z")
MONTH_CHOICES: Final = [("", "–"), *((str(n), MONTHS[n]) for n in range(1, 13))]


class NumberField(forms.DecimalField):
    """A number with a comma or a point, whichever the language has."""

    def __init__(self, **more: Any) -> None:
        """Twelve digits, six of them behind the point."""
        widget = forms.TextInput({"inputmode": "decimal", "autocomplete": "off", "size": 6})
        given = {"max_digits": 12, "decimal_places": 6, "required": False, "widget": widget}
        super().__init__(**{**given, **more})

    def to_python(self, value: Any) -> Any:
        """A comma is a point; gaps between digits mean nothing."""
        if isinstance(value, str):
            value = _GAPS.sub("", value).replace(",", ".").replace("−", "-")
        return super().to_python(value)

    def prepare_value(self, value: Any) -> Any:
        """A number as the language writes it, what was typed as it was typed."""
        if not isinstance(value, Decimal):
            return value
        text = f"{value:f}"
        if "." in text:
            text = text.rstrip("0").rstrip(".")
            whole, _point, decimals = text.partition(".")
            text = f"{whole}.{decimals.ljust(2, '0')}" if decimals else text
        return text.replace(".", ",") if (get_language() or "sv").startswith("sv") else text


class ThousandsField(NumberField):
    """Entered in kWh, kW or A; kept in Wh, W or mA."""

    def __init__(self, **more: Any) -> None:
        """Three decimals are all there are."""
        super().__init__(**{"decimal_places": 3, "max_digits": 9, "min_value": 0, **more})

    def clean(self, value: Any) -> int | None:
        """In thousandths."""
        entered: Decimal | None = super().clean(value)
        return None if entered is None else int(entered.scaleb(3))

    def prepare_value(self, value: Any) -> Any:
        """Thousandths in the unit people use."""
        if isinstance(value, int):
            value = Decimal(value).scaleb(-3).normalize()
        return super().prepare_value(value)


class MinutesField(forms.CharField):
    """Entered in minutes, "15" or "15:30"; kept in seconds."""

    def __init__(self, **more: Any) -> None:
        """Short."""
        widget = forms.TextInput({"inputmode": "numeric", "autocomplete": "off", "size": 6})
        super().__init__(**{"required": False, "widget": widget, **more})

    def clean(self, value: Any) -> int | None:
        """In seconds; None for nothing."""
        text = super().clean(value)
        if not text:
            return None
        found = _MINUTES.match(text)
        if found is None:
            raise forms.ValidationError(_("Write minutes, for example 15 or 15:30."))
        return int(found[1]) * 60 + int(found[2] or 0)

    def prepare_value(self, value: Any) -> Any:
        """Seconds as minutes."""
        return minutes(value) if isinstance(value, int) else value


class HoursField(forms.CharField):
    """Stretches of a day, "22:00-07:00, 12-13"; kept as pairs of times."""

    def clean(self, value: Any) -> tuple[tuple[time, time], ...]:
        """In the order written."""
        text = super().clean(value)
        return tuple(_stretch(part.strip()) for part in text.split(",") if part.strip())

    def prepare_value(self, value: Any) -> Any:
        """Pairs of times as people write them."""
        if isinstance(value, str) or value is None:
            return value
        return ", ".join(f"{start:%H:%M}-{end:%H:%M}" for start, end in value)


class DayWidget(forms.MultiWidget):
    """A day of the month and a month."""

    def __init__(self) -> None:
        """A number and a choice."""
        day = forms.TextInput({"inputmode": "numeric", "size": 2, "aria-label": _("day")})
        month = forms.Select({"aria-label": _("month")}, choices=MONTH_CHOICES)
        super().__init__((day, month))

    def decompress(self, value: Any) -> list[Any]:
        """Only nothing comes here: the field hands out pairs."""
        return [None, None]


class SeasonDayField(forms.MultiValueField):
    """A day of every year; kept as (month, day), the last one as the day after it."""

    def __init__(self, *, is_last: bool, **more: Any) -> None:
        """Of a season the last day is entered, as people say it."""
        self._is_last = is_last
        day = forms.IntegerField(min_value=1, max_value=31)
        month = forms.TypedChoiceField(choices=MONTH_CHOICES, coerce=int, empty_value=None)
        given = {"required": False, "widget": DayWidget(), "require_all_fields": True}
        super().__init__((day, month), **{**given, **more})

    def compress(self, data_list: list[Any]) -> tuple[int, int] | None:
        """To (month, day); refuse days that no year has."""
        if not data_list or data_list == [None, None]:
            return None
        if None in data_list:
            raise forms.ValidationError(_("A day has a number and a month."))
        day, month = data_list
        if day > days_in(month):
            raise forms.ValidationError(_("There is no such day."))
        return day_after_season((month, day)) if self._is_last else (month, day)

    def prepare_value(self, value: Any) -> Any:
        """A number and a month; of a season the last day is shown."""
        if not isinstance(value, tuple):
            return value
        month, day = last_day_of_season(value) if self._is_last else value
        return [day, month]


def _stretch(text: str) -> tuple[time, time]:
    found = _HOURS.match(text)
    if found is None:
        raise forms.ValidationError(
            _("Write hours like 22:00-07:00; several with commas between them.")
        )
    hours = [int(found[1]), int(found[2] or 0), int(found[3]), int(found[4] or 0)]
    return time(hours[0] % 24, hours[1]), time(hours[2] % 24, hours[3])
