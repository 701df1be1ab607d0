"""Market prices of the whole installation."""

import django.core.validators
from django.db import migrations, models

import tenants.models


class Migration(migrations.Migration):
    """One append-only table, not owned by a tenant."""

    dependencies = [("billing", "0002_balanced_books")]

    operations = [
        migrations.CreateModel(
            name="SpotPrice",
            fields=[
                ("id", models.UUIDField(default=tenants.models.new_id, editable=False, primary_key=True, serialize=False)),
                ("area", models.CharField(max_length=16, validators=[django.core.validators.RegexValidator("^[A-Z0-9][A-Z0-9_-]{1,15}$")], verbose_name="price area")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                ("starts_at", models.DateTimeField(verbose_name="from")),
                ("duration_s", models.PositiveIntegerField(verbose_name="length (s)")),
                ("price", models.DecimalField(decimal_places=9, max_digits=12, verbose_name="price per kWh")),
                ("revision", models.PositiveSmallIntegerField(default=1, verbose_name="revision")),
                ("source", models.CharField(max_length=200, verbose_name="source")),
                ("recorded_at", models.DateTimeField(verbose_name="recorded")),
            ],
            options={
                "verbose_name": "spot price",
                "verbose_name_plural": "spot prices",
                "ordering": ("area", "currency", "starts_at", "revision"),
                "constraints": [
                    models.UniqueConstraint(fields=("area", "currency", "starts_at", "revision"), name="a_spot_price_revision_is_recorded_once"),
                    models.CheckConstraint(condition=models.Q(("duration_s__in", (900, 3600))), name="a_spot_slot_is_a_quarter_or_an_hour"),
                    models.CheckConstraint(condition=models.Q(("revision__gte", 1)), name="spot_price_revisions_count_from_one"),
                    models.CheckConstraint(condition=models.Q(("price__gte", -100), ("price__lte", 100)), name="a_spot_price_is_per_kwh_in_major_units"),
                ],
            },
        ),
    ]
