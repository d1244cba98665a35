"""Two people at once, for real: threads with connections of their own, on a database file or server of this run.

Run as a process of its own (`python -m tests.support.races NAME ROUNDS [FIRST]`; FIRST counts the patients where an
earlier process raced on the same database): the test database of the other tests
lives inside one transaction, where nobody can race anybody. Prints what each thread got, as JSON.
"""

import json
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import django

django.setup()

from django.db import connections  # noqa: E402

from glimmer.actions import quarantine, supplies, transfers  # noqa: E402
from glimmer.actions.controlled import Draft, write_entry  # noqa: E402
from glimmer.actions.devices import connect_device, disconnect_device  # noqa: E402
from glimmer.actions.log import append, lock_session  # noqa: E402
from glimmer.actions.readings import MessageFacts, chart_messages  # noqa: E402
from glimmer.actions.retiring import retire_device, retire_staff  # noqa: E402
from glimmer.actions.second_factor import add_app, prove_by_code  # noqa: E402
from glimmer.actions.session import (  # noqa: E402
    acknowledge_alarm,
    give_step,
    open_session,
    pause_infusion,
    start_infusion,
    stop_infusion,
    write_note,
)
from glimmer.actions.slowing import knock  # noqa: E402
from glimmer.care.controlled import Kind  # noqa: E402
from glimmer.care.session.events import AlarmRaised  # noqa: E402
from glimmer.care.supplies import Collection  # noqa: E402
from glimmer.config.bedside import facts_of  # noqa: E402
from glimmer.config.wiring import plug  # noqa: E402
from glimmer.gateway.message import read_message  # noqa: E402
from glimmer.gateway.sink import Received  # noqa: E402
from glimmer.records.controlled import facts  # noqa: E402
from glimmer.records.devices import Association  # noqa: E402
from glimmer.records.logbook import events_of  # noqa: E402
from glimmer.records.models import (  # noqa: E402
    QuarantineGroup,
    RegisterPage,
    Staff,
    TakeHomePrescription,
    TreatmentSession,
)
from glimmer.vocabulary.one_time_codes import code_at, step_of  # noqa: E402
from glimmer.vocabulary.parameters import Parameter  # noqa: E402
from glimmer.vocabulary.people import Role  # noqa: E402
from glimmer.vocabulary.problems import Problem  # noqa: E402
from glimmer.vocabulary.readings import Reading  # noqa: E402
from tests.support import bedside, register  # noqa: E402
from tests.support.bedside import NOON, Ward, a_ward  # noqa: E402
from tests.support.monitor_line import vitals  # noqa: E402
from tests.support.register import a_page, take  # noqa: E402

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


def double_step(ward: Ward) -> list[Act]:
    """Two nurses record the second of three nasal devices."""
    nasal = a_ward(protocol_id="intranasal-esketamine-maintenance", dose_mg=84, version="1")
    ward.episode, ward.monitor = nasal.episode, nasal.monitor
    session = nasal.running()
    return [
        lambda: give_step(session, number=2, by=nasal.nurse, at=LATER)[0].by,
        lambda: give_step(_own(session), number=2, by=nasal.second_nurse, at=LATER)[0].by,
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
    session = ward.open(connected=False)
    return [
        lambda: len(write_note(session, "Once", by=ward.nurse, form_token="press", at=LATER)),
        lambda: len(write_note(_own(session), "Once", by=ward.nurse, form_token="press", at=LATER)),
    ]


def double_connect(ward: Ward) -> list[Act]:
    """Two nurses connect the same monitor, each to the session of her own patient."""
    other = a_ward()
    sessions = [ward.open(connected=False), other.open(connected=False)]
    return [
        lambda: connect_device(sessions[0], ward.monitor.pk, by=ward.nurse, at=LATER)[0].by,
        lambda: connect_device(sessions[1], ward.monitor.pk, by=ward.second_nurse, at=LATER)[0].by,
    ]


def double_take(ward: Ward) -> list[Act]:
    """Two nurses take the monitor that is connected to a third session, in opposite directions of the numbers."""
    low = ward.open(connected=False)
    holder, third = a_ward(), a_ward()
    holding, high = holder.open(), third.open(connected=False)
    held = Association.objects.get(device=holder.monitor, session=holding).pk
    return [
        partial(_take, session, holder.monitor.pk, held, nurse)
        for session, nurse in ((low, ward.nurse), (high, ward.second_nurse))
    ]


def _take(session: TreatmentSession, device_id: int, held: int, nurse: Staff) -> str:
    events = connect_device(session, device_id, seen_elsewhere=held, reason="Ours is broken", by=nurse, at=LATER)
    return events[0].by


def take_against_disconnect(ward: Ward) -> list[Act]:
    """A nurse takes the monitor to another session while its own nurse disconnects it because it is broken."""
    other = a_ward()
    here, there = ward.open(), other.open(connected=False)
    held = Association.objects.get(device=ward.monitor, session=here).pk
    return [
        lambda: disconnect_device(here, ward.monitor.pk, "It is broken", by=ward.second_nurse, at=LATER)[0].by,
        partial(_take, there, ward.monitor.pk, held, ward.nurse),
    ]


def connect_against_messages(ward: Ward) -> list[Act]:
    """A nurse takes the monitor from a session while its messages are being stored."""
    other = a_ward()
    here, there = ward.open(), other.open(connected=False)
    held = Association.objects.get(device=ward.monitor, session=here).pk
    reading = (Reading(Parameter.SPO2, 97, LATER, "oximeter"),)
    facts = [
        MessageFacts(
            "MON", f"{n}", f"race-{here.pk}-{n}", "vitals", LATER, b"MSH|", ward.monitor.identifier,
            ((ward.patient.nhs_number, "NHS", "NH"),), reading,
        )
        for n in range(20)
    ]  # fmt: skip
    return [
        lambda: (
            connect_device(there, ward.monitor.pk, seen_elsewhere=held, reason="Moved", by=ward.nurse, at=LATER)[0].by
        ),
        lambda: sorted({chart_messages([one])[0].status for one in facts}),
    ]


def double_confirm(ward: Ward) -> list[Act]:
    """Two colleagues confirm at once what a nurse proposed for a session."""
    plug()
    session = ward.open(connected=False)
    raw = vitals(f"confirm-{session.pk}", ward.monitor.identifier, ward.patient.local_number, 131, NOON)
    chart_messages([facts_of(Received(raw, read_message(raw, NOON), NOON, ""))])
    group = QuarantineGroup.objects.get(device=ward.monitor)
    quarantine.propose_attribution(group, session.pk, "She was the only one here", seen=0, by=ward.nurse, at=LATER)
    return [
        partial(_confirm, QuarantineGroup.objects.get(pk=group.pk), person)
        for person in (ward.second_nurse, ward.psychiatrist)
    ]


def _confirm(group: QuarantineGroup, by: Staff) -> int:
    made = quarantine.attribute_messages(group, seen=1, by=by, at=LATER)
    return made.charted or 0


def attribute_against_discard(ward: Ward) -> list[Act]:
    """One proposes a session for what another discards."""
    session = ward.open(connected=False)
    raw = vitals(f"discard-{session.pk}", ward.monitor.identifier, ward.patient.local_number, 131, NOON)
    chart_messages([facts_of(Received(raw, read_message(raw, NOON), NOON, ""))])
    group = QuarantineGroup.objects.get(device=ward.monitor)
    mine, theirs = group, QuarantineGroup.objects.get(pk=group.pk)
    return [
        lambda: quarantine.propose_attribution(mine, session.pk, "Hers", seen=0, by=ward.nurse, at=LATER),
        lambda: quarantine.discard_messages(theirs, "A test", seen=0, by=ward.second_nurse, at=LATER),
    ]


def retire_against_connect(ward: Ward) -> list[Act]:
    """A manager retires a monitor while a nurse connects it."""
    session = ward.open(connected=False)
    manager = _a_person(f"manager-{session.pk}", Role.MANAGER)
    return [
        lambda: str(retire_device(ward.monitor, "Broken", by=manager, at=LATER).retired_at),
        lambda: connect_device(session, ward.monitor.pk, by=ward.nurse, at=LATER)[0].by,
    ]


def retire_each_other(ward: Ward) -> list[Act]:
    """The only two administrators retire each other."""
    session = ward.open(connected=False)
    Staff.objects.filter(role=Role.ADMINISTRATOR.value).update(is_active=False)
    one, other = (_a_person(f"{name}-{session.pk}", Role.ADMINISTRATOR) for name in ("one", "other"))
    return [
        lambda: str(retire_staff(one, "Left", by=other, at=LATER).pk),
        lambda: str(retire_staff(other, "Left", by=one, at=LATER).pk),
    ]


def _a_person(username: str, role: Role) -> Staff:
    return Staff.objects.create(username=username, name=username.capitalize(), role=role.value)


def last_vial(ward: Ward) -> list[Act]:
    """Two nurses take the last vial at the same moment, each for her own patient."""
    page = a_page(ward, vials=1)
    sessions = [ward.open(connected=False), a_ward().open(connected=False)]
    people = [(ward.nurse, ward.psychiatrist), (ward.second_nurse, ward.pharmacist)]
    return [
        partial(take, session, page, seen=1, by=by, witness=witness, at=LATER)
        for session, (by, witness) in zip(sessions, people, strict=True)
    ]


def vial_against_count(ward: Ward) -> list[Act]:
    """One takes a vial while two others write down what they counted: the count is of a known balance or of none."""
    page = a_page(ward, vials=2)
    session = ward.open(connected=False)
    counted = Draft(Kind.CHECK, counted=2)
    return [
        lambda: take(session, page, seen=1, by=ward.nurse, witness=ward.psychiatrist, at=LATER),
        lambda: write_entry(page, counted, seen=1, by=ward.second_nurse, witness=ward.pharmacist, at=LATER).balance,
    ]


def double_supply(ward: Ward) -> list[Act]:
    """Two nurses hand out the one bottle of a prescription at the same moment."""
    one = _prescribed(ward)
    people = [(ward.nurse, ward.psychiatrist), (ward.second_nurse, ward.pharmacist)]

    def supply(by: Staff, witness: Staff) -> int:
        out = supplies.HandedOut(1, (register.BATCH, register.EXPIRES), Collection("patient", "", True, True))
        return supplies.supply_take_home(one, out, seen=0, seen_entry=1, by=by, witness=witness, at=LATER).seq

    return [partial(supply, *two) for two in people]


def supply_against_cancel(ward: Ward) -> list[Act]:
    """A nurse hands out what the prescriber cancels."""
    one = _prescribed(ward)
    out = supplies.HandedOut(1, (register.BATCH, register.EXPIRES), Collection("patient", "", True, True))
    two: dict[str, Any] = {"by": ward.nurse, "witness": ward.pharmacist}
    return [
        lambda: supplies.supply_take_home(one, out, seen=0, seen_entry=1, at=LATER, **two).seq,
        lambda: supplies.cancel_take_home(one, "Admitted", seen=0, by=ward.psychiatrist, at=LATER).seq,
    ]


def _prescribed(ward: Ward) -> TakeHomePrescription:
    ward.open(connected=False)
    ward.patient.address, ward.patient.postcode = "1 Sample Street", "EX1 1EX"
    ward.patient.save()
    Staff.objects.filter(pk=ward.psychiatrist.pk).update(registration="GMC 0000001")
    ward.psychiatrist.refresh_from_db()
    ward.episode.refresh_from_db()
    page = a_page(ward, vials=2, form="oral solution", container="bottle", container_ml=Decimal(50))
    order = supplies.Order(50, 3, 30, 50, "50 mg (5 mL) by mouth every third day", NOON.date(), "Agreed on.")
    return supplies.prescribe_take_home(ward.episode, page, order, by=ward.psychiatrist, at=NOON)


def transfer_received_twice(ward: Ward) -> list[Act]:
    """Two pairs write down at the same moment that the same stock has arrived."""
    ward.open(connected=False)
    here, there = a_page(ward, vials=3), a_page(ward, vials=0)
    two: dict[str, Any] = {"by": ward.nurse, "witness": ward.second_nurse}
    stock = (register.BATCH, register.EXPIRES)
    sent = transfers.send_stock(here, there, 2, stock, "With the courier", seen=1, at=LATER, **two)
    people = [(ward.nurse, ward.psychiatrist), (ward.second_nurse, ward.pharmacist)]
    return [
        lambda by=by, witness=witness: (  # type: ignore[misc]
            transfers.receive_stock(sent, 2, seen=0, by=by, witness=witness, at=LATER).arrived
        )
        for by, witness in people
    ]


def many_guesses(ward: Ward) -> list[Act]:
    """Twelve guesses at one password at the same moment."""
    key = f"race-{ward.open(connected=False).pk}"
    return [partial(_knock, key) for _ in range(12)]


def _knock(key: str) -> str:
    knock(key, LATER)
    return "looked at"


def same_code_twice(ward: Ward) -> list[Act]:
    """One code of an app is entered in two browsers at the same moment."""
    ward.open(connected=False)
    secret = b"a secret of 20 bytes"
    add_app(secret, code_at(secret, step_of(NOON)), "phone", by=ward.nurse, at=NOON)
    code = code_at(secret, step_of(LATER))
    return [partial(prove_by_code, ward.nurse, code, LATER) for _ in range(2)]


def _own(session: TreatmentSession) -> TreatmentSession:
    """Each person has loaded a page, and with it a row, of their own."""
    return TreatmentSession.objects.get(pk=session.pk)


RACES = {
    f.__name__: f
    for f in (
        double_open,
        double_start,
        double_step,
        double_acknowledge,
        pause_against_stop,
        same_press_twice,
        last_vial,
        many_guesses,
        same_code_twice,
        vial_against_count,
        double_supply,
        supply_against_cancel,
        transfer_received_twice,
        double_connect,
        double_take,
        take_against_disconnect,
        connect_against_messages,
        double_confirm,
        attribute_against_discard,
        retire_against_connect,
        retire_each_other,
    )
}


def run(name: str, rounds: int) -> list[dict[str, Any]]:
    told = []
    for _ in range(rounds):
        ward = a_ward()
        answers = _at_once(RACES[name](ward))
        session = TreatmentSession.objects.get(episode=ward.episode)
        held = [row.pk for row in Association.objects.filter(disconnected_at=None, device=ward.monitor)]
        kinds = [event.what.kind for event in events_of(session.pk)]
        told.append(
            {
                "answers": answers,
                "kinds": kinds,
                "phase": session.phase,
                "last_seq": session.last_seq,
                "held": held,
                "balances": [facts(page).balance for page in RegisterPage.objects.order_by("-pk")[:1]],
            }
        )
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
    for first in sys.argv[3:]:
        bedside.count_from(int(first))
        register.count_from(int(first))
    print(json.dumps(run(sys.argv[1], int(sys.argv[2]))))
