"""How the credentials stand in the OpenAPI document."""

from __future__ import annotations

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema

from api.authentication import MemberAuthentication, PrincipalAuthentication


class ApiKeyScheme(OpenApiAuthenticationExtension):
    """How the API key stands in the OpenAPI document."""

    target_class = PrincipalAuthentication
    name = "apiKey"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        """A bearer token."""
        return {"type": "http", "scheme": "bearer", "bearerFormat": "lb_<prefix>_<secret>"}


class MemberScheme(OpenApiAuthenticationExtension):
    """How the session cookie stands in the OpenAPI document."""

    target_class = MemberAuthentication
    name = "session"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        """A cookie."""
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}
