import datetime
import django.db.models.deletion
import django.db.models.expressions
import tenants.models
import tenants.scope
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0004_adhoc'),
        ('sessions_app', '0001_initial'),
        ('tenants', '0001_initial'),
        ('tenants', '__first__'),
    ]

    operations = [
        migrations.AddField(
            model_name='billingaccount',
            name='buyer_address',
            field=models.TextField(blank=True, verbose_name='address'),
        ),
        migrations.AddField(
            model_name='billingaccount',
            name='buyer_email',
            field=models.EmailField(blank=True, max_length=254, verbose_name='e-mail address for invoices'),
        ),
        migrations.AddField(
            model_name='billingaccount',
            name='buyer_name',
            field=models.CharField(blank=True, max_length=120, verbose_name='name on invoices'),
        ),
        migrations.AddField(
            model_name='billingaccount',
            name='collection',
            field=models.CharField(choices=[('per_session', 'One for each session'), ('weekly', 'One a week'), ('monthly', 'One a month')], default='per_session', max_length=12, verbose_name='invoices'),
        ),
        migrations.AddField(
            model_name='billingaccount',
            name='is_company',
            field=models.BooleanField(default=False, verbose_name='a company'),
        ),
        migrations.AddField(
            model_name='billingaccount',
            name='lines_per',
            field=models.CharField(choices=[('session', 'One for each session'), ('site', 'One for each site')], default='session', max_length=8, verbose_name='lines of a collective invoice'),
        ),
        migrations.AddField(
            model_name='billingaccount',
            name='organisation_number',
            field=models.CharField(blank=True, max_length=20, verbose_name='organisation number'),
        ),
        migrations.AddField(
            model_name='billingaccount',
            name='paid_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='pays_for', to='billing.billingaccount', verbose_name='paid by'),
        ),
        migrations.AddField(
            model_name='billingaccount',
            name='payment_days',
            field=models.PositiveSmallIntegerField(default=30, verbose_name='days to pay'),
        ),
        migrations.AddField(
            model_name='billingaccount',
            name='payment_way',
            field=models.CharField(choices=[('card', 'Charged to the saved card'), ('invoice', 'Sent, to be paid by its due date')], default='card', max_length=8, verbose_name='payment'),
        ),
        migrations.AddField(
            model_name='billingaccount',
            name='reference',
            field=models.CharField(blank=True, max_length=60, verbose_name="buyer's reference"),
        ),
        migrations.AddField(
            model_name='billingaccount',
            name='vat_number',
            field=models.CharField(blank=True, max_length=20, verbose_name='VAT number'),
        ),
        migrations.AddField(
            model_name='invoice',
            name='due_on',
            field=models.DateField(default=datetime.date(1970, 1, 1), verbose_name='due date'),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='invoice',
            name='issued_on',
            field=models.DateField(default=datetime.date(1970, 1, 1), verbose_name='invoice date'),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='invoice',
            name='kind',
            field=models.CharField(choices=[('session', 'One session'), ('week', 'A week'), ('month', 'A month')], default='session', max_length=8, verbose_name='kind'),
        ),
        migrations.AddField(
            model_name='invoice',
            name='payment_days',
            field=models.PositiveSmallIntegerField(default=0, verbose_name='days to pay'),
        ),
        migrations.AddField(
            model_name='invoice',
            name='payment_way',
            field=models.CharField(choices=[('card', 'Charged to the saved card'), ('invoice', 'Sent, to be paid by its due date')], default='card', max_length=8, verbose_name='payment'),
        ),
        migrations.AddField(
            model_name='invoice',
            name='period_from_on',
            field=models.DateField(blank=True, null=True, verbose_name='period from'),
        ),
        migrations.AddField(
            model_name='invoice',
            name='period_to_on',
            field=models.DateField(blank=True, null=True, verbose_name='period to, excluded'),
        ),
        migrations.AddField(
            model_name='invoice',
            name='reference',
            field=models.CharField(blank=True, max_length=25, verbose_name='payment reference'),
        ),
        migrations.AddField(
            model_name='invoice',
            name='supplied_from_on',
            field=models.DateField(default=datetime.date(1970, 1, 1), verbose_name='first day of supply'),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='invoice',
            name='supplied_to_on',
            field=models.DateField(default=datetime.date(1970, 1, 1), verbose_name='last day of supply'),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name='charge',
            name='collection',
            field=models.CharField(choices=[('invoice', 'By invoice'), ('nothing_to_pay', 'Nothing to pay'), ('unidentified', 'Nobody knows who charged'), ('no_account', 'The driver has no billing account'), ('on_the_spot', 'Paid by card on the spot'), ('below_minimum', 'Too little to invoice alone'), ('by_period', 'By collective invoice')], max_length=16, verbose_name='collection'),
        ),
        migrations.AlterField(
            model_name='invoice',
            name='charge',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='invoice', to='billing.charge', verbose_name='charge'),
        ),
        migrations.CreateModel(
            name='ClosedPeriod',
            fields=[
                ('id', models.UUIDField(default=tenants.models.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('kind', models.CharField(choices=[('session', 'One session'), ('week', 'A week'), ('month', 'A month')], max_length=8, verbose_name='kind')),
                ('period_from_on', models.DateField(verbose_name='period from')),
                ('period_to_on', models.DateField(verbose_name='period to, excluded')),
                ('carried', models.JSONField(default=dict, verbose_name='carried to the next')),
                ('closed_at', models.DateTimeField(verbose_name='closed')),
                ('billing_account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='closed_periods', to='billing.billingaccount', verbose_name='billing account')),
                ('tenant', models.ForeignKey(default=tenants.scope.required_tenant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.tenant', verbose_name='organisation')),
            ],
            options={
                'verbose_name': 'closed period',
                'verbose_name_plural': 'closed periods',
                'ordering': ('-period_from_on', '-id'),
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('billing_account', 'kind', 'period_from_on'), name='a_period_is_closed_once_for_a_customer')],
            },
        ),
        migrations.CreateModel(
            name='InvoiceAlarm',
            fields=[
                ('id', models.UUIDField(default=tenants.models.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('problem', models.CharField(max_length=255, verbose_name='problem')),
                ('raised_at', models.DateTimeField(verbose_name='raised')),
                ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='dealt with')),
                ('note', models.CharField(blank=True, max_length=500, verbose_name='what was done')),
                ('ended_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='dealt with by')),
                ('invoice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='alarms', to='billing.invoice', verbose_name='invoice')),
                ('tenant', models.ForeignKey(default=tenants.scope.required_tenant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.tenant', verbose_name='organisation')),
            ],
            options={
                'verbose_name': 'invoice alarm',
                'verbose_name_plural': 'invoice alarms',
                'ordering': ('ended_at', '-raised_at'),
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('invoice', 'problem'), name='an_alarm_is_raised_once'), models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('ended_by__isnull', True)), models.Q(('ended_at__isnull', False), ('ended_by__isnull', False)), _connector='OR'), name='an_ended_alarm_says_by_whom')],
            },
        ),
        migrations.CreateModel(
            name='InvoiceLine',
            fields=[
                ('id', models.UUIDField(default=tenants.models.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('position', models.PositiveSmallIntegerField()),
                ('covers', models.CharField(choices=[('charge_line', 'Part of a session'), ('session', 'A session'), ('day_and_site', 'A day at a site'), ('site', 'A site'), ('everything', 'All sessions')], max_length=12)),
                ('supply', models.CharField(choices=[('electricity', 'Electricity'), ('fees', 'Charging fees')], max_length=12)),
                ('charge_kind', models.CharField(blank=True, max_length=16)),
                ('site_name', models.CharField(blank=True, max_length=120)),
                ('began_at', models.DateTimeField(null=True)),
                ('day_on', models.DateField(null=True)),
                ('session_count', models.PositiveIntegerField(default=1)),
                ('quantity', models.BigIntegerField(null=True)),
                ('unit', models.CharField(blank=True, max_length=8)),
                ('per', models.PositiveIntegerField(default=1)),
                ('unit_price', models.DecimalField(decimal_places=6, max_digits=12, null=True)),
                ('vat_rate', models.DecimalField(decimal_places=2, max_digits=5)),
                ('gross_minor', models.BigIntegerField()),
                ('net_minor', models.BigIntegerField()),
                ('vat_minor', models.BigIntegerField()),
                ('invoice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='billing.invoice')),
                ('tenant', models.ForeignKey(default=tenants.scope.required_tenant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.tenant', verbose_name='organisation')),
            ],
            options={
                'ordering': ('position',),
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('invoice', 'position'), name='invoice_line_positions_are_unique'), models.CheckConstraint(condition=models.Q(('gross_minor', django.db.models.expressions.CombinedExpression(models.F('net_minor'), '+', models.F('vat_minor')))), name='invoice_line_net_and_vat_make_gross')],
            },
        ),
        migrations.CreateModel(
            name='InvoicedLine',
            fields=[
                ('id', models.UUIDField(default=tenants.models.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('is_live', models.BooleanField(default=True)),
                ('charge', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='invoiced', to='billing.charge')),
                ('charge_line', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='invoiced', to='billing.chargeline')),
                ('invoice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='parts', to='billing.invoice')),
                ('tenant', models.ForeignKey(default=tenants.scope.required_tenant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.tenant', verbose_name='organisation')),
                ('invoice_line', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='parts', to='billing.invoiceline')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(condition=models.Q(('is_live', True)), fields=('charge_line',), name='a_charge_line_is_invoiced_once')],
            },
        ),
        migrations.CreateModel(
            name='SellerDetails',
            fields=[
                ('id', models.UUIDField(default=tenants.models.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('seat', models.CharField(blank=True, max_length=60, verbose_name='registered office')),
                ('has_f_tax', models.BooleanField(default=False, verbose_name='approved for F-tax')),
                ('bankgiro', models.CharField(blank=True, max_length=9, verbose_name='bankgiro')),
                ('contact', models.CharField(blank=True, max_length=120, verbose_name='contact on documents')),
                ('tenant', models.ForeignKey(default=tenants.scope.required_tenant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.tenant', verbose_name='organisation')),
            ],
            options={
                'verbose_name': 'seller on documents',
                'verbose_name_plural': 'seller on documents',
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('tenant',), name='a_tenant_is_one_seller')],
            },
        ),
        migrations.CreateModel(
            name='WriteOff',
            fields=[
                ('id', models.UUIDField(default=tenants.models.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('amount_minor', models.BigIntegerField(verbose_name='amount')),
                ('currency', models.CharField(max_length=3, verbose_name='currency')),
                ('reason', models.CharField(max_length=500, verbose_name='reason')),
                ('written_off_at', models.DateTimeField(verbose_name='written off')),
                ('actor', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='decided by')),
                ('charge', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='write_off', to='billing.charge', verbose_name='charge')),
                ('tenant', models.ForeignKey(default=tenants.scope.required_tenant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenants.tenant', verbose_name='organisation')),
            ],
            options={
                'verbose_name': 'write-off',
                'verbose_name_plural': 'write-offs',
                'ordering': ('-id',),
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='a_write_off_has_a_reason'), models.CheckConstraint(condition=models.Q(('amount_minor__gt', 0)), name='a_write_off_is_of_something')],
            },
        ),
        migrations.AddConstraint(
            model_name='billingaccount',
            constraint=models.CheckConstraint(condition=models.Q(('paid_by__isnull', True), models.Q(('paid_by', models.F('id')), _negated=True), _connector='OR'), name='nobody_pays_through_their_own_account'),
        ),
        migrations.AddConstraint(
            model_name='billingaccount',
            constraint=models.CheckConstraint(condition=models.Q(('payment_days__lte', 120)), name='payment_days_are_few'),
        ),
        migrations.AddConstraint(
            model_name='invoice',
            constraint=models.UniqueConstraint(condition=models.Q(('kind', 'session'), _negated=True), fields=('tenant', 'billing_account', 'currency', 'kind', 'period_from_on'), name='a_period_is_invoiced_once_to_a_customer'),
        ),
        migrations.AddConstraint(
            model_name='invoice',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('charge__isnull', False), ('kind', 'session'), ('period_from_on__isnull', True)), models.Q(models.Q(('kind', 'session'), _negated=True), ('charge__isnull', True), ('period_from_on__lt', models.F('period_to_on'))), _connector='OR'), name='an_invoice_is_for_a_charge_or_for_a_period'),
        ),
        migrations.AddConstraint(
            model_name='invoice',
            constraint=models.CheckConstraint(condition=models.Q(('due_on__gte', models.F('issued_on')), ('supplied_to_on__gte', models.F('supplied_from_on'))), name='an_invoice_is_due_after_its_issue'),
        ),
    ]
