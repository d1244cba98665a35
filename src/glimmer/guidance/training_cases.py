"""The typed loader of training cases: what happens to a virtual patient, and what a good nurse does, by when."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from glimmer.guidance.figures import GuidanceError, check_sourced, read_toml
from glimmer.guidance.virtual_scripts import scripts

FILE = Path(__file__).parent / "training_cases.toml"
KINDS = ("alarm", "observation", "words", "pause", "no_pause", "side_effect")


@dataclass(frozen=True, slots=True)
class Answer:
    """One part of a model answer: from `begins` minutes of the script on, within so many minutes.

    `counts_from`: the minute from which it counts as done where somebody was quicker than it can be expected; a pause
    only if it still held when the part began.
    `rules` are the alarms that may be taken charge of, `measured` what an observation has to hold, `words` of which one
    has to stand in what was written.
    """

    id: str
    kind: str
    says: str
    why: str
    begins: float
    within: float
    counts_from: float
    rules: tuple[str, ...] = ()
    measured: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TrainingCase:
    """A case. `begins_at` is the minute of the infusion at which its script begins; `seed` draws its patient."""

    id: str
    version: int
    title: str
    scene: str
    script: str
    begins_at: float
    seed: int
    answers: tuple[Answer, ...]
    source: str
    evidence: str


@lru_cache
def training_cases() -> Mapping[str, TrainingCase]:
    """Return all cases by id, in the order of the file; raise GuidanceError where it is not as it must be."""
    tables = read_toml(FILE)
    check_sourced(tables, where=FILE.name)
    found = [read_case(one, tables) for one in tables["cases"]]
    return {one.id: one for one in found}


def read_case(table: Mapping[str, Any], of: Mapping[str, Any]) -> TrainingCase:
    """Return the case that a table states; raise GuidanceError naming what is unknown or missing."""
    where = f"{FILE.name} [[cases]] {table.get('id', '?')}"
    try:
        case = TrainingCase(
            **{**table, "answers": tuple(_answer(one, where) for one in table["answers"])},
            source=of["source"],
            evidence=of["evidence"],
        )
    except (KeyError, TypeError) as problem:
        raise GuidanceError(f"{where}: {problem}.") from problem
    if case.script not in scripts():
        raise GuidanceError(f"{where}: there is no script {case.script!r}.")
    return case


def _answer(table: Mapping[str, Any], where: str) -> Answer:
    told = dict(table)
    if told["kind"] not in KINDS:
        raise GuidanceError(f"{where}: the kind {told['kind']!r} is none of {', '.join(KINDS)}.")
    begins = float(told.pop("from"))
    return Answer(
        begins=begins,
        within=float(told.pop("within")),
        counts_from=float(told.pop("counts_from", begins)),
        rules=tuple(told.pop("rules", ())),
        measured=tuple(told.pop("with", ())),
        words=tuple(told.pop("words", ())),
        **told,
    )
