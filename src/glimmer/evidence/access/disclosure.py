"""What of an answer is hidden because few people are in it: once for all its tables, so that none tells on another."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from glimmer.evidence.access.breakdowns import labels_by_place
from glimmer.evidence.access.crossed import Hidden, hidden_together
from glimmer.evidence.access.measures import Group, Measures, Nearest
from glimmer.evidence.access.need import Need
from glimmer.evidence.access.suppress import hidden_counts
from glimmer.evidence.access.tables import Areas
from glimmer.evidence.economics.outcomes import Numbers

CLINIC = "clinic"


@dataclass(frozen=True, eq=False)
class Disclosure:
    """What is hidden of the adults and of the people in need: areas, groups by place, and catchments (CLINIC)."""

    adults: Hidden
    in_need: Hidden

    def no_adults_at(self, site: int) -> bool:
        """Return whether the adults of a catchment are hidden; `site` is its row."""
        return str(site) in self.adults.groups[CLINIC]

    def no_need_at(self, site: int) -> bool:
        """Return whether the people in need of a catchment are hidden."""
        return str(site) in self.in_need.groups[CLINIC]

    def no_adults_of(self, found: Measures) -> list[bool]:
        """Return of each group of measures whether its adults are hidden, and with them all that is said of it."""
        return _hidden_groups(found, self.adults, np.array([one.adults for one in found.groups], float))

    def no_need_of(self, found: Measures) -> list[bool]:
        """Return of each group of measures whether its people in need are hidden."""
        return _hidden_groups(found, self.in_need, np.array([one.in_need.mean for one in found.groups]))


def disclosure(areas: Areas, people: Need, near: Nearest, *, need_by_area: bool = True) -> Disclosure:
    """Return what is hidden where areas, groups and catchments are told side by side.

    Without `need_by_area` the people in need are told by catchment alone, as a page does: that is quicker.
    """
    families = {**labels_by_place(areas), CLINIC: near.site.astype(str)}
    if not need_by_area:
        sites, at = np.unique(near.site, return_inverse=True)
        few = hidden_counts(np.bincount(at, people.central()).astype(np.float64))
        catchments = frozenset(str(site) for site in sites[few].tolist())
        hidden = Hidden(np.zeros(len(areas), bool), {CLINIC: catchments})
        return Disclosure(hidden_together(areas.adults, families), hidden)
    return Disclosure(hidden_together(areas.adults, families), hidden_together(people.central(), families))


def _hidden_groups(found: Measures, hidden: Hidden, counts: Numbers) -> list[bool]:
    """Return the groups by place as all tables need it, and groups of people so that their total tells none."""
    by_people: NDArray[np.bool_] = np.array([one.breakdown not in hidden.groups for one in found.groups])
    families = np.array([f"{one.breakdown}|{one.total}" for one in found.groups])
    few = np.zeros(len(counts), bool)
    if by_people.any():
        few[by_people] = hidden_counts(counts[by_people], families[by_people])
    return [bool(no) or _is_in(one, hidden) for no, one in zip(few, found.groups, strict=True)]


def _is_in(one: Group, hidden: Hidden) -> bool:
    return one.name in hidden.groups.get(one.breakdown, frozenset())
