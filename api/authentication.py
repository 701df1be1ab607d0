"""API keys and signed-in members; the tenant's scope is already entered by the middleware."""

from __future__ import annotations

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from tenants.access import Principal, Right


class PrincipalAuthentication(BaseAuthentication):
    """Takes over the principal of the API key."""

    def authenticate(self, request: Request) -> tuple[Principal, None] | None:
        """The principal, or None when no API key came with the request."""
        principal: Principal | None = getattr(request._request, "principal", None)
        if principal is None or principal.user_id is not None:
            return None
        return principal, None

    def authenticate_header(self, request: Request) -> str:
        """Makes an unauthenticated answer a 401."""
        return 'Bearer realm="laddbok"'


class MemberAuthentication(SessionAuthentication):
    """A member signed in to the admin; unsafe calls need the CSRF token."""

    def authenticate(self, request: Request) -> tuple[Principal, None] | None:  # type: ignore[override]
        """The member's principal, or None when nobody is signed in."""
        principal: Principal | None = getattr(request._request, "principal", None)
        if principal is None or principal.user_id is None:
            return None
        self.enforce_csrf(request)
        return principal, None


class HasRight(BasePermission):
    """The view says which right it needs for each method."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Whether the principal has it."""
        rights: dict[str, Right] = getattr(view, "rights", {})
        needed = rights.get(request.method or "", Right.VIEW)
        return isinstance(request.user, Principal) and request.user.may(needed)


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the API key stands in the OpenAPI document."""

    target_class = PrincipalAuthentication
    name = "apiKey"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        """A bearer token."""
        return {"type": "http", "scheme": "bearer", "bearerFormat": "lb_<prefix>_<secret>"}


class MemberScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the session cookie stands in the OpenAPI document."""

    target_class = MemberAuthentication
    name = "session"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        """A cookie."""
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}
