"""A frozen scenario: everything that a run depends on, in one file, so that it can be run again to the bit.

A scenario is refused, in words, when something in it does not hold any more: another version of Glimmer, a protocol
that reads otherwise, or another result than was found then.
"""

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from glimmer import __version__
from glimmer.evidence.capacity.clinic import BadPlan, Clinic, Shift
from glimmer.evidence.capacity.pathway import Pathway, Session
from glimmer.evidence.capacity.priors import NAMES, Priors
from glimmer.evidence.capacity.results import Asked, Simulated
from glimmer.evidence.capacity.simulate import Present, Told, Waiting, simulate
from glimmer.evidence.economics import inputs as beliefs
from glimmer.guidance.protocol import protocol
from glimmer.scheduling.opening import Hours, Opening, OtherDay

FORMAT = "glimmer capacity scenario 1"
KINDS = ("Fixed", "Normal", "LogNormal", "Beta", "Gamma", "Uniform", "Triangular", "LogitNormal", "Drawn")


def digest(found: Simulated) -> str:
    """Return the fingerprint of a result: of the bits of all its arrays."""
    whole = hashlib.sha256()
    for array in (found.table, found.days_waited, found.hours, found.totals):
        whole.update(np.ascontiguousarray(array).tobytes())
    return whole.hexdigest()


def frozen(found: Simulated) -> dict[str, Any]:
    """Return a run as a scenario: plain data that says all that the result depends on, and the result's fingerprint."""
    asked = found.asked
    return {
        "format": FORMAT,
        "version": __version__,
        "clinic": clinic_table(asked.clinic),
        "pathway": asdict(asked.pathway),
        "protocols": {one: _protocol_digest(one) for one in asked.pathway.protocols},
        "inputs": {name: _belief_table(asked.inputs.inputs.single[name]) for name in NAMES},
        "own": sorted(asked.inputs.own),
        "registry": sorted(asked.inputs.registry),
        "present": asdict(asked.present),
        "years": asked.years,
        "draws": asked.draws,
        "seed": asked.seed,
        "result": digest(found),
    }


def save_scenario(found: Simulated, path: Path) -> None:
    """Write a run as a scenario file (JSON)."""
    path.write_text(json.dumps(frozen(found), indent=1, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")


def read_table(path: Path) -> dict[str, Any]:
    """Return the table of a JSON or TOML file; raise BadPlan saying what is wrong with it."""
    try:
        text = path.read_text(encoding="utf-8")
        found = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    except FileNotFoundError as problem:
        raise BadPlan(f"There is no file {path}. Check the name and the folder.") from problem
    except (OSError, ValueError) as problem:
        raise BadPlan(f"{path.name} cannot be read: {problem}.") from problem
    if not isinstance(found, dict):
        raise BadPlan(f"{path.name} holds no table of names and values.")
    return found


def rerun(scenario: Mapping[str, Any], *, workers: int | None = None, told: Told | None = None) -> Simulated:
    """Return the run of a scenario again; raise BadPlan where it does not hold any more or comes out otherwise."""
    asked = thawed(scenario)
    found = simulate(
        asked.clinic,
        asked.pathway,
        asked.inputs,
        years=asked.years,
        draws=asked.draws,
        seed=asked.seed,
        waiting=asked.present,
        workers=workers,
        told=told,
    )
    if scenario.get("result") not in ("", digest(found)):
        raise BadPlan(
            "The scenario was run, but its result is not the one that was found then. Something that it rests on has "
            "changed: the list of bank holidays, or the mathematical library of this machine. Freeze it anew."
        )
    return found


def thawed(scenario: Mapping[str, Any]) -> Asked:
    """Return what a scenario asks; raise BadPlan for what does not hold any more."""
    if scenario.get("format") != FORMAT:
        raise BadPlan(f"This is no scenario in the format {FORMAT!r}. Save one with: glimmer evidence capacity --save.")
    if scenario.get("version") != __version__:
        raise BadPlan(
            f"The scenario was frozen by version {scenario.get('version')} of Glimmer, and this is {__version__}. "
            "Run it with that version, or freeze it anew."
        )
    try:
        for name, known in scenario["protocols"].items():
            if _protocol_digest(name) != known:
                raise BadPlan(f"The protocol {name} reads otherwise than when the scenario was frozen. Freeze it anew.")
        return Asked(
            clinic_of(scenario["clinic"]),
            _pathway(scenario["pathway"]),
            Priors(
                beliefs.Inputs({name: _belief(name, scenario["inputs"][name]) for name in NAMES}),
                frozenset(scenario["own"]),
                frozenset(scenario["registry"]),
            ),
            Present(
                tuple(Waiting(**one) for one in scenario["present"]["waiting"]),
                tuple(scenario["present"]["maintained"]),
            ),
            scenario["years"],
            scenario["draws"],
            scenario["seed"],
        )
    except (KeyError, TypeError, AttributeError) as problem:
        raise BadPlan(
            f"The scenario lacks something or holds what it must not: {problem}. Freeze it anew."
        ) from problem


def _protocol_digest(said: str) -> str:
    name, version = said.rsplit(" ", 1)
    try:
        return protocol(name, version).digest
    except KeyError as problem:
        raise BadPlan(f"The scenario rests on the protocol {said}, which is not here. {problem.args[0]}") from problem


def _pathway(table: Mapping[str, Any]) -> Pathway:
    return Pathway(
        **{
            **table,
            "course": Session(**table["course"]),
            "maintenance": Session(**table["maintenance"]),
            "course_days": tuple(table["course_days"]),
            "maintenance_days": tuple(table["maintenance_days"]),
            "protocols": tuple(table["protocols"]),
        }
    )


def _belief_table(one: beliefs.Distribution) -> dict[str, Any]:
    return {"kind": type(one).__name__} | {part.name: getattr(one, part.name) for part in fields(one)}  # type: ignore[arg-type]


def _belief(name: str, table: Mapping[str, Any]) -> beliefs.Distribution:
    if table.get("kind") not in KINDS:
        raise BadPlan(f"{name}: {table.get('kind')!r} is no kind of belief. There is: {', '.join(KINDS)}.")
    parts = {
        part: tuple(value) if isinstance(value, list) else value for part, value in table.items() if part != "kind"
    }
    found: beliefs.Distribution = getattr(beliefs, table["kind"])(**parts)
    return found


def clinic_table(clinic: Clinic) -> dict[str, Any]:
    """Return a clinic as plain data: the form of a clinic's file, see docs/capacity.md."""
    opening = clinic.opening
    return {
        "name": clinic.name,
        "nation": clinic.nation,
        "chairs": clinic.chairs,
        "nurse_share": clinic.nurse_share,
        "begins": clinic.begins.isoformat(),
        "doctors_assess": clinic.doctors_assess,
        "stated": clinic.stated,
        "assumed_hours": opening.assumed,
        "opening": _week_table(opening.weekly),
        "later_opening": [{"from": day.isoformat(), "opening": _week_table(week)} for day, week in opening.later],
        "other_days": [
            {"day": day.isoformat(), "why": one.why} | (asdict(one.hours) if one.hours else {})
            for day, one in sorted(opening.others.items())
        ],
        "rota": [[asdict(shift) for shift in week] for week in clinic.rota],
    }


def _week_table(week: Mapping[int, Hours]) -> list[dict[str, int]]:
    return [{"weekday": day} | asdict(hours) for day, hours in sorted(week.items())]


def clinic_of(table: Mapping[str, Any]) -> Clinic:
    """Return the clinic of a table; raise BadPlan naming what is wrong. Weekdays are 0 (Monday) to 6, times minutes."""
    known = {*clinic_table(Clinic.example())}
    if unknown := sorted(set(table) - known):
        raise BadPlan(f"A clinic has no {', '.join(unknown)}. It has: {', '.join(sorted(known))}.")
    if missing := [name for name in ("name", "chairs", "begins", "opening", "rota") if name not in table]:
        raise BadPlan(f"The clinic lacks {', '.join(missing)}. docs/capacity.md shows a whole one.")
    try:
        opening = Opening(
            _week(table["opening"]),
            {
                _day(one["day"]): OtherDay(
                    Hours(one["opens"], one["closes"]) if "opens" in one else None, one.get("why", "")
                )
                for one in table.get("other_days", ())
            },
            bool(table.get("assumed_hours", False)),
            tuple((_day(one["from"]), _week(one["opening"])) for one in table.get("later_opening", ())),
        )
        rota = tuple(tuple(Shift(**shift) for shift in week) for week in table["rota"])
        share = {"nurse_share": int(table["nurse_share"])} if "nurse_share" in table else {}
        return Clinic(
            str(table["name"]),
            int(table["chairs"]),
            opening,
            rota,
            _day(table["begins"]),
            nation=table.get("nation", "England"),
            doctors_assess=bool(table.get("doctors_assess", False)),
            stated=str(table.get("stated", "")),
            **share,
        )
    except BadPlan:
        raise
    except (KeyError, TypeError, ValueError) as problem:
        raise BadPlan(f"The clinic is not as it must be: {problem}. docs/capacity.md shows a whole one.") from problem


def _week(rows: list[Mapping[str, int]]) -> dict[int, Hours]:
    return {row["weekday"]: Hours(row["opens"], row["closes"]) for row in rows}


def _day(said: str | date) -> date:
    return said if isinstance(said, date) else date.fromisoformat(said)
