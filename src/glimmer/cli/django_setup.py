"""Start Django only for the commands that need it: `glimmer --help` must answer at once."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django
from django.apps import apps

from glimmer.cli.speak import problems_in_words


def start_django() -> None:
    """Set up Django once for this process, with the product's own settings; give up in words where one is wrong."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "glimmer.config.settings")
    if not apps.ready:
        with problems_in_words():
            django.setup()


@contextmanager
def database_away_in_words() -> Iterator[None]:
    """End the process with a sentence where the database does not answer, or has not been brought up to date."""
    from django.db.utils import OperationalError, ProgrammingError

    try:
        yield
    except (OperationalError, ProgrammingError) as problem:
        said = str(problem).strip().splitlines()
        sys.exit(
            f"The database cannot be reached or used: {said[0] if said else type(problem).__name__}\n"
            "Check that it runs and that GLIMMER_DATABASE_URL is right. A database that is older than this Glimmer is "
            "brought up to date with: glimmer migrate"
        )


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
