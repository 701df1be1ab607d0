"""The evidence of an incident as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from anomalies.wording import quantity
from chargepoints.admin import exact_time
from chargepoints.models import Connector

# Columns of the evidence: heading, unit, and the fields of a sample that may hold it.
EVIDENCE = (
    (_("register"), "Wh", ("energy_wh",)),
    (_("power"), "W", ("power_w",)),
    (_("current"), "mA", ("current_ma", "current_l1_ma", "current_l2_ma", "current_l3_ma")),
    (_("voltage"), "mV", ("voltage_mv", "voltage_l1_mv", "voltage_l2_mv", "voltage_l3_mv")),
)


STATE_HEADS = (_("reported state"), _("error code"))


def evidence_table(evidence: Sequence[Mapping[str, Any]]) -> SafeString | str:
    """The samples, or the states reported, around the moment it was certain."""
    if not evidence:
        return "-"
    is_states = "status" in evidence[0]
    names = (
        (_("reported state"), _("error code")) if is_states else [head for head, *_r in EVIDENCE]
    )
    heads = format_html_join("", "<th>{}</th>", ((capfirst(name),) for name in names))
    make = _state_row if is_states else _row
    rows = format_html_join("", "<tr>{}</tr>", ((make(it),) for it in evidence))
    return format_html(
        '<div class="laddbok-scroll"><table class="laddbok-table"><thead><tr><th>{}</th>{}</tr>'
        "</thead><tbody>{}</tbody></table></div>",
        capfirst(_("time")),
        heads,
        rows,
    )


def _state_row(report: Mapping[str, Any]) -> SafeString:
    status = report["status"]
    words = Connector.Status(status).label if status in Connector.Status.values else status
    cells = [exact_time(datetime.fromisoformat(report["at"])), words, report.get("error") or "-"]
    return format_html_join("", "<td>{}</td>", ((cell,) for cell in cells))


def _row(sample: Mapping[str, Any]) -> SafeString:
    cells = [exact_time(datetime.fromisoformat(sample["at"]))]
    for _head, unit, names in EVIDENCE:
        values = [quantity(sample[name], unit) for name in names if name in sample]
        cells.append(" / ".join(values) or "-")
    return format_html_join("", "<td>{}</td>", ((cell,) for cell in cells))
