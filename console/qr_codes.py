"""QR codes that lead strangers to the page where they pay and charge, one for each connector."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.http import HttpResponse
from django.urls import reverse
from reportlab.graphics.barcode.qr import QrCodeWidget

from chargepoints.models import ChargePoint

# A quarter of the code may be scratched or dirty.
_CORRECTION: Final = "Q"
# Around the code, in modules; scanners want four.
_QUIET: Final = 4


@dataclass(frozen=True, slots=True)
class QrCode:
    """A connector's code: `path` draws its dark modules in a square of `size`."""

    number: int
    address: str
    size: int
    path: str


def qr_codes_of(charge_point: ChargePoint, base_url: str) -> list[QrCode]:
    """The codes of a station's connectors, by number."""
    numbers = charge_point.connectors.order_by("evse_id").values_list("evse_id", flat=True)
    slug, code = charge_point.tenant.slug, charge_point.public_code
    return [
        draw_code(number, f"{base_url}{reverse('charge', args=(slug, code, number))}")
        for number in dict.fromkeys(numbers)
    ]


def svg_file(code: QrCode) -> HttpResponse:
    """One code as a picture of any size, to give to a printer."""
    picture = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {code.size} {code.size}"'
        f' shape-rendering="crispEdges"><rect width="100%" height="100%" fill="#fff"/>'
        f'<path d="{code.path}"/></svg>'
    )
    response = HttpResponse(picture, content_type="image/svg+xml")
    response.headers["Content-Disposition"] = f'attachment; filename="qr-{code.number}.svg"'
    return response


def draw_code(number: int, address: str) -> QrCode:
    """An address as a code; `number` is what it is called by."""
    widget = QrCodeWidget(address, barLevel=_CORRECTION)
    widget.qr.make()
    rows = widget.qr.modules
    dark = (
        f"M{x + _QUIET} {y + _QUIET}h1v1h-1z"
        for y, row in enumerate(rows)
        for x, is_dark in enumerate(row)
        if is_dark
    )
    return QrCode(number, address, len(rows) + 2 * _QUIET, "".join(dark))
