"""Signing drivers in and out of their own pages."""

from __future__ import annotations

from typing import Final

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from drivers.language import chosen_language, speaking
from drivers.limits import (
    LINKS_FROM_A_VISITOR,
    LINKS_TO_AN_ADDRESS,
    may_go_on,
    visitor_address,
)
from drivers.my.signing_in import (
    LINK_LASTS,
    VISIT_LASTS,
    ask_for_link,
    end_visit,
    live_link,
    use_link,
)
from drivers.responses import keep_own, page
from tenants.models import Tenant
from tenants.scope import tenant_scope

COOKIE: Final = "laddbok_driver"


class AddressForm(forms.Form):
    """The address a link is sent to."""

    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        error_messages={
            "required": _("Write the e-mail address your operator knows you by."),
            "invalid": _("This is no e-mail address. It should look like name@example.com."),
        },
    )


def find_operator(slug: str) -> Tenant | None:
    """The operator with this short name."""
    return Tenant.objects.filter(slug=slug).first()


def no_operator(request: HttpRequest) -> HttpResponse:
    """Nobody is called so."""
    with speaking(chosen_language(request)):
        return keep_own(page(request, "drivers/my/no_operator.html", {}, status=404))


def show_sign_in(request: HttpRequest, operator: Tenant) -> HttpResponse:
    """The page on which a link is asked for."""
    with speaking(chosen_language(request)):
        return _sign_in_page(request, operator, AddressForm())


@require_POST
def send_link(request: HttpRequest, slug: str) -> HttpResponse:
    """Owe a link to an address; the answer is the same whoever it is of."""
    operator = find_operator(slug)
    if operator is None:
        return no_operator(request)
    language = chosen_language(request)
    with speaking(language), tenant_scope(operator.pk):
        form = AddressForm(request.POST)
        if not form.is_valid():
            return _sign_in_page(request, operator, form, status=400)
        if not may_go_on(LINKS_FROM_A_VISITOR, visitor_address(request)):
            return _too_many(request, operator)
        address = form.cleaned_data["email"].lower()
        # Nobody's mailbox is filled; that it was left out is not told either.
        if may_go_on(LINKS_TO_AN_ADDRESS, f"{operator.pk}:{address}"):
            ask_for_link(
                address=address,
                language=language,
                base_url=settings.PUBLIC_URL or f"{request.scheme}://{request.get_host()}",
                now=timezone.now(),
            )
        context = {"operator": operator, "address": address, "minutes": _link_minutes()}
        return keep_own(page(request, "drivers/my/link_sent.html", context))


@require_http_methods(["GET", "HEAD", "POST"])
def enter(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    """Behind the link in the letter; it is used up by the button only, not by a mail scanner."""
    operator = find_operator(slug)
    if operator is None:
        return no_operator(request)
    now = timezone.now()
    with tenant_scope(operator.pk):
        link = live_link(token, now)
        language = chosen_language(request, "" if link is None else link.driver.language)
        with speaking(language):
            if request.method == "POST":
                secret = use_link(token=token, now=now)
                if secret is not None:
                    return _signed_in(operator, secret, language)
                link = None
            context = {"operator": operator, "link": link, "minutes": _link_minutes()}
            return keep_own(
                page(request, "drivers/my/enter.html", context, status=200 if link else 410)
            )


@require_POST
def sign_out(request: HttpRequest, slug: str) -> HttpResponse:
    """End this browser's visit."""
    operator = find_operator(slug)
    if operator is None:
        return no_operator(request)
    with tenant_scope(operator.pk):
        end_visit(secret=request.COOKIES.get(COOKIE, ""))
    response = redirect(f"{_home(operator)}?lang={chosen_language(request)}")
    response.delete_cookie(COOKIE, path=_home(operator), samesite="Lax")
    return keep_own(response)


def _signed_in(operator: Tenant, secret: str, language: str) -> HttpResponse:
    response = redirect(f"{_home(operator)}?lang={language}")
    response.set_cookie(
        COOKIE,
        secret,
        max_age=VISIT_LASTS,
        path=_home(operator),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return keep_own(response)


def _home(operator: Tenant) -> str:
    return reverse("my", args=[operator.slug])


def _link_minutes() -> int:
    return int(LINK_LASTS.total_seconds()) // 60


def _sign_in_page(
    request: HttpRequest, operator: Tenant, form: AddressForm, status: int = 200
) -> HttpResponse:
    context = {"operator": operator, "form": form, "minutes": _link_minutes()}
    return keep_own(page(request, "drivers/my/sign_in.html", context, status=status))


def _too_many(request: HttpRequest, operator: Tenant) -> HttpResponse:
    response = page(request, "drivers/too_many.html", {"operator": operator}, status=429)
    response.headers["Retry-After"] = str(LINKS_FROM_A_VISITOR.within_s)
    return keep_own(response)
