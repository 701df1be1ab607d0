"""Mails as text and as simple HTML, from the same parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from django.conf import settings
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

# Mail programs drop style sheets: everything is said where it is used. Colours are named for
# light and left to the program in the dark.
_FONT: Final = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
_BUTTON: Final = (
    "display:inline-block;padding:12px 20px;border-radius:8px;background:#047857;"
    "color:#ffffff;text-decoration:none;font-weight:600"
)


class Link(NamedTuple):
    """A link and what it is called."""

    label: str
    url: str


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A short mail: what it is about, facts in two columns, one thing to do, and small print."""

    title: str
    sender: str
    language: str = "sv"
    paragraphs: Sequence[str] = ()
    facts: Sequence[tuple[str, str]] = ()
    button: Link | None = None
    links: Sequence[Link] = ()
    small_print: str = ""

    def as_text(self) -> str:
        """Plain text, in lines as they come."""
        parts = [self.title, *self.paragraphs]
        if self.facts:
            parts.append("\n".join(f"{name}: {value}" for name, value in self.facts))
        parts += [f"{link.label}:\n{link.url}" for link in self._all_links]
        parts.append(f"-- \n{self.sender}")
        if self.small_print:
            parts.append(self.small_print)
        return "\n\n".join(parts) + "\n"

    def as_html(self) -> str:
        """One column that is read as well on a phone; nothing is fetched from anywhere."""
        return format_html(
            '<!doctype html><html lang="{}"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width,initial-scale=1">'
            '<meta name="color-scheme" content="light dark"><title>{}</title></head>'
            '<body style="margin:0;padding:24px 16px;{};font-size:16px;line-height:1.5">'
            '<div style="max-width:34rem;margin:0 auto">'
            '<h1 style="font-size:21px;line-height:1.3;margin:0 0 16px">{}</h1>'
            "{}{}{}{}"
            '<p style="margin:32px 0 0;padding-top:12px;border-top:1px solid #9ca3af;'
            'font-size:13px;opacity:.8">{}{}</p></div></body></html>',
            self.language,
            self.title,
            SafeString(_FONT),
            self.title,
            format_html_join("", '<p style="margin:0 0 14px">{}</p>', zip(self.paragraphs)),
            self._table(),
            self._button(),
            self._more_links(),
            self.sender,
            format_html("<br>{}", self.small_print) if self.small_print else "",
        )

    @property
    def _all_links(self) -> tuple[Link, ...]:
        return (*((self.button,) if self.button else ()), *self.links)

    def _table(self) -> str:
        if not self.facts:
            return ""
        rows = format_html_join(
            "",
            '<tr><td style="padding:4px 16px 4px 0;vertical-align:top;opacity:.75">{}</td>'
            '<td style="padding:4px 0;vertical-align:top;font-weight:600">{}</td></tr>',
            self.facts,
        )
        return format_html(
            '<table role="presentation" style="border-collapse:collapse;margin:0 0 18px">'
            "{}</table>",
            rows,
        )

    def _button(self) -> str:
        if self.button is None:
            return ""
        return format_html(
            '<p style="margin:8px 0 18px"><a href="{}" style="{}">{}</a></p>',
            self.button.url,
            SafeString(_BUTTON),
            self.button.label,
        )

    def _more_links(self) -> str:
        return format_html_join(
            "",
            '<p style="margin:0 0 8px"><a href="{}">{}</a></p>',
            ((link.url, link.label) for link in self.links),
        )


def public_url(name: str, *args: object) -> str:
    """The address of a page as others reach it; empty where PUBLIC_URL is not set."""
    return f"{settings.PUBLIC_URL}{reverse(name, args=args)}" if settings.PUBLIC_URL else ""
