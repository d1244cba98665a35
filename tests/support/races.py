"""Two people at once, for real: threads with connections of their own, on a database file or server of this run.

Run as a process of its own (`python -m tests.support.races NAME ROUNDS`): the test database of the other tests
lives inside one transaction, where nobody can race anybody. Prints what each thread got, as JSON.
"""

import json
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import django

django.setup()

from django.db import connections  # noqa: E402

from glimmer.actions.log import append, lock_session  # noqa: E402
from glimmer.actions.session import (  # noqa: E402
    acknowledge_alarm,
    open_session,
    pause_infusion,
    start_infusion,
    stop_infusion,
    write_note,
)
from glimmer.care.session.events import AlarmRaised  # noqa: E402
from glimmer.records.logbook import events_of  # noqa: E402
from glimmer.records.models import TreatmentSession  # noqa: E402
from glimmer.vocabulary.problems import Problem  # noqa: E402
from tests.support.bedside import NOON, Ward, a_ward  # noqa: E402

LATER = NOON + timedelta(minutes=5)
Act = Callable[[], Any]


def double_open(ward: Ward) -> list[Act]:
    appointment = ward.appointment
    return [
        lambda: open_session(appointment, by=ward.nurse, at=NOON).pk,
        lambda: open_session(appointment, by=ward.second_nurse, at=NOON).pk,
    ]


def double_start(ward: Ward) -> list[Act]:
    session = ward.ready()
    return [
        lambda: start_infusion(session, by=ward.nurse, at=LATER)[0].by,
        lambda: start_infusion(_own(session), by=ward.second_nurse, at=LATER)[0].by,
    ]


def double_acknowledge(ward: Ward) -> list[Act]:
    session = ward.running()
    from django.db import transaction

    with transaction.atomic():
        locked = lock_session(session)
        append(locked, [AlarmRaised("high@1", "high", "high", "High", "Look")], by="Glimmer", at=NOON)
        locked.save(update_fields=["last_seq"])
    return [
        lambda: acknowledge_alarm(session, "high@1", "Rested", by=ward.nurse, at=LATER)[0].by,
        lambda: acknowledge_alarm(_own(session), "high@1", "Called", by=ward.second_nurse, at=LATER)[0].by,
    ]


def pause_against_stop(ward: Ward) -> list[Act]:
    session = ward.running()
    return [
        lambda: pause_infusion(session, "Sick", by=ward.nurse, at=LATER)[0].what.kind,
        lambda: stop_infusion(_own(session), "Chest pain", by=ward.second_nurse, at=LATER)[0].what.kind,
    ]


def same_press_twice(ward: Ward) -> list[Act]:
    session = ward.open()
    return [
        lambda: len(write_note(session, "Once", by=ward.nurse, form_token="press", at=LATER)),
        lambda: len(write_note(_own(session), "Once", by=ward.nurse, form_token="press", at=LATER)),
    ]


def _own(session: TreatmentSession) -> TreatmentSession:
    """Each person has loaded a page, and with it a row, of their own."""
    return TreatmentSession.objects.get(pk=session.pk)


RACES = {f.__name__: f for f in (double_open, double_start, double_acknowledge, pause_against_stop, same_press_twice)}


def run(name: str, rounds: int) -> list[dict[str, Any]]:
    told = []
    for _ in range(rounds):
        ward = a_ward()
        answers = _at_once(RACES[name](ward))
        session = TreatmentSession.objects.get(episode=ward.episode)
        kinds = [event.what.kind for event in events_of(session.pk)]
        told.append({"answers": answers, "kinds": kinds, "phase": session.phase, "last_seq": session.last_seq})
    return told


def _at_once(acts: list[Act]) -> list[list[str]]:
    barrier = threading.Barrier(len(acts))
    answers: list[list[str]] = [[] for _ in acts]

    def go(number: int) -> None:
        barrier.wait()
        try:
            answers[number] = ["done", str(acts[number]())]
        except Problem as problem:
            answers[number] = [type(problem).__name__, str(problem)]
        except Exception as fault:
            answers[number] = ["FAULT", repr(fault)]
        finally:
            connections.close_all()

    threads = [threading.Thread(target=go, args=(number,)) for number in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


if __name__ == "__main__":
    print(json.dumps(run(sys.argv[1], int(sys.argv[2]))))
