"""Whose a database is: nobody's yet, the demo's or a real clinic's; and how a demo is thrown away.

Asked at every start, so nothing is imported here that only building a demo needs.
"""

import shutil
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection

from glimmer.cli.demo.people import STAFF
from glimmer.records.heads import FOLDER
from glimmer.records.models import Staff, TreatmentSession
from glimmer.records.training import TRAINING, purpose

STALE_AFTER = timedelta(hours=4)


def is_empty() -> bool:
    """Say whether nobody works here yet."""
    return not Staff.objects.exists()


def is_demo() -> bool:
    """Say whether everybody who works here is of the demo's made-up staff."""
    if purpose() == TRAINING:
        return False
    made_up = {username for username, *_ in STAFF}
    return set(Staff.objects.values_list("username", flat=True)) <= made_up


def is_stale(now: datetime) -> bool:
    """Say whether the demo's running sessions are of another day, so that a visitor would find them long over."""
    oldest = TreatmentSession.objects.filter(ended_at__isnull=True).order_by("opened_at").first()
    return oldest is not None and now - oldest.opened_at > STALE_AFTER


def throw_away() -> None:
    """Remove the whole database of a demo clinic; refuse any other. The next migration makes a new one."""
    if not is_demo():
        raise RuntimeError("throw_away() is for the demo clinic only.")
    # What the virtual monitors were about to do belongs to the sessions that go.
    (Path(settings.DATA_DIR) / "demo-stories.json").unlink(missing_ok=True)
    # The heads of a chain that is thrown away would say for ever that it was cut off.
    shutil.rmtree(Path(settings.DATA_DIR) / FOLDER, ignore_errors=True)
    if connection.vendor == "sqlite":
        name = settings.DATABASES["default"]["NAME"]
        connection.close()
        for suffix in ("", "-wal", "-shm"):
            type(name)(f"{name}{suffix}").unlink(missing_ok=True)
    else:
        with connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
