"""A dose may be the same for every weight."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0015_care_identity"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="plan",
            name="plan_dose_worked_out_or_typed",
        ),
        migrations.AlterField(
            model_name="plan",
            name="basis",
            field=models.CharField(
                blank=True,
                choices=[("actual", "Actual weight"), ("ideal", "Ideal weight"), ("fixed", "Fixed dose")],
                max_length=10,
            ),
        ),
        migrations.AddConstraint(
            model_name="plan",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("basis__in", ["", "fixed"]), ("dose_mg_per_kg__isnull", True)),
                    models.Q(("basis__in", ["actual", "ideal"]), ("dose_mg_per_kg__isnull", False)),
                    _connector="OR",
                ),
                name="plan_dose_worked_out_or_typed",
            ),
        ),
    ]
