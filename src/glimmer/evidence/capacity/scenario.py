"""A frozen scenario: everything that a run depends on, in one file, so that it can be run again to the bit.

A scenario is refused, in words, when something in it does not hold any more: another version of Glimmer, a protocol
that reads otherwise, or another result than was found then.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from glimmer import __version__
from glimmer.evidence.capacity.clinic import BadPlan
from glimmer.evidence.capacity.clinic_file import clinic_of, clinic_table, strictly
from glimmer.evidence.capacity.pathway import Pathway
from glimmer.evidence.capacity.priors import NAMES, Priors
from glimmer.evidence.capacity.results import Asked, Simulated
from glimmer.evidence.capacity.simulate import Present, Told, simulate
from glimmer.evidence.economics import inputs as beliefs
from glimmer.guidance.protocol import protocol

FORMAT = "glimmer capacity scenario 1"
KINDS = ("Fixed", "Normal", "LogNormal", "Beta", "Gamma", "Uniform", "Triangular", "LogitNormal", "Drawn")


@dataclass(frozen=True)
class _Scenario:
    """What a scenario file holds."""

    format: str
    version: str
    clinic: dict[str, Any]
    pathway: Pathway
    protocols: dict[str, str]
    inputs: dict[str, dict[str, Any]]
    own: tuple[str, ...]
    registry: tuple[str, ...]
    present: Present
    years: float
    draws: int
    seed: int
    result: str


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
    if scenario.get("result") != digest(found):
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
    said = strictly(_Scenario, dict(scenario), "The scenario", "Freeze it anew")
    for name, known in said.protocols.items():
        if _protocol_digest(name) != known:
            raise BadPlan(f"The protocol {name} reads otherwise than when the scenario was frozen. Freeze it anew.")
    if missing := [name for name in NAMES if name not in said.inputs]:
        raise BadPlan(f"The scenario lacks the inputs {', '.join(missing)}. Freeze it anew.")
    return Asked(
        clinic_of(said.clinic),
        said.pathway,
        Priors(
            beliefs.Inputs({name: _belief(name, said.inputs[name]) for name in NAMES}),
            frozenset(said.own),
            frozenset(said.registry),
        ),
        said.present,
        said.years,
        said.draws,
        said.seed,
    )


def _protocol_digest(said: str) -> str:
    name, _, version = said.rpartition(" ")
    if not name:
        raise BadPlan(f"The scenario rests on {said!r}, which names no protocol and version. Freeze it anew.")
    try:
        return protocol(name, version).digest
    except KeyError as problem:
        raise BadPlan(f"The scenario rests on the protocol {said}, which is not here. {problem.args[0]}") from problem


def _belief_table(one: beliefs.Distribution) -> dict[str, Any]:
    return {"kind": type(one).__name__} | {part.name: getattr(one, part.name) for part in fields(one)}  # type: ignore[arg-type]


def _belief(name: str, table: Mapping[str, Any]) -> beliefs.Distribution:
    if table.get("kind") not in KINDS:
        raise BadPlan(f"{name}: {table.get('kind')!r} is no kind of belief. There is: {', '.join(KINDS)}.")
    parts = {
        part: tuple(value) if isinstance(value, list) else value for part, value in table.items() if part != "kind"
    }
    try:
        found: beliefs.Distribution = getattr(beliefs, table["kind"])(**parts)
    except (TypeError, ValueError) as problem:
        raise BadPlan(f"{name}: what is believed of it cannot be: {problem} Freeze it anew.") from problem
    return found
