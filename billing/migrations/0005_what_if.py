"""Questions what past sessions would have cost by another tariff."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import tenants.models
import tenants.scope


class Migration(migrations.Migration):
    """The table of what-if runs."""

    dependencies = [
        ("billing", "0004_corrections"),
        ("tenants", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="WhatIfRun",
            fields=[
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
                ("document", models.JSONField(verbose_name="prices")),
                ("day_to", models.DateField(verbose_name="until (not included)")),
                ("weeks", models.PositiveSmallIntegerField(default=8, verbose_name="weeks")),
                (
                    "off_peak",
                    models.CharField(
                        choices=[
                            ("cheapest", "The tried tariff's cheapest hours"),
                            ("chosen", "The hours below"),
                        ],
                        default="cheapest",
                        max_length=8,
                        verbose_name="off-peak",
                    ),
                ),
                (
                    "off_peak_from_hour",
                    models.PositiveSmallIntegerField(
                        default=22, verbose_name="off-peak from (hour)"
                    ),
                ),
                (
                    "off_peak_to_hour",
                    models.PositiveSmallIntegerField(default=6, verbose_name="off-peak to (hour)"),
                ),
                (
                    "off_peak_weekends",
                    models.BooleanField(default=False, verbose_name="weekends are off-peak"),
                ),
                (
                    "elasticity_low_pct",
                    models.PositiveSmallIntegerField(default=10, verbose_name="lowest answer (%)"),
                ),
                (
                    "elasticity_high_pct",
                    models.PositiveSmallIntegerField(default=60, verbose_name="highest answer (%)"),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "Waiting"),
                            ("running", "Being computed"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                        ],
                        default="pending",
                        max_length=8,
                        verbose_name="state",
                    ),
                ),
                (
                    "sessions_done",
                    models.PositiveIntegerField(default=0, verbose_name="sessions computed"),
                ),
                ("sessions_total", models.PositiveIntegerField(default=0, verbose_name="sessions")),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("due_at", models.DateTimeField()),
                (
                    "finished_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="finished"),
                ),
                ("problem", models.CharField(blank=True, max_length=255, verbose_name="problem")),
                ("result", models.JSONField(blank=True, null=True)),
                (
                    "requested_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="asked by",
                    ),
                ),
                (
                    "tariff",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="billing.tariff",
                        verbose_name="tariff",
                    ),
                ),
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
                    "version",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="billing.tariffversion",
                        verbose_name="tariff version",
                    ),
                ),
            ],
            options={
                "verbose_name": "what-if",
                "verbose_name_plural": "what-ifs",
                "ordering": ("-id",),
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ("pending", "running"))),
                        fields=["due_at", "id"],
                        name="what_ifs_due",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("weeks__gte", 1), ("weeks__lte", 53)),
                        name="a_what_if_looks_back_a_year_at_most",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("elasticity_low_pct__lte", models.F("elasticity_high_pct")),
                            ("elasticity_high_pct__lte", 100),
                        ),
                        name="a_what_if_has_a_range_of_answers",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("off_peak_from_hour__lte", 23), ("off_peak_to_hour__lte", 24)
                        ),
                        name="a_what_if_has_hours_of_a_day",
                    ),
                ],
            },
        ),
    ]
