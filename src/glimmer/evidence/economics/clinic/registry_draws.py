"""How the draws of a registry update enter the model: which of its names informs which parameter, and how.

| registry's draws | parameter of the model | how |
|---|---|---|
| `response_logit`, `remission_given_response_logit` | `remission_ketamine`, `response_among_nonremitters` | product of the shares; the rest of the responders among those who do not remit |
| `relapse_shape` | `relapse_shape_ketamine` | as it is |
| `relapse_scale_days` | `relapse_scale_ketamine_days` | as it is |
| `partial_response_log_hazard_ratio` | `response_relapse_hazard_ratio` | exponentiated |
| `session_cost` | `session_price` | as it is, unless a price was filled in |
| `utility_remission` | `utility_remission` | as it is |
| `utility_mild` | `utility_response` | as it is |
| `utility_severe` | `utility_episode` | as it is |
| `remission_over_control_log_odds_ratio` | `ketamine_log_odds_ratio` | as it is: trial evidence, untouched by the registry |
| `remission_over_ect_log_odds_ratio` | `ect_log_odds_ratio_versus_ketamine` | sign turned: trial evidence |
| `maintenance_log_hazard_ratio` | `maintenance_hazard_ratio` | exponentiated: trial evidence |

Associations of the registry (maintenance as seen, by interval) and its spreads between clinics enter nowhere: people are
not maintained by chance. Draws stay joint: draw 7 of one parameter belongs to draw 7 of every other.
"""  # noqa: E501 - a row of a table is one line

from collections.abc import Callable, Mapping

import numpy as np

from glimmer.evidence.economics.outcomes import Numbers


class BadDraws(ValueError):
    """Draws of a registry cannot be used. The message names them and says what is expected."""


Drawn = Mapping[str, Numbers]


def _share(logit: Numbers) -> Numbers:
    return 1 / (1 + np.exp(-logit))


def _remission(drawn: Drawn) -> Numbers:
    return _share(drawn["response_logit"]) * _share(drawn["remission_given_response_logit"])


def _response_among_nonremitters(drawn: Drawn) -> Numbers:
    remission = _remission(drawn)
    return (_share(drawn["response_logit"]) - remission) / (1 - remission)


def _as_it_is(name: str) -> Callable[[Drawn], Numbers]:
    return lambda drawn: drawn[name]


def _exponentiated(name: str) -> Callable[[Drawn], Numbers]:
    return lambda drawn: np.exp(drawn[name])


# Parameter of the model: the registry's names that it takes, and what it makes of them.
MAPPING: Mapping[str, tuple[tuple[str, ...], Callable[[Drawn], Numbers]]] = {
    "remission_ketamine": (("response_logit", "remission_given_response_logit"), _remission),
    "response_among_nonremitters": (
        ("response_logit", "remission_given_response_logit"),
        _response_among_nonremitters,
    ),
    "relapse_shape_ketamine": (("relapse_shape",), _as_it_is("relapse_shape")),
    "relapse_scale_ketamine_days": (("relapse_scale_days",), _as_it_is("relapse_scale_days")),
    "response_relapse_hazard_ratio": (
        ("partial_response_log_hazard_ratio",),
        _exponentiated("partial_response_log_hazard_ratio"),
    ),
    "session_price": (("session_cost",), _as_it_is("session_cost")),
    "utility_remission": (("utility_remission",), _as_it_is("utility_remission")),
    "utility_response": (("utility_mild",), _as_it_is("utility_mild")),
    "utility_episode": (("utility_severe",), _as_it_is("utility_severe")),
    "ketamine_log_odds_ratio": (
        ("remission_over_control_log_odds_ratio",),
        _as_it_is("remission_over_control_log_odds_ratio"),
    ),
    "ect_log_odds_ratio_versus_ketamine": (
        ("remission_over_ect_log_odds_ratio",),
        lambda drawn: -drawn["remission_over_ect_log_odds_ratio"],
    ),
    "maintenance_hazard_ratio": (("maintenance_log_hazard_ratio",), _exponentiated("maintenance_log_hazard_ratio")),
}


def from_registry(drawn: Drawn, *, charged_elsewhere: bool = False) -> dict[str, Numbers]:
    """Return draws of the model's parameters from a registry's draws, for those whose names are all there.

    `charged_elsewhere`: the price of a session was filled in, and the registry's cost of a session is left aside. Raise
    BadDraws where nothing can be used, where lengths differ, or where a draw is no number.
    """
    used = {name: np.asarray(values, float) for name, values in drawn.items() if name in _taken()}
    if not used:
        raise BadDraws(f"None of these draws informs the model. It takes: {', '.join(sorted(_taken()))}.")
    shapes = {name: values.shape for name, values in used.items()}
    if len(set(shapes.values())) > 1 or any(len(shape) != 1 for shape in shapes.values()):
        said = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        raise BadDraws(f"Joint draws are one number of each for each draw, of equal length, but there are {said}.")
    for name, values in used.items():
        if not np.isfinite(values).all():
            raise BadDraws(f"{name} is {values[~np.isfinite(values)][0]} in draw {np.argmin(np.isfinite(values))}.")
    kept = {name: row for name, row in MAPPING.items() if not (charged_elsewhere and name == "session_price")}
    return {name: made(used) for name, (needs, made) in kept.items() if all(need in used for need in needs)}


def _taken() -> frozenset[str]:
    return frozenset(need for needs, _ in MAPPING.values() for need in needs)
