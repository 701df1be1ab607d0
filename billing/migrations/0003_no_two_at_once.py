"""The database itself refuses two versions, or two assignments, at one time."""

from django.db import migrations

# A range type over ids has GiST support built in: no extension is needed to compare an id with
# `&&` beside a range of times.
FORWARD = """
CREATE TYPE uuidrange AS RANGE (subtype = uuid);

ALTER TABLE billing_tariffversion ADD CONSTRAINT a_tariff_has_one_version_at_a_time
    EXCLUDE USING gist (
        uuidrange(tariff_id, tariff_id, '[]') WITH &&,
        tstzrange(valid_from, valid_to, '[)') WITH &&
    );

ALTER TABLE billing_tariffassignment ADD CONSTRAINT a_target_has_one_tariff_at_a_time
    EXCLUDE USING gist (
        uuidrange(
            coalesce(driver_id, driver_group_id, connector_id, charge_point_id, site_id, tenant_id),
            coalesce(driver_id, driver_group_id, connector_id, charge_point_id, site_id, tenant_id),
            '[]'
        ) WITH &&,
        tstzrange(valid_from, valid_to, '[)') WITH &&
    );
"""

BACKWARD = """
ALTER TABLE billing_tariffassignment DROP CONSTRAINT a_target_has_one_tariff_at_a_time;
ALTER TABLE billing_tariffversion DROP CONSTRAINT a_tariff_has_one_version_at_a_time;
DROP TYPE uuidrange;
"""


class Migration(migrations.Migration):
    """Exclusion constraints on validity."""

    dependencies = [("billing", "0002_balanced_books")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
