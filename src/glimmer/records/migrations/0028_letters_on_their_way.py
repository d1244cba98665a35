"""Who else looks after a patient, letters set aside, sent, and sent in error."""

from importlib import import_module

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

append_only = import_module("glimmer.records.migrations.0002_append_only")
TABLES = {
    "records_letterdispatch": "what was sent to whom",
    "records_sentinerror": "what was sent in error",
}


def guard(apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    append_only.guard(apps, editor, TABLES)


def unguard(apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    append_only.unguard(apps, editor, TABLES)


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0027_course"),
    ]

    operations = [
        migrations.CreateModel(
            name="CareContact",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("team", "Community team"),
                            ("crisis", "Crisis team"),
                            ("coordinator", "Care coordinator"),
                        ],
                        max_length=20,
                    ),
                ),
                ("name", models.CharField(max_length=120)),
                ("organisation", models.CharField(blank=True, max_length=160)),
                ("telephone", models.CharField(blank=True, max_length=30)),
                ("email", models.EmailField(blank=True, max_length=254)),
                ("added_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ["added_at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="LetterDispatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("recipient", models.JSONField()),
                (
                    "way",
                    models.CharField(
                        choices=[
                            ("notice", "Notice by e-mail that the letter is ready, without what it says"),
                            ("nhsmail", "By NHSmail, sent by hand"),
                            ("post", "By post"),
                            ("handed", "Handed over"),
                            ("other", "Another way"),
                        ],
                        max_length=10,
                    ),
                ),
                ("to_address", models.CharField(blank=True, max_length=254)),
                ("digest", models.CharField(max_length=64)),
                ("sent_at", models.DateTimeField()),
            ],
            options={
                "ordering": ["sent_at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="SentInError",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("happened", models.TextField()),
                ("did", models.TextField()),
                ("reported_at", models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name="letter",
            name="set_aside_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="letter",
            name="set_aside_because",
            field=models.CharField(blank=True, max_length=500),
        ),
        migrations.AddField(
            model_name="letter",
            name="set_aside_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="letter",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("set_aside_at__isnull", True), ("set_aside_because", ""), ("set_aside_by__isnull", True)),
                    models.Q(
                        ("set_aside_at__isnull", False),
                        ("set_aside_by__isnull", False),
                        models.Q(("set_aside_because", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="letter_set_aside_by_at_and_why",
            ),
        ),
        migrations.AddField(
            model_name="carecontact",
            name="added_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="carecontact",
            name="ended_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="carecontact",
            name="episode",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="care_contacts", to="records.episode"
            ),
        ),
        migrations.AddField(
            model_name="letterdispatch",
            name="letter",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="dispatches", to="records.letter"
            ),
        ),
        migrations.AddField(
            model_name="letterdispatch",
            name="sent_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="sentinerror",
            name="dispatch",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="error", to="records.letterdispatch"
            ),
        ),
        migrations.AddField(
            model_name="sentinerror",
            name="incident",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="wrong_dispatch", to="records.incidentreport"
            ),
        ),
        migrations.AddField(
            model_name="sentinerror",
            name="reported_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddConstraint(
            model_name="carecontact",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at__isnull", True), ("ended_by__isnull", True)),
                    models.Q(("ended_at__isnull", False), ("ended_by__isnull", False)),
                    _connector="OR",
                ),
                name="care_contact_ended_by_and_at",
            ),
        ),
        migrations.AddConstraint(
            model_name="carecontact",
            constraint=models.CheckConstraint(
                condition=models.Q(("name", ""), _negated=True), name="care_contact_has_name"
            ),
        ),
        migrations.AddConstraint(
            model_name="letterdispatch",
            constraint=models.CheckConstraint(
                condition=models.Q(("way__in", ["notice", "nhsmail", "post", "handed", "other"])),
                name="dispatch_way_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="letterdispatch",
            constraint=models.CheckConstraint(
                condition=models.Q(("digest", ""), _negated=True), name="dispatch_has_digest"
            ),
        ),
        migrations.AddConstraint(
            model_name="sentinerror",
            constraint=models.CheckConstraint(
                condition=models.Q(models.Q(("happened", ""), _negated=True), models.Q(("did", ""), _negated=True)),
                name="sent_in_error_says_what_and_done",
            ),
        ),
        migrations.RunPython(guard, unguard),
    ]
