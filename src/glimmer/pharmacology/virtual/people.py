"""Who virtual patients are: age, weight, rest, and how far a level of the drug takes each vital sign."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from glimmer.guidance import figure
from glimmer.guidance.kinetics import KineticModel
from glimmer.pharmacology.body import Floats, factors
from glimmer.pharmacology.virtual.chance import normals, uniforms
from glimmer.vocabulary.parameters import Parameter


@dataclass(frozen=True, slots=True)
class People:
    """Virtual patients, one a row. Weights in kg, ages in years; vital signs each in the unit of its parameter.

    `rise` is what the reference level adds to rest; `kinetics` what their bodies differ by, for `levels(chance=...)`;
    `dissociates_at` and `sedated_at` are levels in ng/mL.
    """

    weight_kg: Floats
    age_years: Floats
    is_hypertensive: np.ndarray
    rest: Mapping[Parameter, Floats]
    rise: Mapping[Parameter, Floats]
    kinetics: Mapping[str, Floats]
    dissociates_at: Floats
    sedated_at: Floats


def people(
    model: KineticModel, seed: int, count: int, *, first: int = 0, session: int = 1, spread: float = 1.0
) -> People:
    """Draw patients number `first` and on of a seed; each is the same whoever else is drawn.

    `session` moves their rest from day to day. `spread` below 1 draws people
    who are more alike than people are, and none with hypertension.
    """
    facts = _Facts(seed, first, count, spread)
    hypertensive = uniforms(seed, "hypertensive", first, count)[:, 0] < _value("hypertensive_share") * (spread >= 1)
    age = facts.bounded("age", *_value("people")["age_years"])
    return People(
        facts.bounded("weight", *_value("people")["weight_kg"]),
        age,
        hypertensive,
        _rest(facts, hypertensive, session),
        _rises(facts, hypertensive, age),
        factors(model, spread * normals(seed, "kinetics", first, count, max(len(model.variability.of), 1))),
        facts.lognormal("dissociates", _value("dissociates_at")["mean"], _value("dissociates_at")["differs"]),
        facts.lognormal("sedated", _value("sedated_at")["mean"], _value("sedated_at")["differs"]),
    )


@dataclass(frozen=True, slots=True)
class _Facts:
    seed: int
    first: int
    count: int
    spread: float

    def normal(self, stream: str) -> Floats:
        return self.spread * normals(self.seed, stream, self.first, self.count)[:, 0]

    def bounded(self, stream: str, mean: float, spread: float, least: float, most: float) -> Floats:
        found: Floats = np.clip(mean + spread * self.normal(stream), least, most)
        return found

    def lognormal(self, stream: str, mean: float, differs: float, normal: Floats | None = None) -> Floats:
        """Return positive values of this mean, and with a spread of `differs` times the mean."""
        variance = np.log1p(differs**2)
        drawn = self.normal(stream) if normal is None else normal
        found: Floats = mean * np.exp(np.sqrt(variance) * drawn - variance / 2)
        return found


def _rest(facts: _Facts, hypertensive: np.ndarray, session: int) -> dict[Parameter, Floats]:
    higher, differs = _value("hypertensive_at_rest"), _value("between_sessions")
    rest = {}
    for name, (mean, spread, least, most) in _value("at_rest").items():
        value = facts.bounded(f"rest {name}", mean, spread, least, most) + higher.get(name, 0) * hypertensive
        rest[Parameter(name)] = value + differs.get(name, 0) * facts.normal(f"rest {name} {session}")
    return rest


def _rises(facts: _Facts, hypertensive: np.ndarray, age: Floats) -> dict[Parameter, Floats]:
    shared, together = _value("shared"), facts.normal("rise")
    more = _value("rises_more")
    times = np.where(hypertensive | (age >= more["from_age"]), more["factor"], 1.0)
    rises = {}
    for name, mean in _value("rise").items():
        own = np.sqrt(shared) * together + np.sqrt(1 - shared) * facts.normal(f"rise {name}")
        differs = _value("rise_differs").get(name)
        if differs is None:
            rises[Parameter(name)] = mean + _value("rise_spread")[name] * own
        else:
            rises[Parameter(name)] = facts.lognormal("", mean, differs, own) * times
    return rises


def _value(name: str) -> Any:
    return figure("virtual_patients", name).value
