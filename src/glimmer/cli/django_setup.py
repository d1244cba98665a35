"""Start Django only for the commands that need it: `glimmer --help` must answer at once."""

import os
from pathlib import Path

import django
from django.apps import apps


def start_django() -> None:
    """Set up Django once for this process, with the product's own settings."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "glimmer.config.settings")
    if not apps.ready:
        django.setup()


def data_dir() -> Path:
    """Return the folder that holds the database and the keys."""
    from django.conf import settings

    return Path(settings.DATA_DIR)


def bring_database_up_to_date(*, quietly: bool = True) -> int:
    """Apply the migrations that are missing and return how many there were."""
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if waiting:
        call_command("migrate", interactive=False, verbosity=0 if quietly else 1)
    return len(waiting)
