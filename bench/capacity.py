"""A clinic's five years beside SimPy and Ciw, and two hundred clinics at once.

The work of one clinic: referrals, assessment, courses of six, maintenance and relapse, with a chair, a nurse's place
and a doctor taken at once. SimPy runs a plainer clinic of about as many sessions, which is what is aimed at, and the
readable model of the tests, which comes to the same figures and is written for reading and not for speed. Times are of
the processor, so that others on the machine count less. Ciw cannot say several resources at once, so it and the clinic
run an M/M/c queue.
"""

import os
import time
from collections.abc import Callable
from typing import Any

from bench.capacity_peers import ciw_queue, plain_simpy_clinic, simpy_clinic
from bench.economics_peers import NOT_INSTALLED, is_here
from bench.measured import row
from glimmer.evidence.capacity import Clinic, Pathway, Simulated, priors, simulate
from tests.evidence.capacity.small import always_open, known, one_session

YEARS, DRAWS, SHORT_DRAWS = 5.0, 200, 20
PEER_RUNS, SHORT_PEER_RUNS = 5, 1
AIM_AGAINST_SIMPY = 0.01
CLINICS, ALL_DRAWS, AIM_SECONDS = 200, 1000, 300.0
MEASURED_PART, SHORT_PART = 0.1, 0.01
QUEUE_CHAIRS, QUEUE_MINUTES, QUEUE_LOAD = 3, 100.0, 0.8
WEEK = 10_080.0
WORK = {
    "accepted": 0.8,
    "goes_on": 0.7,
    "response": 0.5,
    "leaves_maintenance": 0.03,
    "returns": 1.0,
    "did_not_attend": 0.05,
    "urgent_share": 0.1,
    "gives_up_per_week": 0.005,
    "worsens_per_week": 0.003,
}


def rows(*, short: bool = False) -> list[dict[str, Any]]:
    """Return the rows: one clinic beside each peer, and a part of two hundred clinics."""
    return [*_one_clinic(short), *_one_queue(short), _many_clinics(short)]


def _seconds(do: Callable[[], Any]) -> float:
    began = time.process_time()
    do()
    return time.process_time() - began


def _load() -> str:
    return f"load {os.getloadavg()[0]:.1f}"


def _one_clinic(short: bool) -> list[dict[str, Any]]:
    draws = SHORT_DRAWS if short else DRAWS
    clinic, pathway, inputs = Clinic.example(), Pathway.from_protocol(months=None), known(4.0, **WORK)

    def ours() -> Simulated:
        return simulate(clinic, pathway, inputs, years=YEARS, draws=draws, seed=1, workers=1)

    found = ours()
    each = min(_seconds(ours) for _ in range(3)) / draws * 1000
    sessions = found.weekly("sessions").sum(axis=1).mean()
    work = f"One clinic, {YEARS:g} years, {sessions:,.0f} sessions, one thread"
    if not is_here("simpy"):
        return [row(work, each, NOT_INSTALLED["simpy"], None, "", None, _load())]
    runs = SHORT_PEER_RUNS if short else PEER_RUNS
    values = {name: float(one[0]) for name, one in found.values.items()}
    plain = min(_seconds(plain_simpy_clinic(YEARS, seed)) for seed in range(runs)) * 1000
    given = plain_simpy_clinic(YEARS, 0)()
    same = _seconds(simpy_clinic(clinic, pathway, values, found.weeks * 7, 1)) * 1000
    return [
        row(work, each, f"SimPy, a plainer clinic, {given:,} sessions", plain, "at most a hundredth",
            each <= AIM_AGAINST_SIMPY * plain, f"{plain / each:,.0f} times as fast; {_load()}"),
        row(work, each, "SimPy, the same clinic, for reading", same, "", None, f"{same / each:,.0f} times as fast"),
    ]  # fmt: skip


def _one_queue(short: bool) -> list[dict[str, Any]]:
    draws = SHORT_DRAWS if short else DRAWS
    per_week = QUEUE_LOAD * QUEUE_CHAIRS / QUEUE_MINUTES * WEEK
    clinic, pathway, inputs = always_open(QUEUE_CHAIRS, years=1), one_session(QUEUE_MINUTES), known(per_week)

    def ours() -> Simulated:
        return simulate(clinic, pathway, inputs, years=1, draws=draws, seed=1, workers=1)

    found = ours()
    each = min(_seconds(ours) for _ in range(3)) / draws * 1000
    work = f"M/M/{QUEUE_CHAIRS} queue, a year, {per_week * found.weeks:,.0f} people, one thread"
    if not is_here("ciw"):
        return [row(work, each, NOT_INSTALLED["ciw"], None, "", None, _load())]
    theirs = _seconds(ciw_queue(per_week / WEEK, QUEUE_MINUTES, QUEUE_CHAIRS, found.weeks * WEEK)) * 1000
    return [row(work, each, "Ciw, the same queue", theirs, "", None, f"{theirs / each:,.0f} times as fast; {_load()}")]


def _many_clinics(short: bool) -> dict[str, Any]:
    part = SHORT_PART if short else MEASURED_PART
    draws, clinics = (round(ALL_DRAWS * part), 10) if short else (ALL_DRAWS, round(CLINICS * part))
    pathway, inputs = Pathway.from_protocol(months=None), priors()

    def ours() -> None:
        for number in range(clinics):
            clinic = Clinic.example().with_chairs(1 + number % 6)
            simulate(clinic, pathway, inputs, years=YEARS, draws=draws, seed=number)

    began = time.perf_counter()
    ours()
    took = time.perf_counter() - began
    share = clinics * draws / (CLINICS * ALL_DRAWS)
    note = f"the whole of {CLINICS} x {ALL_DRAWS:,} would take {took / share:,.0f} s; {_load()}"
    return row(f"{clinics} clinics x {draws} draws, all cores", took, "the aim, for this part", AIM_SECONDS * share,
               f"{CLINICS} x {ALL_DRAWS:,} under {AIM_SECONDS:g} s", took <= AIM_SECONDS * share, note,
               unit="s")  # fmt: skip
