"""Posterior predictive checks: would a registry drawn from the model look like the one that was seen?"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import expit

from glimmer.guidance import figure
from glimmer.registry.chance import generator
from glimmer.registry.evidence import BANDS, SETTINGS, utility_index, utility_share
from glimmer.registry.model import LOCATIONS, RELAPSE, RELAPSE_COVARIATES
from glimmer.registry.rows import Registry
from glimmer.registry.tallies import Tallies

Numbers = NDArray[np.float64]
Rows = list[dict[str, Any]]
REPLICATES = 400


def checks(
    registry: Registry, tallies: Tallies, draws: Mapping[str, Numbers], sites: Mapping[str, Numbers], seed: int
) -> Rows:
    """Return what was seen beside what the model expects of new data, for each thing that is looked at.

    `draws` are (draws,) by name, `bands` of them (draws, 2, bands); `sites` are deviations (draws, sites).
    """
    some = np.linspace(0, len(draws["response_logit"]) - 1, REPLICATES).astype(int)
    few = {name: values[some] for name, values in draws.items()}
    few_sites = {name: values[some] for name, values in sites.items()}
    chance = generator(seed, "checks")
    return [
        *_responses(tallies, few, few_sites, chance),
        *_relapses(tallies, few, few_sites, chance),
        *_costs(registry, tallies, few, few_sites, chance),
        *_utilities(tallies, few, chance),
    ]


def compared(name: str, unit: str, seen: float, replicates: NDArray[Any]) -> dict[str, Any]:
    """Return one row: what was seen, what was expected, and whether it is odd.

    `chance` is the smaller of the shares of replicates that lie at or beyond what was seen, on either side; where a
    replicate equals it, half of it counts.
    """
    ties = float((replicates == seen).mean()) / 2
    below, above = float((replicates < seen).mean()) + ties, float((replicates > seen).mean()) + ties
    least = min(below, above)
    low, middle, high = (float(one) for one in np.quantile(replicates, (0.05, 0.5, 0.95)))
    return {
        "name": name,
        "unit": unit,
        "seen": round(seen, 3),
        "expected": round(middle, 3),
        "from": round(low, 3),
        "to": round(high, 3),
        "chance": round(least, 3),
        "fits": least >= figure(SETTINGS, "odd").value,
    }


def _responses(
    tallies: Tallies, draws: Mapping[str, Numbers], sites: Mapping[str, Numbers], chance: np.random.Generator
) -> Iterator[dict[str, Any]]:
    """Yield the responders of each clinic, given how those with a known result stood half way."""
    log_odds = draws["response_logit"][:, None] + sites["response"]
    # Who had no half-way score is judged by the clinic alone.
    told = np.log(draws["half_way"][:, 1] / draws["half_way"][:, 0])
    told = np.concatenate([told, np.zeros((len(told), 1))], axis=1)
    share = expit(log_odds[:, :, None] + told[:, None, :])
    known = tallies.results.sum(1).astype(int)
    replicates = chance.binomial(known[None], share).sum(2)
    for place, site in enumerate(tallies.sites):
        if known[place].sum():
            seen = float(tallies.results[place, 1].sum())
            yield compared(f"responders of {site}", "people", seen, replicates[:, place])


def _relapses(
    tallies: Tallies, draws: Mapping[str, Numbers], sites: Mapping[str, Numbers], chance: np.random.Generator
) -> Iterator[dict[str, Any]]:
    """Yield relapses in each window of time against those expected of the people who were there.

    The expected number is the hazard summed over the time in which people were seen well (and half of the interval in
    which they fell ill); what was seen is then nearly Poisson about it.
    """
    rows = tallies.relapse
    if not rows["weight"].sum():
        return
    seen_ill = np.isfinite(rows["ill_by"])
    ends = np.where(seen_ill, (rows["well_until"] + np.where(seen_ill, rows["ill_by"], 0)) / 2, rows["well_until"])
    covariates = np.stack([rows[column] for column in RELAPSE_COVARIATES])
    slopes = np.stack([draws[name] for name in LOCATIONS[RELAPSE][2:]], axis=1)
    log_hazard = sites["relapse"][:, rows["site"].astype(int)] + slopes @ covariates
    begin = 0.0
    for until in figure(SETTINGS, "relapse_windows").value:
        expected = np.zeros(len(slopes))
        for sign, day in ((1, until), (-1, begin)):
            days = np.minimum(ends, day)[None] / draws["relapse_scale_days"][:, None]
            hazard = days ** draws["relapse_shape"][:, None] * np.exp(log_hazard)
            expected += sign * (hazard * rows["weight"]).sum(1)
        seen = float((rows["weight"] * seen_ill * (ends > begin) * (ends <= until)).sum())
        yield compared(f"relapses from day {begin:g} to {until:g}", "people", seen, chance.poisson(expected))
        begin = until


def _costs(
    registry: Registry,
    tallies: Tallies,
    draws: Mapping[str, Numbers],
    sites: Mapping[str, Numbers],
    chance: np.random.Generator,
) -> Iterator[dict[str, Any]]:
    """Yield the cost that one session in twenty exceeds: what a wrong shape of the distribution shows in."""
    rows = registry.rows.filter((pl.col("kind") == "session") & pl.col("value").is_not_null())
    if not rows.height:
        return
    place = {site: number for number, site in enumerate(tallies.sites)}
    of = np.array([place[site] for site in rows["site"]])
    replicates = []
    for number, variation in enumerate(draws["session_cost_cv"]):
        mean = draws["session_cost"][number] * np.exp(sites["cost"][number])[of]
        replicates.append(np.quantile(chance.gamma(variation**-2, mean * variation**2), 0.95))
    seen = float(np.quantile(rows["value"].to_numpy(), 0.95))
    yield compared("cost that 5 % of sessions exceed", "GBP", seen, np.array(replicates))


def _utilities(tallies: Tallies, draws: Mapping[str, Numbers], chance: np.random.Generator) -> Iterator[dict[str, Any]]:
    for number, band in enumerate(BANDS):
        people = int(tallies.utility[number, 0])
        if not people:
            continue
        mean, precision = utility_share(draws[f"utility_{band}"]), draws["utility_precision"]
        shares = chance.beta(mean * precision, (1 - mean) * precision, size=(people, len(mean)))
        replicates = utility_index(shares.mean(0))
        yield compared(f"mean utility, {band}", "EQ-5D index", float(tallies.utility_means[number]), replicates)
