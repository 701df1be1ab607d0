"""Who acts for which tenant, and what they may do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from tenants.models import Role, Scopes


class Right(StrEnum):
    """One thing a principal may do."""

    VIEW = "view"
    CONTROL = "control"
    OPERATE = "operate"
    MONEY = "money"
    ADMINISTER = "administer"


RIGHTS_OF_ROLE: dict[str, frozenset[Right]] = {
    Role.OWNER: frozenset(Right),
    Role.OPERATOR: frozenset({Right.VIEW, Right.CONTROL, Right.OPERATE}),
    Role.TECHNICIAN: frozenset({Right.VIEW, Right.CONTROL}),
    Role.ACCOUNTANT: frozenset({Right.VIEW, Right.MONEY}),
    Role.VIEWER: frozenset({Right.VIEW}),
}

RIGHT_OF_SCOPE: dict[str, Right] = {
    Scopes.READ: Right.VIEW,
    Scopes.CONTROL: Right.CONTROL,
    Scopes.OPERATE: Right.OPERATE,
    Scopes.BILLING: Right.MONEY,
}


@dataclass(frozen=True, slots=True)
class Principal:
    """A member or an API key, at work for one tenant."""

    tenant_id: UUID
    rights: frozenset[Right]
    label: str
    user_id: UUID | None = None

    @property
    def is_authenticated(self) -> bool:
        """Always true: nobody is a principal without a credential."""
        return True

    def may(self, right: Right) -> bool:
        """Whether the right is among the principal's."""
        return right in self.rights
