"""A patient in a bay, ready for today's session: rows made directly, then walked on by the product's own actions.

ward = a_ward(NOON)                    # staff, patient, plan, consent, bay, monitor, pump, appointment
session = ward.open()                  # checks before
ward.answer_checks(session); ward.observe(session); ward.prepare(session)
session = ward.running()               # all of it at once
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count

import nhs_number
from django.db.models import Model

from glimmer.actions.devices import connect_bay
from glimmer.actions.session import (
    Observation,
    SyringeDetails,
    check_preparation,
    complete_infusion,
    open_session,
    prepare_infusion,
    record_checks,
    record_observation,
    start_infusion,
)
from glimmer.guidance import protocol
from glimmer.records.models import (
    Appointment,
    Bay,
    ConsentRecord,
    Device,
    Episode,
    InformationGiven,
    Patient,
    Plan,
    Staff,
    TreatmentSession,
)
from glimmer.vocabulary.parameters import Parameter
from glimmer.vocabulary.people import Role
from tests.support.approvals import approve_all_protocols
from tests.support.cast import sign_functions
from tests.support.kept import KEEPER, kept
from tests.support.staff_at_once import store_staff

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PROTOCOL = "iv-racemic-standard"
CALM = {
    Parameter.SYSTOLIC: 124,
    Parameter.DIASTOLIC: 76,
    Parameter.PULSE: 72,
    Parameter.SPO2: 98,
    Parameter.RESPIRATORY_RATE: 14,
    Parameter.TEMPERATURE: 36.6,
}
_numbers = count(1)


def count_from(first: int) -> None:
    """Give the next patient this number, where earlier ones are in the database already."""
    global _numbers
    _numbers = count(first)


# Each test's first patient is number 1, whatever ran before it.
KEEPER.at_the_beginning.append(lambda: count_from(1))


@dataclass
class Ward:
    """One patient's session and the people around it."""

    nurse: Staff
    second_nurse: Staff
    psychiatrist: Staff
    pharmacist: Staff
    researcher: Staff
    officer: Staff
    patient: Patient
    episode: Episode
    plan: Plan
    bay: Bay
    monitor: Device
    pump: Device
    appointment: Appointment
    now: datetime

    def open(self, at: datetime | None = None, *, connected: bool = True) -> TreatmentSession:
        """Open the session and, as a nurse does next, connect the monitor and the pump of the bay to it."""
        return self._moves_on(_opened(self, at or self.now, connected))

    def answer_checks(self, session: TreatmentSession, at: datetime | None = None, **other: str) -> None:
        """Answer every check that a person answers as the protocol wants it, but for those named in `other`."""
        asked = [c for c in protocol(self.plan.protocol_id).checks_before if not c.measured and not c.only_if]
        answers = {check.id: (other.get(check.id, check.wanted), "") for check in asked}
        record_checks(session, answers, by=self.nurse, at=at or self.now)

    def observe(self, session: TreatmentSession, at: datetime | None = None, **more: object) -> None:
        values = {**CALM, **more.pop("values", {})}  # type: ignore[dict-item]
        observation = Observation(values=values, consciousness="A", sedation=5, dissociation=0, **more)  # type: ignore[arg-type]
        record_observation(session, observation, by=self.nurse, at=at or self.now)

    def prepare(self, session: TreatmentSession, at: datetime | None = None) -> None:
        """Draw up the syringe, and have the second nurse check it."""
        pinned = protocol(self.plan.protocol_id)
        total = 50 if pinned.given_by.pump else None
        details = SyringeDetails(pinned.vial_concentrations_mg_per_ml[0], total, "B1234", date(2027, 12, 31))
        prepare_infusion(session, details, by=self.nurse, at=at or self.now)
        check_preparation(session, by=self.second_nurse, at=at or self.now)

    def ready(self, at: datetime | None = None) -> TreatmentSession:
        return self._moves_on(_ready(self, at or self.now))

    def running(self, at: datetime | None = None) -> TreatmentSession:
        return self._moves_on(_running(self, at or self.now))

    def recovering(self, at: datetime | None = None) -> TreatmentSession:
        """A session whose infusion ended 40 minutes after `at`."""
        return self._moves_on(_recovering(self, at or self.now))

    def _moves_on(self, stage: "tuple[Ward, TreatmentSession]") -> TreatmentSession:
        """Return the session; where it was kept, our rows get what the same rows had when it was made."""
        ward, session = stage
        for name, row in vars(ward).items():
            if isinstance(row, Model):
                vars(getattr(self, name)).update(vars(row))
        return session


@kept
def _opened(ward: Ward, at: datetime, connected: bool) -> tuple[Ward, TreatmentSession]:
    session = open_session(ward.appointment, by=ward.nurse, at=at)
    if connected:
        connect_bay(session, by=ward.nurse, at=at)
        session.refresh_from_db()
    return ward, session


@kept
def _ready(ward: Ward, at: datetime) -> tuple[Ward, TreatmentSession]:
    session = ward.open(at)
    ward.answer_checks(session, at)
    ward.observe(session, at)
    ward.prepare(session, at)
    return ward, session


@kept
def _running(ward: Ward, at: datetime) -> tuple[Ward, TreatmentSession]:
    session = ward.ready(at)
    start_infusion(session, by=ward.nurse, at=at)
    return ward, session


@kept
def _recovering(ward: Ward, at: datetime) -> tuple[Ward, TreatmentSession]:
    session = ward.running(at)
    complete_infusion(session, 50, by=ward.nurse, at=at + timedelta(minutes=40))
    return ward, session


def a_ward(
    now: datetime = NOON,
    number: int | None = None,
    protocol_id: str = PROTOCOL,
    dose_mg: float = 35,
    version: str | None = None,
) -> Ward:
    """Return a patient with everything that a session needs today; each call makes another one in another bay."""
    return _a_ward(now, number or next(_numbers), protocol_id, dose_mg, version)


@kept
def _a_ward(now: datetime, number: int, protocol_id: str, dose_mg: float, version: str | None) -> Ward:
    people = _people()
    psychiatrist = people["psychiatrist"]
    patient = Patient.objects.create(
        nhs_number=_nhs_number(number),
        local_number=f"G{number:06d}",
        family_name=f"Applewhistle{number}",
        given_name="Amina",
        birth_date=date(1984, 2, 29),
        sex="female",
        created_at=now,
    )
    episode = Episode.objects.create(patient=patient, opened_at=now - timedelta(days=30), updated_at=now)
    chosen = protocol(protocol_id, version)
    plan = Plan.objects.create(
        episode=episode,
        version=1,
        protocol_id=chosen.id,
        protocol_version=chosen.version,
        protocol_digest=chosen.digest,
        weight_kg=70,
        height_cm=168,
        basis="actual" if chosen.doses_by_weight else "fixed",
        dose_mg_per_kg=0.5 if chosen.doses_by_weight else None,
        dose_mg=dose_mg,
        infusion_minutes=int(chosen.minutes_for(dose_mg)),
        sessions=6,
        pregnancy_possible=False,
        prescribed_by=psychiatrist,
        prescribed_at=now - timedelta(days=7),
    )
    _consent(episode, plan, people["nurse"], now - timedelta(days=8))
    bay = Bay.objects.create(name=f"Bay {number}", position=number)
    appointment = Appointment.objects.create(
        plan=plan,
        number=1,
        bay=bay,
        starts_at=now,
        ends_at=now + timedelta(hours=2),
        booked_by=people["nurse"],
        booked_at=now - timedelta(days=5),
    )
    monitor = Device.objects.create(identifier=f"bay-{number}-monitor", kind="monitor", bay=bay)
    pump = Device.objects.create(identifier=f"bay-{number}-pump", kind="pump", bay=bay)
    rest = {"patient": patient, "episode": episode, "plan": plan, "bay": bay, "appointment": appointment}
    return Ward(**people, monitor=monitor, pump=pump, now=now, **rest)


@kept
def _people() -> dict[str, Staff]:
    wanted = {
        "nurse": ("Maya Okafor", Role.NURSE),
        "second_nurse": ("Jo Sparrow", Role.NURSE),
        "psychiatrist": ("Dr Idris Penhallow", Role.PSYCHIATRIST),
        "pharmacist": ("Priya Quill", Role.PHARMACIST),
        "researcher": ("Ness Abernathy", Role.RESEARCHER),
        "officer": ("Dr Wilf Tarrant", Role.SAFETY_OFFICER),
    }
    found = {one.username: one for one in Staff.objects.filter(username__in=[f"ward-{key}" for key in wanted])}
    people = {
        key: found.get(f"ward-{key}") or Staff(username=f"ward-{key}", name=name, role=role.value)
        for key, (name, role) in wanted.items()
    }
    store_staff([one for one in people.values() if one.pk is None])
    sign_functions(people["officer"])
    approve_all_protocols(people["psychiatrist"], people["pharmacist"])
    return people


def _consent(episode: Episode, plan: Plan, nurse: Staff, at: datetime) -> None:
    from glimmer.actions.consent_talk import FREE, as_content, information_about
    from glimmer.guidance import protocol
    from glimmer.records.conversations import told_as_row, told_of_plan

    told = information_about(protocol(plan.protocol_id), plan, FREE)
    given = InformationGiven.objects.create(
        episode=episode,
        version=told.version,
        digest=told.digest,
        protocol_id=plan.protocol_id,
        protocol_version=plan.protocol_version,
        content=as_content(told),
        told=told_as_row(told_of_plan(plan)),
        cost=FREE,
        ways=["talk"],
        interpreter="not_needed",
        given_at=at - timedelta(days=2),
        recorded_by=nurse,
        recorded_at=at - timedelta(days=2),
    )
    ConsentRecord.objects.create(
        episode=episode,
        decision="given",
        information_version=told.version,
        information=given,
        understands=True,
        retains=True,
        weighs=True,
        communicates=True,
        points_covered=[point.id for point in told.points],
        recorded_by=nurse,
        recorded_at=at,
    )


def _nhs_number(number: int) -> str:
    """Return the `number`-th valid NHS number of the range that is never issued."""
    found = (str(n) for n in range(9_990_001_000, 9_999_999_999) if nhs_number.is_valid(str(n)))
    for _ in range(number - 1):
        next(found)
    return next(found)
