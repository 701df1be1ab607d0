"""Numbered pages."""

from __future__ import annotations

from typing import Any, Final

from django.utils.translation import gettext as _
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from billing.documents.style import GREY, printable

MARGIN: Final = 18 * mm


class NumberedCanvas(Canvas):  # type: ignore[misc]
    """Holds every page back until it is known how many there are."""

    def __init__(self, *args: Any, seller: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._seller = printable(seller)
        self._pages: list[dict[str, Any]] = []

    def showPage(self) -> None:  # noqa: N802 - reportlab's name
        """Keep the page and begin another."""
        self._pages.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        """Write every page with its number."""
        count = len(self._pages)
        for number, kept in enumerate(self._pages, start=1):
            self.__dict__.update(kept)
            self.setFont("Helvetica", 8)
            self.setFillColor(GREY)
            self.drawString(MARGIN, 10 * mm, self._seller)
            place = _("Page %(number)s of %(count)s") % {"number": number, "count": count}
            self.drawRightString(A4[0] - MARGIN, 10 * mm, place)
            super().showPage()
        super().save()
