"""The compiled simulation run as plain Python, with everything written down that takes or leaves a chair or a person.

Nothing of it is worked out anew: the functions are those that are compiled (`py_func`), and what they hand to the heap
and to the hours of chairs is noted on the way. `traced` says that the result is the compiled one's, bit by bit.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numba.core.dispatcher import Dispatcher

from glimmer.evidence.capacity import Clinic, Pathway, Present, Priors, Waiting, kernel, lists, runs, simulate
from glimmer.evidence.capacity import plan as numbered
from glimmer.evidence.capacity.results import Simulated

MODULES = [kernel, lists, runs, *(module for name, module in sys.modules.items()
                                  if name.startswith("glimmer.evidence.capacity.kernel_"))]  # fmt: skip


@dataclass
class Taken:
    """One chair taken: from when to when, and until when its nurse and doctor are where that is sooner."""

    person: int
    queue: int
    stage: int
    begins: float
    ends: float
    came: bool
    nurse_until: float | None = None
    doctor_until: float | None = None


@dataclass(frozen=True)
class Assessed:
    """One assessment, or the time that was kept for somebody who did not come to theirs."""

    person: int
    queue: int
    begins: float
    ends: float


@dataclass
class Trace:
    """What was written down of one draw. `waits` are (time, queue, person, joins) of every queue."""

    sessions: list[Taken] = field(default_factory=list)
    assessments: list[Assessed] = field(default_factory=list)
    waits: list[tuple[float, int, int, bool]] = field(default_factory=list)
    who: Any = None
    who_at_the_end: Any = None
    found: Simulated | None = None


def traced(clinic: Clinic, pathway: Pathway, inputs: Priors, *, years: float, seed: int,
           waiting: Present | Sequence[Waiting] | None = None) -> Trace:  # fmt: skip
    """Return what happened in one draw; fail where plain Python does not come to the bits of the compiled run."""
    how: dict[str, Any] = {"years": years, "draws": 1, "seed": seed, "waiting": waiting, "workers": 1}
    compiled = simulate(clinic, pathway, inputs, **how)
    trace = Trace()
    with _in_python(trace):
        plain = simulate(clinic, pathway, inputs, **how)
    for name in ("table", "days_waited", "hours", "totals"):
        assert getattr(plain, name).tobytes() == getattr(compiled, name).tobytes(), name
    trace.found = compiled
    return trace


@contextmanager
def _in_python(trace: Trace) -> Iterator[None]:
    kept = []
    for module in MODULES:
        for name, one in list(vars(module).items()):
            if isinstance(one, Dispatcher):
                kept.append((module, name, one))
                setattr(module, name, _noting(name, one, trace))
    simulated = sys.modules["glimmer.evidence.capacity.simulate"]
    kept.append((simulated, "run_draws", simulated.run_draws))
    simulated.run_draws = runs.run_draws
    try:
        yield
    finally:
        for module, name, one in kept:
            setattr(module, name, one)


def _now() -> float:
    """Return the time of the simulation that the function that is being noted was called at."""
    frame = sys._getframe(2)
    while frame is not None and "now" not in frame.f_locals:
        frame = frame.f_back
    return float(frame.f_locals["now"])


def _noting(name: str, compiled: Any, trace: Trace) -> Any:
    if name in ("uniform", "exponential", "element", "mixed"):
        return _of_key(compiled)
    if name == "run_clinic":
        return _wrapping(compiled.py_func)
    noted = {"push": _noting_push, "join": _noting_join, "leave": _noting_leave, "close_books": _noting_end}.get(name)
    return noted(compiled.py_func, trace) if noted else compiled.py_func


def _of_key(compiled: Any) -> Any:
    """Chances stay compiled: plain Python would need their 64 bits to wrap at each step."""

    def of_key(key: Any, *others: Any) -> Any:
        return compiled(np.uint64(key), *others)

    return of_key


def _wrapping(function: Any) -> Any:
    def run_clinic(*given: Any) -> Any:
        with np.errstate(over="ignore"):
            return function(*given)

    return run_clinic


def _noting_join(function: Any, trace: Trace) -> Any:
    def join(queue: Any, who: Any, which: int, person: int) -> None:
        trace.waits.append((_now(), int(which), int(person), True))
        function(queue, who, which, person)

    return join


def _noting_leave(function: Any, trace: Trace) -> Any:
    def leave(queue: Any, who: Any, person: int) -> None:
        trace.waits.append((_now(), int(who[person, numbered.C_QUEUE]), int(person), False))
        trace.who = who
        function(queue, who, person)

    return leave


def _noting_end(function: Any, trace: Trace) -> Any:
    def close_books(who: Any, when: Any, waited: Any, totals: Any, people: int, warm: int, horizon: float) -> None:
        trace.who_at_the_end = who[:people, numbered.C_STAGE].copy()
        function(who, when, waited, totals, people, warm, horizon)

    return close_books


def _noting_push(function: Any, trace: Trace) -> Any:
    def push(times: Any, codes: Any, size: int, time: float, code: int) -> int:
        person, kind = int(code) // numbered.KINDS, int(code) % numbered.KINDS
        if kind in (numbered.SESSION_ENDS, numbered.NO_SHOW_ENDS):
            stage = int(trace.who[person, numbered.C_STAGE])
            came = kind == numbered.SESSION_ENDS
            trace.sessions.append(Taken(person, trace.waits[-1][1], stage, _now(), time, came))
        elif kind == numbered.NURSE_FREE:
            trace.sessions[-1].nurse_until = time
        elif kind == numbered.DOCTOR_FREE:
            trace.sessions[-1].doctor_until = time
        elif kind in (numbered.ASSESSED, numbered.NOT_ASSESSED):
            trace.assessments.append(Assessed(person, trace.waits[-1][1], _now(), time))
        return int(function(times, codes, size, time, code))

    return push
