"""How endpoints are described in the OpenAPI document."""

from __future__ import annotations

from typing import Any

from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema

from api.errors import ErrorAnswer
from tenants.scope import across_tenants


class Schema(AutoSchema):
    """Adds the error answers every endpoint shares, and one-word tags."""

    def get_tags(self) -> list[str]:
        """The first part of the path after the version."""
        return [self.path.removeprefix("/api/v1/").split("/")[0]]

    def get_summary(self) -> str | None:
        """What a list or a single row shows, where the view does not say it."""
        rows = self.get_tags()[0].replace("-", " ")
        words = {"list": f"List {rows}", "retrieve": f"Show one {rows.removesuffix('s')}"}
        return words.get(getattr(self.view, "action", ""))

    def get_response_serializers(self) -> Any:
        """The view's own answers and the shared errors."""
        answers: Any = super().get_response_serializers()
        if not isinstance(answers, dict):
            answers = {200: answers}
        shared: dict[int, Any] = {401: ErrorAnswer, 403: ErrorAnswer}
        if "{" in self.path:
            shared[404] = ErrorAnswer
        return {**shared, **answers}


class Generator(SchemaGenerator):
    """Asks the views for their query sets, which need a scope; nothing is read."""

    def get_schema(self, *args: Any, **kwargs: Any) -> Any:
        """The OpenAPI document."""
        with across_tenants(reason="describing the API reads no rows"):
            return super().get_schema(*args, **kwargs)  # type: ignore[no-untyped-call]
