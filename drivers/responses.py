"""Answers to people who have not signed in: what their browsers may do and keep."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language

# Most pages have no scripts, so none can be slipped in; nothing is fetched from elsewhere.
CONTENT_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none';"
    " form-action 'self'; frame-ancestors 'none'"
)

# For pages that renew themselves: their own script may ask for their own address.
LIVE_POLICY: Final = f"{CONTENT_POLICY}; script-src 'self'; connect-src 'self'"


def page(
    request: HttpRequest, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """A page in the language in force, with links to itself in the others."""
    response = render(request, template, {"language": get_language(), **context}, status=status)
    response.headers["Content-Security-Policy"] = CONTENT_POLICY
    response.headers["Content-Language"] = get_language() or ""
    return response


def let_live(response: HttpResponse) -> HttpResponse:
    """For a page that renews itself."""
    response.headers["Content-Security-Policy"] = LIVE_POLICY
    return response


def keep_private(response: HttpResponse) -> HttpResponse:
    """For what only the holder of its link may read: never stored, listed or told to others."""
    response.headers["Cache-Control"] = "no-store, private"
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def keep_briefly(response: HttpResponse, seconds: int) -> HttpResponse:
    """For what everybody may read and anybody may keep for a while."""
    response.headers["Cache-Control"] = f"public, max-age={seconds}"
    return response


def keep_own(response: HttpResponse) -> HttpResponse:
    """For pages of who has signed in: as `keep_private`, but forms say where they come from."""
    keep_private(response)
    # With no-referrer browsers send `Origin: null`, which cannot be told from another site's.
    response.headers["Referrer-Policy"] = "same-origin"
    return response
