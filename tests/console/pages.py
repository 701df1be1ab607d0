"""Pages read as a browser reads them: what a form on them would send."""

from __future__ import annotations

from html.parser import HTMLParser


class _Fields(HTMLParser):
    """Collects the names and values that the forms of a page would send, buttons aside."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, list[str]] = {}
        self._select = ""
        self._options: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        if tag == "select":
            self._select, self._options = known.get("name") or "", []
        elif tag == "option" and self._select:
            self._options.append((known.get("value") or "", "selected" in known))
        elif tag == "input" and known.get("name"):
            can_be_off = known.get("type") in ("checkbox", "radio")
            if not can_be_off or "checked" in known:
                self.found.setdefault(known["name"] or "", []).append(known.get("value") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "select" and self._select:
            chosen = [value for value, is_chosen in self._options if is_chosen]
            first = [value for value, _is_chosen in self._options[:1]]
            self.found[self._select] = chosen or first
            self._select = ""


def fields_of(html: str) -> dict[str, list[str]]:
    """What a page's forms would send as they stand."""
    reader = _Fields()
    reader.feed(html)
    return reader.found
