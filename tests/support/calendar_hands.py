"""One clinic's calendar under many hands at once: run by `soak.calendar` in a process of its own.

`python -m tests.support.calendar_hands ATTEMPTS THREADS SEED`. Each thread has a connection of its own and books, moves
and cancels the same few patients in the same four bays in one week; one attempt in five is a wrong program that
asks nobody and writes into the table. Prints, as JSON, what became of the attempts and what an audit in plain SQL,
which knows nothing of the claims, found afterwards.
"""

import json
import random
import sys
import threading
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import django

django.setup()

from django.db import DatabaseError, connection, connections, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from glimmer.actions.booking import book_appointment, cancel_appointment, move_appointment  # noqa: E402
from glimmer.records.models import Appointment, Bay, Plan, Staff  # noqa: E402
from glimmer.vocabulary.problems import Problem  # noqa: E402
from tests.support.bedside import Ward, a_ward  # noqa: E402

PATIENTS, BAYS, DAYS = 24, 4, 5
MINUTES = 150
STARTS = tuple(range(0, 6 * 60, 15))
OVERLAPS = """SELECT COUNT(*) FROM records_appointment a JOIN records_appointment b
    ON a.id < b.id AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at
    JOIN records_plan pa ON pa.id = a.plan_id JOIN records_episode ea ON ea.id = pa.episode_id
    JOIN records_plan pb ON pb.id = b.plan_id JOIN records_episode eb ON eb.id = pb.episode_id
    WHERE a.cancelled_at IS NULL AND b.cancelled_at IS NULL AND """


class Hands:
    """Everything that the threads act on."""

    def __init__(self, seed: int) -> None:
        wards: list[Ward] = [a_ward() for _ in range(PATIENTS)]
        Appointment.objects.all().delete()
        self.plans = [one.plan.pk for one in wards]
        self.nurse = wards[0].nurse.pk
        self.bays = [Bay.objects.create(name=f"Shared {n}", position=500 + n).pk for n in range(BAYS)]
        first = timezone.localtime(timezone.now() + timedelta(days=7)).replace(
            hour=9, minute=0, second=0, microsecond=0
        )
        self.first = first
        self.seed = seed
        self.became: Counter[str] = Counter()
        self.faults: list[str] = []
        self._lock = threading.Lock()

    def note(self, what: str, fault: str = "") -> None:
        """Count what became of one attempt."""
        with self._lock:
            self.became[what] += 1
            if fault:
                self.faults.append(fault)

    def moment(self, dice: random.Random) -> datetime:
        """Return a random start in the week."""
        return self.first + timedelta(days=dice.randrange(DAYS), minutes=dice.choice(STARTS))


def attempt(hands: Hands, dice: random.Random) -> str:
    """Do one thing; return what it was. Raises what the product raises."""
    plan = Plan.objects.select_related("episode").get(pk=dice.choice(hands.plans))
    bay = Bay.objects.get(pk=dice.choice(hands.bays))
    nurse = Staff.objects.get(pk=hands.nurse)
    start, kind = hands.moment(dice), dice.random()
    standing = list(plan.appointments.filter(cancelled_at__isnull=True))
    if kind < 0.2:
        _wrong_program(plan, bay, nurse, start)
        return "wrong program wrote"
    if standing and kind < 0.4:
        move_appointment(dice.choice(standing), start, bay, by=nurse)
        return "moved"
    if standing and kind < 0.65:
        cancel_appointment(dice.choice(standing), "Soak", by=nurse)
        return "cancelled"
    number = dice.randrange(1, plan.sessions + 1)
    book_appointment(plan, number, start, bay, by=nurse)
    return "booked"


def _wrong_program(plan: Plan, bay: Bay, nurse: Staff, start: datetime) -> None:
    row = Appointment(
        plan=plan,
        patient_id=plan.episode.patient_id,
        number=random.randrange(1, 30_000),
        bay=bay,
        starts_at=start,
        ends_at=start + timedelta(minutes=MINUTES),
        booked_by=nurse,
        booked_at=timezone.now(),
    )
    with transaction.atomic():
        # Past every action, and past the model's own save.
        Appointment.objects.bulk_create([row])


def work(hands: Hands, attempts: int, number: int) -> None:
    """Do a thread's share of the attempts."""
    dice = random.Random(f"{hands.seed}-{number}")
    for _ in range(attempts):
        try:
            hands.note(attempt(hands, dice))
        except Problem as problem:
            hands.note("refused with words" if str(problem).endswith(".") else "refused without words")
        except DatabaseError as error:
            known = "taken at that time already" in str(error) or "claim_once" in str(error)
            same = "UNIQUE" in str(error) or "bay_start_once" in str(error) or "one_date_per_session" in str(error)
            # Of two wrong programs that wait for each other, PostgreSQL ends one: stopped as well, and nothing written.
            same = same or "deadlock detected" in str(error)
            hands.note("stopped by the database" if known or same else "fault", "" if known or same else repr(error))
        except Exception as error:
            hands.note("fault", repr(error))
    connections.close_all()


def audit() -> dict[str, int]:
    """Count overlaps in the appointments themselves, and claims that do not answer to a standing date."""
    with connection.cursor() as cursor:
        found = {}
        for name, condition in (("bay", "a.bay_id = b.bay_id"), ("patient", "ea.patient_id = eb.patient_id")):
            cursor.execute(OVERLAPS + condition)
            found[f"overlaps of a {name}"] = cursor.fetchone()[0]
        cursor.execute("SELECT COUNT(*) FROM records_claim")
        claims = cursor.fetchone()[0]
    standing = Appointment.objects.filter(cancelled_at__isnull=True).count()
    return {**found, "dates standing": standing, "claims astray": abs(claims - 2 * standing)}


def without_a_way(hands: Hands) -> int:
    """Count the patients for whom nobody could book any more: the week after is free, so there must be none."""
    stuck = 0
    nurse = Staff.objects.get(pk=hands.nurse)
    for number, key in enumerate(hands.plans):
        plan = Plan.objects.select_related("episode").get(pk=key)
        for standing in plan.appointments.filter(cancelled_at__isnull=True):
            cancel_appointment(standing, "Soak", by=nurse)
        start = hands.first + timedelta(days=30 + number)
        try:
            book_appointment(plan, 1, start, Bay.objects.get(pk=hands.bays[0]), by=nurse)
        except Problem:
            stuck += 1
    return stuck


def run(attempts: int, threads: int, seed: int) -> dict[str, Any]:
    """Let the threads loose and audit what they left."""
    hands = Hands(seed)
    crew = [threading.Thread(target=work, args=(hands, attempts // threads, number)) for number in range(threads)]
    for one in crew:
        one.start()
    for one in crew:
        one.join()
    found = audit()
    return {
        "became": dict(hands.became),
        "audit": found,
        "stuck": without_a_way(hands),
        "faults": hands.faults[:5],
    }


if __name__ == "__main__":
    print(json.dumps(run(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))))
