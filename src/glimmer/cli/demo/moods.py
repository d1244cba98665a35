"""Made-up PHQ-9 answers for the demo clinic: plausible courses, no evidence. Nothing outside the demo reads them."""

import random

ITEMS = 9
MOST_PER_ITEM = 3


def answers_adding_up_to(total: int, chance: random.Random, *, item_nine: int = 0) -> list[int]:
    """Return nine answers of 0 to 3 with the sum `total`, the ninth being `item_nine`."""
    answers = [0] * (ITEMS - 1)
    if not item_nine <= total <= item_nine + MOST_PER_ITEM * len(answers):
        raise ValueError(f"Nine answers cannot add up to {total} with item 9 at {item_nine}.")
    for _ in range(total - item_nine):
        answers[chance.choice([i for i, answer in enumerate(answers) if answer < MOST_PER_ITEM])] += 1
    return [*answers, item_nine]


def course_of_totals(baseline: int, sessions: int, *, responds: bool, chance: random.Random) -> list[int]:
    """Return one PHQ-9 total before each of `sessions` and one after the course, starting at `baseline`."""
    floor = baseline * (0.25 if responds else 0.8)
    totals = []
    for step in range(sessions + 1):
        expected = floor + (baseline - floor) * (0.55 if responds else 0.85) ** step
        totals.append(max(0, min(baseline + 2, round(expected + chance.gauss(0, 1)))))
    return totals
