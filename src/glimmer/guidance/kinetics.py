"""Kinetic models as data: how ketamine spreads through the body and leaves it, one file for each published model.

    kinetic_model("otto2021").compartment("central").volume_l      -> 133
    default_model(), second_model()                               -> what a page draws, and its second line

Volumes are litres, flows litres a minute, both for a person of the reference weight; `weight_exponent` says how each
grows with weight. `evidence` is the mark of the whole file: what the sources say of it stands in `note`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from glimmer.guidance.figures import GuidanceError, check_sourced, figure, frozen, read_toml
from glimmer.guidance.rows import as_row, one_of, refuse_twins

FOLDER = Path(__file__).parent / "kinetics"
DRUGS = ("racemic", "esketamine", "mixed")
SAMPLING = ("venous", "arterial", "mixed", "unknown")
MINUTES_IN_AN_HOUR = 60.0


@dataclass(frozen=True, slots=True)
class Compartment:
    """A space that drug spreads into."""

    id: str
    volume_l: float
    weight_exponent: float = 0.0


@dataclass(frozen=True, slots=True)
class Flow:
    """Drug that moves: both ways `between` two compartments, or one way `out_of` one, into another or out of the body.

    One of `l_per_h` and `l_per_min`. `fraction` of what leaves arrives, after `delay_min` through `delay_steps` equal
    steps where there is a delay.
    """

    id: str
    between: tuple[str, ...] = ()
    out_of: str = ""
    into: str = ""
    l_per_h: float = 0.0
    l_per_min: float = 0.0
    weight_exponent: float = 0.0
    fraction: float = 1.0
    delay_min: float = 0.0
    delay_steps: int = 0

    @property
    def litres_a_minute(self) -> float:
        """The flow for a person of the reference weight."""
        return self.l_per_min or self.l_per_h / MINUTES_IN_AN_HOUR


@dataclass(frozen=True, slots=True)
class Output:
    """What is measured: the concentration in a compartment. `residual_sd` is a share of it, 0 where none is known."""

    id: str
    compartment: str
    residual_sd: float = 0.0


@dataclass(frozen=True, slots=True)
class Variability:
    """How people differ: compartments and flows by id, and the covariance of the logarithms of their factors."""

    of: tuple[str, ...] = ()
    covariance: tuple[tuple[float, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class People:
    """Whom a model may be used for: ages in years and weights in kg, ends included; `who` were studied."""

    who: str
    age_years: tuple[float, float]
    weight_kg: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Reference:
    """What the model must give for the reference dose at the reference weight: the self-test before any curve."""

    output: str
    minutes: float
    ng_per_ml: float


@dataclass(frozen=True, slots=True)
class KineticModel:
    """One model. `clearance_factor_r` > 0 makes a racemic model of one of esketamine: half the dose each, and the other
    half cleared by that factor.
    """

    id: str
    title: str
    version: str
    drug: str
    sampling: str
    reference_weight_kg: float
    people: People
    compartments: tuple[Compartment, ...]
    flows: tuple[Flow, ...]
    outputs: tuple[Output, ...]
    source: str
    edition: str
    evidence: str
    variability: Variability = Variability()
    references: tuple[Reference, ...] = ()
    clearance_factor_r: float = 0.0
    note: str = ""

    def compartment(self, compartment_id: str) -> Compartment:
        """Return one compartment; raise KeyError for none."""
        return {one.id: one for one in self.compartments}[compartment_id]

    @property
    def parent(self) -> Output:
        """The drug itself: the first output."""
        return self.outputs[0]


@lru_cache
def kinetic_models() -> Mapping[str, KineticModel]:
    """Return every model that is shipped, by id."""
    found: list[KineticModel] = [read_kinetic_model(path) for path in sorted(FOLDER.glob("*.toml"))]
    return {one.id: one for one in found}


def kinetic_model(model_id: str) -> KineticModel:
    """Return one model; raise KeyError naming those that there are."""
    if model_id not in kinetic_models():
        raise KeyError(f"There is no kinetic model {model_id!r}. There is: {', '.join(kinetic_models())}.")
    return kinetic_models()[model_id]


def default_model(drug: str) -> KineticModel:
    """Return the model that is drawn first for a drug, racemic or esketamine."""
    return kinetic_model(figure("kinetics", f"default_{drug}").value)


def second_model() -> KineticModel:
    """Return the model that is always drawn beside it, so that what models disagree about is seen."""
    return kinetic_model(figure("kinetics", "second_line").value)


def read_kinetic_model(path: Path) -> KineticModel:
    """Return the model of a file; raise GuidanceError saying what is wrong with it."""
    where, table = path.name, read_toml(path)
    check_sourced(table, where=where)
    rows = {
        "compartments": _rows(table, "compartments", Compartment, where),
        "flows": _rows(table, "flows", Flow, where),
        "outputs": _rows(table, "outputs", Output, where),
        "references": _rows(table, "references", Reference, where) if "references" in table else (),
    }
    parts: dict[str, Any] = {
        "people": as_row(People, frozen(table.get("people", {})), f"{where} [people]", sourced=False),
        "variability": as_row(
            Variability, frozen(table.get("variability", {})), f"{where} [variability]", sourced=False
        ),
    }
    model = as_row(KineticModel, {**frozen(table), **parts, **rows}, where)
    _check(model, where)
    return model


def _rows(table: Mapping[str, Any], name: str, kind: type[Any], where: str) -> tuple[Any, ...]:
    listed = table.get(name)
    if not (isinstance(listed, list) and listed):
        raise GuidanceError(f"{where}: {name} must be a list of tables, with at least one.")
    rows = tuple(
        as_row(kind, frozen(one), f"{where} [[{name}]] {number}", sourced=False) for number, one in enumerate(listed, 1)
    )
    if name != "references":
        refuse_twins(rows, f"{where} [[{name}]]")
    return rows


def _check(model: KineticModel, where: str) -> None:
    one_of(model.drug, DRUGS, f"{where}: drug")
    one_of(model.sampling, SAMPLING, f"{where}: sampling")
    known = {one.id for one in model.compartments}
    for one in model.compartments:
        _positive(one.volume_l, f"{where}: volume_l of {one.id}")
    for flow in model.flows:
        _check_flow(flow, known, f"{where}: flow {flow.id}")
    for output in model.outputs:
        one_of(output.compartment, tuple(sorted(known)), f"{where}: compartment of output {output.id}")
    _check_variability(model, where)


def _check_flow(flow: Flow, known: set[str], where: str) -> None:
    _positive(flow.litres_a_minute, where)
    if flow.l_per_h and flow.l_per_min:
        raise GuidanceError(f"{where}: give l_per_h or l_per_min, not both.")
    ends = set(flow.between) or {flow.out_of, *({flow.into} if flow.into else set())}
    if bool(flow.between) == bool(flow.out_of) or not ends <= known or (flow.between and len(ends) != 2):
        raise GuidanceError(f"{where}: it is either between two compartments or out_of one, and both must exist.")
    if bool(flow.delay_min) != bool(flow.delay_steps) or flow.delay_min < 0 or not 0 < flow.fraction <= 1:
        raise GuidanceError(f"{where}: a delay has minutes and steps, and a fraction lies above 0 and up to 1.")


def _check_variability(model: KineticModel, where: str) -> None:
    of, rows = model.variability.of, model.variability.covariance
    ids = {one.id for one in model.compartments} | {one.id for one in model.flows}
    square = len(rows) == len(of) and all(len(row) == len(of) for row in rows)
    if not square or not set(of) <= ids:
        raise GuidanceError(f"{where}: covariance has a row and a column for each of `of`, all of which must exist.")
    if any(abs(rows[i][j] - rows[j][i]) > 0 for i in range(len(of)) for j in range(i)):
        raise GuidanceError(f"{where}: the covariance must be the same on both sides of its diagonal.")


def _positive(number: float, what: str) -> None:
    if not number > 0:
        raise GuidanceError(f"{what} must be above 0, but is {number!r}.")
