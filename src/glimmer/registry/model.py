"""The hierarchical model of a registry: response, remission, relapse, cost and utility, with clinics that differ.

- Response: Bernoulli-logit, with an effect of each clinic. Who gave no last score is not left out: the share who
  respond in each band of the half-way score is learnt from the others, so drop-out may depend on how the course went.
- Remission: Bernoulli among those who respond.
- Relapse: Weibull with proportional hazards by part remission, maintenance and its interval, and clinic; a relapse lies
  between two days on which scores were seen (interval censoring), or after the last one (right censoring).
- Cost and staff minutes of a session: gamma, cost with an effect of each clinic.
- Utility: beta over the range of the value set, by band of the PHQ-9.

Effects over another treatment are not in this model: an uncontrolled registry has no likelihood for them.

A point of the posterior is one flat array, and its log density is written out: what the sampler compiles, and how long
that takes, goes by how many arrays there are. Priors are normal in units of their own spread.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from glimmer.guidance import figure
from glimmer.registry.engine import load
from glimmer.registry.evidence import BANDS, SETTINGS, Draws, Prior, utility_index
from glimmer.registry.tallies import HALF_WAY_BANDS, Sums, Tallies

Data = dict[str, Any]
FIRST_DAY = 0.5
"""Where a day of nought is put: what begins on the first day itself began within it."""

ALIKE = 4
"""By how much less than the prior's spread clinics may well differ; only for how the sampler looks at them."""

LOCATIONS = (
    "response_logit",
    "remission_given_response_logit",
    "relapse_shape",
    "relapse_scale_days",
    "partial_response_log_hazard_ratio",
    "maintenance_association_log_hazard_ratio",
    "maintenance_interval_log_hazard_ratio",
    "session_cost",
    "staff_minutes",
    *(f"utility_{band}" for band in BANDS),
)
RELAPSE_COVARIATES = ("partial", "maintained", "doublings")
REMISSION, RELAPSE, MINUTES, UTILITIES = 1, slice(2, 7), 8, slice(9, 13)
LOGS = ("relapse_shape", "relapse_scale_days", "session_cost", "staff_minutes")
SITE_SPREADS = {"response": "response_site_sd", "relapse": "relapse_site_sd", "cost": "session_cost_site_sd"}
SITE_LOCATION = np.zeros((len(SITE_SPREADS), len(LOCATIONS)))
SITE_LOCATION[0, LOCATIONS.index("response_logit")] = SITE_LOCATION[2, LOCATIONS.index("session_cost")] = 1
"""Which location a clinic's own value lies around. A clinic's hazard lies around nought: the scale holds the rest."""
SPREADS = ("session_cost_cv", "staff_minutes_cv", "utility_precision")


def data_of(tallies: Tallies, priors: Mapping[str, Prior], rows: int | None = None) -> Data:
    """Return the arrays of the model. `rows` fills the relapse rows up with empty ones, to compile only once."""
    between, variation = figure(SETTINGS, "between_sites").value, figure(SETTINGS, "variation").value
    precision = figure(SETTINGS, "utility_precision").value
    middles = (variation["cost"], variation["minutes"], precision["precision"])
    return {
        "priors": np.array([[priors[name].mean, priors[name].sd] for name in LOCATIONS]),
        "between": np.array([between[name] for name in SITE_SPREADS]),
        "spreads": np.array([np.log(middles), [variation["spread"]] * 2 + [precision["spread"]]]),
        "known": _known(tallies, between, variation),
        "results": tallies.results,
        "unknown": tallies.unknown,
        "remissions": np.array([tallies.remitted, tallies.responders]),
        "relapse": filled_up(tallies.relapse, rows),
        "costs": _arrays(tallies.costs),
        "minutes": _arrays(tallies.minutes),
        "utility": tallies.utility,
    }


def filled_up(relapse: Mapping[str, NDArray[np.float64]], rows: int | None) -> dict[str, NDArray[np.float64]]:
    """Return the relapse rows with rows of weight nought behind them, up to `rows`."""
    there = len(relapse["weight"])
    missing = max(0, (rows or there) - there)
    empty = {"well_until": 1.0, "ill_by": np.inf}
    return {name: np.append(one, np.full(missing, empty.get(name, 0.0))) for name, one in relapse.items()}


def _arrays(sums: Sums) -> dict[str, NDArray[np.float64]]:
    return {"count": sums.count, "total": sums.total, "logs": sums.logs}


def _known(tallies: Tallies, between: Mapping[str, float], variation: Mapping[str, float]) -> NDArray[np.float64]:
    """Return how much of each clinic's effect its own data tell, 0 to 1: how the sampler had best look at it.

    It changes no result. The more a clinic's data say, the less its effect hangs on the spread between clinics
    (Papaspiliopoulos and others 2007).
    """
    seen = np.isfinite(tallies.relapse["ill_by"]) * tallies.relapse["weight"]
    relapses = np.bincount(tallies.relapse["site"].astype(int), seen, len(tallies.sites))
    # A yes or no about an even chance tells a quarter on log odds, a relapse one on log hazard.
    told = np.array([tallies.results.sum((1, 2)) / 4, relapses, tallies.costs.count / variation["cost"] ** 2])
    # Clinics may differ by much less than the prior says; where they do, a wrong look is costly on this side only.
    believed = np.array([[(between[name] / ALIKE) ** -2] for name in SITE_SPREADS])
    return told / (told + believed)


def dimensions(sites: int) -> int:
    """Return how many numbers a point of the posterior has."""
    return len(LOCATIONS) + len(SPREADS) + 2 * HALF_WAY_BANDS + len(SITE_SPREADS) * (1 + sites)


def parts_of(point: Any) -> dict[str, Any]:
    """Return the parts of a point of the posterior, or of an array whose last axis is one.

    `locations` and `spreads` in units of their prior, `bands[responded, band]` as logs of gamma variates, whose shares
    are then evenly Dirichlet, `site_spreads` as logs in units of their prior, and `sites[what, site]` as the sampler
    looks at them.
    """
    sizes = (len(LOCATIONS), len(SPREADS), 2 * HALF_WAY_BANDS, len(SITE_SPREADS))
    ends = np.cumsum(sizes)
    locations, spreads, bands, site_spreads = (
        point[..., end - size : end] for end, size in zip(ends, sizes, strict=True)
    )
    before = point.shape[:-1]
    return {
        "locations": locations,
        "spreads": spreads,
        "bands": bands.reshape(*before, 2, HALF_WAY_BANDS),
        "site_spreads": site_spreads,
        "sites": point[..., ends[-1] :].reshape(*before, len(SITE_SPREADS), -1),
    }


def log_posterior(point: Any, data: Data) -> Any:
    """Return the log density of a point given the data of `data_of`, but for a constant."""
    jnp, parts = load("jax.numpy"), parts_of(point)
    values = data["priors"][:, 0] + data["priors"][:, 1] * parts["locations"]
    spreads = jnp.exp(data["spreads"][0] + data["spreads"][1] * parts["spreads"])
    by_site, sites_prior = _sites(parts, values, data)
    log_bands = parts["bands"] - jnp.log(jnp.exp(parts["bands"]).sum(-1, keepdims=True))
    shares = load("jax.nn").sigmoid(values[UTILITIES])
    return (
        sites_prior
        - (parts["locations"] ** 2).sum() / 2
        - (parts["spreads"] ** 2).sum() / 2
        + (parts["bands"] - jnp.exp(parts["bands"])).sum()
        + response_log_likelihood(by_site[0], log_bands, data["results"], data["unknown"])
        + binomial_log_likelihood(values[REMISSION], data["remissions"])
        + _relapses(values[RELAPSE], by_site[1], data["relapse"])
        + gamma_log_likelihood(by_site[2], spreads[0], data["costs"])
        + gamma_log_likelihood(values[MINUTES], spreads[1], data["minutes"])
        + beta_log_likelihood(shares, spreads[2], data["utility"])
    )


def _sites(parts: Mapping[str, Any], values: Any, data: Data) -> tuple[Any, Any]:
    """Return each clinic's own values (log odds, log hazard, log cost), and the log density of how clinics differ."""
    jnp = load("jax.numpy")
    share = jnp.exp(parts["site_spreads"])
    spread, known = (data["between"] * share)[:, None], data["known"]
    moved = known * ((values - data["priors"][:, 0]) @ SITE_LOCATION.T)[:, None]
    away = parts["sites"] - moved
    log_spread = known * jnp.log(spread)
    density = -((away * jnp.exp(-log_spread)) ** 2).sum() / 2 - log_spread.sum()
    half_normals = (parts["site_spreads"] - share**2 / 2).sum()
    by_site = spread ** (1 - known) * away + (values @ SITE_LOCATION.T)[:, None]
    return by_site, density + half_normals


def response_log_likelihood(log_odds: Any, log_bands: Any, results: Any, unknown: Any) -> Any:
    """Return the log likelihood of results by clinic.

    `log_odds` of each clinic; `log_bands[responded, band]` the log shares of half-way scores; counts as in Tallies.
    """
    jnp = load("jax.numpy")
    each = -jnp.logaddexp(0, jnp.stack([log_odds, -log_odds], axis=1))
    joint = each[:, :, None] + log_bands[None]
    known = (results[:, :, :HALF_WAY_BANDS] * joint).sum() + (results[:, :, HALF_WAY_BANDS] * each).sum()
    return known + (unknown * jnp.logaddexp(joint[:, 0], joint[:, 1])).sum()


def binomial_log_likelihood(log_odds: Any, counts: Any) -> Any:
    """Return the log likelihood of (how many did, of how many), but for a constant."""
    return counts[0] * log_odds - counts[1] * load("jax.numpy").logaddexp(0, log_odds)


def _relapses(values: Any, by_site: Any, rows: Mapping[str, Any]) -> Any:
    jnp = load("jax.numpy")
    covariates = jnp.stack([rows[column] for column in RELAPSE_COVARIATES])
    log_hazard = by_site[rows["site"].astype(int)] + values[2:] @ covariates
    likelihood = interval_log_likelihood(jnp.exp(values[0]), values[1], log_hazard, rows)
    return (rows["weight"] * likelihood).sum()


def interval_log_likelihood(shape: Any, log_scale: Any, log_hazard: Any, rows: Mapping[str, Any]) -> Any:
    """Return the log likelihood of each relapse row: it lies between two days, or after the last."""
    jnp = load("jax.numpy")
    seen = jnp.isfinite(rows["ill_by"])
    # What is not chosen is reckoned too, and must not be infinite: its slope would be no number.
    ends = jnp.stack([rows["well_until"], jnp.where(seen, rows["ill_by"], rows["well_until"] + 1)])
    hazard = jnp.exp(shape * (jnp.log(jnp.maximum(ends, FIRST_DAY)) - log_scale) + log_hazard)
    before = jnp.where(rows["well_until"] > 0, hazard[0], 0.0)
    return -before + jnp.where(seen, jnp.log(-jnp.expm1(before - hazard[1])), 0.0)


def gamma_log_likelihood(log_mean: Any, variation: Any, sums: Mapping[str, Any]) -> Any:
    """Return the log likelihood of gamma-distributed numbers from their counts, sums and sums of logs by group."""
    jnp, special = load("jax.numpy"), load("jax.scipy.special")
    shape = variation**-2
    log_rate = jnp.log(shape) - log_mean
    constant = sums["count"] * (shape * log_rate - special.gammaln(shape))
    return (constant + (shape - 1) * sums["logs"] - jnp.exp(log_rate) * sums["total"]).sum()


def beta_log_likelihood(mean: Any, precision: Any, sums: Any) -> Any:
    """Return the log likelihood of beta-distributed shares from counts, sums of logs, and sums of logs of the rest."""
    jnp, special = load("jax.numpy"), load("jax.scipy.special")
    one, other = mean * precision, (1 - mean) * precision
    constants = special.gammaln(jnp.stack([one, other]))
    each = sums[:, 0] * (special.gammaln(precision) - constants.sum(0))
    return (each + (one - 1) * sums[:, 1] + (other - 1) * sums[:, 2]).sum()


def natural_draws(points: NDArray[np.float64], data: Data) -> tuple[Draws, Draws]:
    """Return sampled points under the names of `parameters`, and the deviations of each clinic.

    The first has one number a draw, whatever the leading shape of `points` (such as chains, draws); the deviations have
    the clinics as their last axis: of log odds (`response`), log hazard (`relapse`) and log cost (`cost`).
    """
    parts = parts_of(points)
    away = data["priors"][:, 1] * parts["locations"]
    values = data["priors"][:, 0] + away
    spreads = np.exp(data["spreads"][0] + data["spreads"][1] * parts["spreads"])
    spread = data["between"] * np.exp(parts["site_spreads"])
    moved = data["known"] * (away @ SITE_LOCATION.T)[..., None]
    deviations = spread[..., None] ** (1 - data["known"]) * (parts["sites"] - moved)
    found = {name: _natural(name, values[..., number]) for number, name in enumerate(LOCATIONS)}
    found |= {name: spread[..., number] for number, name in enumerate(SITE_SPREADS.values())}
    found |= {name: spreads[..., number] for number, name in enumerate(SPREADS)}
    return found, {what: deviations[..., number, :] for number, what in enumerate(SITE_SPREADS)}


def _natural(name: str, value: NDArray[np.float64]) -> NDArray[np.float64]:
    if name in LOGS:
        return np.asarray(np.exp(value))
    return np.asarray(utility_index(expit(value))) if name.startswith("utility_") else value
