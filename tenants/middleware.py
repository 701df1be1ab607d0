"""Every request runs in the scope of the tenant its credential belongs to."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from tenants.access import Principal
from tenants.models import User
from tenants.scope import tenant_scope
from tenants.services import principal_of_api_key, principal_of_user

SESSION_KEY = "tenant"
BEARER = "Bearer "


class TenantScopeMiddleware:
    """Sets `request.principal` and enters its scope; a wrong API key ends the request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.respond = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer inside the scope, or without one when nobody is signed in."""
        header = request.headers.get("Authorization", "")
        if header.startswith(BEARER):
            principal = principal_of_api_key(header.removeprefix(BEARER).strip(), timezone.now())
            if principal is None:
                return _refused()
        else:
            principal = _principal_of_session(request)
        request.principal = principal  # type: ignore[attr-defined]
        if principal is None:
            return self.respond(request)
        with tenant_scope(principal.tenant_id):
            return self.respond(request)


def _principal_of_session(request: HttpRequest) -> Principal | None:
    if not isinstance(request.user, User):
        return None
    return principal_of_user(request.user, request.session.get(SESSION_KEY))


def _refused() -> HttpResponse:
    error = {
        "code": "not_authenticated",
        "message": _("The API key is unknown, expired or revoked."),
        "fields": {},
    }
    response = JsonResponse({"error": error}, status=401)
    response.headers["WWW-Authenticate"] = 'Bearer realm="laddbok"'
    return response
