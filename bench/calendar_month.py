"""A made-up month: four bays, 120 patients in courses and in maintenance, some dates that stand, a rota."""

import random
from datetime import date, timedelta

from glimmer.scheduling.house import House, Limits, Place, Span
from glimmer.scheduling.opening import usual_opening
from glimmer.scheduling.planner import Want
from glimmer.scheduling.staffing import Duty
from glimmer.scheduling.wall import wall

MONDAY = date(2027, 2, 1)
DAYS = 28
BAYS, PATIENTS = 4, 120
# Sessions a patient wants in the month, days between, least days, and of a hundred patients how many are like this.
KINDS = (((4, 8), (3, 4), 2, 12), ((2, 4), (7,), 5, 28), ((1, 2), (14,), 10, 60))
PRIORITIES = ((6, 10), (3, 30), (1, 60))
SLIP, EARLY = 7, 2


def a_month(seed: int, patients: int = PATIENTS) -> tuple[House, tuple[Want, ...], date, date]:
    """Return a house and what is wanted in it, in the order in which the patients came."""
    dice = random.Random(seed)
    last = MONDAY + timedelta(days=DAYS - 1)
    house = House(
        tuple(Place(number, f"Bay {number}") for number in range(1, BAYS + 1)),
        usual_opening(),
        _standing(dice),
        duties=_duties(dice),
        rota_until=last,
    )
    wants: list[Want] = []
    for patient in range(patients):
        wants += _of_a_patient(dice, patient, len(wants), last)
    return house, tuple(wants), MONDAY, last


def _of_a_patient(dice: random.Random, patient: int, index: int, last: date) -> list[Want]:
    (fewest, most), gaps, least, _ = dice.choices(KINDS, [kind[3] for kind in KINDS])[0]
    weight = dice.choices([one for one, _ in PRIORITIES], [share for _, share in PRIORITIES])[0]
    minutes = dice.choices([150, 170], [3, 1])[0]
    target, found, limits = MONDAY.toordinal() + dice.randrange(14), list[Want](), _limits(dice)
    for number in range(dice.randint(fewest, most)):
        gap = gaps[(number - 1) % len(gaps)] if number else 0
        target += gap
        if target > last.toordinal():
            break
        earliest = max(MONDAY.toordinal(), target - EARLY)
        latest = min(last.toordinal(), target + SLIP)
        after = index + number - 1 if number else None
        found.append(
            Want(patient, number + 1, target, earliest, latest, minutes, weight, after, (least, gap + 3), limits)
        )
    return found


def _limits(dice: random.Random) -> Limits:
    if dice.random() < 0.6:
        return Limits()
    weekdays = frozenset(dice.sample(range(5), dice.choice((0, 1, 2))))
    return Limits(weekdays, dice.choice((None, 600, 660)), dice.choice((None, None, 960)))


def _standing(dice: random.Random) -> dict[int, tuple[Span, ...]]:
    """Return dates that stand already: about one bay-morning in six."""
    found: dict[int, tuple[Span, ...]] = {}
    for bay in range(1, BAYS + 1):
        days = [MONDAY + timedelta(days=number) for number in range(DAYS) if dice.random() < 0.16]
        found[bay] = tuple((wall(day, 540), wall(day, 690)) for day in days)
    return found


def _duties(dice: random.Random) -> tuple[Duty, ...]:
    found = []
    for number in range(DAYS):
        day = MONDAY + timedelta(days=number)
        # Of two nurses one has a half day off now and then: then only three patients at once.
        second = 540 if dice.random() < 0.85 else 780
        found += [
            Duty(1, "nurse", wall(day, 480), wall(day, 1080)),
            Duty(2, "nurse", wall(day, second), wall(day, 1080)),
        ]
        found.append(Duty(3, "psychiatrist", wall(day, 540), wall(day, 1080)))
    return tuple(found)
