"""Ten thousand simulated sessions with planted dangers: is each alarmed in its time, and how many alarms are true?

Glimmer's monitor and a plain threshold monitor (`alarm_threshold`) hear the same messages. `alarm_body`,
`alarm_bedside`, `alarm_artefacts` and `alarm_pump` make the sessions; `alarm_truth` says what must be alarmed and by
when; `alarm_session` plays one and judges. One seed is one session: a miss is named by its seed, and
`python -m soak.alarm_look SEED` shows it.
"""

import sys
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from multiprocessing import get_context
from statistics import median
from typing import Any

from glimmer.guidance.protocol import Protocol, protocol
from soak.alarm_session import Outcome, outcome_of
from soak.alarm_truth import DANGERS, promised, time_allowed

SEEDS, SEEDS_IN_SHORT = range(10_000), range(14)
WORKERS = 2
SAYS_EVERY = 250
PROTOCOL = "iv-racemic-standard"
TIMES_AS_INFORMATIVE = 3
PRIORITIES = ("high", "medium", "low")
ON_READINGS = frozenset(one.kind for one in DANGERS)
"""Dangers that a threshold monitor can know of; pump, sedation and silence it cannot."""


@dataclass
class Answers:
    """How one kind of danger was answered."""

    seconds: list[float] = field(default_factory=list)
    missed: list[tuple[int, str]] = field(default_factory=list)
    beside_artefact: int = 0
    missed_by_threshold: int = 0

    @property
    def planted(self) -> int:
        """How many there were."""
        return len(self.seconds) + len(self.missed)


@dataclass
class Results:
    """All sessions together. `tally` is (scope, priority) -> [true, all]."""

    sessions: int = 0
    hours: float = 0
    answers: dict[str, Answers] = field(default_factory=lambda: defaultdict(Answers))
    tally: dict[tuple[str, str], list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    by_rule: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))

    def take(self, one: Outcome) -> None:
        """Add one session."""
        self.sessions += 1
        self.hours += one.hours
        for kind, beside, seconds, threshold_called in one.answered:
            answers = self.answers[kind]
            answers.beside_artefact += bool(beside)
            answers.missed_by_threshold += not threshold_called
            if seconds is None:
                answers.missed.append((one.seed, beside))
            else:
                answers.seconds.append(seconds)
        for key, counted in one.tally.items():
            _add(self.tally[key], counted)
        for rule, counted in one.by_rule.items():
            _add(self.by_rule[rule], counted)

    def alarms(self, *scopes: str) -> tuple[int, int]:
        """Return how many alarms of these scopes were true, and how many there were."""
        held = [self.tally[scope, priority] for scope in scopes for priority in PRIORITIES]
        return sum(one[0] for one in held), sum(one[1] for one in held)


def _add(held: list[int], more: list[int]) -> None:
    held[0] += more[0]
    held[1] += more[1]


def rows(*, short: bool = False) -> list[dict[str, Any]]:
    """Play the sessions and return one row for each kind of danger, then those on how informative the alarms were."""
    asked = protocol(PROTOCOL)
    results = play(SEEDS_IN_SHORT if short else SEEDS, asked)
    return [*danger_rows(results, asked), *informative_rows(results, asked)]


def play(seeds: Iterable[int], asked: Protocol) -> Results:
    """Play the sessions of these seeds in two processes."""
    results = Results()
    with get_context("spawn").Pool(WORKERS, _remember, ((asked.id, asked.version),)) as pool:
        for one in pool.imap_unordered(_play_one, seeds, chunksize=4):
            results.take(one)
            _say_how_far(results, one)
    return results


def _say_how_far(results: Results, one: Outcome) -> None:
    """Print each miss as it comes, and now and then how far it got: a run that is broken off has told something."""
    for kind, beside, seconds, _ in one.answered:
        if seconds is None:
            print(f"alarms: seed {one.seed}: {kind} missed{f' beside {beside}' if beside else ''}", file=sys.stderr)
    if results.sessions % SAYS_EVERY == 0:
        planted = sum(answers.planted for answers in results.answers.values())
        missed = sum(len(answers.missed) for answers in results.answers.values())
        print(
            f"alarms: {results.sessions:,} sessions, {missed} of {planted:,} dangers missed",
            file=sys.stderr,
            flush=True,
        )


_ASKED: dict[str, Protocol] = {}


def _remember(pinned: tuple[str, str]) -> None:
    _ASKED["protocol"] = protocol(*pinned)


def _play_one(seed: int) -> Outcome:
    return outcome_of(seed, _ASKED["protocol"])


def danger_rows(results: Results, asked: Protocol) -> list[dict[str, Any]]:
    """Return a row for each kind of danger that the protocol promises to alarm."""
    return [
        danger_row(danger.kind, results.answers[danger.kind], time_allowed(danger, asked))
        for danger in promised(asked)
        if results.answers[danger.kind].planted
    ]


def danger_row(kind: str, answers: Answers, allowed: float) -> dict[str, Any]:
    """Return the row of one kind of danger."""
    note = f"{answers.beside_artefact} with an artefact beside it."
    if kind in ON_READINGS:
        note += f" Threshold monitor: {answers.missed_by_threshold} missed."
    if answers.missed:
        named = ", ".join(f"{seed}{f' ({beside})' if beside else ''}" for seed, beside in sorted(answers.missed)[:8])
        note += f" Seeds: {named}."
    return _row(
        f"{kind}: alarmed within {allowed:g} s of being there",
        "0 missed",
        f"{len(answers.missed)} of {answers.planted} missed; {_times(answers.seconds)}",
        not answers.missed,
        note,
    )


def _times(seconds: list[float]) -> str:
    if not seconds:
        return "none in time"
    ordered = sorted(seconds)
    late = ordered[int(len(ordered) * 0.95)] if len(ordered) > 1 else ordered[-1]
    # An alarm that came while the danger was still growing came before it was fully there.
    return (
        f"median {max(median(ordered), 0):.0f} s, 95 % within {max(late, 0):.0f} s, longest {max(ordered[-1], 0):.0f} s"
    )


def informative_rows(results: Results, asked: Protocol) -> list[dict[str, Any]]:
    """Return how many of the alarms were true, beside the threshold monitor on the same messages."""
    ours, theirs = results.alarms("vital"), results.alarms("threshold")
    times = share(ours) / share(theirs) if share(theirs) else 0
    missed = sum(len(results.answers[kind].missed) for kind in ON_READINGS)
    theirs_missed = sum(results.answers[kind].missed_by_threshold for kind in ON_READINGS)
    every = results.alarms("vital", "other")
    hours = results.hours
    return [
        _row(
            "alarms on vital signs: share that is true, against the threshold monitor",
            f"at least {TIMES_AS_INFORMATIVE} times, no more missed",
            f"{share(ours):.2f} of {ours[1]:,} against {share(theirs):.2f} of {theirs[1]:,}: {times:.1f} times; "
            f"missed {missed} against {theirs_missed}",
            times >= TIMES_AS_INFORMATIVE and missed <= theirs_missed,
            f"Protocol {asked.id} version {asked.version}, {results.sessions:,} sessions, {hours:,.0f} h. "
            + "By priority: "
            + "; ".join(_by_priority(results, priority) for priority in PRIORITIES),
        ),
        _row(
            "alarms on vital signs in an hour of session",
            "fewer than the threshold monitor",
            f"{ours[1] / hours:.1f} against {theirs[1] / hours:.1f}",
            ours[1] < theirs[1],
            "An alarm counts once, from its first showing.",
        ),
        _row(
            "all alarms of Glimmer: share that is true",
            "reported",
            f"{share(every):.2f} of {every[1]:,}",
            None,
            "With pump, lost signal and technical alarms; without what a person wrote down (sedation, NEWS2, overdue). "
            + "Least true: "
            + ", ".join(_least_true(results)),
        ),
    ]


def _by_priority(results: Results, priority: str) -> str:
    ours, theirs = results.tally["vital", priority], results.tally["threshold", priority]
    return f"{priority} {ours[0]:,}/{ours[1]:,} against {theirs[0]:,}/{theirs[1]:,}"


def _least_true(results: Results, shown: int = 4) -> list[str]:
    false = sorted(results.by_rule.items(), key=lambda item: item[1][0] - item[1][1])
    return [f"{rule} {true}/{every}" for rule, (true, every) in false[:shown]]


def share(true_of_all: tuple[int, int]) -> float:
    """Return the share of alarms that were true, 0 where there was none."""
    return true_of_all[0] / true_of_all[1] if true_of_all[1] else 0.0


def _row(claim: str, aim: str, measured: str, met: bool | None, note: str) -> dict[str, Any]:
    return {"job": "alarms", "claim": claim, "aim": aim, "measured": measured, "met": met, "note": note}
