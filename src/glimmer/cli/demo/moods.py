"""PHQ-9 answers for the demo clinic, of virtual courses of depression. Nothing outside the demo reads them."""

import random
from collections.abc import Sequence

from glimmer.pharmacology.virtual.moods import moods

ITEMS = 9
MOST_PER_ITEM = 3
RESPONDS_AT = 0.5
"""The share of the baseline whose loss the demo's stories call a response."""
DRAWN = 64


def answers_adding_up_to(total: int, chance: random.Random, *, item_nine: int = 0) -> list[int]:
    """Return nine answers of 0 to 3 with the sum `total`, the ninth being `item_nine`."""
    answers = [0] * (ITEMS - 1)
    if not item_nine <= total <= item_nine + MOST_PER_ITEM * len(answers):
        raise ValueError(f"Nine answers cannot add up to {total} with item 9 at {item_nine}.")
    for _ in range(total - item_nine):
        answers[chance.choice([i for i, answer in enumerate(answers) if answer < MOST_PER_ITEM])] += 1
    return [*answers, item_nine]


def course_of_totals(baseline: int, days: Sequence[int], *, responds: bool, chance: random.Random) -> list[int]:
    """Return one PHQ-9 total before each session and one after the course, the first being `baseline`.

    `days` are those of the sessions, counted from the first. Of some virtual people the first is taken who responds, or
    does not, as the story wants it.
    """
    people = moods(chance.randrange(2**32), DRAWN, session_days=days, baseline=baseline)
    after = days[-1] + (days[1] - days[0] if len(days) > 1 else 1)
    # Answered on the day before the infusion has worked.
    totals = people.totals([*days, after])
    fits = ((1 - totals[:, -1] / baseline) >= RESPONDS_AT) == responds
    most = MOST_PER_ITEM * (ITEMS - 1)
    chosen = totals[int(fits.argmax())]
    return [baseline, *(min(int(total), most) for total in chosen[1:])]
