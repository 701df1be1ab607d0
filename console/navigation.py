"""What the menu shows to whom, and the choice of organisation."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from tenants.access import Right
from tenants.admin import may
from tenants.models import Tenant, User
from tenants.services import memberships_of


def may_view(request: HttpRequest) -> bool:
    """For menu entries everyone sees."""
    return may(request, Right.VIEW)


def may_money(request: HttpRequest) -> bool:
    """For menu entries about money."""
    return may(request, Right.MONEY)


def may_administer(request: HttpRequest) -> bool:
    """For menu entries about people and keys."""
    return may(request, Right.ADMINISTER)


def tenant_of(request: HttpRequest) -> Tenant | None:
    """The organisation whose rows are shown, read once per request."""
    principal = getattr(request, "principal", None)
    if principal is None:
        return None
    if not hasattr(request, "tenant"):
        request.tenant = Tenant.objects.get(pk=principal.tenant_id)  # type: ignore[attr-defined]
    tenant: Tenant = request.tenant  # type: ignore[attr-defined]
    return tenant


def tenant_name(request: HttpRequest) -> str:
    """The name of the organisation whose rows are shown."""
    tenant = tenant_of(request)
    return "" if tenant is None else tenant.name


def tenant_choices(request: HttpRequest) -> list[dict[str, Any]]:
    """The organisations the member may switch to."""
    if not isinstance(request.user, User):
        return []
    return [
        {
            "icon": "apartment",
            "title": member.tenant.name,
            "link": reverse("switch-tenant", args=(member.tenant.slug,)),
        }
        for member in memberships_of(request.user.id)
    ]
