"""Registries that were made up from a stated truth: to try the update on, and to see whether it finds the truth again.

Every row is marked as simulated, and so is all that is reckoned from it. Each course has chance of its own by seed and
number: the first hundred courses of a site are the same in a registry of a thousand. Drop-out depends on the last score
that was seen, before the end of the course as well as after it; `silent_relapse` adds what no analysis can see.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl

from glimmer.guidance import figure
from glimmer.guidance.instrument import instrument
from glimmer.registry.chance import generator
from glimmer.registry.evidence import SETTINGS, course_priors, utility_index, utility_share
from glimmer.registry.rows import COLUMNS, MARK, Registry, registry_of
from glimmer.registry.tallies import PHQ9_BANDS

FIGURES = "registry_simulated"
WEEK = 7
Row = tuple[int, str, float | None]


@dataclass(frozen=True, slots=True)
class Truth:
    """What a simulated registry hides, by the names of the posterior draws (natural scale, as in `parameters`).

    `silent_relapse`: the share of those who relapse that never answer again, so that the relapse is not seen.
    """

    values: Mapping[str, float]
    silent_relapse: float = 0.0

    def with_values(self, **values: float) -> "Truth":
        """Return this truth with some values changed."""
        return replace(self, values={**self.values, **values})


def truth_by_evidence() -> Truth:
    """Return the truth in which every parameter is at the middle of its prior, and clinics differ a little."""
    priors = {name: natural(name, one.mean) for name, one in course_priors().items()}
    between, variation = figure(SETTINGS, "between_sites").value, figure(SETTINGS, "variation").value
    spreads = {
        "response_site_sd": between["response"] / 2,
        "relapse_site_sd": between["relapse"] / 2,
        "session_cost_site_sd": between["cost"] / 2,
        "session_cost_cv": variation["cost"],
        "staff_minutes_cv": variation["minutes"],
        "utility_precision": figure(SETTINGS, "utility_precision").value["precision"],
    }
    return Truth({**priors, **spreads})


def truth_by_chance(seed: int) -> Truth:
    """Return a truth drawn from the priors: what a calibrated update covers as often as it says."""
    chance = generator(seed, "truth")
    drawn = {name: natural(name, chance.normal(one.mean, one.sd)) for name, one in course_priors().items()}
    between, variation = figure(SETTINGS, "between_sites").value, figure(SETTINGS, "variation").value
    precision = figure(SETTINGS, "utility_precision").value
    drawn["response_site_sd"] = abs(chance.normal(0, between["response"]))
    drawn["relapse_site_sd"] = abs(chance.normal(0, between["relapse"]))
    drawn["session_cost_site_sd"] = abs(chance.normal(0, between["cost"]))
    drawn["session_cost_cv"] = variation["cost"] * math.exp(chance.normal(0, variation["spread"]))
    drawn["staff_minutes_cv"] = variation["minutes"] * math.exp(chance.normal(0, variation["spread"]))
    drawn["utility_precision"] = precision["precision"] * math.exp(chance.normal(0, precision["spread"]))
    return Truth(drawn)


def natural(name: str, on_model_scale: float) -> float:
    """Return a prior's value on the scale of the draws: utilities as an index, times and costs in their units."""
    if name.startswith("utility_"):
        return float(utility_index(_share(on_model_scale)))
    logs = ("relapse_shape", "relapse_scale_days", "session_cost", "staff_minutes")
    return math.exp(on_model_scale) if name in logs else on_model_scale


def simulate_registry(seed: int, truth: Truth, sites: int = 4, courses_a_site: int = 60) -> Registry:
    """Return a made-up registry: `sites` clinics with so many courses each."""
    rows = [
        (f"SIM-{site + 1}", f"SIM-{site + 1}-{number + 1}", *row)
        for site in range(sites)
        for effects in [_SiteEffects.drawn(seed, truth, site)]
        for number in range(courses_a_site)
        for row in _Person(seed, truth, effects, site * _MOST_COURSES + number).rows()
    ]
    names = [name for name in COLUMNS if name != "value"]
    frame = pl.DataFrame(rows, schema=[*names, "value"], orient="row").with_columns(pl.lit(True).alias(MARK))
    return registry_of(frame)


_MOST_COURSES = 1_000_000


@dataclass(frozen=True, slots=True)
class _SiteEffects:
    """How one clinic differs from the typical one: on log odds, log hazard and log cost."""

    response: float
    relapse: float
    cost: float

    @classmethod
    def drawn(cls, seed: int, truth: Truth, site: int) -> "_SiteEffects":
        standard = generator(seed, "site", site).standard_normal(3)
        names = ("response_site_sd", "relapse_site_sd", "session_cost_site_sd")
        return cls(*(float(one * truth.values[name]) for one, name in zip(standard, names, strict=True)))


@dataclass(slots=True)
class _Person:
    """One made-up course. The chance of each part is drawn from a generator of its own, so that parts do not mix."""

    seed: int
    truth: Truth
    site: _SiteEffects
    number: int
    utilities: dict[str, float] = field(default_factory=dict)

    def rows(self) -> Iterator[Row]:
        """Yield (day, kind, value) of the whole course."""
        course = figure(FIGURES, "course").value
        days = [course["apart"] * number for number in range(course["sessions"])]
        yield from self._sessions(days)
        baseline = self._baseline()
        yield from self._score(0, baseline)
        responds, remits, half_way = self._course()
        half_way_score = self._half_way_score(baseline, half_way)
        yield days[-1] // 2, "phq9", half_way_score
        end = days[-1] + 1
        yield end + figure(FIGURES, "followed").value, "followed_until", None
        stops = self._chance("stops").random() < figure(FIGURES, "stops_before_end").value[half_way]
        if stops:
            return
        total = self._end_score(baseline, responds, remits)
        yield from self._score(end, total)
        if responds:
            yield from self._after(end, days[-1], baseline, remits, total)

    def _chance(self, part: str) -> np.random.Generator:
        return generator(self.seed, part, self.number)

    def _sessions(self, days: list[int]) -> Iterator[Row]:
        chance, minutes = self._chance("sessions"), self._chance("minutes")
        mean = self.truth.values["session_cost"] * math.exp(self.site.cost)
        for day in days:
            yield day, "session", _gamma(chance, mean, self.truth.values["session_cost_cv"])
            spent = _gamma(minutes, self.truth.values["staff_minutes"], self.truth.values["staff_minutes_cv"])
            yield day, "staff_minutes", spent

    def _baseline(self) -> int:
        one = figure(FIGURES, "baseline").value
        return int(
            np.clip(round(self._chance("baseline").normal(one["mean"], one["spread"])), one["least"], one["most"])
        )

    def _course(self) -> tuple[bool, bool, int]:
        """Return whether the person responds, remits, and the band of the half-way score."""
        chance = self._chance("course")
        responds = bool(chance.random() < _share(self.truth.values["response_logit"] + self.site.response))
        remits = responds and bool(chance.random() < _share(self.truth.values["remission_given_response_logit"]))
        shares = figure(FIGURES, "half_way").value["responder" if responds else "other"]
        return responds, remits, int(np.searchsorted(np.cumsum(shares)[:-1], chance.random(), side="right"))

    def _half_way_score(self, baseline: int, band: int) -> int:
        bands = (figure("outcomes", "early_fall").value, figure(SETTINGS, "early_fall_large").value)
        falls = [0, *(math.ceil(one * baseline / _PER_CENT) for one in bands), baseline + 1]
        return baseline - int(self._chance("half way").integers(falls[band], falls[band + 1]))

    def _well_totals(self, baseline: int, remits: bool) -> tuple[int, int]:
        """Return the lowest and highest total of somebody who is well."""
        measure = instrument("phq9")
        below: int = measure.reading("remission_below").value
        highest = baseline - math.ceil(measure.reading("response_fall").value * baseline / _PER_CENT)
        return (0, below - 1) if remits else (below, max(highest, below))

    def _end_score(self, baseline: int, responds: bool, remits: bool) -> int:
        lowest, highest = self._well_totals(baseline, remits)
        if not responds:
            lowest, highest = self._ill_totals(baseline)
        return int(self._chance("end").integers(lowest, highest + 1))

    def _ill_totals(self, baseline: int) -> tuple[int, int]:
        """Return the lowest and highest total of somebody who is ill again: no response, and enough for a relapse."""
        measure = instrument("phq9")
        fall = math.ceil(measure.reading("response_fall").value * baseline / _PER_CENT)
        return max(baseline - fall + 1, measure.reading("relapse_at_least").value), baseline

    def _score(self, day: int, total: int) -> Iterator[Row]:
        yield day, "phq9", float(total)
        band = _band(total)
        if band not in self.utilities:
            mean = utility_share(self.truth.values[f"utility_{band}"])
            precision = self.truth.values["utility_precision"]
            drawn = self._chance(f"utility {band}").beta(mean * precision, (1 - mean) * precision)
            # Away from the very ends, where a number with few digits would be one of them.
            self.utilities[band] = float(utility_index(np.clip(drawn, _EDGE, 1 - _EDGE)))
        yield day, "eq5d", self.utilities[band]

    def _relapse_day(self, remits: bool, interval: int | None) -> float:
        """Return the day of the relapse, counted from the score that showed the response."""
        values = self.truth.values
        log_hazard = self.site.relapse + (0 if remits else values["partial_response_log_hazard_ratio"])
        if interval is not None:
            doublings = math.log2(interval / figure(SETTINGS, "maintenance_centre").value)
            log_hazard += values["maintenance_association_log_hazard_ratio"]
            log_hazard += values["maintenance_interval_log_hazard_ratio"] * doublings
        standard = self._chance("relapse").exponential()
        shape, scale = values["relapse_shape"], values["relapse_scale_days"]
        return float(scale * (standard / math.exp(log_hazard)) ** (1 / shape))

    def _after(self, end: int, last_session: int, baseline: int, remits: bool, total: int) -> Iterator[Row]:
        """Yield weekly scores after the course until they stop: by drop-out, by relapse, or when the time is over."""
        maintained, stops_after = figure(FIGURES, "maintained").value, figure(FIGURES, "stops_after").value
        chance = self._chance("after")
        interval = int(chance.choice(maintained["intervals"])) if chance.random() < maintained["share"] else None
        if interval is not None:
            yield last_session + 1, "maintenance_interval", float(interval)
        relapse = self._relapse_day(remits, interval)
        silent = chance.random() < self.truth.silent_relapse
        last_seen, bad = total, 0
        for day in range(WEEK, figure(FIGURES, "followed").value + 1, WEEK):
            skips, stops = chance.random(2)
            is_ill = relapse <= day
            if bad == 2 or (is_ill and silent):
                return
            if not bad and stops < stops_after["at_nought"] + stops_after["for_a_point"] * last_seen:
                return
            if skips < figure(FIGURES, "skips_week").value:
                continue
            lowest, highest = self._ill_totals(baseline) if is_ill else self._well_totals(baseline, remits)
            last_seen, bad = int(chance.integers(lowest, highest + 1)), bad + is_ill
            yield from self._score(end + day, last_seen)


_PER_CENT = 100
_EDGE = 1e-6


def _band(total: int) -> str:

    return PHQ9_BANDS[instrument("phq9").band_of(total)]


def _share(log_odds: float) -> float:
    return 1 / (1 + math.exp(-log_odds))


def _gamma(chance: np.random.Generator, mean: float, variation: float) -> float:
    shape = 1 / variation**2
    return float(max(chance.gamma(shape, mean / shape), _EDGE))
