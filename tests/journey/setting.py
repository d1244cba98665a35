"""What is in the clinic before the story begins, made in a process of its own: staff, bays, monitors and pumps.

python -m tests.journey.setting open                   staff, three bays, a monitor and a pump in each
python -m tests.journey.setting recovering             a patient whose infusion ended 65 minutes ago; prints addresses
python -m tests.journey.setting running                a patient whose infusion began 41 minutes ago
python -m tests.journey.setting amina consent          Amina at the beginning of a step
python -m tests.journey.setting positions              where everybody stands, stored and worked out again

Time that no test can wait for has passed here: the sessions were opened, checked and started by the product's own
actions, told at which time. Nothing is written around them.
"""

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.journey.people import PASSWORD
from tests.support.live_server import RunningClinic

ROOT = Path(__file__).resolve().parents[2]


def in_clinic(clinic: RunningClinic, *words: str) -> Any:
    """Do one of the above in a clinic's own database and return what it tells."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.journey.setting", *words],
        env={**clinic.environment, "DJANGO_SETTINGS_MODULE": "glimmer.config.settings"},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


def open_clinic() -> dict[str, Any]:
    from glimmer.records.models import Device
    from tests.support.cast import bay, make_cast

    make_cast(PASSWORD)
    for number in (1, 2, 3, 4):
        for kind in ("monitor", "pump"):
            Device.objects.get_or_create(identifier=f"bay-{number}-{kind}", kind=kind, bay=bay(number))
    return {}


def recovering(patient: int = 1) -> dict[str, Any]:
    """The infusion took its 40 minutes and ended 65 minutes ago: the shorter stay has passed."""
    from glimmer.actions.session import complete_infusion

    told, session, cast, started_at = _started(patient, minutes_ago=105)
    complete_infusion(session, 50, by=cast.maya, at=started_at + timedelta(minutes=40))
    return told


def running(patient: int = 2) -> dict[str, Any]:
    """The infusion was started 41 minutes ago: the syringe should be empty."""
    return _started(patient, minutes_ago=41)[0]


def nasal(patient: int = 6) -> dict[str, Any]:
    """The first of two nasal devices was used six minutes ago: the second may be used now."""
    from glimmer.actions.session import start_infusion

    used_at = datetime.now(UTC) - timedelta(minutes=6)
    order = {"protocol_id": "intranasal-esketamine", "basis": ""}
    told, session, cast = _prepared(patient, used_at - timedelta(minutes=5), **order)
    start_infusion(session, by=cast.maya, at=used_at)
    return told


def eligible(patient: int = 3) -> dict[str, Any]:
    from tests.support.cast import an_episode

    episode = an_episode(_cast(), at="consent", patient=patient)
    return {"journey": f"/episodes/{episode.pk}", "name": episode.patient.name}


def referred(patient: int = 4) -> dict[str, Any]:
    from tests.support.cast import an_episode

    episode = an_episode(_cast(), at="referral", patient=patient)
    return {"journey": f"/episodes/{episode.pk}", "name": episode.patient.name}


def ready(patient: int = 2) -> dict[str, Any]:
    """Everything before the start is done and checked; the infusion has not begun."""
    told, *_ = _prepared(patient, datetime.now(UTC) - timedelta(minutes=4))
    return told


def amina(step: str) -> dict[str, Any]:
    """Amina as she stands at the beginning of a step, when the chapters before it are not told in this run."""
    from django.utils import timezone

    from tests.support.cast import an_episode, first_appointment

    day = timezone.localdate()
    order = {"protocol_id": "iv-racemic-oxford-weekly"} if step == "session" else {}
    episode = an_episode(_cast(), at=step, patient=0, first_day=day, **order)
    places = {"journey": f"/episodes/{episode.pk}"}
    if step == "session":
        places["appointment"] = f"/appointments/{first_appointment(episode).pk}"
    return places


def positions() -> dict[str, Any]:
    """Every episode's stored position, and how it reads when it is worked out again from the records."""
    from collections import Counter

    from glimmer.care.journey import where_is
    from glimmer.records.journey import journey_facts
    from glimmer.records.models import Episode

    steps: Counter[str] = Counter()
    differ = []
    for episode in Episode.objects.all():
        steps[episode.step] += 1
        stored = (episode.step, episode.state, episode.needs, episode.waiting_on)
        place = where_is(journey_facts(episode))
        if stored != (place.step, place.state, place.needs, place.waiting_on):
            differ.append({"episode": episode.pk, "stored": stored, "derived": str(place)})
    return {"steps": steps, "differ": differ}


def _cast() -> Any:
    from glimmer.records.models import Staff
    from tests.support.cast import PEOPLE, Cast

    return Cast(**{username: Staff.objects.get(username=username) for username in PEOPLE})


def _started(patient: int, minutes_ago: int) -> Any:
    from glimmer.actions.session import start_infusion

    started_at = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    told, session, cast = _prepared(patient, started_at - timedelta(minutes=5))
    start_infusion(session, by=cast.maya, at=started_at)
    return told, session, cast, started_at


def _prepared(patient: int, at: datetime, **order: Any) -> Any:
    from django.utils import timezone

    from glimmer.actions import session as act
    from glimmer.actions.devices import connect_bay
    from glimmer.guidance import protocol
    from glimmer.records.models import Device
    from tests.support.bedside import CALM
    from tests.support.cast import an_episode, first_appointment

    cast = _cast()
    opened_at = at - timedelta(minutes=5)
    day = timezone.localtime(opened_at).date()
    episode = an_episode(cast, at="session", patient=patient, now=opened_at - timedelta(days=1), first_day=day, **order)
    session = act.open_session(first_appointment(episode), by=cast.maya, at=opened_at)
    for kind in ("monitor", "pump"):
        Device.objects.get_or_create(bay=session.bay, kind=kind, defaults={"identifier": f"{session.bay.pk}-{kind}"})
    connect_bay(session, by=cast.maya, at=opened_at)
    asked = [c for c in protocol(session.plan.protocol_id).checks_before if not c.measured and not c.only_if]
    act.record_checks(session, {c.id: (c.wanted, "") for c in asked}, by=cast.maya, at=opened_at)
    calm = act.Observation(values=CALM, due_minute=-15, consciousness="A", sedation=5, dissociation=0)
    act.record_observation(session, calm, by=cast.maya, at=opened_at + timedelta(minutes=1))
    pinned = protocol(session.plan.protocol_id)
    strength, total = pinned.vial_concentrations_mg_per_ml[0], 50 if pinned.given_by.pump else None
    syringe = act.SyringeDetails(strength, total, "KET-7", (at + timedelta(days=300)).date())
    act.prepare_infusion(session, syringe, by=cast.maya, at=opened_at + timedelta(minutes=2))
    act.check_preparation(session, by=cast.jo, at=opened_at + timedelta(minutes=3))
    told = {
        "journey": f"/episodes/{episode.pk}",
        "session": f"/sessions/{session.pk}",
        "name": episode.patient.name,
        "local_number": episode.patient.local_number,
        "nhs_number": episode.patient.nhs_number,
        "bay": session.bay.position,
    }
    return told, session, cast


ACTS: dict[str, Callable[..., dict[str, Any]]] = {
    "open": open_clinic,
    "recovering": recovering,
    "running": running,
    "ready": ready,
    "nasal": nasal,
    "eligible": eligible,
    "referred": referred,
    "positions": positions,
    "amina": amina,
}

if __name__ == "__main__":
    import django

    django.setup()
    # The exchange rooms are plugged in where a letter or a bundle is needed; none of these acts needs one.
    print(json.dumps(ACTS[sys.argv[1]](*(int(word) if word.isdigit() else word for word in sys.argv[2:]))))
