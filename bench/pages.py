"""Server time of the busiest pages with 10,000 patients in the database and a session two hours long."""

import os
import statistics
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from bench.audit_cost import rows_of_audit
from tests.support.migrated import begin_with

PATIENTS = 10_000
MESSAGES = 6_000
TARGET_P95_MS = 100.0


def rows(*, short: bool = False) -> list[dict[str, Any]]:
    """Return one row per page: the 95th percentile of the time from request to response, in ms."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(
            GLIMMER_DATA_DIR=folder, DJANGO_SETTINGS_MODULE="glimmer.config.settings", GLIMMER_DEMO="true"
        )
        begin_with(Path(folder), "demo")
        import django

        django.setup()
        from glimmer.cli.django_setup import bring_database_up_to_date

        bring_database_up_to_date()
        session_id = _fill(200 if short else PATIENTS, 200 if short else MESSAGES)
        pages = [_row(name, *_timed(path, 5 if short else 100), short) for name, path in _pages(session_id)]
        return pages + rows_of_audit(session_id, short=short)


def _pages(session_id: int) -> list[tuple[str, str]]:
    return [
        ("worklist", "/"),
        ("patient search by name", "/patients?q=Candlewick"),
        ("chair board", "/board"),
        ("session", f"/sessions/{session_id}"),
    ]


def _fill(people: int, messages: int) -> int:
    from bench.crowd import add_crowd
    from glimmer.cli.demo.load import load_demo
    from glimmer.cli.demo.whose import is_empty
    from glimmer.records.models import Staff, TreatmentSession

    if is_empty():
        load_demo(quietly=True)
    add_crowd(people, by=Staff.objects.get(username="bea.larkspur"))
    session = TreatmentSession.objects.filter(ended_at__isnull=True).order_by("pk")[0]
    _lengthen(session.pk, messages)
    return int(session.pk)


def _lengthen(session_id: int, messages: int) -> None:
    """Give the session a log as long as one that has been listened to every second."""
    from django.db import transaction
    from django.utils import timezone

    from glimmer.actions.log import append
    from glimmer.care.session.events import DeviceReadings
    from glimmer.records.models import TreatmentSession
    from glimmer.vocabulary.parameters import Parameter
    from glimmer.vocabulary.readings import Reading

    end = timezone.now()
    parameters = {Parameter.PULSE: 72.0, Parameter.SPO2: 97.0, Parameter.RESPIRATORY_RATE: 14.0}
    cuff = {Parameter.SYSTOLIC: 128.0, Parameter.DIASTOLIC: 79.0, Parameter.MEAN_PRESSURE: 95.0}
    with transaction.atomic():
        session = TreatmentSession.objects.select_for_update().get(pk=session_id)
        for second in range(messages, 0, -1):
            at = end - timedelta(seconds=second)
            cuff_at = at - timedelta(seconds=second % 120)
            values = [Reading(p, v + second % 3, at, "oximeter") for p, v in parameters.items()]
            values += [Reading(p, v, cuff_at, "cuff") for p, v in cuff.items()]
            append(session, [DeviceReadings("bay-1-monitor", tuple(values))], by="device bay-1-monitor", at=at)
        session.save(update_fields=["last_seq"])


def _timed(path: str, times: int) -> tuple[float, int]:
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from glimmer.records.models import Staff

    client = Client()
    client.force_login(Staff.objects.get(username="maya.okafor"))
    for _ in range(3):
        _get(client, path)
    with CaptureQueriesContext(connection) as queries:
        _get(client, path)
    # Counted now: the next request empties the list.
    count = len(queries)
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        _get(client, path)
        taken.append((time.perf_counter() - started) * 1000)
    return statistics.quantiles(taken, n=20)[-1], count


def _get(client: Any, path: str) -> None:
    answer = client.get(path)
    if answer.status_code != 200:
        raise RuntimeError(f"{path} answered {answer.status_code}, so its time means nothing.")


def _row(name: str, p95_ms: float, queries: int, short: bool) -> dict[str, Any]:
    return {
        "job": f"pages: {name}, p95",
        "ours": round(p95_ms, 1),
        "peer": "",
        "peer_value": None,
        "ratio": None,
        "unit": "ms",
        "target": f"below {TARGET_P95_MS:g} ms",
        "target_met": p95_ms < TARGET_P95_MS,
        "note": f"{queries} SQL queries"
        + ("; short form" if short else f"; {PATIENTS:,} patients, {MESSAGES:,} messages"),
    }
