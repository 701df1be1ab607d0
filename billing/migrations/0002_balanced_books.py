"""The database itself refuses an entry that does not balance."""

from django.db import migrations

# Row-level security would hide postings from a check that runs at the commit, after the tenant
# scope may have been left: the function looks across tenants, and says so by its own SET.
FORWARD = """
CREATE FUNCTION billing_check_entry() RETURNS trigger
LANGUAGE plpgsql SET laddbok.tenant = '*' AS $$
DECLARE
    checked uuid;
    expected integer;
    found integer;
    strangers integer;
    unbalanced text;
BEGIN
    IF TG_TABLE_NAME = 'billing_posting' THEN
        checked := NEW.entry_id;
    ELSE
        checked := NEW.id;
    END IF;
    SELECT e.posting_count, count(p.id),
           count(*) FILTER (WHERE p.tenant_id <> e.tenant_id OR a.tenant_id <> e.tenant_id)
      INTO expected, found, strangers
      FROM billing_journalentry e
      LEFT JOIN billing_posting p ON p.entry_id = e.id
      LEFT JOIN billing_ledgeraccount a ON a.id = p.account_id
     WHERE e.id = checked
     GROUP BY e.id;
    IF found = 0 OR found <> expected THEN
        RAISE EXCEPTION 'journal entry % has % of its % postings', checked, found, expected
            USING ERRCODE = 'check_violation', CONSTRAINT = 'an_entry_has_all_its_postings';
    END IF;
    IF strangers > 0 THEN
        RAISE EXCEPTION 'journal entry % mixes tenants', checked
            USING ERRCODE = 'check_violation', CONSTRAINT = 'an_entry_belongs_to_one_tenant';
    END IF;
    SELECT string_agg(sums.currency || ' ' || sums.total, ', ') INTO unbalanced
      FROM (SELECT a.currency, sum(p.amount_minor) AS total
              FROM billing_posting p JOIN billing_ledgeraccount a ON a.id = p.account_id
             WHERE p.entry_id = checked
             GROUP BY a.currency HAVING sum(p.amount_minor) <> 0) sums;
    IF unbalanced IS NOT NULL THEN
        RAISE EXCEPTION 'journal entry % is out of balance by %', checked, unbalanced
            USING ERRCODE = 'check_violation', CONSTRAINT = 'an_entry_balances_in_each_currency';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER an_entry_is_whole AFTER INSERT ON billing_journalentry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION billing_check_entry();
CREATE CONSTRAINT TRIGGER a_posting_keeps_its_entry_whole AFTER INSERT ON billing_posting
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION billing_check_entry();
"""

BACKWARD = """
DROP TRIGGER a_posting_keeps_its_entry_whole ON billing_posting;
DROP TRIGGER an_entry_is_whole ON billing_journalentry;
DROP FUNCTION billing_check_entry();
"""


class Migration(migrations.Migration):
    """Deferred constraint triggers on the books."""

    dependencies = [("billing", "0001_initial")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
