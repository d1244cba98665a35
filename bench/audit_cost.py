"""What it costs to write down who looked: the same pages with their audit line and without, in turns in one run."""

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

TIMES = 150
MOST = 1.5


def rows_of_audit(session_id: int, *, short: bool) -> list[dict[str, Any]]:
    """Return one row per page: the median time with its line, and how many times that is of the page without."""
    return [_row(name, *_in_turns(path, 8 if short else TIMES), short) for name, path in _pages(session_id)]


def _pages(session_id: int) -> list[tuple[str, str]]:
    from glimmer.records.models import TreatmentSession

    episode = TreatmentSession.objects.get(pk=session_id).episode_id
    return [
        ("journey of one patient", f"/episodes/{episode}"),
        ("patient search by name", "/patients?words=Candlewick"),
        ("worklist", "/"),
        ("session at the bedside", f"/sessions/{session_id}"),
    ]


def _in_turns(path: str, times: int) -> tuple[float, float]:
    """Return the median ms with and without the line, in turns, so that both meet the same machine."""
    from django.test import Client

    from glimmer.records.models import Staff

    client = Client()
    client.force_login(Staff.objects.get(username="maya.okafor"))
    for _ in range(3):
        _get(client, path)
    taken: dict[bool, list[float]] = {True: [], False: []}
    for number in range(2 * times):
        audited = bool(number % 2)
        with _audit(audited):
            started = time.perf_counter()
            _get(client, path)
            taken[audited].append((time.perf_counter() - started) * 1000)
    return statistics.median(taken[True]), statistics.median(taken[False])


@contextmanager
def _audit(is_on: bool) -> Iterator[None]:
    from glimmer.web import gate

    usual = gate.enter_page
    if not is_on:
        gate.enter_page = lambda request: None
    try:
        yield
    finally:
        gate.enter_page = usual


def _get(client: Any, path: str) -> None:
    answer = client.get(path)
    if answer.status_code != 200:
        raise RuntimeError(f"{path} answered {answer.status_code}, so its time means nothing.")


def _row(name: str, with_line: float, without: float, short: bool) -> dict[str, Any]:
    return {
        "job": f"audit: {name}, median",
        "ours": round(with_line, 2),
        "peer": "the same page without its line",
        "peer_value": round(without, 2),
        "ratio": round(with_line / without, 2),
        "unit": "ms",
        "target": f"at most {MOST:g} times",
        "target_met": with_line <= MOST * without,
        "note": "each commit waits for the disk" + ("; short form" if short else "; 10,000 patients"),
    }
