"""API keys and signed-in members; the tenant's scope is already entered by the middleware."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from tenants.access import Principal, Right

if TYPE_CHECKING:
    # At run time this would be a circle: the view's defaults name this module.
    from rest_framework.views import APIView


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

    def authenticate(self, request: Request) -> tuple[Principal, None] | None:
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


def label_of(request: Request) -> str:
    """Who calls, as it is written down with what they do."""
    principal = request.user
    return principal.label if isinstance(principal, Principal) else ""
