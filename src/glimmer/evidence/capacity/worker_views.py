"""What a run looks like on the page, as plain data: figures, fan, knee, heat map, vials, and how busy everybody is.

Every figure is [mean, low, high], low to high holding 95 of 100 draws; None where an end is not reached.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from glimmer.evidence.capacity.answer import chance, keeps_up
from glimmer.evidence.capacity.results import RESOURCES, WEEKS_A_YEAR, Simulated, spread

FAN_WEEKS = 4
SHOWN_MONTHS = (1, 2, 3, 6, 12, 24, 36, 48, 60, 84, 120)
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
TITLES = {"chairs": "Chairs", "nurses": "Nurses (places to watch from)", "doctors": "Psychiatrists",
          "assessors": "Assessors"}  # fmt: skip
Three = list[float | None]


def figures_of(found: Simulated, share: float, weeks: float) -> list[dict[str, Any]]:
    """Return the table of figures; `share` should start within so many weeks."""
    within = found.waits.within(weeks)
    listed = found.of_list_within(weeks)
    met: Three = [None, None, None] if within is None else ends(chance(within >= share), 100)
    per_year = {name: found.weekly(name).sum(axis=1) / found.weeks * WEEKS_A_YEAR for name in ("starts", "sessions")}
    in_time = [None, None, None] if within is None else three(within, 100)
    rows = [
        (f"Of those referred from now on, start within {weeks:g} weeks", "%", in_time, 0),
        (f"Runs in which {100 * share:g} % start within {weeks:g} weeks", "%", met, 0),
        (f"Weeks until {100 * share:g} % have started, in the middle run", "weeks",
         middle(found.waits.days_until(share) / 7), 0),
        ("Weeks until half have started, in the middle run", "weeks", middle(found.waits.days_until(0.5) / 7), 1),
        *([] if listed is None else [
            (f"Of today’s list, start within {weeks:g} weeks of referral", "%", three(listed, 100), 0)]),
        ("Runs in which the clinic keeps up with demand for good", "%", ends(chance(keeps_up(found)), 100), 0),
        ("Waiting at the end", "people", three(found.weekly("waiting")[:, -1]), 0),
        ("Begin treatment in a year", "people", three(per_year["starts"]), 0),
        ("Sessions in a year", "sessions", three(per_year["sessions"]), 0),
        ("Give up while waiting, in a year", "people",
         three(found.weekly("gave up").sum(axis=1) / found.weeks * WEEKS_A_YEAR), 0),
    ]  # fmt: skip
    return [{"title": title, "unit": unit, "value": value, "digits": digits} for title, unit, value, digits in rows]


def fan_of(found: Simulated, weeks: float) -> dict[str, Any]:
    """Return the waiting list over the weeks: the middle, three bands, and the line of the target."""
    rows = [row for row in found.bands() if row["week"] % FAN_WEEKS == 0]
    start = float(len(found.asked.present.waiting))
    accepted = float(found.weekly("accepted").mean())
    return {
        "weeks": [0, *(row["week"] for row in rows)],
        "middle": [start, *(row["middle"] for row in rows)],
        "bands": [
            {"share": share, **{end: [start, *(row[f"{end}_{share}"] for row in rows)] for end in ("low", "high")}}
            for share in (50, 80, 95)
        ],
        "target": round(accepted * weeks, 1),
        "target_says": f"{weeks:g}-week line",
    }


def knee_of(data: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return use against wait for each demand of `questions.knee` that has an end; None where none has."""
    points = []
    for row in data["rows"]:
        use, wait = row["use of chairs"], row["median weeks"]
        if use is None or wait is None or wait["mean"] is None or wait["high"] is None:
            # Half never start within the run: the wait has no end there, and no place in the picture.
            continue
        count = row["referrals a week"]
        points.append(
            {"label": f"{count:g} referrals a week", "use": ends(use), "wait": ends(wait),
             "is_today": abs(count - data["own referrals a week"]) < 1e-9}
        )  # fmt: skip
    return {"points": points} if points else None


def heat_of(found: Simulated) -> dict[str, Any]:
    """Return the share of chairs taken by weekday and hour; None in an hour that is never open."""
    taken = found.occupancy()
    mean = taken.mean(axis=0)
    low, high = np.quantile(taken, (0.025, 0.975), axis=0)
    is_open = np.isfinite(mean)
    days, hours = np.flatnonzero(is_open.any(axis=1)), np.flatnonzero(is_open.any(axis=0))
    span = range(int(hours.min()), int(hours.max()) + 1) if len(hours) else range(0)

    def cells(of: Any) -> list[list[float | None]]:
        return [[float(of[day, hour]) if is_open[day, hour] else None for hour in span] for day in days]

    return {"weekdays": [WEEKDAYS[day] for day in days], "hours": list(span), "use": cells(mean), "low": cells(low),
            "high": cells(high)}  # fmt: skip


def vials_of(found: Simulated) -> list[dict[str, Any]]:
    """Return the vials of some months to come."""
    weekly, month = found.vials(), WEEKS_A_YEAR / 12
    rows = []
    for number in SHOWN_MONTHS:
        first, last = round((number - 1) * month), round(number * month)
        if last <= found.weeks:
            rows.append({"month": number, "value": three(weekly[:, first:last].sum(axis=1) * month / (last - first))})
    return rows


def use_of(found: Simulated) -> list[dict[str, Any]]:
    """Return for each resource the most on duty at once and the share of its time that is taken, in %."""
    on_duty = {"chairs": found.asked.clinic.chairs, **found.asked.clinic.most_on_duty()}
    rows = []
    for name in RESOURCES:
        use = found.utilisation(name)
        if use is not None:
            rows.append({"title": TITLES[name], "on_duty": on_duty[name], "use": three(use, 100)})
    return rows


def middle(values: Any) -> Three:
    """Return the middle draw in place of the mean, where some draws never get there."""
    found = np.quantile(values, (0.5, 0.025, 0.975), method="lower")
    return [float(one) if np.isfinite(one) else None for one in found]


def three(values: Any, times: float = 1) -> Three:
    """Return mean, low and high of one number for each draw."""
    return ends(spread(values), times)


def ends(said: Mapping[str, float | None] | None, times: float = 1) -> Three:
    """Return mean, low and high of what `spread` says."""
    if said is None:
        return [None, None, None]
    return [None if one is None else one * times for one in (said["mean"], said["low"], said["high"])]
