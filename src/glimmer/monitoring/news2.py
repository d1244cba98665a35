"""National Early Warning Score 2, from the Royal College of Physicians' table in `guidance/figures/news2.toml`.

Royal College of Physicians. National Early Warning Score (NEWS) 2. London: RCP, 2017. Reproduced unmodified.

Two traps of this score in a ketamine clinic. High blood pressure scores nothing below a systolic of 220, so
the protocol has blood-pressure alarms of its own. Dissociation looks like new confusion and scores 3: it is
recorded truthfully, and a named clinician may attribute it to the drug, which changes who is called, not the score.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from glimmer.guidance.figures import figure
from glimmer.vocabulary.parameters import Parameter

CONSCIOUSNESS, OXYGEN = "consciousness", "oxygen"
CONFUSION = "C"
MEASURED = (
    Parameter.RESPIRATORY_RATE,
    Parameter.SPO2,
    Parameter.SYSTOLIC,
    Parameter.PULSE,
    Parameter.TEMPERATURE,
)
BANDS = ("none", "low", "single", "urgent", "emergency")


@dataclass(frozen=True, slots=True)
class News2Observations:
    """What one score is made of. A parameter that was not taken is absent from `values`, never a guess.

    `values` in each parameter's own unit; `consciousness` is A, C, V, P or U, "" if not recorded;
    `attributed_to_drug`: a named clinician attributes new confusion (C) to the drug.
    """

    values: Mapping[Parameter, float]
    consciousness: str = ""
    on_oxygen: bool = False
    attributed_to_drug: bool = False


@dataclass(frozen=True, slots=True)
class News2Score:
    """A score with its working. `missing` parts scored nothing, so the true total may be higher.

    `band` is none, low, single (one part alone scores 3), urgent or emergency. `escalating_total` and
    `escalating_single` (the most that any one part scored) leave out confusion that a named clinician
    attributed to the drug; alarms use those two.
    """

    total: int
    parts: tuple[tuple[str, int], ...]
    missing: tuple[str, ...]
    band: str
    any_three: bool
    scale: int
    attributed_to_drug: bool
    escalating_total: int
    escalating_single: int

    @property
    def is_complete(self) -> bool:
        """True when every part was recorded."""
        return not self.missing


def news2(observations: News2Observations, scale: int = 1) -> News2Score:
    """Return the score. `scale` is the oxygen scale: 2 only where a clinician prescribed a target of 88 to 92 %.

    Raises ValueError for another scale or an unknown level of consciousness.
    """
    if scale not in (1, 2):
        raise ValueError(f"NEWS2 has oxygen scales 1 and 2, not {scale!r}.")
    parts, missing = _measured_parts(observations, scale)
    parts[OXYGEN] = figure("news2", "on_oxygen" if observations.on_oxygen else "on_air").value
    if observations.consciousness:
        parts[CONSCIOUSNESS] = _consciousness_points(observations.consciousness)
    else:
        missing.append(CONSCIOUSNESS)
    attributed = observations.attributed_to_drug and observations.consciousness == CONFUSION
    escalating = {name: points for name, points in parts.items() if not (attributed and name == CONSCIOUSNESS)}
    total = sum(parts.values())
    any_three = _any_three(parts)
    return News2Score(
        total=total,
        parts=tuple(parts.items()),
        missing=tuple(missing),
        band=_band(total, any_three),
        any_three=any_three,
        scale=scale,
        attributed_to_drug=attributed,
        escalating_total=sum(escalating.values()),
        escalating_single=max(escalating.values()),
    )


def _measured_parts(observations: News2Observations, scale: int) -> tuple[dict[str, int], list[str]]:
    parts: dict[str, int] = {}
    missing: list[str] = []
    for parameter in MEASURED:
        value = observations.values.get(parameter)
        if value is None:
            missing.append(parameter.value)
        else:
            parts[parameter.value] = points_for(_table(parameter, scale, observations.on_oxygen), value)
    return parts, missing


def _table(parameter: Parameter, scale: int, on_oxygen: bool) -> str:
    if parameter is not Parameter.SPO2:
        return parameter.value
    if scale == 1:
        return "spo2_scale_1"
    return "spo2_scale_2_on_oxygen" if on_oxygen else "spo2_scale_2_on_air"


def points_for(table: str, value: float) -> int:
    """Return the points that one table of the chart gives a value.

    The chart is written in whole numbers (temperature in tenths), so the value is rounded to that first:
    a monitor's 95.4 % is charted as 95 %.
    """
    decimals = 1 if table == Parameter.TEMPERATURE.value else 0
    charted = _rounded(value, decimals)
    steps = _steps(table)
    for at_most, points in steps:
        if at_most is None or charted <= at_most:
            return points
    raise ValueError(f"The NEWS2 table {table!r} has no last step.")


def _rounded(value: float, decimals: int) -> float:
    # Half away from zero, as people round on paper; Python's round() goes to even.
    shift = 10**decimals
    return int(value * shift + 0.5) / shift


@lru_cache
def _steps(table: str) -> Sequence[tuple[float | None, int]]:
    steps: Sequence[Mapping[str, Any]] = figure("news2", table).value
    return tuple((step.get("at_most"), step["points"]) for step in steps)


def _consciousness_points(level: str) -> int:
    table: Mapping[str, int] = figure("news2", "consciousness").value
    if level not in table:
        raise ValueError(f"Consciousness is one of {', '.join(table)}, not {level!r}.")
    return table[level]


def _any_three(parts: Mapping[str, int]) -> bool:
    return any(points >= figure("news2", "single_parameter").value for points in parts.values())


def _band(total: int, any_three: bool) -> str:
    if total >= figure("news2", "emergency_total").value:
        return "emergency"
    if total >= figure("news2", "urgent_total").value:
        return "urgent"
    if any_three:
        return "single"
    return "low" if total >= figure("news2", "low_total").value else "none"
