"""Row-level security of every tenant-owned table, derived from the model registry."""

from __future__ import annotations

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from psycopg import sql

from tenants.models import TenantOwned
from tenants.postgresql.base import APP_ROLE, acting_as_owner

POLICY = "tenant_isolation"


def tenant_owned_models() -> list[type[TenantOwned]]:
    """Every concrete model whose rows belong to a tenant."""
    return [
        model
        for model in apps.get_models(include_auto_created=True)
        if issubclass(model, TenantOwned) and not model._meta.proxy
    ]


def append_only_tables() -> list[str]:
    """Every table whose rows never change, of tenants and of the whole installation."""
    models = apps.get_models(include_auto_created=True)
    return [model._meta.db_table for model in models if getattr(model, "append_only", False)]


def apply_row_security() -> None:
    """Give the application role its rights and every tenant-owned table its policy (repeatable)."""
    with acting_as_owner(), connection.cursor() as cursor:
        cursor.execute(f"GRANT USAGE ON SCHEMA public TO {APP_ROLE}")
        cursor.execute(
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {APP_ROLE}"
        )
        cursor.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {APP_ROLE}")
        for model in tenant_owned_models():
            for statement in _policy_statements(model):
                cursor.execute(statement.as_string(cursor.connection))
        for table in append_only_tables():
            revoke = sql.SQL("REVOKE UPDATE, DELETE, TRUNCATE ON {} FROM {}").format(
                sql.Identifier(table), sql.Identifier(APP_ROLE)
            )
            cursor.execute(revoke.as_string(cursor.connection))
        for model in tenant_owned_models():
            if model.still_writable:
                cursor.execute(_column_grant(model).as_string(cursor.connection))


def _column_grant(model: type[TenantOwned]) -> sql.Composed:
    columns = [
        sql.SQL("{}").format(sql.Identifier(str(field.column)))
        for field in model._meta.concrete_fields
        if field.name in model.still_writable
    ]
    return sql.SQL("GRANT UPDATE ({}) ON {} TO {}").format(
        sql.SQL(", ").join(columns),
        sql.Identifier(model._meta.db_table),
        sql.Identifier(APP_ROLE),
    )


def _policy_statements(model: type[TenantOwned]) -> list[sql.Composed]:
    table = sql.Identifier(model._meta.db_table)
    policy = sql.Identifier(POLICY)
    condition = sql.SQL("current_setting('laddbok.tenant', true) IN (tenant_id::text, '*')")
    return [
        sql.SQL("ALTER TABLE {} ENABLE ROW LEVEL SECURITY").format(table),
        sql.SQL("ALTER TABLE {} FORCE ROW LEVEL SECURITY").format(table),
        sql.SQL("DROP POLICY IF EXISTS {} ON {}").format(policy, table),
        sql.SQL("CREATE POLICY {} ON {} USING ({}) WITH CHECK ({})").format(
            policy, table, condition, condition
        ),
    ]


def verify_row_security() -> None:
    """Refuse to go on (`ImproperlyConfigured`) unless the database itself keeps tenants apart."""
    expected = {model._meta.db_table for model in tenant_owned_models()}
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT c.relname FROM pg_class c JOIN pg_policy p ON p.polrelid = c.oid
               WHERE c.relrowsecurity AND c.relforcerowsecurity AND p.polname = %s
                 AND c.relowner <> (SELECT oid FROM pg_roles WHERE rolname = current_user)""",
            [POLICY],
        )
        open_tables = expected - {row[0] for row in cursor.fetchall()}
    if open_tables:
        raise ImproperlyConfigured(
            "row-level security is not in force on: "
            + ", ".join(sorted(open_tables))
            + ". Run `manage.py migrate`."
        )
