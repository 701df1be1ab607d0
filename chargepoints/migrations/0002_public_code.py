"""Every station gets a code the public may know it by."""

from django.db import migrations, models

import chargepoints.public_codes
from tenants.scope import across_tenants


def give_codes(apps, schema_editor):
    ChargePoint = apps.get_model("chargepoints", "ChargePoint")
    with across_tenants(reason="every station gets a public code"):
        for pk in list(ChargePoint.objects.filter(public_code=None).values_list("pk", flat=True)):
            code = chargepoints.public_codes.new_public_code()
            ChargePoint.objects.filter(pk=pk).update(public_code=code)


class Migration(migrations.Migration):
    dependencies = [("chargepoints", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="chargepoint",
            name="public_code",
            field=models.CharField(
                default=None, editable=False, max_length=8, null=True, verbose_name="public code"
            ),
        ),
        migrations.RunPython(give_codes, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="chargepoint",
            name="public_code",
            field=models.CharField(
                default=chargepoints.public_codes.new_public_code,
                editable=False,
                max_length=8,
                unique=True,
                verbose_name="public code",
            ),
        ),
    ]
