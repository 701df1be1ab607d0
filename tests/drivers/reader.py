"""Reads a receipt's page as a person with a pencil does: nothing but the text that is on it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from html.parser import HTMLParser

_NUMBER = {
    "sv": re.compile(r"[-−]?[\d\s]*\d(?:,\d+)?"),
    "en": re.compile(r"(?:-?SEK\s)?-?[\d,]*\d(?:\.\d+)?"),
}


@dataclass
class Element:
    """An element with its classes, its text and what is in it."""

    tag: str
    attributes: dict[str, str | None]
    parts: list[Element | str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All text in it, blanks folded."""
        words = " ".join(p if isinstance(p, str) else p.text for p in self.parts)
        return " ".join(words.split())

    def all(self, selector: str) -> list[Element]:
        """Descendants by `tag`, `.class` or `#data-testid`, in order."""
        found: list[Element] = []
        for part in self.parts:
            if isinstance(part, Element):
                if part.matches(selector):
                    found.append(part)
                found += part.all(selector)
        return found

    def one(self, selector: str) -> Element:
        """The only such descendant."""
        (found,) = self.all(selector)
        return found

    def matches(self, selector: str) -> bool:
        if selector.startswith("."):
            return selector[1:] in (self.attributes.get("class") or "").split()
        if selector.startswith("#"):
            return self.attributes.get("data-testid") == selector[1:]
        return self.tag == selector


class _Builder(HTMLParser):
    VOID = frozenset({"meta", "link", "br", "input", "img"})

    def __init__(self) -> None:
        super().__init__()
        self.root = Element("", {})
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, dict(attrs))
        self._open[-1].parts.append(element)
        if tag not in self.VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open[-1].parts.append(Element(tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self._open.pop().tag == tag, f"</{tag}> closes another element"

    def handle_data(self, data: str) -> None:
        self._open[-1].parts.append(data)


def read_page(html: str) -> Element:
    """The page; fails where an element is not closed."""
    builder = _Builder()
    builder.feed(html)
    assert len(builder._open) == 1
    return builder.root


def number(text: str, language: str) -> Decimal:
    """The first number in a text written in a language."""
    found = _NUMBER[language].search(text)
    assert found, f"no number in {text!r}"
    plain = re.sub(r"\s|SEK", "", found.group()).replace("−", "-")
    return Decimal(plain.replace(",", "." if language == "sv" else ""))


def counted(text: str, language: str) -> Decimal:
    """A quantity in the unit its price is for: "35 min 30 s" is 35.5, "1 h 30 min" is 1.5."""
    parts = {unit: int(n) for n, unit in re.findall(r"(\d+) (h|min|s)\b", text)}
    if not parts:
        return number(text, language)
    seconds = parts.get("h", 0) * 3600 + parts.get("min", 0) * 60 + parts.get("s", 0)
    return Decimal(seconds) / (3600 if "h" in parts else 60)
