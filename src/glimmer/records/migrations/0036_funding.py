"""Who pays, what was charged, invoiced and paid: only ever added to, and numbered without a gap."""

from importlib import import_module

import django.db.models.deletion
from django.apps.registry import Apps
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

append_only = import_module("glimmer.records.migrations.0002_append_only")
TABLES = {
    "records_fundingroute": "who pays",
    "records_pricelist": "the price lists",
    "records_priceline": "the prices",
    "records_charge": "what was charged",
    "records_invoice": "the invoices",
    "records_invoiceline": "the lines of invoices",
    "records_payment": "the payments",
}
SERIES = ("INV", "CRN", "RCT")


def guard(apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    append_only.guard(apps, editor, TABLES)


def unguard(apps: object, editor: BaseDatabaseSchemaEditor) -> None:
    append_only.unguard(apps, editor, TABLES)


def begin_numbers(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    series = apps.get_model("records", "NumberSeries")
    series.objects.bulk_create([series(name=name) for name in SERIES])


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0035_waiting_and_planning"),
    ]

    operations = [
        migrations.CreateModel(
            name="NumberSeries",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=3, unique=True)),
                ("last", models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="Charge",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("cause", models.CharField(max_length=60, unique=True)),
                ("item", models.CharField(max_length=40)),
                ("title", models.CharField(max_length=120)),
                ("happened_on", models.DateField()),
                ("share", models.PositiveSmallIntegerField()),
                ("unit_pence", models.PositiveIntegerField()),
                ("pence", models.PositiveIntegerField()),
                ("waived_because", models.CharField(blank=True, max_length=500)),
                ("decided_at", models.DateTimeField()),
                (
                    "decided_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "episode",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="charges", to="records.episode"
                    ),
                ),
            ],
            options={
                "ordering": ["happened_on", "pk"],
            },
        ),
        migrations.CreateModel(
            name="Invoice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("series", models.CharField(choices=[("INV", "Invoice"), ("CRN", "Credit note")], max_length=3)),
                ("number", models.PositiveIntegerField()),
                ("payer", models.JSONField()),
                ("reason", models.CharField(blank=True, max_length=500)),
                ("pence", models.PositiveIntegerField()),
                ("content", models.JSONField()),
                ("pdf", models.BinaryField()),
                ("pdf_digest", models.CharField(max_length=64)),
                ("issued_at", models.DateTimeField()),
                (
                    "credits",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="credit_notes",
                        to="records.invoice",
                    ),
                ),
                (
                    "episode",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="invoices", to="records.episode"
                    ),
                ),
                (
                    "issued_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["issued_at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="InvoiceLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("pence", models.PositiveIntegerField()),
                (
                    "charge",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="invoice_lines", to="records.charge"
                    ),
                ),
                (
                    "invoice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="lines", to="records.invoice"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Payment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField(unique=True)),
                ("kind", models.CharField(choices=[("payment", "Payment"), ("refund", "Refund")], max_length=10)),
                ("pence", models.PositiveIntegerField()),
                (
                    "way",
                    models.CharField(
                        choices=[
                            ("transfer", "Bank transfer"),
                            ("card", "Card"),
                            ("link", "Payment link"),
                            ("cash", "Cash"),
                            ("cheque", "Cheque"),
                        ],
                        max_length=10,
                    ),
                ),
                ("reference", models.CharField(blank=True, max_length=120)),
                ("on", models.DateField()),
                ("recorded_at", models.DateTimeField()),
                (
                    "invoice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="payments", to="records.invoice"
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["recorded_at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="PriceList",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(choices=[("charges", "Charges"), ("costs", "Costs")], max_length=10)),
                ("version", models.PositiveSmallIntegerField()),
                ("valid_from", models.DateField()),
                ("source", models.CharField(max_length=500)),
                ("recorded_at", models.DateTimeField()),
                (
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["kind", "version"],
            },
        ),
        migrations.CreateModel(
            name="PriceLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("item", models.CharField(max_length=40)),
                ("pence", models.PositiveIntegerField()),
                (
                    "prices",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="lines", to="records.pricelist"
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="charge",
            name="prices",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="records.pricelist",
            ),
        ),
        migrations.CreateModel(
            name="FundingRoute",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "route",
                    models.CharField(
                        choices=[
                            ("nhs", "NHS"),
                            ("ifr", "NHS, individual funding request"),
                            ("self_pay", "Self-pay"),
                            ("insurer", "Insurer"),
                        ],
                        max_length=10,
                    ),
                ),
                ("reference", models.CharField(blank=True, max_length=60)),
                (
                    "state",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("applied", "Applied for"),
                            ("approved", "Approved"),
                            ("declined", "Declined"),
                            ("appeal", "Under appeal"),
                        ],
                        max_length=10,
                    ),
                ),
                ("expires_on", models.DateField(blank=True, null=True)),
                ("insurer", models.CharField(blank=True, max_length=120)),
                ("authorisation", models.CharField(blank=True, max_length=60)),
                ("note", models.CharField(blank=True, max_length=500)),
                ("recorded_at", models.DateTimeField()),
                (
                    "episode",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="funding_routes", to="records.episode"
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["recorded_at", "pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("route__in", ["nhs", "ifr", "self_pay", "insurer"])),
                        name="funding_route_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("route", "insurer"), _negated=True),
                            models.Q(
                                models.Q(("insurer", ""), _negated=True), models.Q(("authorisation", ""), _negated=True)
                            ),
                            _connector="OR",
                        ),
                        name="insurer_has_authorisation",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("route", "ifr"), models.Q(("state", ""), _negated=True)),
                            models.Q(models.Q(("route", "ifr"), _negated=True), ("state", "")),
                            _connector="OR",
                        ),
                        name="request_has_a_state",
                    ),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.UniqueConstraint(fields=("series", "number"), name="invoice_number_once"),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=models.Q(("number__gt", 0), ("pence__gt", 0)), name="invoice_number_and_amount"
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("credits__isnull", True), ("series", "INV")),
                    models.Q(("credits__isnull", False), ("series", "CRN"), models.Q(("reason", ""), _negated=True)),
                    _connector="OR",
                ),
                name="credit_note_credits_and_says_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoiceline",
            constraint=models.UniqueConstraint(fields=("invoice", "charge"), name="charge_once_on_an_invoice"),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(("number__gt", 0), ("pence__gt", 0)), name="payment_number_and_amount"
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["payment", "refund"])), name="payment_kind_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="pricelist",
            constraint=models.UniqueConstraint(fields=("kind", "version"), name="price_list_version_once"),
        ),
        migrations.AddConstraint(
            model_name="pricelist",
            constraint=models.CheckConstraint(
                condition=models.Q(("source", ""), _negated=True), name="price_list_has_a_source"
            ),
        ),
        migrations.AddConstraint(
            model_name="priceline",
            constraint=models.UniqueConstraint(fields=("prices", "item"), name="price_of_an_item_once"),
        ),
        migrations.AddConstraint(
            model_name="charge",
            constraint=models.CheckConstraint(
                condition=models.Q(("share__lte", 100)), name="charge_share_is_at_most_whole"
            ),
        ),
        migrations.AddConstraint(
            model_name="charge",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("prices__isnull", False), ("waived_because", "")),
                    models.Q(models.Q(("waived_because", ""), _negated=True), ("pence", 0)),
                    _connector="OR",
                ),
                name="charge_has_a_price_or_a_reason_for_none",
            ),
        ),
        migrations.RunPython(begin_numbers, migrations.RunPython.noop),
        migrations.RunPython(guard, unguard),
    ]
