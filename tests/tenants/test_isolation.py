"""No tenant sees another's rows: not through the ORM, not through SQL, not by mistake."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection, transaction

from chargepoints.models import Site
from tenants.models import Tenant, TenantOwned
from tenants.postgresql.base import APP_ROLE, acting_as_owner
from tenants.row_security import tenant_owned_models, verify_row_security
from tenants.scope import NoTenantScope, across_tenants, required_tenant_id, tenant_scope
from tests.cast import a_site, a_tenant

pytestmark = pytest.mark.django_db

EVERY_MODEL = pytest.mark.parametrize("model", tenant_owned_models(), ids=lambda m: m.__name__)


def rows_by_sql(model: type[TenantOwned]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT count(*) FROM "{model._meta.db_table}"')  # noqa: S608
        return int(cursor.fetchone()[0])


def forget_rules(model: type[TenantOwned]) -> None:
    """Drop checks, references and triggers until the test is rolled back."""
    table = model._meta.db_table
    with acting_as_owner(), connection.cursor() as cursor:
        cursor.execute(
            """SELECT conname FROM pg_constraint
               WHERE conrelid = %s::regclass AND contype IN ('c', 'f')""",
            [table],
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f'ALTER TABLE "{table}" DROP CONSTRAINT "{name}"')
        cursor.execute(f'ALTER TABLE "{table}" DISABLE TRIGGER USER')


def insert_blind(model: type[TenantOwned], tenant: Tenant) -> None:
    """One row by SQL with made-up values."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT column_name, data_type, udt_name FROM information_schema.columns
               WHERE table_name = %s AND is_nullable = 'NO' AND column_name <> 'tenant_id'""",
            [model._meta.db_table],
        )
        needed = cursor.fetchall()
        names = ", ".join(["tenant_id", *(name for name, _, _ in needed)])
        values = ", ".join(["%s", *(made_up(kind, udt) for _, kind, udt in needed)])
        cursor.execute(
            f'INSERT INTO "{model._meta.db_table}" ({names}) VALUES ({values})',  # noqa: S608
            [tenant.id],
        )


def made_up(kind: str, udt: str) -> str:
    if kind == "ARRAY":
        return "'{}'"
    by_udt = {
        "uuid": "gen_random_uuid()",
        "jsonb": "'{}'",
        "timestamptz": "now()",
        "bool": "false",
        "varchar": "'X'",
        "text": "'X'",
        "numeric": "1",
        "bytea": "''",
        "date": "current_date",
    }
    return by_udt.get(udt, "1")


@EVERY_MODEL
def test_an_unscoped_query_raises(model: type[TenantOwned]) -> None:
    with pytest.raises(NoTenantScope):
        model.objects.count()


@EVERY_MODEL
def test_sql_in_the_other_tenants_scope_sees_nothing(model: type[TenantOwned]) -> None:
    volt, ampere = a_tenant("volt"), a_tenant("ampere")
    forget_rules(model)
    with tenant_scope(volt.id):
        insert_blind(model, volt)
        assert rows_by_sql(model) == 1
    with tenant_scope(ampere.id):
        assert rows_by_sql(model) == 0
    assert rows_by_sql(model) == 0


@EVERY_MODEL
def test_a_row_cannot_be_written_for_the_other_tenant(model: type[TenantOwned]) -> None:
    volt, ampere = a_tenant("volt"), a_tenant("ampere")
    with (
        tenant_scope(ampere.id),
        pytest.raises(DatabaseError, match="row-level security"),
        transaction.atomic(),
    ):
        insert_blind(model, volt)


def test_the_orm_shows_a_tenant_its_own_rows_only() -> None:
    volt, ampere = a_tenant("volt"), a_tenant("ampere")
    with tenant_scope(volt.id):
        site = a_site("Torget")
    with tenant_scope(ampere.id):
        a_site("Hamnen")
        assert [s.name for s in Site.objects.all()] == ["Hamnen"]
        assert not Site.objects.filter(pk=site.pk).exists()
        assert Site.objects.filter(pk=site.pk).update(name="Mitt") == 0
    with across_tenants(reason="the test looks at everything"):
        assert Site.objects.count() == 2


def test_the_scope_follows_a_rolled_back_savepoint() -> None:
    volt, ampere = a_tenant("volt"), a_tenant("ampere")
    with tenant_scope(volt.id):
        a_site()
        try:
            with transaction.atomic(), tenant_scope(ampere.id):
                assert rows_by_sql(Site) == 0
                raise ZeroDivisionError
        except ZeroDivisionError:
            pass
        assert rows_by_sql(Site) == 1


def test_new_rows_belong_to_the_scope() -> None:
    volt = a_tenant()
    with tenant_scope(volt.id):
        assert a_site().tenant_id == volt.id
    with pytest.raises(NoTenantScope):
        required_tenant_id()


def test_across_tenants_wants_a_reason() -> None:
    with pytest.raises(ValueError, match="reason"), across_tenants(reason=""):
        pass


def test_the_connection_has_given_up_its_rights() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, session_user")
        current, login = cursor.fetchone()
    assert current == APP_ROLE
    assert login != APP_ROLE


def test_start_up_refuses_a_table_whose_policy_is_gone() -> None:
    verify_row_security()
    with transaction.atomic():
        with acting_as_owner(), connection.cursor() as cursor:
            cursor.execute("DROP POLICY tenant_isolation ON chargepoints_site")
        with pytest.raises(ImproperlyConfigured, match="chargepoints_site"):
            verify_row_security()
        transaction.set_rollback(True)


def test_what_is_issued_cannot_be_changed_by_the_application() -> None:
    volt = a_tenant()
    append_only = [m for m in tenant_owned_models() if m.append_only]
    assert {"Posting", "JournalEntry", "Charge", "Event"} <= {m.__name__ for m in append_only}
    for model in append_only:
        with (
            tenant_scope(volt.id),
            pytest.raises(DatabaseError, match="permission denied"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(f'DELETE FROM "{model._meta.db_table}"')  # noqa: S608
