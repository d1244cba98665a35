"""Whether the chains agree, and how much of a posterior the registry brought."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glimmer.guidance import figure
from glimmer.registry.engine import load
from glimmer.registry.evidence import SETTINGS, Prior

Rows = list[dict[str, Any]]


def diagnostics(draws: Mapping[str, NDArray[np.float64]], diverged: NDArray[np.bool_]) -> Rows:
    """Return split R-hat and effective draws of each name, and the steps that diverged; draws are (chains, draws)."""
    measures = load("numpyro.diagnostics")
    largest, fewest = figure(SETTINGS, "agreement").value, figure(SETTINGS, "effective_draws").value
    rows = [
        {
            "name": name,
            "split_r_hat": round(float(measures.split_gelman_rubin(values)), 4),
            "effective_draws": round(float(measures.effective_sample_size(values))),
        }
        for name, values in draws.items()
    ]
    for row in rows:
        row["good"] = row["split_r_hat"] <= largest and row["effective_draws"] >= fewest
    steps = int(diverged.sum())
    return [*rows, {"name": "steps that diverged", "count": steps, "good": steps == 0}]


def verdict(rows: Rows) -> str:
    """Return in a sentence whether the draws can be used, naming what cannot."""
    bad = [row["name"] for row in rows if not row["good"]]
    if not bad:
        return "The chains agree, and there are draws enough."
    return (
        f"NOT TO BE USED YET: {', '.join(bad)}. Sample longer (--draws), or look whether the data contradict the model."
    )


def information(
    priors: Mapping[str, Prior], standard: Mapping[str, NDArray[np.float64]], counted: Mapping[str, tuple[int, str]]
) -> Rows:
    """Return how much each parameter owes to the prior and to the registry.

    `standard` are draws in units of the prior, which has variance 1 there; `counted` is how many observations speak to
    each name, and of what. Method: precision is what adds up. The registry brought the share `1 - v` of the posterior's
    precision, where v is the posterior's variance over the prior's; if its n observations brought that, then the prior
    is worth `n v / (1 - v)` of them (a variance-ratio effective sample size, as in Morita and others 2008). It is None
    where the registry brought nothing that can be told from chance.
    """
    rows = []
    for name, values in standard.items():
        ratio = float(values.var())
        number, of = counted[name]
        brought = 1 - ratio
        can_tell = number > 0 and brought > np.sqrt(2 / values.size)
        rows.append(
            {
                "name": name,
                "registry_share": round(max(brought, 0.0), 3) if number else 0.0,
                "registry_observations": number,
                "of": of,
                "prior_is_worth": round(number * ratio / brought, 1) if can_tell else None,
                "sources": list(priors[name].sources),
            }
        )
    return rows
