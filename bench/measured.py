"""What several jobs of the bench measure alike: the shortest run, a process that has compiled nothing yet, a row."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
# Runs `work` of a set-up three times and tells the first and a later time in ms, and the most memory in MB. Not
# getrusage: what it tells a new process is at least what its parent held when it was made.
_FRESH = """
import json, time
from pathlib import Path
times = []
for _ in range(3):
    began = time.perf_counter()
    work()
    times.append((time.perf_counter() - began) * 1000)
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
peak = int(status["VmHWM"].split()[0]) / 1024
print(json.dumps({"first": times[0], "later": min(times[1:]), "peak": peak}))
"""


def best(do: Callable[[], Any], times: int) -> float:
    """Return the shortest of several runs in ms, after one that does not count."""
    do()
    found = []
    for _ in range(times):
        began = time.perf_counter()
        do()
        found.append((time.perf_counter() - began) * 1000)
    return min(found)


def fresh_rows(set_up: str, aim_mb: float) -> list[dict[str, Any]]:
    """Return rows of a process that has compiled nothing yet, and of the next one: first call, and most memory held.

    `set_up` is Python that leaves the work in a function `work`.
    """
    with tempfile.TemporaryDirectory() as cache:
        asked = [sys.executable, "-c", set_up + _FRESH]
        env = {**os.environ, "NUMBA_CACHE_DIR": cache}
        new, again = (
            json.loads(subprocess.run(asked, env=env, cwd=ROOT, capture_output=True, text=True, check=True).stdout)
            for _ in range(2)
        )
    return [
        row("First call, compiling", new["first"], "a later call", new["later"], "", None,
            f"kept on disk: {again['first']:.0f} ms in the next process; compiling takes up to {new['peak']:.0f} MB"),
        row("Most memory of a whole process", again["peak"], "the aim", aim_mb, f"under {aim_mb:g} MB",
            again["peak"] < aim_mb, "with NumPy, SciPy, Numba and the kernel from disk", unit="MB"),
    ]  # fmt: skip


def row(
    work: str, ours: float, peer: str, peers: float | None, target: str, met: bool | None, note: str, unit: str = "ms"
) -> dict[str, Any]:
    """Return a row of the bench's table."""
    return {
        "job": work,
        "ours": round(ours, 2),
        "peer": peer,
        "peer_value": None if peers is None else round(peers, 2),
        "ratio": None if peers is None else round(ours / peers, 4),
        "unit": unit,
        "target": target,
        "target_met": met,
        "note": note,
    }
