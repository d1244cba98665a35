"""Published courses of ketamine played with virtual ones: response, remission and relapse against what was found."""

from collections.abc import Sequence

import numpy as np

from glimmer.guidance import figure
from glimmer.guidance.instrument import instrument
from glimmer.pharmacology.virtual.cohort import SEED, Compared, compare
from glimmer.pharmacology.virtual.moods import Moods, moods

JUDGED_EARLY_AFTER = 4
LITTLE_CHANGE = 0.2
RELAPSE_LOOKED_FOR_EVERY = 7


def course_calibration(seed: int = SEED, count: int | None = None) -> tuple[Compared, ...]:
    """Play the cohort of the guidance and return published against simulated, one row a figure."""
    return compare("moods_published", course_statistics(seed, count))


def course_statistics(seed: int = SEED, count: int | None = None) -> dict[str, float]:
    """Return what `count` virtual courses brought, by the names of the published figures."""
    plan = figure("moods", "cohort").value
    people = moods(seed, count or plan["people"])
    end = plan["endpoint_day"]
    base = people.baseline
    at_end = people.totals([end])[:, 0]
    fall = 1 - at_end / base
    responds = fall >= _response()
    remits = at_end < instrument("phq9").reading("remission_below").value
    later = people.totals([people.session_days[-1] + 28, people.session_days[-1] + 56])
    still = 1 - later[responds] / base[responds, None] >= _response()
    lost_after = _days_to_relapse(people, remits, plan["year_days"])
    relapsed = lost_after[np.isfinite(lost_after)]
    without = moods(seed, len(base), has_drug=False)
    change = [float((one.baseline - one.true([end])[:, 0]).mean()) for one in (without, people)]
    return {
        "response": _percent(responds),
        "remission": _percent(remits & responds),
        "still_responding_28_days": _percent(still[:, 0]),
        "still_responding_56_days": _percent(still[:, 1]),
        "remitters_relapse_in_a_year": _percent(np.isfinite(lost_after)),
        "median_days_to_relapse": float(np.median(relapsed)),
        "median_infusions_to_response": _infusions_to_response(people),
        "non_responders_found_early": _percent(~responds[_changed_little(people)]),
        "worse_after_course": _percent(at_end > base),
        "placebo_share_of_change": change[0] / change[1],
    }


def _response() -> float:
    return float(instrument("phq9").reading("response_fall").value) / 100


def _percent(which: np.ndarray) -> float:
    return float(100 * which.mean())


def _after_each(people: Moods, sessions: Sequence[int]) -> np.ndarray:
    totals = people.totals([day + figure("moods", "infusion_works_within").value for day in sessions])
    found: np.ndarray = 1 - totals / people.baseline[:, None]
    return found


def _changed_little(people: Moods) -> np.ndarray:
    found: np.ndarray = _after_each(people, people.session_days[JUDGED_EARLY_AFTER - 1 : JUDGED_EARLY_AFTER])[:, 0]
    return found < LITTLE_CHANGE


def _infusions_to_response(people: Moods) -> float:
    """Return the median number of infusions after which those who ever responded first did."""
    responded = _after_each(people, people.session_days) >= _response()
    first = 1 + np.argmax(responded, axis=1)
    return float(np.median(first[responded.any(axis=1)]))


def _days_to_relapse(people: Moods, remitted: np.ndarray, year: int) -> np.ndarray:
    """Return for each who remitted the days from the course to the second of two weekly scores without response."""
    end = people.session_days[-1]
    days = range(end + RELAPSE_LOOKED_FOR_EVERY, end + year + 1, RELAPSE_LOOKED_FOR_EVERY)
    totals = people.totals(list(days))[remitted]
    ill = 1 - totals / people.baseline[remitted, None] < _response()
    confirmed = ill[:, 1:] & ill[:, :-1]
    first = np.argmax(confirmed, axis=1)
    found: np.ndarray = np.where(confirmed.any(axis=1), (first + 1) * float(RELAPSE_LOOKED_FOR_EVERY), np.inf)
    return found
