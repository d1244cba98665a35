"""Whether something of the controlled drug is out for a session that nobody has accounted for."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0006_controlled_drugs"),
    ]

    operations = [
        migrations.AddField(
            model_name="treatmentsession",
            name="drug_is_open",
            field=models.BooleanField(default=False),
        ),
    ]
