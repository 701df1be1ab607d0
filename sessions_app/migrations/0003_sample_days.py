
import django.db.models.deletion
import tenants.scope
from django.db import migrations, models


# The columns in an order without gaps between them. Keys to other tables are left out: the writer
# has locked the session whose samples it stores.
SPLIT_BY_DAY = [
    "CREATE SCHEMA sample_days",
    "ALTER TABLE sessions_app_metersample RENAME TO sessions_app_metersample_whole",
    """CREATE TABLE sessions_app_metersample (
        tenant_id uuid NOT NULL,
        session_id uuid NOT NULL,
        at timestamptz NOT NULL,
        received_at timestamptz NOT NULL,
        energy_wh bigint,
        seq integer NOT NULL CHECK (seq >= 0),
        power_w integer,
        current_ma integer,
        current_l1_ma integer,
        current_l2_ma integer,
        current_l3_ma integer,
        voltage_mv integer,
        voltage_l1_mv integer,
        voltage_l2_mv integer,
        voltage_l3_mv integer,
        current_offered_ma integer,
        soc_pct smallint,
        context varchar(12) NOT NULL,
        extra jsonb,
        PRIMARY KEY (session_id, at, context)
    ) PARTITION BY RANGE (session_id)""",
    "CREATE TABLE sample_days.others PARTITION OF sessions_app_metersample DEFAULT",
    """INSERT INTO sessions_app_metersample
        (tenant_id, session_id, at, received_at, energy_wh, seq, power_w, current_ma,
         current_l1_ma, current_l2_ma, current_l3_ma, voltage_mv, voltage_l1_mv, voltage_l2_mv,
         voltage_l3_mv, current_offered_ma, soc_pct, context, extra)
    SELECT tenant_id, session_id, at, received_at, energy_wh, seq, power_w, current_ma,
         current_l1_ma, current_l2_ma, current_l3_ma, voltage_mv, voltage_l1_mv, voltage_l2_mv,
         voltage_l3_mv, current_offered_ma, soc_pct, context, extra
    FROM sessions_app_metersample_whole""",
    "DROP TABLE sessions_app_metersample_whole",
]


class Migration(migrations.Migration):

    dependencies = [
        ('sessions_app', '0002_closed_by'),
        ('tenants', '0002_operate_scope'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(SPLIT_BY_DAY)],
            state_operations=[
                migrations.AlterField(
                    model_name='metersample',
                    name='session',
                    field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='samples', to='sessions_app.chargingsession'),
                ),
                migrations.AlterField(
                    model_name='metersample',
                    name='tenant',
                    field=models.ForeignKey(db_constraint=False, db_index=False, default=tenants.scope.required_tenant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.tenant'),
                ),
            ],
        ),
        migrations.CreateModel(
            name='SealedSamples',
            fields=[
                ('session', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='sealed_samples', serialize=False, to='sessions_app.chargingsession')),
                ('count', models.PositiveIntegerField()),
                ('content', models.BinaryField()),
                ('sealed_at', models.DateTimeField()),
                ('tenant', models.ForeignKey(default=tenants.scope.required_tenant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.tenant', verbose_name='organisation')),
            ],
            options={
                'verbose_name': 'sealed samples',
                'verbose_name_plural': 'sealed samples',
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
    ]
