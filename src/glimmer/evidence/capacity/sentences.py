"""The answer to a planner's question in one plain sentence with its interval, the same on the page and in a command."""

from collections.abc import Mapping
from typing import Any

from glimmer.evidence.capacity.answer import chance, keeps_up
from glimmer.evidence.capacity.questions import Compared, Plan, Search
from glimmer.evidence.capacity.results import Simulated, spread

NAMES = {"chairs": "chairs", "nurses": "nurses", "doctors": "psychiatrists", "assessors": "assessors"}


def forecast_in_words(found: Simulated, aim: tuple[float, float]) -> str:
    """Say how many start in time if all stays as it is, and how surely the target is met."""
    share, weeks = aim
    within = found.waits.within(weeks)
    if not found.waits.anybody:
        return "Nobody is referred, so nobody waits to start"
    if within is None:
        return f"The run is shorter than {weeks:g} weeks, so it cannot say who starts within them"
    return (
        f"If all stays as it is, {_of_100(spread(within))} of 100 people referred from now on start within {weeks:g} "
        f"weeks; {100 * share:g} % do in {_of_100(chance(within >= share))} of 100 futures"
    )


def list_in_words(found: Simulated, weeks: float) -> str:
    """Say how many of the first day's list start in time; "" where nobody is on it."""
    share = found.of_list_within(weeks)
    if share is None:
        return ""
    late = found.late_already(weeks)
    already = f"{so_many(late, 'person')} on it had waited longer than that already" if late else "nobody on it is late"
    return (
        f"Of today’s list, {_of_100(spread(share))} of 100 start within {weeks:g} weeks of referral: {already} on the "
        "first day."
    )


def lasts_in_words(found: Simulated) -> str:
    """Say how surely the clinic keeps up with what is asked of it without end."""
    chance_of = chance(keeps_up(found))
    said = f"It keeps up with demand for good in {_of_100(chance_of)} of 100 futures"
    if chance_of["mean"] > 0.995:
        return f"{said}."
    return f"{said}. In the others the list goes on growing when the time that is shown is over."


def staff_in_words(search: Search) -> str:
    """Say the smallest clinic that is enough, and how surely it is."""
    data = search.data
    aim = f"{100 * data['share']:g} % start within {data['weeks']:g} weeks and the clinic keeps up for good"
    best = data["found"]
    if best is None:
        most = data["tried"][-1]
        reached = f"with the most that was tried, in {_of_100(most['chance'])} of 100 futures"
        return f"No clinic that was tried is enough, so that {aim}: {reached}"
    people = " and ".join(so_many(best[one], one.rstrip("s")) for one in ("nurses", "doctors"))
    return (
        f"{so_many(best['chairs'], 'chair')}, with {people} on duty at once, so that {aim}: "
        f"in {_of_100(best['chance'])} of 100 futures"
    )


def lacking_in_words(search: Search) -> str:
    """Say what lacks where no number of chairs is enough; "" where one is."""
    lacks = ", ".join(NAMES.get(who, who) for who in search.data["lacking"])
    return f"What lacks most: {lacks}. Try more of them." if lacks else ""


def change_in_words(label: str, found: Compared, plan: Plan) -> str:
    """Say what a change does to the list and to who starts in time."""
    end, weeks = found.data["change"]["waiting at the end"], plan.aim[1]
    years = f"{plan.years:g} year{'' if plan.years == 1 else 's'}"
    if found.data["after"]["starts a year"]["high"] == 0 < found.data["before"]["starts a year"]["mean"]:
        more = f"{end['mean']:,.0f} more people wait after {years} ({_span(end)})"
        return f"{label}: nobody begins treatment any more, and {more}"
    more = "more" if end["mean"] >= 0 else "fewer"
    listed = f"{label}: {abs(end['mean']):,.0f} {more} people wait after {years} ({_span(end)})"
    if round(end["mean"]) == 0:
        about = f"about as many people wait after {years} (a change of {_span(end)})"
        listed = f"{label}: {_sessions(found.data['change'])}{about}"
    was, becomes = (found.data[one]["within target"] for one in ("before", "after"))
    if was is None or becomes is None:
        return listed
    moved = f"{_of_100(becomes)} of 100 start within {weeks:g} weeks, in place of {_of_100(was)}"
    return f"{listed}, and {moved}"


def _sessions(change: Mapping[str, Any]) -> str:
    """Say how many sessions more or fewer a year it takes, where that is what changes."""
    said = change["sessions a year"]
    if round(said["mean"]) == 0:
        return ""
    return f"{abs(said['mean']):,.0f} {'more' if said['mean'] > 0 else 'fewer'} sessions a year ({_span(said)}), "


def _span(change: Mapping[str, float]) -> str:
    low, high = change["low"], change["high"]
    if low * high < 0:
        return f"between {low:+,.0f} and {high:+,.0f}".replace("-", "−")
    less, more = sorted(abs(one) for one in (low, high))
    return f"{less:,.0f} to {more:,.0f}"


def _of_100(said: Mapping[str, Any] | None) -> str:
    if said is None or said["mean"] is None:
        return "an unknown number"
    return f"{100 * said['mean']:.0f} ({100 * said['low']:.0f} to {100 * said['high']:.0f})"


def so_many(count: int, what: str) -> str:
    """Return how many of something, in words: the plural where there are several, a doctor by their profession."""
    what = {"doctor": "psychiatrist"}.get(what, what)
    if what == "person" and count != 1:
        return f"{count} people"
    return f"{count} {what}{'' if count == 1 else 's'}"
