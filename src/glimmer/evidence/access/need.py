"""How many adults are in need of a clinic for treatment-resistant depression, where, and how unsure that is.

People in need are adults times the share depressed times the share whose depression two antidepressants did not
relieve. Within each nation need rises with deprivation; the nation's own total is not changed by that. Every figure is
a prior of `guidance/access/need.toml`; nothing here is a count. Nations are taken to be alike: no figure says how not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from glimmer.evidence.access.inequality import place_in_ranking
from glimmer.evidence.economics.beliefs import believed
from glimmer.evidence.economics.inputs import Distribution, Inputs
from glimmer.evidence.economics.outcomes import Numbers
from glimmer.guidance.access import parameter

if TYPE_CHECKING:
    from glimmer.evidence.access.tables import Areas

ROUTES: Mapping[str, tuple[str, str]] = {
    "survey": ("depressed_share", "resistant_share"),
    "register": ("register_share", "resistant_share_of_treated"),
}
"""The two ways to the share in need, each the product of two parameters. The first is the default, and the wider."""
GRADIENT = "deprivation_gradient"
PATHWAY = ("eligible_share", "referred_in_a_year", "assessed_share", "accepting_share")
"""From an adult in need to a course that is started: each a share of the one before."""


@dataclass(frozen=True, slots=True)
class Need:
    """Draws of who is in need. Tables of (draws, areas) are made when asked for, for some draws or all.

    `rate` (draws,): share of adults in need; `gradient` (draws,): log of need from the least to the most deprived end;
    `starts_per_need` (draws,): courses started in a year per adult in need; `adults` and `place` (areas,): people, and
    the place in the own nation's ranking of deprivation (0 the most deprived); `nation` (areas,): its number.
    """

    rate: Numbers
    gradient: Numbers
    starts_per_need: Numbers
    adults: Numbers
    place: Numbers
    nation: NDArray[np.int64]
    route: str
    seed: int

    @property
    def draws(self) -> int:
        """How many draws there are."""
        return len(self.rate)

    def people(self, first: int = 0, last: int | None = None) -> Numbers:
        """Return the people in need, (draws, areas), of the draws from `first` to before `last`."""
        return self._spread(self.rate[first:last], self.gradient[first:last])

    def central(self) -> Numbers:
        """Return the people in need at the values of guidance, (areas,): what siting weighs areas by."""
        rate = np.array([np.prod([parameter(name).value for name in ROUTES[self.route]])])
        return self._spread(rate, np.array([parameter(GRADIENT).value]))[0]

    def total(self) -> Numbers:
        """Return all people in need, (draws,)."""
        return self.rate * self.adults.sum()

    def starts(self) -> Numbers:
        """Return the courses that all of them would start in a year, (draws,)."""
        return self.total() * self.starts_per_need

    def _spread(self, rate: Numbers, gradient: Numbers) -> Numbers:
        """Spread each nation's people in need over its areas, more to the more deprived."""
        leaning = self.adults * np.exp(-gradient[:, None] * (self.place - 0.5))
        for number in np.unique(self.nation):
            # Where nobody lives nobody is in need, and there is nothing to spread.
            inside = (self.nation == number) & (self.adults > 0)
            if not inside.any():
                continue
            leaning[:, inside] *= self.adults[inside].sum() / leaning[:, inside].sum(axis=1, keepdims=True)
        return leaning * rate[:, None]


def need(
    areas: "Areas",
    draws: int,
    seed: int,
    route: str = "survey",
    own: Mapping[str, Distribution] | None = None,
) -> Need:
    """Return draws of the people in need of each area, the same for a seed whatever else is asked.

    `route`: one of ROUTES. `own`: what is believed of a parameter in place of guidance, by name.
    Raise KeyError for a route or a name that there is not.
    """
    if route not in ROUTES:
        raise KeyError(f"There is no route {route!r} to the people in need. There is: {', '.join(ROUTES)}.")
    drawn = priors(own).draw(draws, seed)
    prevalence, resistant = (drawn[name] for name in ROUTES[route])
    adults = np.asarray(areas.adults, float)
    nation = np.unique(areas.nation, return_inverse=True)[1]
    place = place_in_ranking(areas.imd_pct, adults, nation)
    starts = np.prod([drawn[name] for name in PATHWAY], axis=0)
    return Need(prevalence * resistant, drawn[GRADIENT], starts, adults, place, nation, route, seed)


def names() -> tuple[str, ...]:
    """Return the names of all parameters of need."""
    return tuple(dict.fromkeys([*(name for pair in ROUTES.values() for name in pair), GRADIENT, *PATHWAY]))


def priors(own: Mapping[str, Distribution] | None = None) -> Inputs:
    """Return what is believed of each parameter of need, the asker's own in the place of guidance."""
    own = own or {}
    if unknown := sorted(set(own) - set(names())):
        raise KeyError(f"Need has no {', '.join(unknown)}. It has: {', '.join(names())}.")
    return Inputs({name: own.get(name) or believed(parameter(name)) for name in names()})


def shown_priors(names_asked: Sequence[str] | None = None) -> list[dict[str, object]]:
    """Return each prior as people should see it: title, value, unit, interval, source and mark."""
    from glimmer.evidence.economics.inputs import interval

    shown: list[dict[str, object]] = []
    for name in names_asked or names():
        one = parameter(name)
        low, high = interval(believed(one))
        shown.append(
            {
                "name": name,
                "title": one.title,
                "value": one.value,
                "low": low,
                "high": high,
                "unit": one.unit,
                "source": one.source,
                "mark": one.evidence,
                "note": one.note,
            }
        )
    return shown
