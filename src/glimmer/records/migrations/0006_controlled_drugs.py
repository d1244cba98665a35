"""The controlled drugs register: its pages and entries, and a database that refuses what does not add up."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

TABLE = "records_registerentry"
WHAT = "the controlled drugs register"
# The book as it stands before the new line. On PostgreSQL the page's row is locked by whoever writes.
LAST = f"(SELECT %s FROM {TABLE} WHERE page_id = NEW.page_id ORDER BY number DESC LIMIT 1)"
DOES_NOT_ADD_UP = (
    f"NEW.balance <> COALESCE({LAST % 'balance'}, 0) + NEW.change OR NEW.number <> COALESCE({LAST % 'number'}, 0) + 1"
)


def guard(apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    """Refuse to change or delete an entry, and to add one whose balance or number does not follow from the last."""
    if editor.connection.vendor == "postgresql":
        editor.execute(
            "CREATE FUNCTION glimmer_register_adds_up() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN IF {DOES_NOT_ADD_UP} THEN RAISE EXCEPTION '{WHAT} does not add up'; END IF; "
            "RETURN NEW; END $$",
            params=None,
        )
        editor.execute(
            f"CREATE TRIGGER {TABLE}_adds_up BEFORE INSERT ON {TABLE} "
            "FOR EACH ROW EXECUTE FUNCTION glimmer_register_adds_up()"
        )
    else:
        editor.execute(
            f"CREATE TRIGGER {TABLE}_adds_up BEFORE INSERT ON {TABLE} WHEN {DOES_NOT_ADD_UP} "
            f"BEGIN SELECT RAISE(ABORT, '{WHAT} does not add up'); END"
        )
    for verb in ("update", "delete"):
        if editor.connection.vendor == "postgresql":
            editor.execute(
                f"CREATE TRIGGER {TABLE}_no_{verb} BEFORE {verb.upper()} ON {TABLE} "
                "FOR EACH ROW EXECUTE FUNCTION glimmer_append_only()"
            )
        else:
            editor.execute(
                f"CREATE TRIGGER {TABLE}_no_{verb} BEFORE {verb.upper()} ON {TABLE} "
                f"BEGIN SELECT RAISE(ABORT, '{WHAT} can only be added to'); END"
            )


def unguard(apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    """Take the triggers off again."""
    postgresql = editor.connection.vendor == "postgresql"
    for what in ("adds_up", "no_update", "no_delete"):
        editor.execute(f"DROP TRIGGER IF EXISTS {TABLE}_{what}{f' ON {TABLE}' if postgresql else ''}")
    if postgresql:
        editor.execute("DROP FUNCTION IF EXISTS glimmer_register_adds_up()")


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0005_retired_devices_and_staff"),
    ]

    operations = [
        migrations.CreateModel(
            name="RegisterPage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("premises", models.CharField(max_length=200)),
                ("drug_class", models.CharField(max_length=60)),
                ("drug", models.CharField(max_length=60)),
                ("form", models.CharField(max_length=60)),
                ("strength_mg_per_ml", models.DecimalField(decimal_places=2, max_digits=7)),
                ("container_ml", models.DecimalField(decimal_places=2, max_digits=7)),
                ("container", models.CharField(max_length=20)),
                ("opened_at", models.DateTimeField()),
                (
                    "opened_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["premises", "drug_class", "drug", "form", "strength_mg_per_ml", "container_ml"],
            },
        ),
        migrations.CreateModel(
            name="RegisterEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("opening", "Brought over from the last book"),
                            ("receipt", "Received from a supplier"),
                            ("transfer_in", "Received from other premises"),
                            ("put_back", "Put back unopened"),
                            ("administration", "Taken for a patient"),
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
                ("happened_at", models.DateTimeField()),
                ("entered_at", models.DateTimeField()),
                ("change", models.IntegerField(default=0)),
                ("balance", models.IntegerField()),
                ("batch", models.CharField(blank=True, max_length=40)),
                ("expires_on", models.DateField(blank=True, null=True)),
                ("party", models.CharField(blank=True, max_length=300)),
                ("authority", models.CharField(blank=True, max_length=200)),
                ("counted", models.IntegerField(blank=True, null=True)),
                ("about", models.PositiveIntegerField(blank=True, null=True)),
                ("note", models.TextField(blank=True)),
                ("by_name", models.CharField(max_length=160)),
                ("witness_name", models.CharField(blank=True, max_length=160)),
                ("mac", models.CharField(max_length=64)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "session",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="register_entries",
                        to="records.treatmentsession",
                    ),
                ),
                (
                    "witness",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "page",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="entries", to="records.registerpage"
                    ),
                ),
            ],
            options={
                "ordering": ["page", "number"],
            },
        ),
        migrations.AddConstraint(
            model_name="registerpage",
            constraint=models.UniqueConstraint(
                fields=("premises", "drug", "form", "strength_mg_per_ml", "container_ml"), name="one_page_for_a_product"
            ),
        ),
        migrations.AddConstraint(
            model_name="registerpage",
            constraint=models.CheckConstraint(
                condition=models.Q(("container_ml__gt", 0), ("strength_mg_per_ml__gt", 0)),
                name="register_page_has_a_strength",
            ),
        ),
        migrations.AddConstraint(
            model_name="registerentry",
            constraint=models.UniqueConstraint(fields=("page", "number"), name="register_numbers_are_used_once"),
        ),
        migrations.AddConstraint(
            model_name="registerentry",
            constraint=models.CheckConstraint(
                condition=models.Q(("balance__gte", 0)), name="register_never_below_nothing"
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
                condition=models.Q(("witness", models.F("by")), _negated=True), name="register_witness_is_somebody_else"
            ),
        ),
        migrations.AddConstraint(
            model_name="registerentry",
            constraint=models.CheckConstraint(
                condition=models.Q(("witness__isnull", False), ("kind__in", ["footnote"]), _connector="OR"),
                name="register_written_by_two",
            ),
        ),
        migrations.AddConstraint(
            model_name="registerentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("change__gt", 0), ("kind__in", ["opening", "put_back", "receipt", "transfer_in"])),
                    models.Q(
                        ("change__lt", 0), ("kind__in", ["administration", "destruction", "sent_back", "transfer_out"])
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
        migrations.AddConstraint(
            model_name="registerentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("counted__gte", 0), ("counted__isnull", False), ("kind", "check")),
                    models.Q(models.Q(("kind", "check"), _negated=True), ("counted", None)),
                    _connector="OR",
                ),
                name="register_check_has_a_count",
            ),
        ),
        migrations.RunPython(guard, unguard),
    ]
