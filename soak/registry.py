"""The registry update finds the truth as often as it says: many small simulated registries, with truths by the priors.

Everything is on the way: rows with missing weeks and drop-out, response and relapse judged from them, and the sampler.
One chain for each registry, all at once.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from glimmer.registry.courses import courses_of
from glimmer.registry.engine import Sampler
from glimmer.registry.evidence import course_priors
from glimmer.registry.model import data_of, dimensions, log_posterior, natural_draws
from glimmer.registry.simulated import simulate_registry, truth_by_chance
from glimmer.registry.tallies import tallies_of

SITES, COURSES = 3, 30
REGISTRIES, SHORT_REGISTRIES = 1000, 20
ROWS = SITES * COURSES
"""Of relapse: a course has one at most, and alike ones share theirs."""
AT_ONCE = 20
WARMUP, DRAWS = 250, 250
WIDTHS = (0.5, 0.9)
TOLERANCE = 4
"""In standard errors: by chance one run in some hundreds misses one of its 38 claims."""


def calibrated(registries: int, first_seed: int) -> dict[str, NDArray[np.float64]]:
    """Return the share of draws below the truth, by parameter, for each of so many registries (a multiple of 20)."""
    sampler, priors = Sampler(log_posterior, WARMUP, AT_ONCE), course_priors()
    found: dict[str, list[float]] = {}
    for begin in range(first_seed, first_seed + registries, AT_ONCE):
        truths = [truth_by_chance(seed) for seed in range(begin, begin + AT_ONCE)]
        made = [simulate_registry(begin + number, truth, SITES, COURSES) for number, truth in enumerate(truths)]
        data = [data_of(tallies_of(one, courses_of(one)), priors, ROWS) for one in made]
        chains = sampler.run_many(_stacked(data), dimensions(SITES), begin, DRAWS)
        for number, (truth, points) in enumerate(zip(truths, chains.points, strict=True)):
            draws, _ = natural_draws(points, data[number])
            for name, values in draws.items():
                found.setdefault(name, []).append(float((values < truth.values[name]).mean()))
    return {name: np.array(ranks) for name, ranks in found.items()}


def _stacked(parts: list[Any]) -> Any:
    """Return data sets as one, each array with an axis for them in front."""
    if isinstance(parts[0], dict):
        return {name: _stacked([part[name] for part in parts]) for name in parts[0]}
    return np.stack(parts)


def rows(short: bool = False) -> list[dict[str, Any]]:
    """One row for each parameter and width of interval."""
    registries = SHORT_REGISTRIES if short else REGISTRIES
    ranks = calibrated(registries, first_seed=50_000)
    return [_row(name, one, width) for name, one in ranks.items() for width in WIDTHS]


def _row(name: str, ranks: NDArray[np.float64], width: float) -> dict[str, Any]:
    share = float((np.abs(ranks - 1 / 2) < width / 2).mean())
    error = float(np.sqrt(width * (1 - width) / len(ranks)))
    evenness = float(stats.kstest(ranks, "uniform").pvalue)
    return {
        "job": "registry",
        "claim": f"a {width:.0%} interval of {name} holds the truth that often",
        "aim": f"{width:.0%}, within {TOLERANCE} standard errors ({TOLERANCE * error:.1%})",
        "measured": f"{share:.1%} of {len(ranks)} registries; ranks of the truth even: p = {evenness:.2g}",
        "met": abs(share - width) <= TOLERANCE * error,
        "note": f"truths by the priors, {SITES} clinics of {COURSES} courses, one chain of {DRAWS} draws each",
    }
