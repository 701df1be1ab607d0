"""How sure the split of the energy over the prices is, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from billing.wording import money
from drivers import wording


def tell_accuracy(explanation: Mapping[str, Any]) -> tuple[str, ...]:
    """Say how far sparse readings can have moved the total; one sentence where they can not."""
    error_minor, error_wh = explanation["split_error_minor"], explanation["split_error_wh"]
    if not error_minor:
        return (
            _("The meter was read often enough: how the energy was split does not move the total."),
        )
    return (
        _(
            "The price changed %(count)s times between two readings of the meter. There the"
            " energy was split by the power the station reported, or evenly over the time."
        )
        % {"count": len(explanation["splits"])},
        _(
            "One such split can be wrong by at most %(energy)s; all of them together can have moved"
            " the total by at most %(money)s, up or down."
        )
        % {
            "energy": wording.energy(error_wh),
            "money": money(error_minor, explanation["currency"]),
        },
    )
