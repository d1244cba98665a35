"""What the model needs of a registry and no more: counts and sums that lose nothing of the likelihood.

Courses with the same interval of relapse, clinic and maintenance are one row with a weight, so that the work grows with
the number of different rows and not with that of people.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from glimmer.guidance import figure
from glimmer.guidance.instrument import instrument
from glimmer.registry.courses import Course
from glimmer.registry.evidence import BANDS, SETTINGS, utility_share
from glimmer.registry.rows import Registry

Numbers = NDArray[np.float64]
HALF_WAY_BANDS = 3
PHQ9_BANDS = {
    "none or minimal": "remission",
    "mild": "mild",
    "moderate": "moderate",
    "moderately severe": "severe",
    "severe": "severe",
}
# What came of the relapse rows, in the order of their columns.
RELAPSE_COLUMNS = ("site", "partial", "maintained", "doublings", "well_until", "ill_by", "lost", "weight")


@dataclass(frozen=True, slots=True)
class Sums:
    """Of positive numbers in each of several groups: how many, their sum, and the sum of their logarithms."""

    count: Numbers
    total: Numbers
    logs: Numbers


@dataclass(frozen=True, slots=True)
class Tallies:
    """A registry as the model sees it.

    `results[site, responded, band]` counts courses with a known result, the band being that of the half-way score and
    the last one "no half-way score". `unknown[site, band]` counts courses without a result that have a half-way score.
    `remitted` of `responders` were in remission. `relapse` holds one array for each of RELAPSE_COLUMNS: days from the
    response; `ill_by` is infinite where no relapse was seen; `doublings` is the log to base 2 of the interval of
    maintenance over that the association is stated for. `costs` and `minutes` are by site. `utility` has a row for each
    of BANDS: how many people, the sum of the logs of their utility's share of its range, and of one minus it.
    `seen` counts what was used and what was not, in words.
    """

    sites: tuple[str, ...]
    results: Numbers
    unknown: Numbers
    responders: float
    remitted: float
    relapse: dict[str, Numbers]
    costs: Sums
    minutes: Sums
    utility: Numbers
    utility_means: Numbers
    seen: dict[str, int]


def tallies_of(registry: Registry, courses: Sequence[Course]) -> Tallies:
    """Return the tallies of a registry and of the courses that were read from it."""
    place = {site: number for number, site in enumerate(registry.sites)}
    results = np.zeros((len(place), 2, HALF_WAY_BANDS + 1))
    unknown = np.zeros((len(place), HALF_WAY_BANDS))
    for one in courses:
        if one.responded is not None:
            band = HALF_WAY_BANDS if one.half_way is None else one.half_way
            results[place[one.site], int(one.responded), band] += 1
        elif one.half_way is not None:
            unknown[place[one.site], one.half_way] += 1
    utility, means = _utility(registry)
    return Tallies(
        registry.sites,
        results,
        unknown,
        float(sum(bool(one.responded) for one in courses)),
        float(sum(bool(one.remitted) for one in courses)),
        _relapse(courses, place),
        _sums(registry, "session"),
        _sums(registry, "staff_minutes"),
        utility,
        means,
        _seen(registry, courses, utility),
    )


def _relapse(courses: Iterable[Course], place: dict[str, int]) -> dict[str, Numbers]:
    centre = figure(SETTINGS, "maintenance_centre").value
    rows: Counter[tuple[float, ...]] = Counter()
    for one in courses:
        if one.follow_up is None:
            continue
        interval = one.maintenance_interval
        doublings = 0.0 if interval is None else math.log2(interval / centre)
        follow = one.follow_up
        what = (place[one.site], float(not one.remitted), float(interval is not None), doublings)
        rows[(*what, float(follow.well_until), follow.ill_by, float(follow.lost))] += 1
    table = np.array([(*row, float(weight)) for row, weight in sorted(rows.items())]).reshape(-1, len(RELAPSE_COLUMNS))
    return dict(zip(RELAPSE_COLUMNS, table.T, strict=True))


def _sums(registry: Registry, kind: str) -> Sums:
    rows = registry.rows.filter((pl.col("kind") == kind) & pl.col("value").is_not_null())
    # Added up exactly, so that it does not matter in which order threads bring the rows: the sampler would tell.
    values = [rows.filter(pl.col("site") == site)["value"].to_list() for site in registry.sites]
    count = np.array([float(len(of_site)) for of_site in values])
    total = np.array([math.fsum(of_site) for of_site in values])
    logs = np.array([math.fsum(map(math.log, of_site)) for of_site in values])
    return Sums(count, total, logs)


def _utility(registry: Registry) -> tuple[Numbers, Numbers]:
    """Return (people, logs, logs of the rest) by band, and the plain mean of the index by band.

    A person counts once in a band, with the mean of what they gave in it. A share of exactly 0 or 1 is drawn in by half
    a person (Smithson and Verkuilen 2006), since a beta distribution knows neither.
    """
    people = _utility_by_person(registry)
    found, means = np.zeros((len(BANDS), 3)), np.full(len(BANDS), np.nan)
    for number, band in enumerate(BANDS):
        values = people.filter(pl.col("band") == band)["value"].to_numpy()
        if not len(values):
            continue
        share = np.array([utility_share(one) for one in values])
        drawn_in = (share * (len(share) - 1) + 1 / 2) / len(share) if ((share == 0) | (share == 1)).any() else share
        found[number] = len(share), np.log(drawn_in).sum(), np.log1p(-drawn_in).sum()
        means[number] = values.mean()
    return found, means


def _utility_by_person(registry: Registry) -> pl.DataFrame:
    """Return the mean index of each course in each band of the PHQ-9 of the same day."""
    rows = registry.rows.filter(pl.col("value").is_not_null()).select("course", "day", "kind", "value")
    scores = rows.filter(pl.col("kind") == "phq9").group_by("course", "day").agg(pl.col("value").max().alias("phq9"))
    both = rows.filter(pl.col("kind") == "eq5d").join(scores, on=["course", "day"])
    measure = instrument("phq9")
    names = {float(total): PHQ9_BANDS[measure.band_of(total)] for total in range(measure.scoring.highest + 1)}
    banded = both.with_columns(pl.col("phq9").replace_strict(names, return_dtype=pl.String).alias("band"))
    ordered = banded.sort("course", "band", "value")
    return ordered.group_by("course", "band", maintain_order=True).agg(pl.col("value").mean())


def _seen(registry: Registry, courses: Sequence[Course], utility: Numbers) -> dict[str, int]:
    follow = [one.follow_up for one in courses if one.follow_up]
    kinds = registry.rows.filter(pl.col("value").is_not_null())["kind"]
    return {
        "sites": len(registry.sites),
        "courses": len(courses),
        "courses with a known result": sum(one.responded is not None for one in courses),
        "courses without a result, judged by their half-way score": sum(
            one.responded is None and one.half_way is not None for one in courses
        ),
        "courses without a result or a half-way score, left out": sum(
            one.responded is None and one.half_way is None for one in courses
        ),
        "responders": sum(bool(one.responded) for one in courses),
        "in remission": sum(bool(one.remitted) for one in courses),
        "relapses seen": sum(math.isfinite(one.ill_by) for one in follow),
        "responders who stopped answering": sum(one.lost for one in follow),
        "responders with maintenance": sum(one.maintenance_interval is not None for one in courses if one.follow_up),
        "sessions with a cost": int((kinds == "session").sum()),
        "sessions with staff minutes": int((kinds == "staff_minutes").sum()),
        "people with a utility in a band of the PHQ-9": int(utility[:, 0].sum()),
    }
