"""Virtual courses of depression: PHQ-9 totals over a course of infusions and the year after, tuned to what was found.

Early responders, late ones and people who are not reached; change that comes without the drug; a response that is lost
most often in the second month; answers that stay away. Days count from the first infusion. Counted chance: a person of
a seed is the same in any company.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glimmer.guidance import figure
from glimmer.pharmacology.doses import Floats
from glimmer.pharmacology.virtual.chance import normals, uniforms

MOST = 27
EARLY, LATE, NONE = "early", "late", "none"
KINDS = (EARLY, LATE, NONE)
DAYS_IN_A_WEEK = 7


@dataclass(frozen=True, slots=True)
class Moods:
    """People, one a row. `kind` counts in KINDS; `drug_fall` and `placebo_fall` are shares of the baseline.

    `lost_on` is the day on which half of what was won is lost again, infinite for those who keep it or won nothing.
    """

    seed: int
    first: int
    session_days: tuple[int, ...]
    baseline: Floats
    kind: NDArray[np.int64]
    drug_fall: Floats
    placebo_fall: Floats
    lost_on: Floats
    slides_within: Floats
    slides_back: Floats
    wobble: Floats

    def true(self, days: Sequence[float]) -> Floats:
        """Return the own level at each day, (people, days), before any wobble."""
        at = np.asarray(days, dtype=float)[None, :]
        placebo = self.placebo_fall[:, None] * (1 - np.exp(-np.maximum(at, 0) / _value("placebo_days")))
        kept = 1 - self.slides_back[:, None] * np.clip(
            1 / 2 + (at - self.lost_on[:, None]) / self.slides_within[:, None], 0, 1
        )
        won = self.drug_fall[:, None] * self._reach(at)
        found: Floats = self.baseline[:, None] * (1 - (placebo + won) * kept)
        return found

    def totals(self, days: Sequence[float]) -> NDArray[np.int64]:
        """Return the PHQ-9 totals that would be answered on each day, (people, days)."""
        noise = np.stack(
            [normals(self.seed, f"mood of day {day:g}", self.first, len(self.baseline))[:, 0] for day in days], axis=1
        )
        return np.clip(np.rint(self.true(days) + self.wobble[:, None] * noise), 0, MOST).astype(np.int64)

    def answered(self, days: Sequence[float]) -> NDArray[np.bool_]:
        """Return which of those totals were given: worse weeks are answered less often, and some people stop."""
        chances = _value("answers")
        count = len(self.baseline)
        missing = chances["missing"] + chances["more_by_point"] * self.true(days)
        drawn = np.stack(
            [uniforms(self.seed, f"answer of day {day:g}", self.first, count)[:, 0] for day in days], axis=1
        )
        stops = uniforms(self.seed, "stops", self.first, count)[:, 0]
        weeks = np.asarray(days, dtype=float)[None, :] / DAYS_IN_A_WEEK
        goes_on = stops[:, None] < (1 - chances["stops_a_week"]) ** np.maximum(weeks, 0)
        return (drawn >= missing) & goes_on

    def _reach(self, at: Floats) -> Floats:
        """Return the share of the drug's effect that the infusions before each day have brought, by kind."""
        sessions = np.asarray(self.session_days, dtype=float)
        given = (at[..., None] >= sessions + _value("infusion_works_within")).sum(axis=-1)
        early = 1 - (1 - _value("early_reach")) ** given
        late_by = _value("late_reach")
        late = 1 / (1 + np.exp(-late_by["steep"] * (given - late_by["half_after"])))
        whole = len(sessions)
        early = early / (1 - (1 - _value("early_reach")) ** whole)
        late = np.where(given > 0, late * (1 + np.exp(-late_by["steep"] * (whole - late_by["half_after"]))), 0)
        return np.where((self.kind == KINDS.index(LATE))[:, None], late, early)


def moods(
    seed: int,
    count: int,
    *,
    first: int = 0,
    session_days: Sequence[int] | None = None,
    baseline: float | None = None,
    maintained_days: float = 0.0,
    has_drug: bool = True,
) -> Moods:
    """Draw courses number `first` and on of a seed.

    `baseline` sets everybody's first total. While infusions go on for `maintained_days` after the course, responses are
    lost less often. Without the drug, only what comes with being cared for remains.
    """
    days = tuple(session_days or _value("cohort")["session_days"])
    drawn = _Drawn(seed, first, count)
    kind = np.searchsorted(np.cumsum([_value("kinds")[one] for one in KINDS])[:-1], drawn.uniform("kind"), "right")
    falls = np.array([_value("drug_fall")[one] for one in KINDS])[kind]
    fall = falls[:, 0] + falls[:, 1] * drawn.normal("drug fall")
    mean, spread = _value("placebo_fall")
    slides, back = _value("slides_within"), _value("slides_back")
    wobbles = _value("wobbles")
    return Moods(
        seed,
        first,
        days,
        drawn.bounded("baseline", *_value("baseline")) if baseline is None else np.full(count, float(baseline)),
        kind,
        fall if has_drug else np.zeros(count),
        mean + spread * drawn.normal("placebo fall"),
        _lost_on(drawn, kind, days, maintained_days) if has_drug else np.full(count, np.inf),
        slides["median"] * np.exp(slides["differs"] * drawn.normal("slides")),
        np.clip(back[0] + back[1] * drawn.normal("back"), 0, 1),
        wobbles["usual"] * np.exp(wobbles["differs"] * drawn.normal("wobbles")),
    )


@dataclass(frozen=True, slots=True)
class _Drawn:
    seed: int
    first: int
    count: int

    def uniform(self, stream: str) -> Floats:
        return uniforms(self.seed, f"mood {stream}", self.first, self.count)[:, 0]

    def normal(self, stream: str) -> Floats:
        return normals(self.seed, f"mood {stream}", self.first, self.count)[:, 0]

    def bounded(self, stream: str, mean: float, spread: float, least: float, most: float) -> Floats:
        found: Floats = np.clip(np.rint(mean + spread * self.normal(stream)), least, most)
        return found


def _lost_on(drawn: _Drawn, kind: NDArray[np.int64], days: tuple[int, ...], maintained_days: float) -> Floats:
    """Return the day on which each response is lost: some never, the others by a log-logistic time after the course."""
    by = _value("loses_response")
    # The hazard that has been met is drawn; while maintained, it grows more slowly.
    met = -np.log(drawn.uniform("lost"))
    while_maintained = _value("maintained") * np.log1p((maintained_days / by["median"]) ** by["shape"])
    slowly = by["median"] * np.expm1(met / _value("maintained")) ** (1 / by["shape"])
    saved = np.log1p((maintained_days / by["median"]) ** by["shape"]) - while_maintained
    later = by["median"] * np.expm1(met + saved) ** (1 / by["shape"])
    after = np.where(met <= while_maintained, slowly, later)
    keeps = (drawn.uniform("keeps") < _value("stays_well")) | (kind == KINDS.index(NONE))
    return np.where(keeps, np.inf, days[-1] + after)


def _value(name: str) -> Any:
    return figure("moods", name).value
