"""What a plan changes for whom: two sets of sites, measured on the same draws of need and of minutes.

A draw that makes ways long makes them long for both plans, so that the difference is far surer than either mean.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from glimmer.evidence.access.breakdowns import Runs, labels_by_place
from glimmer.evidence.access.measures import nearest, stretch_of
from glimmer.evidence.access.need import Need
from glimmer.evidence.access.tables import Areas
from glimmer.evidence.access.travel import Travel
from glimmer.evidence.economics.analysis.spread import Spread, spread_of
from glimmer.evidence.economics.outcomes import Numbers
from glimmer.guidance.access import access_figure

SHOWN = ("all", "nation", "tenth", "rurality")


@dataclass(frozen=True, slots=True)
class Change:
    """Mean minutes of one group before and after, and after less before, each over the same draws."""

    breakdown: str
    name: str
    before: Spread
    after: Spread
    less: Spread


@dataclass(frozen=True, eq=False)
class Compared:
    """The groups of SHOWN, and the change of each area in minutes, (areas,): nan where one plan does not reach it."""

    groups: tuple[Change, ...]
    areas: Numbers


def compare(
    areas: Areas, travel: Travel, before: Sequence[int], after: Sequence[int], people: Need, *, seed: int = 1
) -> Compared:
    """Return what opening the sites `after` in place of `before` changes; both are rows of sites."""
    longest = float(access_figure("travel", "beyond").value)
    ways = [nearest(travel, chosen).minutes for chosen in (before, after)]
    runs = {name: Runs(list(labels), list(labels)) for name, labels in labels_by_place(areas).items() if name in SHOWN}
    drawn: dict[str, list[list[Numbers]]] = {name: [[], []] for name in runs}
    first = 0
    for stretch in stretch_of(travel, people.draws, seed, len(areas)):
        some = people.people(first, first + len(stretch))
        for name, group in runs.items():
            size = group.sums(some)
            for number, way in enumerate(ways):
                total = group.sums(some * np.minimum(way * stretch, longest))
                drawn[name][number].append(np.divide(total, size, out=np.zeros(size.shape), where=size > 0))
        first += len(stretch)
    groups = []
    for name, group in runs.items():
        old, new = (np.concatenate(parts) for parts in drawn[name])
        groups += [
            Change(name, label, *(spread_of(one[:, at]) for one in (old, new, new - old)))
            for at, label in enumerate(group.names)
        ]
    with np.errstate(invalid="ignore"):
        change = ways[1] - ways[0]
    return Compared(tuple(groups), np.where(np.isfinite(change), change, np.nan))
