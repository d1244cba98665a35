"""Places per person in need, by the enhanced two-step floating catchment area method (E2SFCA; Luo and Qi 2009).

First each clinic's places are shared among those in need around it; then each area adds up its shares of all clinics
around it. Nearer counts more, by zones of minutes with stated weights. What nobody reaches has no places.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

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
    edges = [ring.up_to for ring in rings]
    if len(edges) == 0 or np.any(np.diff(edges) <= 0):
        raise ValueError(f"Zones end at {edges} minutes, but must rise, and there must be one at least.")
    found = np.zeros(np.shape(minutes))
    for ring in reversed(rings):
        found[np.asarray(minutes) <= ring.up_to] = ring.weight
    return found


def places_per_person(
    minutes: Numbers,
    need: Numbers,
    places: Numbers,
    rings: Sequence[Zone] | None = None,
    stretch: Numbers | None = None,
) -> Numbers:
    """Return the places that each area has per person in need, of the shape of `need`.

    `minutes` (areas, clinics); `need` (..., areas), people; `places` (clinics,), in any unit of supply; `stretch`, of
    the shape of `need`, is what the minutes of an area are multiplied by in a draw. The sum of places times need is the
    sum of all places of clinics that somebody in need reaches.
    """
    need, rings = np.asarray(need, float), rings or zones()
    people = need.reshape(-1, need.shape[-1])
    longer = np.ones(people.shape) if stretch is None else np.asarray(stretch, float).reshape(people.shape)
    # Pairs that no draw brings into a zone weigh nothing: most of a country.
    shortest = np.asarray(minutes, float) * longer.min(axis=0)[:, None]
    area, clinic = np.nonzero(shortest <= rings[-1].up_to)
    pairs = np.asarray(minutes, float)[area, clinic]
    supply, found = np.asarray(places, float), np.empty(people.shape)
    for draw in range(len(people)):
        weight = zone_weights(pairs * longer[draw, area], rings)
        around = np.bincount(clinic, weight * people[draw, area], len(supply))
        ratio = np.divide(supply, around, out=np.zeros(len(supply)), where=around > 0)
        found[draw] = np.bincount(area, weight * ratio[clinic], people.shape[1])
    return found.reshape(need.shape)


def places_within_reach(
    minutes: Numbers,
    need: Numbers,
    places: Numbers,
    rings: Sequence[Zone] | None = None,
    stretch: Numbers | None = None,
) -> Numbers:
    """Return the places of all clinics that somebody in need reaches, (draws,): what `places_per_person` shares out.

    Takes the same, with `need` (draws, areas); nothing is shared, so that a map that is touched can say it at once.
    """
    minutes, people, supply = np.asarray(minutes, float), np.asarray(need, float), np.asarray(places, float)
    longer = np.ones(people.shape) if stretch is None else np.asarray(stretch, float)
    farthest = max((ring.up_to for ring in rings or zones() if ring.weight > 0), default=-np.inf)
    is_always_there = people.min(axis=0) > 0
    found = np.zeros(len(people))
    for way, own in zip(minutes.T, supply, strict=True):
        # Nearly always the nearest place decides; where it does not in some draw, all places are looked at.
        nearest = int(np.where(is_always_there, way, np.inf).argmin())
        is_reached = is_always_there[nearest] & (way[nearest] * longer[:, nearest] <= farthest)
        if not is_reached.all():
            is_reached = ((way * longer <= farthest) & (people > 0)).any(axis=1)
        found += own * is_reached
    return found
