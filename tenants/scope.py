"""The tenant in whose name the running code reads and writes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID


class NoTenantScope(RuntimeError):
    """A tenant-owned table was used without saying for which tenant."""


@dataclass(frozen=True, slots=True)
class Scope:
    """One tenant, or (`tenant_id` None) all of them for a stated reason."""

    tenant_id: UUID | None
    reason: str = ""

    @property
    def database_value(self) -> str:
        """What the row-level policies compare with: the tenant's id, or `*`."""
        return "*" if self.tenant_id is None else str(self.tenant_id)


_scope: ContextVar[Scope | None] = ContextVar("laddbok_tenant_scope", default=None)


def current_scope() -> Scope | None:
    """The scope in force, or None outside of any."""
    return _scope.get()


def required_tenant_id() -> UUID:
    """The one tenant in scope; raises `NoTenantScope` outside of a scope and across tenants."""
    scope = _scope.get()
    if scope is None or scope.tenant_id is None:
        raise NoTenantScope("this needs one tenant: wrap it in tenant_scope(tenant_id)")
    return scope.tenant_id


@contextmanager
def _entered(scope: Scope) -> Iterator[Scope]:
    token = _scope.set(scope)
    try:
        yield scope
    finally:
        _scope.reset(token)


@contextmanager
def tenant_scope(tenant_id: UUID | None) -> Iterator[Scope]:
    """Read and write one tenant's rows, and no other's; raises `NoTenantScope` for None."""
    if tenant_id is None:
        raise NoTenantScope("a scope needs a tenant")
    with _entered(Scope(tenant_id)) as scope:
        yield scope


@contextmanager
def across_tenants(*, reason: str) -> Iterator[Scope]:
    """See every tenant's rows inside the block; for sweeps and sign-in, with the reason said."""
    if not reason:
        raise ValueError("across_tenants needs a reason")
    with _entered(Scope(None, reason)) as scope:
        yield scope
