"""What trials and published services say, as priors: of the absolute course with a weight, of effects apart from it.

Every prior of a course is normal on the scale on which the model works (log odds, log, log odds of a share of the range
of utility). It is a vague normal times what the sources say to the power of the weight, which for normals means that
their precision counts that many times: 1 takes a source as it is, 0 not at all (power prior, Ibrahim and Chen 2000). A
source is one setting and a clinic another: each source's variance grows by that between sources, and so does the
prior's, as in a random-effects meta-analysis that predicts the next setting.

Effects over a comparator have priors of their own. Nothing that an uncontrolled registry holds enters them.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glimmer.guidance import Figure, figure, figures
from glimmer.registry.chance import generator

EVIDENCE, SETTINGS = "registry_evidence", "registry_update"
BANDS = ("remission", "mild", "moderate", "severe")
GROUPS = ("response", "relapse", "cost", "utility")
Z_OF_95_PERCENT = 1.959963984540054
Draws = dict[str, NDArray[np.float64]]


class BadWeight(ValueError):
    """A weight of the evidence is not between 0 and 1, or for a group that there is not."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What one source says on the model's scale, with its standard error there."""

    mean: float
    sd: float
    source: str


@dataclass(frozen=True, slots=True)
class Prior:
    """A normal prior on the model's scale. `group` says which weight counts for it; `sources` what it rests on."""

    name: str
    group: str
    mean: float
    sd: float
    sources: tuple[str, ...]


def course_priors(weights: Mapping[str, float] | float = 1.0) -> dict[str, Prior]:
    """Return the priors of the absolute course by the name of their parameter.

    `weights` is between 0 and 1 for all, or for each of GROUPS by name (1 for those not named). Raises BadWeight.
    """
    weight = checked_weights(weights)
    between = figure(SETTINGS, "between_sources").value
    vague = (0.0, figure(SETTINGS, "vague_logit").value)
    found = [
        _pooled("response_logit", "response", vague, _shares("response_"), between["response"], weight),
        _pooled(
            "remission_given_response_logit",
            "response",
            vague,
            _shares("remission_of_responders_"),
            between["remission"],
            weight,
        ),
        *_relapse_priors(between, weight),
        _cost_prior(between, weight),
        _minutes_prior(),
        *(_utility_prior(band, between["utility"], weight) for band in BANDS),
        *_association_priors(),
    ]
    return {one.name: one for one in found}


def checked_weights(weights: Mapping[str, float] | float) -> dict[str, float]:
    """Return a weight for each group; raise BadWeight for an unknown group or one outside 0 to 1."""
    named = dict.fromkeys(GROUPS, float(weights)) if isinstance(weights, int | float) else dict(weights)
    if unknown := sorted(set(named) - set(GROUPS)):
        raise BadWeight(f"There is no weight for {', '.join(unknown)}. There is one for {', '.join(GROUPS)}.")
    for group, weight in named.items():
        if not 0 <= weight <= 1:
            raise BadWeight(f"The weight of the evidence on {group} is {weight:g}, but must lie between 0 and 1.")
    return {group: named.get(group, 1.0) for group in GROUPS}


def effects() -> dict[str, Estimate]:
    """Return the effects over a comparator by the name of their parameter: normal on the log scale, by trials alone."""
    maintained = figure(EVIDENCE, "effect_maintenance_on_relapse")
    ratio = maintained.value
    return {
        "response_over_control_log_odds_ratio": _odds_ratio("effect_response_over_control"),
        "remission_over_control_log_odds_ratio": _odds_ratio("effect_remission_over_control"),
        "response_over_ect_log_odds_ratio": _odds_ratio("effect_response_over_ect"),
        "remission_over_ect_log_odds_ratio": _odds_ratio("effect_remission_over_ect"),
        "maintenance_log_hazard_ratio": Estimate(
            math.log(ratio["hazard_ratio"]),
            math.log(ratio["high"] / ratio["low"]) / (2 * Z_OF_95_PERCENT),
            maintained.source,
        ),
    }


def effect_draws(seed: int, draws: int) -> Draws:
    """Return draws of each effect from its prior. No registry is an argument: none can change them."""
    return {
        name: one.mean + one.sd * generator(seed, f"effect {name}").standard_normal(draws)
        for name, one in effects().items()
    }


def utility_share(index: Any) -> Any:
    """Return where an EQ-5D index (or an array) lies in its range: 0 is the worst state there is, 1 full health."""
    lowest: float = figure(EVIDENCE, "eq5d_lowest").value
    return (index - lowest) / (1 - lowest)


def utility_index(share: Any) -> Any:
    """Return the EQ-5D index at a share of its range (a number or an array)."""
    lowest: float = figure(EVIDENCE, "eq5d_lowest").value
    return lowest + (1 - lowest) * share


def logit(share: float) -> float:
    """Return the log odds of a share above 0 and below 1."""
    return math.log(share / (1 - share))


def _pooled(
    name: str,
    group: str,
    vague: tuple[float, float],
    sources: Sequence[Estimate],
    between: float,
    weight: Mapping[str, float],
) -> Prior:
    """Return the vague normal times the sources' prediction for a new setting to the power of the weight."""
    precisions = [1 / (one.sd**2 + between**2) for one in sources]
    mean = sum(one.mean * precision for one, precision in zip(sources, precisions, strict=True)) / sum(precisions)
    said = weight[group] / (1 / sum(precisions) + between**2)
    believed = 1 / vague[1] ** 2
    total = said + believed
    return Prior(
        name,
        group,
        (said * mean + believed * vague[0]) / total,
        total**-0.5,
        tuple(one.source for one in sources) if weight[group] else (),
    )


def _shares(prefix: str) -> list[Estimate]:
    return [_share(one) for name, one in figures(EVIDENCE).items() if name.startswith(prefix)]


def _share(one: Figure) -> Estimate:
    """Return a share on the scale of log odds; its error by the delta method, from the error or the people."""
    share = one.value["share"]
    variance = one.value["spread"] ** 2 if "spread" in one.value else share * (1 - share) / one.value["people"]
    return Estimate(logit(share), math.sqrt(variance) / (share * (1 - share)), one.source)


def _odds_ratio(name: str) -> Estimate:
    """Return a log odds ratio of two shares, with Woolf's standard error."""
    one = figure(EVIDENCE, name)
    arms = [(one.value[f"{which}share"], one.value[f"{which}people"]) for which in ("", "other_")]
    variance = sum(1 / (people * share * (1 - share)) for share, people in arms)
    return Estimate(logit(arms[0][0]) - logit(arms[1][0]), math.sqrt(variance), one.source)


def _relapse_priors(between: Mapping[str, float], weight: Mapping[str, float]) -> list[Prior]:
    information = figure(EVIDENCE, "weibull_information").value
    shape, scale = figure(EVIDENCE, "relapse_shape"), figure(EVIDENCE, "relapse_scale")
    days = figure(SETTINGS, "vague_log_days").value
    shape_error = math.sqrt(information["log_shape"] / shape.value["relapses"])
    scale_error = math.sqrt(information["log_scale"] / scale.value["relapses"]) / shape.value["weibull_shape"]
    shapes = [Estimate(math.log(shape.value["weibull_shape"]), shape_error, shape.source)]
    scales = [Estimate(math.log(scale.value["days"]), scale_error, scale.source)]
    vague_shape = (0.0, figure(SETTINGS, "vague_log_shape").value)
    vague_scale = (math.log(days["days"]), days["spread"])
    return [
        _pooled("relapse_shape", "relapse", vague_shape, shapes, between["relapse_shape"], weight),
        _pooled("relapse_scale_days", "relapse", vague_scale, scales, between["relapse_scale"], weight),
    ]


def _cost_prior(between: Mapping[str, float], weight: Mapping[str, float]) -> Prior:
    one, vague = figure(EVIDENCE, "session_cost"), figure(SETTINGS, "vague_log_cost").value
    said = [Estimate(math.log(one.value["gbp"]), one.value["spread"], one.source)]
    return _pooled("session_cost", "cost", (math.log(vague["gbp"]), vague["spread"]), said, between["cost"], weight)


def _minutes_prior() -> Prior:
    vague = figure(SETTINGS, "vague_log_minutes").value
    return Prior("staff_minutes", "cost", math.log(vague["minutes"]), vague["spread"], ())


def _utility_prior(band: str, between: float, weight: Mapping[str, float]) -> Prior:
    """Return the prior of a mean utility; both spreads are brought from the index to log odds by the delta method."""
    one = figure(EVIDENCE, f"utility_{band}")
    share = utility_share(one.value["utility"])
    steepness = share * (1 - share) * (utility_index(1) - utility_index(0))
    said = [Estimate(logit(share), one.value["spread"] / steepness, one.source)]
    vague = (0.0, figure(SETTINGS, "vague_logit").value)
    return _pooled(f"utility_{band}", "utility", vague, said, between / steepness, weight)


def _association_priors() -> list[Prior]:
    sd = figure(SETTINGS, "association").value
    names = (
        "partial_response_log_hazard_ratio",
        "maintenance_association_log_hazard_ratio",
        "maintenance_interval_log_hazard_ratio",
    )
    return [Prior(name, "relapse", 0.0, sd, ()) for name in names]
