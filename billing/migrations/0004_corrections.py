"""Corrections: runs, credit notes, settlements and refunds."""

import django.db.models.deletion
import tenants.models
import tenants.scope
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Tables of the correction engine."""

    dependencies = [
        ("billing", "0003_no_two_at_once"),
        ("sessions_app", "0001_initial"),
        ("tenants", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Correction",
            fields=[
                (
                    "tenant",
                    models.ForeignKey(
                        default=tenants.scope.required_tenant_id,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.tenant",
                        verbose_name="organisation",
                    ),
                ),
                (
                    "id",
                    models.UUIDField(
                        default=tenants.models.new_id,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("void", "Void: the session costs nothing"),
                            ("re_rate", "Price again"),
                        ],
                        max_length=8,
                        verbose_name="kind",
                    ),
                ),
                ("reason", models.CharField(max_length=500, verbose_name="reason")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                ("old_gross_minor", models.BigIntegerField(verbose_name="before")),
                ("old_vat_minor", models.BigIntegerField(verbose_name="VAT before")),
                ("new_gross_minor", models.BigIntegerField(verbose_name="after")),
                ("new_vat_minor", models.BigIntegerField(verbose_name="VAT after")),
                ("corrected_at", models.DateTimeField(verbose_name="corrected")),
            ],
            options={
                "verbose_name": "correction",
                "verbose_name_plural": "corrections",
                "ordering": ("-id",),
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="CorrectionRun",
            fields=[
                (
                    "tenant",
                    models.ForeignKey(
                        default=tenants.scope.required_tenant_id,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.tenant",
                        verbose_name="organisation",
                    ),
                ),
                (
                    "id",
                    models.UUIDField(
                        default=tenants.models.new_id,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("void", "Void: the session costs nothing"),
                            ("re_rate", "Price again"),
                        ],
                        max_length=8,
                        verbose_name="kind",
                    ),
                ),
                (
                    "prices_known_at",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="market prices as known"
                    ),
                ),
                ("reason", models.CharField(max_length=500, verbose_name="reason")),
                ("digest", models.CharField(max_length=64)),
                ("session_count", models.PositiveIntegerField(verbose_name="sessions")),
            ],
            options={
                "verbose_name": "correction run",
                "verbose_name_plural": "correction runs",
                "ordering": ("-id",),
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="CorrectionTask",
            fields=[
                (
                    "tenant",
                    models.ForeignKey(
                        default=tenants.scope.required_tenant_id,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.tenant",
                        verbose_name="organisation",
                    ),
                ),
                (
                    "id",
                    models.UUIDField(
                        default=tenants.models.new_id,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("digest", models.CharField(max_length=64)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "Waiting"),
                            ("done", "Corrected"),
                            ("refused", "Not corrected"),
                        ],
                        default="pending",
                        max_length=8,
                        verbose_name="state",
                    ),
                ),
                ("problem", models.CharField(blank=True, max_length=255, verbose_name="problem")),
            ],
            options={
                "verbose_name": "correction to be made",
                "verbose_name_plural": "corrections to be made",
                "ordering": ("id",),
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="CreditNote",
            fields=[
                (
                    "tenant",
                    models.ForeignKey(
                        default=tenants.scope.required_tenant_id,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.tenant",
                        verbose_name="organisation",
                    ),
                ),
                (
                    "id",
                    models.UUIDField(
                        default=tenants.models.new_id,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("number", models.PositiveIntegerField(verbose_name="number")),
                ("invoice_number", models.PositiveIntegerField(verbose_name="invoice number")),
                ("invoice_issued_at", models.DateTimeField(verbose_name="invoice issued")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                ("total_minor", models.BigIntegerField(verbose_name="total")),
                ("vat_minor", models.BigIntegerField(verbose_name="VAT")),
                ("vat_amounts", models.JSONField(verbose_name="VAT by rate")),
                ("seller", models.JSONField(verbose_name="seller")),
                ("buyer", models.JSONField(verbose_name="buyer")),
                ("reason", models.CharField(max_length=500, verbose_name="reason")),
                ("issued_at", models.DateTimeField(verbose_name="issued")),
            ],
            options={
                "verbose_name": "credit note",
                "verbose_name_plural": "credit notes",
                "ordering": ("-number",),
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="CreditNoteCounter",
            fields=[
                (
                    "tenant",
                    models.ForeignKey(
                        default=tenants.scope.required_tenant_id,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.tenant",
                        verbose_name="organisation",
                    ),
                ),
                (
                    "id",
                    models.UUIDField(
                        default=tenants.models.new_id,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("last_number", models.PositiveIntegerField(default=0)),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="Refund",
            fields=[
                (
                    "tenant",
                    models.ForeignKey(
                        default=tenants.scope.required_tenant_id,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.tenant",
                        verbose_name="organisation",
                    ),
                ),
                (
                    "id",
                    models.UUIDField(
                        default=tenants.models.new_id,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("amount_minor", models.BigIntegerField(verbose_name="amount")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                ("owner", models.CharField(max_length=64)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "Being refunded"),
                            ("given", "Refunded"),
                            ("refused", "Refused"),
                            ("failed", "Came back"),
                            ("dashboard", "Refunded by hand in Stripe"),
                            ("elsewhere", "Given back outside of Stripe"),
                        ],
                        default="pending",
                        max_length=9,
                        verbose_name="state",
                    ),
                ),
                (
                    "stripe_credit_note_ref",
                    models.CharField(blank=True, max_length=64, verbose_name="Stripe credit note"),
                ),
                (
                    "stripe_refund_ref",
                    models.CharField(blank=True, max_length=64, verbose_name="Stripe refund"),
                ),
            ],
            options={
                "verbose_name": "refund",
                "verbose_name_plural": "refunds",
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="Settlement",
            fields=[
                (
                    "tenant",
                    models.ForeignKey(
                        default=tenants.scope.required_tenant_id,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.tenant",
                        verbose_name="organisation",
                    ),
                ),
                (
                    "id",
                    models.UUIDField(
                        default=tenants.models.new_id,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("closing", "The old invoice is being withdrawn"),
                            ("refunding", "Being refunded"),
                            ("done", "Settled"),
                            ("needs_person", "Needs a person"),
                        ],
                        default="closing",
                        max_length=12,
                        verbose_name="state",
                    ),
                ),
                (
                    "written_off_minor",
                    models.BigIntegerField(default=0, verbose_name="written off"),
                ),
                ("problem", models.CharField(blank=True, max_length=255, verbose_name="problem")),
            ],
            options={
                "verbose_name": "settlement",
                "verbose_name_plural": "settlements",
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="StripePayment",
            fields=[
                (
                    "tenant",
                    models.ForeignKey(
                        default=tenants.scope.required_tenant_id,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.tenant",
                        verbose_name="organisation",
                    ),
                ),
                (
                    "id",
                    models.UUIDField(
                        default=tenants.models.new_id,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("stripe_account_ref", models.CharField(blank=True, max_length=64)),
                (
                    "payment_intent_ref",
                    models.CharField(blank=True, max_length=64, verbose_name="Stripe payment"),
                ),
                ("refunded_minor", models.BigIntegerField(default=0, verbose_name="refunded")),
                ("is_disputed", models.BooleanField(default=False, verbose_name="disputed")),
            ],
            options={
                "verbose_name": "payment at Stripe",
                "verbose_name_plural": "payments at Stripe",
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.AddField(
            model_name="invoice",
            name="settled_minor",
            field=models.BigIntegerField(default=0, verbose_name="paid before"),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("settled_minor__gte", 0), ("total_minor__gte", models.F("settled_minor"))
                ),
                name="no_more_is_settled_than_an_invoice_comes_to",
            ),
        ),
        migrations.AddField(
            model_name="correction",
            name="actor",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="decided by",
            ),
        ),
        migrations.AddField(
            model_name="correction",
            name="new_charge",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="made_by",
                to="billing.charge",
                verbose_name="new charge",
            ),
        ),
        migrations.AddField(
            model_name="correction",
            name="old_charge",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="correction",
                to="billing.charge",
                verbose_name="old charge",
            ),
        ),
        migrations.AddField(
            model_name="correction",
            name="session",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="corrections",
                to="sessions_app.chargingsession",
                verbose_name="session",
            ),
        ),
        migrations.AddField(
            model_name="correctionrun",
            name="actor",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="decided by",
            ),
        ),
        migrations.AddField(
            model_name="correctionrun",
            name="tariff_version",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="billing.tariffversion",
                verbose_name="tariff version",
            ),
        ),
        migrations.AddField(
            model_name="correction",
            name="run",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="corrections",
                to="billing.correctionrun",
                verbose_name="correction run",
            ),
        ),
        migrations.AddField(
            model_name="correctiontask",
            name="charge",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="billing.charge",
                verbose_name="charge",
            ),
        ),
        migrations.AddField(
            model_name="correctiontask",
            name="run",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="tasks",
                to="billing.correctionrun",
            ),
        ),
        migrations.AddField(
            model_name="creditnote",
            name="correction",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="credit_note",
                to="billing.correction",
                verbose_name="correction",
            ),
        ),
        migrations.AddField(
            model_name="creditnote",
            name="invoice",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="credit_note",
                to="billing.invoice",
                verbose_name="invoice",
            ),
        ),
        migrations.AddField(
            model_name="refund",
            name="invoice",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="refunds",
                to="billing.invoice",
                verbose_name="invoice",
            ),
        ),
        migrations.AddField(
            model_name="refund",
            name="settled_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="given back by",
            ),
        ),
        migrations.AddField(
            model_name="settlement",
            name="correction",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="settlement",
                to="billing.correction",
                verbose_name="correction",
            ),
        ),
        migrations.AddField(
            model_name="refund",
            name="settlement",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="refunds",
                to="billing.settlement",
                verbose_name="settlement",
            ),
        ),
        migrations.AddField(
            model_name="stripepayment",
            name="invoice",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="stripe_payment",
                to="billing.invoice",
                verbose_name="invoice",
            ),
        ),
        migrations.AddConstraint(
            model_name="correctionrun",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True),
                name="a_correction_run_has_a_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="correctionrun",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind", "re_rate"),
                    models.Q(("prices_known_at__isnull", True), ("tariff_version__isnull", True)),
                    _connector="OR",
                ),
                name="a_void_has_no_prices",
            ),
        ),
        migrations.AddConstraint(
            model_name="correction",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="a_correction_has_a_reason"
            ),
        ),
        migrations.AddConstraint(
            model_name="correction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "re_rate"), ("new_charge__isnull", False)),
                    models.Q(
                        ("kind", "void"),
                        ("new_charge__isnull", True),
                        ("new_gross_minor", 0),
                        ("new_vat_minor", 0),
                    ),
                    _connector="OR",
                ),
                name="a_re_rate_has_a_new_charge_and_a_void_has_none",
            ),
        ),
        migrations.AddConstraint(
            model_name="correctiontask",
            constraint=models.UniqueConstraint(
                fields=("run", "charge"), name="a_run_has_a_charge_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="creditnote",
            constraint=models.UniqueConstraint(
                fields=("tenant", "number"), name="credit_note_numbers_are_unique_at_a_tenant"
            ),
        ),
        migrations.AddConstraint(
            model_name="creditnote",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("vat_minor__gte", 0), ("total_minor__gte", models.F("vat_minor"))
                ),
                name="credit_note_vat_is_part_of_its_total",
            ),
        ),
        migrations.AddConstraint(
            model_name="creditnotecounter",
            constraint=models.UniqueConstraint(
                fields=("tenant",), name="a_tenant_has_one_credit_note_counter"
            ),
        ),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_minor__gt", 0)), name="a_refund_gives_something_back"
            ),
        ),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("settled_by__isnull", False), ("state__in", ("dashboard", "elsewhere"))
                    ),
                    models.Q(
                        models.Q(("state__in", ("dashboard", "elsewhere")), _negated=True),
                        ("settled_by__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="a_refund_by_hand_says_by_whom",
            ),
        ),
        migrations.AddConstraint(
            model_name="stripepayment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("payment_intent_ref", ""), _negated=True),
                fields=("stripe_account_ref", "payment_intent_ref"),
                name="a_stripe_payment_pays_one_invoice",
            ),
        ),
    ]
