"""Base of the admin pages: what a member sees and may change follows from their role."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeVar, cast

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display

from tenants.access import Principal, Right
from tenants.models import ApiKey, Member, User
from tenants.services import issue_api_key, revoke_api_key, rotate_api_key

F = TypeVar("F", bound=Callable[..., Any])


def coloured(description: str | Promise, colours: Mapping[str, str]) -> Callable[[F], F]:
    """A column shown as a coloured label; its method returns (key of `colours`, text)."""
    return cast(Callable[[F], F], display(description=cast(str, description), label=dict(colours)))


def may(request: HttpRequest, right: Right | None) -> bool:
    """Whether the one behind the request has the right; False for no right at all."""
    principal: Principal | None = getattr(request, "principal", None)
    return principal is not None and right is not None and principal.may(right)


class RightsMixin:
    """Answers Django's permission questions from the member's role, never from its tables."""

    view_right: ClassVar[Right | None] = Right.VIEW
    add_right: ClassVar[Right | None] = None
    change_right: ClassVar[Right | None] = None
    delete_right: ClassVar[Right | None] = None

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Whether the app is listed."""
        return may(request, self.view_right)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether rows may be read."""
        return may(request, self.view_right) or may(request, self.change_right)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether rows may be made."""
        return may(request, self.add_right)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether rows may be changed."""
        return may(request, self.change_right)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether rows may be deleted."""
        return may(request, self.delete_right)


class TenantAdmin(RightsMixin, ModelAdmin):  # type: ignore[misc]
    """Page of a tenant-owned model; the manager keeps other tenants' rows out."""

    list_per_page = 50
    show_full_result_count = False


class TenantInline(RightsMixin, TabularInline):  # type: ignore[misc]
    """Rows shown inside their parent's page."""

    extra = 0
    show_change_link = False


@admin.register(Member)
class MemberAdmin(TenantAdmin):
    """Who works here."""

    view_right = add_right = change_right = delete_right = Right.ADMINISTER
    list_display = ("user", "role", "created_at")
    autocomplete_fields = ()

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer only people who already work here: others are invited by e-mail address."""
        if db_field.name == "user":
            kwargs["queryset"] = User.objects.filter(
                memberships__tenant_id=request.principal.tenant_id  # type: ignore[attr-defined]
            )
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


@admin.register(ApiKey)
class ApiKeyAdmin(TenantAdmin):
    """Partners' keys: made, rotated and revoked here; the text is shown once."""

    view_right = add_right = Right.ADMINISTER
    list_display = ("name", "prefix", "scopes", "expires_at", "last_used_at", "revoked_at")
    fields = ("name", "scopes", "expires_at")
    actions = ("rotate", "revoke")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Make the key through the service and show it once."""
        key, text = issue_api_key(name=obj.name, scopes=obj.scopes, expires_at=obj.expires_at)
        obj.pk = key.pk
        obj._state.adding = False
        messages.warning(request, _("Copy the key now, it is not shown again: %s") % text)

    @admin.action(description=_("Rotate: a new key, the old one works seven more days"))
    def rotate(self, request: HttpRequest, queryset: Any) -> None:
        """Replace each chosen key."""
        for key in queryset:
            _successor, text = rotate_api_key(key=key)
            messages.warning(request, _("Copy the key now, it is not shown again: %s") % text)

    @admin.action(description=_("Revoke at once"))
    def revoke(self, request: HttpRequest, queryset: Any) -> None:
        """Stop each chosen key."""
        for key in queryset:
            revoke_api_key(key=key)
