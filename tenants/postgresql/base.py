"""PostgreSQL connections that row-level security always applies to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import psycopg
from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from django.db.backends.postgresql import base, creation

from tenants.scope import current_scope

APP_ROLE = "laddbok_app"
_owner: ContextVar[bool] = ContextVar("laddbok_database_owner", default=False)


@contextmanager
def acting_as_owner(alias: str = "default") -> Iterator[None]:
    """Run schema changes as the login role; everything else runs as the application role."""
    connection = connections[alias]
    token = _owner.set(True)
    try:
        _switch_role(connection)
        yield
    finally:
        _owner.reset(token)
        _switch_role(connection)


def _switch_role(connection: Any) -> None:
    if connection.connection is not None and not connection.connection.closed:
        connection.take_role()


class DatabaseCreation(creation.DatabaseCreation):
    """Makes and drops test databases as the login role."""

    def create_test_db(self, *args: Any, **kwargs: Any) -> str:
        """Create the test database and its schema."""
        with acting_as_owner(self.connection.alias):
            return super().create_test_db(*args, **kwargs)

    def destroy_test_db(self, *args: Any, **kwargs: Any) -> None:
        """Drop the test database."""
        with acting_as_owner(self.connection.alias):
            super().destroy_test_db(*args, **kwargs)


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that has given up its own rights and follows the tenant scope.

    The scope lives in the session setting `laddbok.tenant`. It is brought up to date before each
    statement, and forgotten whenever PostgreSQL may have rolled it back.
    """

    creation_class = DatabaseCreation
    _database_scope: str | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.execute_wrappers.append(self._follow_scope)

    def init_connection_state(self) -> None:
        """Give up the login role's rights before the first statement."""
        super().init_connection_state()
        self._database_scope = None
        self.take_role()

    def take_role(self) -> None:
        """Become the application role, or the login role inside `acting_as_owner`."""
        # Also on the way to the login role: what it makes is granted to a role that must be there.
        _become_app_role(self.connection)
        if _owner.get():
            self.connection.execute("RESET ROLE")

    def _follow_scope(
        self,
        execute: Callable[..., Any],
        sql: str,
        params: Any,
        many: bool,
        context: dict[str, Any],
    ) -> Any:
        self.follow_scope()
        return execute(sql, params, many, context)

    def follow_scope(self) -> None:
        """Have the row-level policies see the scope in force."""
        scope = current_scope()
        wanted = "" if scope is None else scope.database_value
        if wanted != self._database_scope:
            with self.wrap_database_errors:
                self.connection.execute("SELECT set_config('laddbok.tenant', %s, false)", (wanted,))
            self._database_scope = wanted

    def _rollback(self) -> None:
        self._database_scope = None
        super()._rollback()  # type: ignore[misc]

    def _savepoint_rollback(self, sid: str) -> None:
        # Past the wrapper: in a failed transaction nothing but this statement is accepted.
        with self.wrap_database_errors:
            self.connection.execute(self.ops.savepoint_rollback_sql(sid))
        self._database_scope = None

    def _commit(self) -> None:
        # A commit can fail (deferred constraints) and then it was a rollback.
        scope, self._database_scope = self._database_scope, None
        super()._commit()  # type: ignore[misc]
        self._database_scope = scope


def _become_app_role(connection: psycopg.Connection[Any]) -> None:
    """`SET ROLE`, making the role on the first connection to a new server."""
    try:
        connection.execute(f"SET ROLE {APP_ROLE}")
    except (psycopg.errors.UndefinedObject, psycopg.errors.InvalidParameterValue):
        _create_app_role(connection)
        connection.execute(f"SET ROLE {APP_ROLE}")
    except psycopg.errors.InsufficientPrivilege as error:
        raise ImproperlyConfigured(_ROLE_HELP) from error
    row = connection.execute(
        "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
    ).fetchone()
    if row is None or row[0]:
        raise ImproperlyConfigured(
            f"role {APP_ROLE} bypasses row-level security; run: "
            f"ALTER ROLE {APP_ROLE} NOSUPERUSER NOBYPASSRLS"
        )


def _create_app_role(connection: psycopg.Connection[Any]) -> None:
    try:
        connection.execute(f"CREATE ROLE {APP_ROLE} NOLOGIN NOSUPERUSER NOBYPASSRLS")
    except (psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):
        return  # another process made it between our two statements
    except psycopg.errors.InsufficientPrivilege as error:
        raise ImproperlyConfigured(_ROLE_HELP) from error
    connection.execute(f"GRANT {APP_ROLE} TO CURRENT_USER")


_ROLE_HELP = (
    f"the database user in DATABASE_URL cannot become the role {APP_ROLE}. "
    "As an administrator, run: "
    f"CREATE ROLE {APP_ROLE} NOLOGIN; GRANT {APP_ROLE} TO <that user>;"
)
