import chargepoints.public_codes
import django.core.validators
import django.db.models.deletion
import tenants.models
import tenants.scope
from django.db import migrations, models

from tenants.first_migration import FirstMigration


class Migration(FirstMigration):

    initial = True

    dependencies = [
        ('tenants', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Site',
            fields=[
                ('id', models.UUIDField(default=tenants.models.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('address', models.CharField(blank=True, max_length=200, verbose_name='address')),
                ('city', models.CharField(blank=True, max_length=80, verbose_name='city')),
                ('latitude', models.DecimalField(blank=True, decimal_places=6, max_digits=9, null=True, verbose_name='latitude')),
                ('longitude', models.DecimalField(blank=True, decimal_places=6, max_digits=9, null=True, verbose_name='longitude')),
                ('time_zone', models.CharField(default='Europe/Stockholm', max_length=64, verbose_name='time zone')),
                ('price_area', models.CharField(blank=True, default='SE3', max_length=16, validators=[django.core.validators.RegexValidator('^[A-Z0-9][A-Z0-9_-]{1,15}$')], verbose_name='price area')),
                ('nominal_voltage_mv', models.PositiveIntegerField(default=230000, verbose_name='nominal voltage (mV)')),
                ('tenant', models.ForeignKey(default=tenants.scope.required_tenant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.tenant', verbose_name='organisation')),
            ],
            options={
                'verbose_name': 'site',
                'verbose_name_plural': 'sites',
                'ordering': ('name',),
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='ChargePoint',
            fields=[
                ('id', models.UUIDField(default=tenants.models.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('identity', models.CharField(max_length=48, validators=[django.core.validators.RegexValidator('^[A-Za-z0-9*\\-_=:+|@.]+$')], verbose_name='charge point id')),
                ('public_code', models.CharField(default=chargepoints.public_codes.new_public_code, editable=False, max_length=8, unique=True, verbose_name='public code')),
                ('key_mac', models.CharField(blank=True, editable=False, max_length=64)),
                ('key_set_at', models.DateTimeField(editable=False, null=True, verbose_name='key set')),
                ('enabled', models.BooleanField(default=True, verbose_name='in use')),
                ('ocpp_version', models.CharField(blank=True, editable=False, max_length=8, verbose_name='OCPP version')),
                ('vendor', models.CharField(blank=True, editable=False, max_length=50, verbose_name='vendor')),
                ('model', models.CharField(blank=True, editable=False, max_length=50, verbose_name='model')),
                ('serial_number', models.CharField(blank=True, editable=False, max_length=50, verbose_name='serial number')),
                ('firmware_version', models.CharField(blank=True, editable=False, max_length=50, verbose_name='firmware')),
                ('boot_state', models.CharField(choices=[('unknown', 'Never booted'), ('pending', 'Pending'), ('accepted', 'Accepted'), ('rejected', 'Rejected')], default='unknown', editable=False, max_length=10, verbose_name='boot state')),
                ('booted_at', models.DateTimeField(editable=False, null=True, verbose_name='last boot')),
                ('last_seen_at', models.DateTimeField(editable=False, null=True, verbose_name='last seen')),
                ('socket_channel', models.CharField(blank=True, editable=False, max_length=120)),
                ('socket_epoch', models.PositiveIntegerField(default=0, editable=False)),
                ('connected_at', models.DateTimeField(editable=False, null=True, verbose_name='connected')),
                ('disconnected_at', models.DateTimeField(editable=False, null=True, verbose_name='disconnected')),
                ('tenant', models.ForeignKey(default=tenants.scope.required_tenant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.tenant', verbose_name='organisation')),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='charge_points', to='chargepoints.site', verbose_name='site')),
            ],
            options={
                'verbose_name': 'charge point',
                'verbose_name_plural': 'charge points',
                'ordering': ('identity',),
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('tenant', 'identity'), name='charge_point_id_is_unique_at_a_tenant')],
            },
        ),
        migrations.CreateModel(
            name='Connector',
            fields=[
                ('id', models.UUIDField(default=tenants.models.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('evse_id', models.PositiveSmallIntegerField(verbose_name='EVSE')),
                ('connector_id', models.PositiveSmallIntegerField(default=1, verbose_name='connector')),
                ('status', models.CharField(choices=[('unknown', 'Unknown'), ('available', 'Available'), ('preparing', 'Preparing'), ('occupied', 'Occupied'), ('charging', 'Charging'), ('suspendedev', 'Suspended by the car'), ('suspendedevse', 'Suspended by the station'), ('finishing', 'Finishing'), ('reserved', 'Reserved'), ('unavailable', 'Unavailable'), ('faulted', 'Faulted')], default='unknown', editable=False, max_length=16, verbose_name='status')),
                ('error_code', models.CharField(blank=True, editable=False, max_length=50, verbose_name='error code')),
                ('status_at', models.DateTimeField(editable=False, null=True, verbose_name='status since')),
                ('current_type', models.CharField(choices=[('ac', 'AC'), ('dc', 'DC')], default='ac', max_length=2, verbose_name='current type')),
                ('phases', models.PositiveSmallIntegerField(default=3, verbose_name='phases')),
                ('max_current_ma', models.PositiveIntegerField(default=32000, verbose_name='largest current (mA)')),
                ('max_power_w', models.PositiveIntegerField(default=22000, verbose_name='largest power (W)')),
                ('charge_point', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='connectors', to='chargepoints.chargepoint', verbose_name='charge point')),
                ('tenant', models.ForeignKey(default=tenants.scope.required_tenant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.tenant', verbose_name='organisation')),
            ],
            options={
                'verbose_name': 'connector',
                'verbose_name_plural': 'connectors',
                'ordering': ('evse_id', 'connector_id'),
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('charge_point', 'evse_id', 'connector_id'), name='connector_number_is_unique_on_a_charge_point')],
            },
        ),
        migrations.CreateModel(
            name='DeviceVariable',
            fields=[
                ('id', models.UUIDField(default=tenants.models.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('component', models.CharField(blank=True, max_length=120, verbose_name='component')),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('value', models.TextField(blank=True, verbose_name='value')),
                ('read_only', models.BooleanField(default=False, verbose_name='read only')),
                ('reported_at', models.DateTimeField(verbose_name='reported')),
                ('charge_point', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='device_variables', to='chargepoints.chargepoint')),
                ('tenant', models.ForeignKey(default=tenants.scope.required_tenant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.tenant', verbose_name='organisation')),
            ],
            options={
                'verbose_name': 'station setting',
                'verbose_name_plural': 'station settings',
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('charge_point', 'component', 'name'), name='a_variable_is_kept_once')],
            },
        ),
        migrations.CreateModel(
            name='OcppMessage',
            fields=[
                ('id', models.UUIDField(default=tenants.models.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('inbound', models.BooleanField(verbose_name='from the station')),
                ('action', models.CharField(blank=True, max_length=64, verbose_name='action')),
                ('message_id', models.CharField(blank=True, max_length=64, verbose_name='message id')),
                ('payload', models.JSONField(null=True, verbose_name='content')),
                ('error_code', models.CharField(blank=True, max_length=64, verbose_name='error')),
                ('reason', models.CharField(blank=True, max_length=255, verbose_name='reason')),
                ('at', models.DateTimeField(verbose_name='time')),
                ('charge_point', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='messages', to='chargepoints.chargepoint')),
                ('tenant', models.ForeignKey(default=tenants.scope.required_tenant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.tenant', verbose_name='organisation')),
            ],
            options={
                'verbose_name': 'OCPP message',
                'verbose_name_plural': 'OCPP messages',
                'abstract': False,
                'base_manager_name': 'objects',
                'indexes': [models.Index(fields=['charge_point', '-at'], name='messages_of_a_station')],
            },
        ),
        migrations.CreateModel(
            name='StatusRecord',
            fields=[
                ('id', models.UUIDField(default=tenants.models.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('status', models.CharField(choices=[('unknown', 'Unknown'), ('available', 'Available'), ('preparing', 'Preparing'), ('occupied', 'Occupied'), ('charging', 'Charging'), ('suspendedev', 'Suspended by the car'), ('suspendedevse', 'Suspended by the station'), ('finishing', 'Finishing'), ('reserved', 'Reserved'), ('unavailable', 'Unavailable'), ('faulted', 'Faulted')], max_length=16)),
                ('error_code', models.CharField(blank=True, max_length=50)),
                ('vendor_error_code', models.CharField(blank=True, max_length=50)),
                ('at', models.DateTimeField()),
                ('charge_point', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='chargepoints.chargepoint')),
                ('connector', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='status_records', to='chargepoints.connector')),
                ('tenant', models.ForeignKey(default=tenants.scope.required_tenant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.tenant', verbose_name='organisation')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('charge_point', 'connector', 'at', 'status', 'error_code'), name='a_status_is_recorded_once', nulls_distinct=False)],
            },
        ),
        migrations.CreateModel(
            name='Command',
            fields=[
                ('id', models.UUIDField(default=tenants.models.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('action', models.CharField(max_length=64, verbose_name='command')),
                ('payload', models.JSONField(default=dict, verbose_name='content')),
                ('state', models.CharField(choices=[('queued', 'Queued'), ('sent', 'Sent'), ('answered', 'Answered'), ('failed', 'Refused by the station'), ('timed_out', 'No answer'), ('offline', 'Station offline')], default='queued', max_length=10, verbose_name='state')),
                ('response', models.JSONField(blank=True, null=True, verbose_name='answer')),
                ('error', models.CharField(blank=True, max_length=255, verbose_name='error')),
                ('requested_by', models.CharField(blank=True, max_length=120, verbose_name='requested by')),
                ('expires_at', models.DateTimeField(verbose_name='expires')),
                ('sent_at', models.DateTimeField(blank=True, null=True, verbose_name='sent')),
                ('answered_at', models.DateTimeField(blank=True, null=True, verbose_name='answered')),
                ('charge_point', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='commands', to='chargepoints.chargepoint', verbose_name='charge point')),
                ('tenant', models.ForeignKey(default=tenants.scope.required_tenant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.tenant', verbose_name='organisation')),
            ],
            options={
                'verbose_name': 'command',
                'verbose_name_plural': 'commands',
                'ordering': ('-id',),
                'abstract': False,
                'base_manager_name': 'objects',
                'indexes': [models.Index(condition=models.Q(('state__in', ('queued', 'sent'))), fields=['expires_at'], name='commands_open')],
            },
        ),
    ]
