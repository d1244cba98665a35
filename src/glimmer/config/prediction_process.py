"""A process that works something out beside the pages: started when a page first asks, asked one question at a time.

There is one for predicted levels, one for the economics of the clinic, and two for the planner.

Whatever goes wrong in it is `NoPrediction` to the page that asked, after a few seconds at most: a process that is
silent is ended, and one that cannot be started is not tried again at once.
"""

import atexit
import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

from glimmer.guidance import figure

# What loading numpy and the self-test may take on a very busy machine. No page waits so long: it says that there is no
# answer yet, and asks again.
START_SECONDS = 120.0
REST_SECONDS = 30.0
MOMENT_SECONDS = 0.02
# Below the bedside and the gateway, on one core: a picture can wait, a reading cannot.
NICE = 10
ONE_CORE = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
COMMAND = (sys.executable, "-m", "glimmer.pharmacology.worker")


class NoPrediction(Exception):
    """There is no answer; the message says why, and names nobody."""


class PredictionProcess:
    """One worker and the line to it."""

    def __init__(
        self,
        command: Sequence[str] = COMMAND,
        start_seconds: float = START_SECONDS,
        patience: float | None = None,
        *,
        waits_for_start: bool = True,
    ) -> None:
        self._command, self._start_seconds, self._patience = tuple(command), start_seconds, patience
        # Where a start takes minutes, whoever asks meanwhile hears so at once.
        self._waits_for_start = waits_for_start
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._answers: queue.Queue[str] = queue.Queue()
        self._rests_until = 0.0
        self._started_at = 0.0
        self._is_ready = False

    def ask(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the worker's answer to a question; raise NoPrediction where there is none in time."""
        patience = self._patience or float(figure("kinetics", "answered_within").value)
        # One time for others and for the start. A question has all of it again: one that is given up ends the worker.
        until = time.monotonic() + patience
        if not self._lock.acquire(timeout=patience):
            raise NoPrediction("The model is busy.")
        try:
            answer = self._asked(asked, until, patience)
        finally:
            self._lock.release()
        if "failed" in answer:
            raise NoPrediction(f"The model failed ({answer['failed']}).")
        return answer

    def close(self) -> None:
        """End the worker, if it runs."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                # A question that never left would be written once more, to nobody.
                with contextlib.suppress(OSError):
                    pipe.close()

    def end(self) -> None:
        """End the worker as the server stops: whoever waits for it hears so at once, and none is started meanwhile."""
        self._rests_until = time.monotonic() + REST_SECONDS
        self.close()

    def _asked(self, asked: Mapping[str, Any], until: float, patience: float) -> dict[str, Any]:
        if self._process is None or self._process.poll() is not None:
            self._start()
        if not self._is_ready:
            self._await_ready(until)
        process = self._process
        if process is None or process.stdin is None:
            raise NoPrediction("The model's process has ended.")
        # A worker that hangs without reading would hold a long question, and whoever asks it, for ever.
        given_up = threading.Timer(patience, process.kill)
        given_up.start()
        try:
            process.stdin.write(json.dumps(asked) + "\n")
            process.stdin.flush()
        except (OSError, ValueError) as away:
            self.close()
            raise NoPrediction("The model's process has ended.") from away
        finally:
            given_up.cancel()
        return self._heard(patience)

    def _start(self) -> None:
        self.close()
        if time.monotonic() < self._rests_until:
            raise NoPrediction("The model could not be started a moment ago.")
        self._rests_until = time.monotonic() + REST_SECONDS
        self._answers, self._is_ready = queue.Queue(), False
        self._started_at = time.monotonic()
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, **ONE_CORE},
        )
        _lower(self._process.pid)
        threading.Thread(target=_listen, args=(self._process, self._answers), daemon=True).start()

    def _await_ready(self, until: float) -> None:
        """Wait for the worker's first word. One that is only slow goes on starting for whoever asks next."""
        try:
            first = self._answers.get(timeout=_left(until) if self._waits_for_start else MOMENT_SECONDS)
        except queue.Empty:
            if time.monotonic() - self._started_at > self._start_seconds:
                self.close()
            raise NoPrediction("The model is not ready yet.") from None
        self._parsed(first)
        self._is_ready, self._rests_until = True, 0.0

    def _heard(self, seconds: float) -> dict[str, Any]:
        try:
            line = self._answers.get(timeout=seconds)
        except queue.Empty:
            self.close()
            raise NoPrediction("The model gave no answer in time.") from None
        return self._parsed(line)

    def _parsed(self, line: str) -> dict[str, Any]:
        try:
            found = json.loads(line)
        except ValueError:
            self.close()
            raise NoPrediction("The model's process has ended.") from None
        if not isinstance(found, dict):
            raise NoPrediction("The model gave no answer.")
        return found


def _left(until: float) -> float:
    return max(until - time.monotonic(), 0.0)


def _listen(process: "subprocess.Popen[str]", answers: "queue.Queue[str]") -> None:
    assert process.stdout is not None
    try:
        for line in process.stdout:
            answers.put(line)
    except ValueError:
        # The pipe was closed while it was read: the worker was ended on purpose.
        pass
    # No JSON: whoever waits hears that nothing more will come.
    answers.put("")


def _lower(pid: int) -> None:
    if hasattr(os, "setpriority"):
        os.setpriority(os.PRIO_PROCESS, pid, NICE)


PROCESS = PredictionProcess()
# The whole model of the clinic is run before the first answer: minutes on a busy machine, with one core.
ECONOMICS = PredictionProcess(
    (sys.executable, "-m", "glimmer.evidence.economics.worker"),
    start_seconds=1_800.0,
    patience=4.0,
    waits_for_start=False,
)
# Each says within a second how far it is; the first start compiles its kernels.
CAPACITY, SITING = (
    PredictionProcess(
        (sys.executable, "-m", f"glimmer.evidence.{room}.worker"),
        start_seconds=600.0,
        patience=8.0,
        waits_for_start=False,
    )
    for room in ("capacity", "access")
)
ALL = (PROCESS, ECONOMICS, CAPACITY, SITING)
for _one in ALL:
    atexit.register(_one.close)
