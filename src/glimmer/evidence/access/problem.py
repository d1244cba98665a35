"""Which sites to open: the question, as it is asked.

    problem = pose(areas, sites, travel, clinics=50)                          the mean way as short as can be
    problem = pose(areas, sites, travel, clinics=50, within=45)               as many people within 45 minutes as can be
    problem = pose(areas, sites, travel, clinics=50, objective="center")      the longest way as short as can be

Need is people (or people in need) in each area. An equity weight makes the need of deprived areas count more. Sites can
be kept or forbidden; each health body can be given a least number; sites can have a capacity; and sites that a team
visits on some days serve that share of the need without being one of the clinics.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glimmer.evidence.access.heuristic_kernel import Rules
from glimmer.evidence.access.tables import Areas, Sites
from glimmer.evidence.access.travel import Minutes, Travel
from glimmer.guidance.access import access_figure

OBJECTIVES = ("median", "cover", "center")
# Sites are numbered in 16 bits by compiled code.
MOST_SITES = 65_535


class BadProblem(ValueError):
    """A siting problem is not as it must be. The message says what, why, and what is expected."""


@dataclass(frozen=True, eq=False)
class Problem:
    """One siting problem. Sites and areas are row numbers; `minutes` is (areas, sites), `weights` (areas,).

    `objective`: "median" makes the mean minutes least, "cover" the share of need within `within` minutes greatest,
    "center" the minutes of the worst-off area least. `floor` is the least number of clinics of each health body, whose
    label for each site is in `body`. `capacity` (sites,) is how much need a site can serve; with it need is sent where
    there is room, not to the nearest. `outreach` gives sites that are visited the share of the need of an area that
    can be seen there. A way that nobody makes counts as `beyond` minutes.
    """

    minutes: Minutes
    weights: NDArray[np.float64]
    clinics: int
    objective: str = "median"
    within: float | None = None
    keep: tuple[int, ...] = ()
    forbidden: tuple[int, ...] = ()
    floor: int | Mapping[str, int] = 0
    body: NDArray[np.str_] | None = None
    capacity: NDArray[np.float64] | None = None
    outreach: Mapping[int, float] = field(default_factory=dict)
    beyond: float = field(default_factory=lambda: float(access_figure("travel", "beyond").value))
    site_codes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check(self)

    @property
    def sites(self) -> int:
        """How many candidate sites there are."""
        return int(self.minutes.shape[1])

    def rules(self) -> Rules:
        """Return what may be opened, as compiled code reads it."""
        may_open = np.ones(self.sites, bool)
        may_open[list(self.forbidden)] = False
        # A site that is visited anyway is no candidate for a clinic.
        may_open[list(self.outreach)] = False
        kept = np.zeros(self.sites, bool)
        kept[list(self.keep)] = True
        if self.body is None:
            return Rules(may_open, kept, np.zeros(self.sites, np.int32), np.zeros(1, np.int64))
        names, body = np.unique(self.body, return_inverse=True)
        floor = [self.floor if isinstance(self.floor, int) else self.floor.get(name, 0) for name in names.tolist()]
        return Rules(may_open, kept, body.astype(np.int32), np.array(floor, np.int64))


def pose(
    areas: Areas,
    sites: Sites,
    travel: Travel,
    *,
    clinics: int,
    need: NDArray[np.float64] | None = None,
    equity: float = 1.0,
    keep: tuple[str, ...] = (),
    forbidden: tuple[str, ...] = (),
    outreach: Mapping[str, float] | None = None,
    **asked: Any,
) -> Problem:
    """Return the problem of these tables; sites are named by their codes, and `asked` are further fields of Problem.

    `need` is (areas,), the adults where it is not given. `equity` is how much more need counts in the most deprived
    area of a nation than in its least deprived.
    """
    if asked.get("within") is not None:
        asked.setdefault("objective", "cover")
    return Problem(
        minutes=travel.minutes,
        weights=equity_weights(areas, areas.adults if need is None else need, equity),
        clinics=clinics,
        keep=tuple(sites.rows(keep).tolist()),
        forbidden=tuple(sites.rows(forbidden).tolist()),
        outreach={int(sites.rows([code])[0]): share for code, share in (outreach or {}).items()},
        body=sites.health_body,
        site_codes=tuple(sites.code.tolist()),
        **asked,
    )


def equity_weights(areas: Areas, need: NDArray[np.float64], equity: float = 1.0) -> NDArray[np.float64]:
    """Return need that counts more where people are deprived: at most `equity` times as much, in a straight line."""
    if not (equity > 0 and np.isfinite(equity)):
        raise BadProblem(f"The equity weight is {equity:g}, but must be above 0; 1 lets all need count alike.")
    return np.asarray(need, np.float64) * (1 + (equity - 1) * (1 - areas.imd_pct))


def check(problem: Problem) -> None:
    """Raise BadProblem where a problem contradicts itself or cannot be solved at all."""
    _check_shapes(problem)
    _check_objective(problem)
    _check_sites(problem)
    rules = problem.rules()
    there = np.bincount(rules.body[rules.may_open], minlength=len(rules.floor))
    _refuse(
        bool((rules.floor > there).any()),
        f"A health body must get {int(rules.floor.max())} clinics, but one has fewer sites that may be opened.",
    )
    least = fewest_clinics(problem)
    _refuse(
        least > problem.clinics,
        f"{problem.clinics} clinics are too few: the kept sites and the floor of each health body need {least}.",
    )


def fewest_clinics(problem: Problem) -> int:
    """Return how many clinics the kept sites and the floor of each health body need at least."""
    rules = problem.rules()
    kept = np.bincount(rules.body[rules.is_kept], minlength=len(rules.floor))
    return int(np.maximum(rules.floor, kept).sum())


def _refuse(is_wrong: bool, why: str) -> None:
    if is_wrong:
        raise BadProblem(why)


def _check_shapes(problem: Problem) -> None:
    minutes, weights = problem.minutes, problem.weights
    _refuse(
        minutes.ndim != 2 or minutes.dtype != np.float32 or not minutes.flags.c_contiguous or not minutes.size,
        f"minutes must be (areas, sites) of float32 in the order of areas, but is {minutes.dtype} {minutes.shape}.",
    )
    _refuse(problem.sites > MOST_SITES, f"There are {problem.sites} sites; at most {MOST_SITES} can be told apart.")
    # Least and most see a value that is no number, and make no copy of a large table.
    _refuse(
        not (minutes.min() >= 0 and minutes.max() >= 0),
        "minutes must be at least 0, or infinite where a site is beyond reach.",
    )
    _refuse(
        weights.shape != minutes.shape[:1] or not (np.isfinite(weights).all() and (weights >= 0).all()),
        f"weights must be one number of at least 0 for each of the {minutes.shape[0]} areas.",
    )
    _refuse(not weights.sum() > 0, "There is no need in any area, so that no site is better than another.")


def _check_objective(problem: Problem) -> None:
    _refuse(
        problem.objective not in OBJECTIVES,
        f"The objective is {problem.objective!r}, but must be one of {', '.join(OBJECTIVES)}.",
    )
    _refuse(
        (problem.objective == "cover") != (problem.within is not None),
        f"The objective is {problem.objective!r} and within is {problem.within}; cover needs minutes, no other does.",
    )
    _refuse(not problem.beyond > 0, f"beyond is {problem.beyond:g} minutes, but must be above 0.")
    _refuse(
        problem.within is not None and not 0 <= problem.within < problem.beyond,
        f"within is {problem.within} minutes, but must be at least 0 and below {problem.beyond:g} (beyond).",
    )


def _check_sites(problem: Problem) -> None:
    named = {*problem.keep, *problem.forbidden, *problem.outreach}
    _refuse(
        any(not 0 <= site < problem.sites for site in named), f"Sites are rows from 0 to {problem.sites - 1}: {named}."
    )
    _refuse(
        bool(set(problem.keep) & {*problem.forbidden, *problem.outreach}),
        "A site is both kept and forbidden, or kept and visited. It can be only one of them.",
    )
    _refuse(len(set(problem.keep)) != len(problem.keep), "A kept site is named twice.")
    _refuse(
        any(not 0 < share < 1 for share in problem.outreach.values()) or sum(problem.outreach.values()) >= 1,
        "The shares of outreach must each be above 0, and below 1 together: what is left goes to a clinic.",
    )
    allowed = problem.sites - len({*problem.forbidden, *problem.outreach})
    _refuse(
        not 1 <= problem.clinics <= allowed, f"{problem.clinics} clinics are asked for, and {allowed} sites may open."
    )
    _refuse(bool(problem.floor) and problem.body is None, "A floor for each health body needs the body of each site.")
    if problem.body is not None and not isinstance(problem.floor, int):
        unknown = sorted(set(problem.floor) - set(problem.body.tolist()))
        _refuse(bool(unknown), f"A floor is given for {', '.join(unknown)}, where no site is.")
    capacity = problem.capacity
    _refuse(
        capacity is not None and (capacity.shape != (problem.sites,) or not (capacity >= 0).all()),
        f"capacity must be one number of at least 0 for each of the {problem.sites} sites.",
    )
