"""Places per person in need, by the enhanced two-step floating catchment area method (E2SFCA; Luo and Qi 2009).

First each clinic's places are shared among those in need around it; then each area adds up its shares of all clinics
around it. Nearer counts more, by zones of minutes with stated weights. What nobody reaches has no places.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from glimmer.evidence.economics.outcomes import Numbers
from glimmer.guidance.access import access_figure


@dataclass(frozen=True, slots=True)
class Zone:
    """A ring around a clinic: up to so many minutes (inclusive), and what a person there counts."""

    up_to: float
    weight: float


def zones() -> tuple[Zone, ...]:
    """Return the zones of guidance, the nearest first."""
    ends, weights = (access_figure("measures", name).value for name in ("zone_minutes", "zone_weights"))
    return tuple(Zone(float(end), float(weight)) for end, weight in zip(ends, weights, strict=True))


def zone_weights(minutes: Numbers, rings: Sequence[Zone]) -> Numbers:
    """Return the weight of each pair, of the shape of `minutes`; 0 beyond the last zone."""
    edges = np.array([ring.up_to for ring in rings])
    if len(edges) == 0 or np.any(np.diff(edges) <= 0):
        raise ValueError(f"Zones end at {edges.tolist()} minutes, but must rise, and there must be one at least.")
    weights = np.array([*(ring.weight for ring in rings), 0.0])
    return weights[np.searchsorted(edges, np.asarray(minutes, float), side="left")]


def places_per_person(minutes: Numbers, need: Numbers, places: Numbers, rings: Sequence[Zone] | None = None) -> Numbers:
    """Return the places that each area has per person in need, of the shape of `need`.

    `minutes` (areas, clinics); `need` (..., areas), people; `places` (clinics,), in any unit of supply. The sum of
    places times need is the sum of all places of clinics that somebody in need reaches.
    """
    need = np.asarray(need, float)
    # Sparse on purpose: most pairs weigh nothing, and the order of its sums does not depend on the machine's threads.
    weight = csr_array(zone_weights(minutes, rings or zones()))
    people = need.reshape(-1, need.shape[-1])
    around = (weight.T @ people.T).T
    supply = np.broadcast_to(np.asarray(places, float), around.shape)
    ratio = np.divide(supply, around, out=np.zeros(around.shape), where=around > 0)
    return (weight @ ratio.T).T.reshape(need.shape)
