"""The registry update: what trials said and what the registry shows, joined into draws that a decision model takes."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from typing import Any

import numpy as np
from scipy.special import expit

import glimmer
from glimmer.guidance import figure
from glimmer.registry.chance import generator
from glimmer.registry.checks import checks
from glimmer.registry.courses import courses_of
from glimmer.registry.diagnostics import diagnostics, information, verdict
from glimmer.registry.engine import Length, Progress, Sampler
from glimmer.registry.evidence import BANDS, SETTINGS, Draws, Prior, checked_weights, course_priors, effect_draws
from glimmer.registry.missing import AS_MODELLED, Scenario, scenarios, under
from glimmer.registry.model import LOCATIONS, data_of, dimensions, log_posterior, natural_draws, parts_of
from glimmer.registry.posterior import Posterior, Rows
from glimmer.registry.rows import SIMULATED, BadRegistry, Registry
from glimmer.registry.simulated import natural
from glimmer.registry.tallies import Tallies, tallies_of

LENGTH = Length(warmup=400, draws=500, chains=4)
ROWS_AT_ONCE = 64
"""Relapse rows are filled up to a multiple of this, so that what was compiled serves registries of nearly one size."""


@dataclass(slots=True)
class _Work:
    """One update while it is under way; `done` and `total` are steps of the sampler over all the fits."""

    tallies: Tallies
    priors: Mapping[str, Prior]
    length: Length
    seed: int
    progress: Progress | None
    total: int
    done: int = 0

    def fit(self, scenario: Scenario) -> tuple[Any, Any, Any]:
        """Return the chains under an assumption, its data, and the points as one row of draws."""
        tallies = under(self.tallies, scenario)
        rows = -(-len(tallies.relapse["weight"]) // ROWS_AT_ONCE) * ROWS_AT_ONCE
        data = data_of(tallies, self.priors, rows)
        sampler = sampler_of(self.length.warmup, self.length.chains)
        size = dimensions(len(self.tallies.sites))
        chains = sampler.run(data, size, self.seed, self.length.draws, self._told)
        self.done += self.steps
        return chains, data, chains.points.reshape(-1, chains.points.shape[-1])

    @property
    def steps(self) -> int:
        """The steps of one fit."""
        return self.length.warmup + self.length.draws

    def _told(self, done: int, _: int) -> None:
        if self.progress:
            self.progress(self.done + done, self.total)


def update(
    registry: Registry,
    *,
    seed: int,
    weights: Mapping[str, float] | float = 1.0,
    length: Length = LENGTH,
    with_scenarios: bool = True,
    progress: Progress | None = None,
) -> Posterior:
    """Return the joint posterior of a registry, with the trials as prior.

    `seed` makes it reproducible. `weights` says how much the evidence on each of evidence.GROUPS counts, 0 to 1.
    `with_scenarios`: fit it again under assumptions about who is missing. `progress` is told steps done and in all.
    Raises BadRegistry for a registry with too few results, BadWeight, and EngineMissing.
    """
    tallies = tallies_of(registry, courses_of(registry))
    _refuse_too_few(tallies)
    priors, asked = course_priors(weights), scenarios() if with_scenarios else ()
    work = _Work(tallies, priors, length, seed, progress, (1 + len(asked)) * (length.warmup + length.draws))
    chains, data, points = work.fit(AS_MODELLED)
    by_chain, _ = natural_draws(chains.points, data)
    draws, sites = natural_draws(points, data)
    parts = parts_of(points)
    bands = np.exp(parts["bands"])
    standard = {name: parts["locations"][:, number] for number, name in enumerate(LOCATIONS)}
    tables: dict[str, Rows] = {
        "seen": [{"what": name, "count": count} for name, count in tallies.seen.items()],
        "readable": readable(draws, prior_draws(priors, seed, len(points))),
        "diagnostics": diagnostics(by_chain, chains.diverged),
        "information": information(priors, standard, _counted(tallies)),
        "checks": checks(registry, tallies, {**draws, "half_way": bands / bands.sum(-1, keepdims=True)}, sites, seed),
        "sites": _sites(tallies, draws, sites),
        "missing": [_under_scenario(work, draws, one) for one in (AS_MODELLED, *asked)],
    }
    tables["verdict"] = [{"says": verdict(tables["diagnostics"])}]
    whole = {**draws, **effect_draws(seed, len(points))}
    return Posterior(whole, _provenance(registry, tallies, seed, weights, length), tables)


@lru_cache
def sampler_of(warmup: int, chains: int) -> Sampler:
    """Return the sampler: one for the whole process, since compiling it takes longer than a fit."""
    return Sampler(log_posterior, warmup, chains)


def _refuse_too_few(tallies: Tallies) -> None:
    known, wanted = int(tallies.results.sum()), figure(SETTINGS, "fewest_courses").value
    if known < wanted:
        raise BadRegistry(
            f"Of {tallies.seen['courses']} courses {known} have a known result (a PHQ-9 before and after the course); "
            f"an update needs at least {wanted}. Until then the trials say more than the registry."
        )


def prior_draws(priors: Mapping[str, Prior], seed: int, count: int) -> Draws:
    """Return draws of what was believed before, each on the scale of the posterior's draws."""
    found = {}
    for name, one in priors.items():
        drawn = one.mean + one.sd * generator(seed, f"prior {name}").standard_normal(count)
        found[name] = np.array([natural(name, value) for value in drawn])
    return found


def relapsed_by(draws: Mapping[str, Any], day: float) -> Any:
    """Return the share of remitters without maintenance who relapsed by a day after the response, in each draw."""
    return -np.expm1(-((day / draws["relapse_scale_days"]) ** draws["relapse_shape"]))


def in_plain_units(draws: Mapping[str, Any]) -> dict[str, tuple[str, Any]]:
    """Return (unit, draws) of what a person wants to know, by its name in words."""
    early, late = figure(SETTINGS, "told_relapse_by").value
    return {
        "response at the end of the course": ("%", _per_cent(expit(draws["response_logit"]))),
        "remission among those who respond": ("%", _per_cent(expit(draws["remission_given_response_logit"]))),
        f"remitters who relapse within {early} days": ("%", _per_cent(relapsed_by(draws, early))),
        f"remitters who relapse within {late} days": ("%", _per_cent(relapsed_by(draws, late))),
        "cost of a session": ("GBP", draws["session_cost"]),
        "staff minutes of a session": ("min", draws["staff_minutes"]),
        **{f"utility, {band}": ("EQ-5D index", draws[f"utility_{band}"]) for band in BANDS},
    }


def readable(draws: Mapping[str, Any], before: Mapping[str, Any]) -> Rows:
    """Return what was believed before beside what is believed now, in plain units, each with its middle 90 %."""
    was = in_plain_units(before)
    return [
        {"name": name, "unit": unit, "before": middle_90(was[name][1]), "now": middle_90(values)}
        for name, (unit, values) in in_plain_units(draws).items()
    ]


def middle_90(values: Any) -> dict[str, float]:
    """Return the mean of draws, and the ends of their middle 90 %."""
    low, high = np.quantile(values, (0.05, 0.95))
    return {"mean": round(float(np.mean(values)), 4), "from": round(float(low), 4), "to": round(float(high), 4)}


def _per_cent(share: Any) -> Any:
    return 100 * share


def _counted(tallies: Tallies) -> dict[str, tuple[int, str]]:
    """Return how many observations speak to each location, and what they are."""
    seen = tallies.seen
    relapses = (seen["relapses seen"], "relapses")
    of: dict[str, tuple[int, str]] = dict.fromkeys(LOCATIONS, relapses)
    of["response_logit"] = (seen["courses with a known result"], "courses")
    of["remission_given_response_logit"] = (seen["responders"], "responders")
    of["session_cost"] = (seen["sessions with a cost"], "sessions")
    of["staff_minutes"] = (seen["sessions with staff minutes"], "sessions")
    for number, band in enumerate(BANDS):
        of[f"utility_{band}"] = (int(tallies.utility[number, 0]), "people")
    return of


def _sites(tallies: Tallies, draws: Draws, sites: Draws) -> Rows:
    """Return each clinic's own figures beside those that the model draws towards the others'."""
    responses = _per_cent(expit(draws["response_logit"][:, None] + sites["response"]))
    costs = draws["session_cost"][:, None] * np.exp(sites["cost"])
    found = []
    for place, site in enumerate(tallies.sites):
        known, sessions = tallies.results[place].sum(), tallies.costs.count[place]
        found.append(
            {
                "site": site,
                "courses_with_a_result": int(known),
                "response_seen": round(float(_per_cent(tallies.results[place, 1].sum() / known)), 1) if known else None,
                "response": middle_90(responses[:, place]),
                "session_cost_seen": round(float(tallies.costs.total[place] / sessions), 2) if sessions else None,
                "session_cost": middle_90(costs[:, place]),
            }
        )
    return found


def _under_scenario(work: _Work, draws: Draws, scenario: Scenario) -> dict[str, Any]:
    if scenario != AS_MODELLED:
        _, data, points = work.fit(scenario)
        draws, _ = natural_draws(points, data)
    late = figure(SETTINGS, "told_relapse_by").value[-1]
    says = "as modelled: who is missing fares as their scores tell" if scenario == AS_MODELLED else scenario.in_words
    return {
        "assumption": says,
        "response": middle_90(_per_cent(expit(draws["response_logit"]))),
        f"relapse_within_{late}_days": middle_90(_per_cent(relapsed_by(draws, late))),
    }


def _provenance(
    registry: Registry, tallies: Tallies, seed: int, weights: Mapping[str, float] | float, length: Length
) -> dict[str, Any]:
    return {
        "what": "registry update: trials as prior, registry as likelihood; effects by trials alone",
        "simulated": registry.simulated,
        "mark": SIMULATED if registry.simulated else "",
        "registry_digest": registry.digest,
        "rows": registry.rows.height,
        "sites": list(tallies.sites),
        "courses": tallies.seen["courses"],
        "seed": seed,
        "weights": checked_weights(weights),
        "warmup": length.warmup,
        "draws_of_a_chain": length.draws,
        "chains": length.chains,
        "versions": {
            "glimmer": glimmer.__version__,
            "python": ".".join(map(str, sys.version_info[:3])),
            **{name: version(name) for name in ("numpyro", "jax", "numpy", "polars")},
        },
    }
