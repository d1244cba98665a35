"""Take-home prescriptions and what became of them; stock on its way between premises; supplies in the register."""

from importlib import import_module

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

register = import_module("glimmer.records.migrations.0006_controlled_drugs")
append_only = import_module("glimmer.records.migrations.0002_append_only")
TABLES = {
    "records_takehomeprescription": "take-home prescriptions",
    "records_takehomeevent": "what became of take-home prescriptions",
    "records_registertransfer": "what was sent to other premises",
    "records_registerarrival": "what arrived from other premises",
}


def guard(apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    """Refuse to change or delete what was written."""
    append_only.guard(apps, editor, TABLES)


def unguard(apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    """Take the triggers off again."""
    append_only.unguard(apps, editor, TABLES)


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0020_service_tokens"),
    ]

    operations = [
        # SQLite makes the table anew for a constraint, without its triggers: they are set aside and put back.
        migrations.RunPython(register.unguard, register.guard),
        migrations.CreateModel(
            name="RegisterArrival",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("arrived", models.PositiveIntegerField()),
                ("at", models.DateTimeField()),
            ],
            options={
                "ordering": ["at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="RegisterTransfer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sent_at", models.DateTimeField()),
            ],
            options={
                "ordering": ["sent_at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="TakeHomeEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("seq", models.PositiveSmallIntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("supplied", "Supplied"),
                            ("returned", "Brought back by the patient"),
                            ("destroyed", "Brought back and destroyed"),
                            ("lost", "Said to be lost or stolen"),
                            ("cancelled", "Cancelled"),
                        ],
                        max_length=12,
                    ),
                ),
                ("ml", models.PositiveIntegerField(default=0)),
                ("collector_kind", models.CharField(blank=True, max_length=20)),
                ("collector_name", models.CharField(blank=True, max_length=200)),
                ("identity_asked", models.BooleanField(blank=True, null=True)),
                ("identity_seen", models.BooleanField(blank=True, null=True)),
                ("note", models.TextField(blank=True)),
                ("at", models.DateTimeField()),
            ],
            options={
                "ordering": ["prescription", "seq"],
            },
        ),
        migrations.CreateModel(
            name="TakeHomePrescription",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("dose_mg", models.DecimalField(decimal_places=2, max_digits=7)),
                ("every_days", models.PositiveSmallIntegerField()),
                ("days", models.PositiveSmallIntegerField()),
                ("total_ml", models.PositiveIntegerField()),
                ("directions", models.CharField(max_length=300)),
                ("starts_on", models.DateField()),
                ("patient_name", models.CharField(max_length=200)),
                ("patient_address", models.CharField(max_length=500)),
                ("prescriber_name", models.CharField(max_length=160)),
                ("registration", models.CharField(max_length=40)),
                ("prescriber_address", models.CharField(max_length=500)),
                ("days_early", models.PositiveSmallIntegerField(default=0)),
                ("reason", models.TextField(blank=True)),
                ("signed_at", models.DateTimeField()),
            ],
            options={
                "ordering": ["signed_at", "pk"],
            },
        ),
        migrations.RemoveConstraint(
            model_name="registerentry",
            name="register_kind_known",
        ),
        migrations.RemoveConstraint(
            model_name="registerentry",
            name="register_kind_moves_its_way",
        ),
        migrations.AlterField(
            model_name="registerentry",
            name="kind",
            field=models.CharField(
                choices=[
                    ("opening", "Brought over from the last book"),
                    ("receipt", "Received from a supplier"),
                    ("transfer_in", "Received from other premises"),
                    ("put_back", "Put back unopened"),
                    ("administration", "Taken for a patient"),
                    ("supply", "Supplied on a prescription"),
                    ("transfer_out", "Sent to other premises"),
                    ("sent_back", "Sent back to the supplier"),
                    ("destruction", "Destroyed"),
                    ("check", "Counted"),
                    ("settlement", "Settled after a count"),
                    ("footnote", "Footnote"),
                ],
                max_length=20,
            ),
        ),
        migrations.AddConstraint(
            model_name="registerentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "opening",
                            "receipt",
                            "transfer_in",
                            "put_back",
                            "administration",
                            "supply",
                            "transfer_out",
                            "sent_back",
                            "destruction",
                            "check",
                            "settlement",
                            "footnote",
                        ],
                    )
                ),
                name="register_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="registerentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("change__gt", 0), ("kind__in", ["opening", "put_back", "receipt", "transfer_in"])),
                    models.Q(
                        ("change__lt", 0),
                        ("kind__in", ["administration", "destruction", "sent_back", "supply", "transfer_out"]),
                    ),
                    models.Q(("kind", "settlement"), models.Q(("change", 0), _negated=True)),
                    models.Q(
                        models.Q(
                            (
                                "kind__in",
                                [
                                    "administration",
                                    "destruction",
                                    "opening",
                                    "put_back",
                                    "receipt",
                                    "sent_back",
                                    "settlement",
                                    "supply",
                                    "transfer_in",
                                    "transfer_out",
                                ],
                            ),
                            _negated=True,
                        ),
                        ("change", 0),
                    ),
                    _connector="OR",
                ),
                name="register_kind_moves_its_way",
            ),
        ),
        migrations.AddField(
            model_name="registerarrival",
            name="in_entry",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="arrival",
                to="records.registerentry",
            ),
        ),
        migrations.AddField(
            model_name="registertransfer",
            name="out_entry",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="transfer", to="records.registerentry"
            ),
        ),
        migrations.AddField(
            model_name="registertransfer",
            name="to_page",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="transfers_here", to="records.registerpage"
            ),
        ),
        migrations.AddField(
            model_name="registerarrival",
            name="transfer",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="arrival", to="records.registertransfer"
            ),
        ),
        migrations.AddField(
            model_name="takehomeevent",
            name="by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="takehomeevent",
            name="entry",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="take_home",
                to="records.registerentry",
            ),
        ),
        migrations.AddField(
            model_name="takehomeevent",
            name="witness",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="takehomeprescription",
            name="episode",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="take_home", to="records.episode"
            ),
        ),
        migrations.AddField(
            model_name="takehomeprescription",
            name="page",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="records.registerpage"
            ),
        ),
        migrations.AddField(
            model_name="takehomeprescription",
            name="prescriber",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="takehomeevent",
            name="prescription",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="became", to="records.takehomeprescription"
            ),
        ),
        migrations.AddConstraint(
            model_name="registerarrival",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("arrived", 0), ("in_entry__isnull", True)),
                    models.Q(("arrived__gt", 0), ("in_entry__isnull", False)),
                    _connector="OR",
                ),
                name="register_arrival_stands_in_the_register",
            ),
        ),
        migrations.AddConstraint(
            model_name="takehomeprescription",
            constraint=models.CheckConstraint(
                condition=models.Q(("days__gt", 0), ("dose_mg__gt", 0), ("every_days__gt", 0), ("total_ml__gt", 0)),
                name="take_home_of_something",
            ),
        ),
        migrations.AddConstraint(
            model_name="takehomeprescription",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("patient_address", ""), _negated=True),
                    models.Q(("prescriber_address", ""), _negated=True),
                    models.Q(("registration", ""), _negated=True),
                ),
                name="take_home_says_what_the_law_asks",
            ),
        ),
        migrations.AddConstraint(
            model_name="takehomeevent",
            constraint=models.UniqueConstraint(fields=("prescription", "seq"), name="take_home_one_after_another"),
        ),
        migrations.AddConstraint(
            model_name="takehomeevent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("entry__isnull", False),
                        ("identity_asked__isnull", False),
                        ("kind", "supplied"),
                        ("witness__isnull", False),
                    ),
                    models.Q(models.Q(("kind", "supplied"), _negated=True), ("entry__isnull", True)),
                    _connector="OR",
                ),
                name="take_home_supply_stands_in_the_register",
            ),
        ),
        migrations.AddConstraint(
            model_name="takehomeevent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind__in", ["supplied", "destroyed"]), _negated=True),
                    models.Q(("witness__isnull", False), models.Q(("witness", models.F("by")), _negated=True)),
                    _connector="OR",
                ),
                name="take_home_witnessed_by_another",
            ),
        ),
        migrations.RunPython(register.guard, register.unguard),
        migrations.RunPython(guard, unguard),
    ]
