"""Base of the admin pages: what a member sees and may change follows from their role."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, ClassVar, NamedTuple, TypeVar, cast

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action, display

from tenants.access import Principal, Right
from tenants.forms import ApiKeyForm, MemberForm
from tenants.models import ApiKey, Member, Scopes
from tenants.services import add_member, issue_api_key, revoke_api_key, rotate_api_key

F = TypeVar("F", bound=Callable[..., Any])


class Label(NamedTuple):
    """A coloured label in lists, plain text everywhere else."""

    colour: str
    text: str

    def __str__(self) -> str:
        return self.text


def coloured(description: str | Promise, colours: Mapping[str, str]) -> Callable[[F], F]:
    """A column shown as a coloured label; its method returns (key of `colours`, text)."""

    def decorate(method: F) -> F:
        @wraps(method)
        def label(*args: Any) -> Label:
            return Label(*method(*args))

        shown = display(description=cast(str, description), label=dict(colours))
        return cast(F, shown(label))

    return decorate


def button(
    description: str | Promise, *, permissions: Sequence[str] = (), icon: str | None = None
) -> Callable[[F], F]:
    """A button on a row's page; a permission `x` is asked of `has_x_permission`."""
    made = action(description=cast(str, description), permissions=permissions, icon=icon)
    return cast(Callable[[F], F], made)


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
    """Page of a tenant-owned model; the manager keeps other tenants' rows out.

    `empty_text` tells whoever finds no rows how rows come about.
    """

    list_per_page = 50
    empty_text: ClassVar[str | Promise] = ""
    actions_detail: Any = ()
    actions_submit_line: Any = ()
    show_full_result_count = False


class TenantInline(RightsMixin, TabularInline):  # type: ignore[misc]
    """Rows shown inside their parent's page."""

    extra = 0
    show_change_link = False
    hide_title = True


@admin.register(Member)
class MemberAdmin(TenantAdmin):
    """Who works here; added by e-mail address, with a first password that is shown once."""

    view_right = add_right = change_right = delete_right = Right.ADMINISTER
    form = MemberForm
    list_display = ("user", "role", "created_at")
    list_select_related = ("user",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Who it is does not change afterwards."""
        return ("email", "role") if obj is None else ("user", "role")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The same, for the person."""
        return () if obj is None else ("user",)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Add a new member through the service and show their first password once."""
        if change:
            obj.save(update_fields=("role",))
            return
        email = form.cleaned_data["email"]
        made, password = add_member(email=email, role=obj.role)
        obj.pk, obj.user = made.pk, made.user
        obj._state.adding = False
        if password:
            text = _("Password of %(email)s, copy it now, it is not shown again: %(password)s")
            messages.warning(request, text % {"email": email, "password": password})


@admin.register(ApiKey)
class ApiKeyAdmin(TenantAdmin):
    """Partners' keys: made, rotated and revoked here; the text is shown once."""

    view_right = add_right = Right.ADMINISTER
    form = ApiKeyForm
    list_display = ("name", "prefix", "shown_scopes", "expires_at", "last_used_at", "revoked_at")
    fields = ("name", "scopes", "expires_at")
    actions = ("rotate", "revoke")
    empty_text = _("With an API key a partner's system reads this organisation's data.")

    @admin.display(description=_("scopes"))
    def shown_scopes(self, key: ApiKey) -> str:
        """What it may be used for, in words."""
        return ", ".join(str(Scopes(scope).label) for scope in key.scopes)

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
