"""A published cohort played with virtual patients: what their averages are, to be held against what was measured."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from glimmer.guidance import Figure, figure, figures
from glimmer.guidance.kinetics import default_model
from glimmer.pharmacology.doses import SECONDS_IN_A_MINUTE, Floats, Infusion
from glimmer.pharmacology.levels import levels
from glimmer.pharmacology.virtual.chance import normals
from glimmer.pharmacology.virtual.people import People, people
from glimmer.pharmacology.virtual.response import dissociation_of, effect_of, sedation_of
from glimmer.vocabulary.parameters import Parameter

SEED = 2026
BY_CUFF = (Parameter.SYSTOLIC, Parameter.DIASTOLIC)
MEASURED = (*BY_CUFF, Parameter.PULSE)


@dataclass(frozen=True, slots=True)
class Compared:
    """One published figure beside what came out. `tolerance` is how far apart they may be, in the figure's unit."""

    name: str
    unit: str
    published: float
    tolerance: float
    simulated: float
    source: str
    evidence: str
    note: str = ""

    @property
    def is_near(self) -> bool:
        """Whether what came out lies within the tolerance."""
        return abs(self.simulated - self.published) <= self.tolerance


def compare(subject: str, simulated: dict[str, float]) -> tuple[Compared, ...]:
    """Return each published figure of a guidance subject beside the simulated one; raise KeyError where one lacks."""
    return tuple(_compared(name, found, simulated[name]) for name, found in figures(subject).items())


def _compared(name: str, found: Figure, simulated: float) -> Compared:
    published, tolerance = found.value["published"], found.value["tolerance"]
    return Compared(name, found.unit, published, tolerance, simulated, found.source, found.evidence, found.note)


def calibration(seed: int = SEED, count: int | None = None) -> tuple[Compared, ...]:
    """Play the cohort of the guidance and return published against simulated, one row a figure."""
    return compare("virtual_published", statistics(seed, count))


def statistics(seed: int = SEED, count: int | None = None) -> dict[str, float]:
    """Return the averages of a cohort of `count` virtual patients, by the names of the published figures."""
    as_treated = figure("virtual_patients", "cohort").value
    played = [_session(seed, count or as_treated["people"], number, as_treated) for number in _numbers(as_treated)]
    rises = {one: np.concatenate([session.rises(one) for session in played]) for one in MEASURED}
    curves = {one: rise.mean(axis=0) for one, rise in rises.items()}
    peak = int(np.argmax(curves[Parameter.SYSTOLIC]))
    high = np.any([session.is_high() for session in played], axis=0)
    dissociated = np.any([session.dissociated for session in played], axis=0)
    sedated = np.any([session.sedated for session in played], axis=0)
    found = {f"{one}_mean_at_peak": float(curves[one].max()) for one in MEASURED}
    found |= {f"{one}_mean_of_highest": float(rises[one].max(axis=1).mean()) for one in MEASURED}
    found |= {f"{one}_90_min_after": float(curves[one][-1]) for one in BY_CUFF}
    return found | {
        "minute_of_peak": float(as_treated["reads_at"][peak]),
        "share_above_165_100": float(100 * high.mean()),
        "share_dissociating": float(100 * dissociated.mean()),
        "share_sedated": float(100 * sedated.mean()),
    }


@dataclass(frozen=True, slots=True)
class _Session:
    """Readings (people, moments) of one session each, the first before the infusion."""

    readings: dict[Parameter, Floats]
    dissociated: np.ndarray
    sedated: np.ndarray

    def rises(self, parameter: Parameter) -> Floats:
        found: Floats = self.readings[parameter][:, 1:] - self.readings[parameter][:, :1]
        return found

    def is_high(self) -> np.ndarray:
        systolic, diastolic = (self.readings[one][:, 1:] for one in BY_CUFF)
        high = figure("virtual_published", "share_above_165_100").value
        found: np.ndarray = ((systolic >= high["systolic"]) | (diastolic >= high["diastolic"])).any(axis=1)
        return found


def _numbers(as_treated: Any) -> range:
    return range(1, as_treated["sessions"] + 1)


def _session(seed: int, count: int, number: int, as_treated: Any) -> _Session:
    model = default_model("racemic")
    who = people(model, seed, count, session=number)
    seconds = [0, *(minute * SECONDS_IN_A_MINUTE for minute in as_treated["reads_at"])]
    one_mg = [Infusion(0, as_treated["minutes"] * SECONDS_IN_A_MINUTE, 1.0)]
    # Linear: what a mg brings, times the mg of each.
    found = levels(model, who.weight_kg, one_mg, seconds, chance=who.kinetics)
    level = found * (as_treated["mg_per_kg"] * who.weight_kg)[:, None]
    readings = {one: _read(one, who, level, seed, number) for one in MEASURED}
    seen_from = figure("virtual_patients", "dissociation_scale").value["seen_from"]
    awake = figure("virtual_patients", "sedation_scale").value["awake"]
    return _Session(
        readings,
        (dissociation_of(level, who.dissociates_at[:, None]) >= seen_from).any(axis=1),
        (sedation_of(level, who.sedated_at[:, None]) < awake).any(axis=1),
    )


def _read(parameter: Parameter, who: People, level: Floats, seed: int, number: int) -> Floats:
    error = figure("virtual_patients", "instrument_error").value[parameter]
    wander = figure("virtual_patients", "wanders").value[parameter]
    count, moments = level.shape
    noise = normals(seed, f"read {parameter} {number}", 0, count, moments)
    true = who.rest[parameter][:, None] + who.rise[parameter][:, None] * effect_of(level)
    return np.round(true + np.hypot(error, wander) * noise)
