"""The one shape of every error: a code, a sentence, and what is wrong with which field."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework import exceptions, serializers
from rest_framework.response import Response
from rest_framework.views import exception_handler


class FieldProblem(serializers.Serializer[Any]):
    """One thing wrong with a field."""

    code = serializers.CharField()
    message = serializers.CharField()


class ErrorBody(serializers.Serializer[Any]):
    """What went wrong."""

    code = serializers.CharField()
    message = serializers.CharField()
    fields = serializers.DictField(  # type: ignore[assignment]
        child=FieldProblem(many=True), help_text="By field name; empty when no field is at fault."
    )


class ErrorAnswer(serializers.Serializer[Any]):
    """Every answer with a status of 400 and above."""

    error = ErrorBody()


class Conflict(exceptions.APIException):
    """The request is well formed but the thing is in another state."""

    status_code = 409
    default_code = "conflict"


def shape_error(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler; None leaves unknown errors to Django's 500."""
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    response = exception_handler(error, context)
    if response is None or not isinstance(error, exceptions.APIException):
        return response
    response.data = {"error": _body(error)}
    return response


def _body(error: exceptions.APIException) -> dict[str, Any]:
    details = error.get_full_details()
    if isinstance(error, exceptions.ValidationError):
        fields = details if isinstance(details, dict) else {"non_field_errors": details}
        return {
            "code": "invalid",
            "message": str(exceptions.ValidationError.default_detail),
            "fields": {name: _flat(problems) for name, problems in fields.items()},
        }
    return {"code": error.get_codes(), "message": str(error.detail), "fields": {}}


def _flat(problems: Any) -> list[dict[str, str]]:
    if isinstance(problems, dict) and set(problems) == {"code", "message"}:
        return [{"code": str(problems["code"]), "message": str(problems["message"])}]
    if isinstance(problems, dict):
        return [flat for value in problems.values() for flat in _flat(value)]
    return [flat for problem in problems for flat in _flat(problem)]
