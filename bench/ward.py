"""A whole hospital's worth: 200 bays once a second and 50 open pages for half an hour; then how much more is held.

The same process, pages and measurement as `live`. Afterwards the rate is raised step by step until something arrives
late (99th percentile above the aim), is not seen, or is not acknowledged: the last rate before that is the one held.
"""

from subprocess import TimeoutExpired
from typing import Any

from bench.live import WardClinic, ward_clinic

BAYS, PAGES = 200, 50
TARGET_P99_MS = 100.0
SECONDS = 30 * 60
STEP_SECONDS = 20
RATES = (1.5, 2.0, 2.5, 3.0, 4.0, 5.0)


def rows(*, short: bool = False) -> list[dict[str, Any]]:
    """Return the long run's rows, and the highest rate held."""
    bays, pages, seconds = (4, 2, 2) if short else (BAYS, PAGES, SECONDS)
    with ward_clinic(bays) as clinic:
        measured = clinic.play(seconds, pages=pages)
        charted = clinic.stored().get("charted", 0)
        found = _long_run(measured, charted, bays, pages, seconds)
        found.append(
            _highest_rate(clinic, bays, pages, measured, RATES[:1] if short else RATES, 1 if short else STEP_SECONDS)
        )
    return found


def _long_run(measured: dict[str, Any], charted: int, bays: int, pages: int, seconds: float) -> list[dict[str, Any]]:
    lost = measured["spoken"] - charted
    unseen = measured["sent"] - measured["heard"]
    what = f"{bays} bays x 1/s, {pages} pages, {seconds / 60:g} min"
    note = (
        f"{what}; {measured['spoken']:,} sent, {measured['acknowledged']:,} acknowledged, {charted:,} charted; "
        f"{unseen} of {measured['sent']:,} not seen on a page; "
        f"p50 {measured['p50_ms']:.1f}, max {measured['max_ms']:.0f} ms"
    )
    grown = f"{measured['memory_before_mib']:.0f} MiB at the start, SQLite"
    p99 = measured["p99_ms"]
    return [
        _row("messages lost", lost, "messages", "0", lost == 0 and unseen == 0, note),
        _row("socket to page, 99th percentile", p99, "ms", f"below {TARGET_P99_MS:g} ms", p99 < TARGET_P99_MS, what),
        _row("processor of the whole server", measured["server_cpu_percent"], "% of a core", "", None, what),
        _row("memory of the whole server at the end", measured["memory_after_mib"], "MiB", "", None, grown),
    ]


def _highest_rate(
    clinic: WardClinic, bays: int, pages: int, first: dict[str, Any], rates: tuple[float, ...], seconds: float
) -> dict[str, Any]:
    held, note = (1.0, f"p99 {first['p99_ms']:.0f} ms") if _holds(first) else (0.0, "not even one a second")
    for rate in rates:
        try:
            measured = clinic.play(seconds, pages=pages, per_second=rate)
        except (RuntimeError, TimeoutExpired) as problem:
            # The half hour before must not be lost with it.
            note += f"; at {rate * bays:.0f}/s it failed: {str(problem)[-200:]}"
            break
        if not _holds(measured):
            note += f"; at {rate * bays:.0f}/s: p99 {measured['p99_ms']:.0f} ms, {_missed(measured)} missed"
            break
        held, note = rate, f"p99 {measured['p99_ms']:.0f} ms, {measured['server_cpu_percent']:.0f} % of a core"
    return _row(
        "highest rate held", held * bays, "messages/s", "", None, f"{pages} pages, {seconds:g} s a step; {note}"
    )


def _holds(measured: dict[str, Any]) -> bool:
    return measured["p99_ms"] < TARGET_P99_MS and _missed(measured) == 0


def _missed(measured: dict[str, Any]) -> int:
    unanswered: int = measured["spoken"] - measured["acknowledged"]
    unseen: int = measured["sent"] - measured["heard"]
    return unanswered + unseen


def _row(which: str, ours: float, unit: str, target: str, met: bool | None, note: str) -> dict[str, Any]:
    return {
        "job": f"ward: {which}",
        "ours": round(ours, 2),
        "peer": "",
        "peer_value": None,
        "ratio": None,
        "unit": unit,
        "target": target,
        "target_met": met,
        "note": note,
    }
