"""Any code of a price area, or none."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    """Room for the sixteen characters of an EIC code."""

    dependencies = [("chargepoints", "0001_initial")]

    operations = [
        migrations.AlterField(
            model_name="site",
            name="price_area",
            field=models.CharField(blank=True, default="SE3", max_length=16, validators=[django.core.validators.RegexValidator("^[A-Z0-9][A-Z0-9_-]{1,15}$")], verbose_name="price area"),
        ),
    ]
