"""Made-up people who responded to a course, with a weekly PHQ-9 for up to a year: some relapse, fast or slowly.

A plain model of the tests' own, apart from the product: a steady level after the course, weekly noise that lasts a
little, bad weeks that pass, answers that are missing, and a relapse whose risk is highest early (70 % of remitters
relapsed within a year, half of them within 57 days, in KetECT 2022). How fast a relapse comes in one person was found
nowhere, so it is varied: `weeks_to_relapse`.
"""

from dataclasses import dataclass
from math import ceil, exp, sqrt
from random import Random

WEEKS = 52
WORST = 27
COMPLETE = 0.8
"""A relapse is complete once this share of the way back to the baseline is gone."""


@dataclass(frozen=True)
class Person:
    """`totals` by week, None for a week without an answer. `begins` and `complete` are weeks of a relapse, if any."""

    baseline: int
    totals: tuple[int | None, ...]
    begins: int | None
    complete: int | None

    @property
    def weeks_well(self) -> int:
        """How many weeks there was no relapse under way."""
        return len(self.totals) if self.begins is None else min(self.begins, len(self.totals))


def people(count: int, seed: int, weeks_to_relapse: float) -> list[Person]:
    """Return made-up people; the same seed gives the same people. `weeks_to_relapse` is the median of a relapse."""
    chance = Random(seed)
    return [_person(chance, weeks_to_relapse) for _ in range(count)]


def _person(chance: Random, weeks_to_relapse: float) -> Person:
    baseline = min(WORST, max(12.0, chance.gauss(19, 3)))
    level = baseline * chance.uniform(0.12, 0.5)
    spread = 2.0 * exp(chance.gauss(0, 0.35))
    begins = _begins(chance)
    lasts = max(1.5, weeks_to_relapse * exp(chance.gauss(0, 0.5)))
    bad_weeks = _bad_weeks(chance)
    noise = chance.gauss(0, spread)
    totals: list[int | None] = []
    complete = None
    for week in range(WEEKS):
        noise = 0.3 * noise + sqrt(1 - 0.3**2) * chance.gauss(0, spread)
        gone = 0.0 if begins is None else min(max((week - begins) / lasts, 0.0), 1.0)
        if complete is None and gone >= COMPLETE:
            complete = week
        told = level + (baseline - level) * gone + noise + bad_weeks.get(week, 0.0)
        totals.append(None if chance.random() < 0.15 else round(min(max(told, 0.0), WORST)))
        if complete is not None and week > complete + 2:
            break
    return Person(round(baseline), tuple(totals), None if begins is None else ceil(begins), complete)


def _begins(chance: Random) -> float | None:
    for week in range(4, WEEKS):
        if chance.random() < 0.02 + 0.035 * exp(-week / 8):
            return week + chance.random()
    return None


def _bad_weeks(chance: Random) -> dict[int, float]:
    """Return the weeks in which somebody feels worse for a reason that passes, with by how many points."""
    found: dict[int, float] = {}
    at = chance.expovariate(1.5 / WEEKS)
    while at < WEEKS:
        worse = chance.uniform(3, 7)
        found |= {int(at) + further: worse for further in range(chance.choice((1, 1, 2)))}
        at += chance.expovariate(1.5 / WEEKS)
    return found
