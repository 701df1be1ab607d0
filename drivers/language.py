"""Which language a page for the public is in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.http import HttpRequest
from django.utils import translation

PARAMETER = "lang"


def chosen_language(request: HttpRequest, preferred: str = "") -> str:
    """The language asked for in the address, else the preferred one, else the browser's."""
    known = dict(settings.LANGUAGES)
    for wanted in (request.GET.get(PARAMETER, ""), preferred):
        if wanted in known:
            return wanted
    return translation.get_language_from_request(request)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Put a language in force."""
    with translation.override(language):
        yield
