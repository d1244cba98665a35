"""What happened at the bedside in the demo's sessions: past ones whole, running ones up to now.

Every act is the product's own; only what a monitor sent before "now" is written straight into the log,
drawn by the same virtual bedside that goes on sending through the gateway once the demo runs.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from django.db import transaction

from glimmer.actions import session as act
from glimmer.actions.devices import connect_bay
from glimmer.care.plan import Preparation
from glimmer.care.session.events import DeviceReadings, to_body
from glimmer.cli.demo.clinic import DemoClinic
from glimmer.cli.demo.register import BATCH, HOURS_BEFORE, expiry, take_vial
from glimmer.gateway.message import read_message
from glimmer.gateway.virtual import VirtualBedside
from glimmer.guidance import protocol
from glimmer.records.models import Appointment, LogLine, TreatmentSession
from glimmer.vocabulary.parameters import Parameter

MANUAL = (
    Parameter.SYSTOLIC,
    Parameter.DIASTOLIC,
    Parameter.PULSE,
    Parameter.SPO2,
    Parameter.RESPIRATORY_RATE,
)
VIAL_MG_PER_ML = 10.0
SYRINGE_ML = 50.0
# What the nurse measures before the start, once the patient has rested: a demo's past sessions all began, and a virtual
# patient whose pressure is raised at rest would not have been started.
RESTED = {Parameter.SYSTOLIC: 138.0, Parameter.DIASTOLIC: 86.0, Parameter.PULSE: 96.0}


@dataclass(frozen=True)
class Course:
    """One demo session's times: the start of the infusion, and the moment up to which it has happened.

    The pump speaks once for so many messages of the monitor.
    """

    start: datetime
    until: datetime
    seconds_between_readings: int
    monitor_messages_per_pump_message: int

    def minute(self, minute: float) -> datetime:
        """Return the time `minute` minutes after the start of the infusion."""
        return self.start + timedelta(minutes=minute)

    def reached(self, minute: float) -> bool:
        """Say whether that minute has come."""
        return self.minute(minute) <= self.until


def play_session(clinic: DemoClinic, appointment: Appointment, course: Course) -> TreatmentSession:
    """Walk one session from the checks to wherever `course.until` lies, and return it."""
    session = act.open_session(appointment, by=clinic.nurse, at=course.minute(-40))
    connect_bay(session, by=clinic.nurse, at=course.minute(-38))
    rules = protocol(session.plan.protocol_id, session.plan.protocol_version)
    answers = {
        check.id: (check.wanted, "") for check in rules.checks_before if not check.measured and _applies(check, session)
    }
    act.record_checks(session, answers, by=clinic.nurse, at=course.minute(-30))
    syringe = act.preview_preparation(session, VIAL_MG_PER_ML, SYRINGE_ML)
    bedside = _virtual_bedside(session, course, syringe)
    _observe(clinic, session, bedside, course, -15)
    details = act.SyringeDetails(VIAL_MG_PER_ML, SYRINGE_ML, BATCH, expiry(clinic))
    act.prepare_infusion(session, details, by=clinic.nurse, at=course.minute(-10))
    act.check_preparation(session, by=clinic.second_nurse, at=course.minute(-7))
    if course.start > clinic.now - timedelta(hours=HOURS_BEFORE):
        take_vial(clinic, session)
    _feed(session, bedside, course, -14, -2)
    _observe(clinic, session, bedside, course, -1, due=0, most=RESTED)
    act.start_infusion(session, by=clinic.nurse, at=course.start)
    _run(clinic, session, bedside, course, rules.observation_minutes)
    return session


def _run(
    clinic: DemoClinic, session: TreatmentSession, bedside: VirtualBedside, course: Course, minutes: tuple[int, ...]
) -> None:
    length = int(session.plan.infusion_minutes)
    before = 0
    for minute in [m for m in minutes if m > 0]:
        _feed(session, bedside, course, before, min(minute, _minutes_so_far(course)))
        if not course.reached(minute):
            return
        if before < length <= minute:
            act.complete_infusion(session, by=clinic.nurse, at=course.minute(length))
        _observe(clinic, session, bedside, course, minute)
        if minute == minutes[-4] and clinic.chance.random() < 0.4:
            act.record_side_effect(session, "Dizziness", "mild", "reported", by=clinic.nurse, at=course.minute(minute))
        before = minute
    if course.reached(minutes[-1] + 15):
        _leave(clinic, session, course.minute(minutes[-1] + 12))


def _leave(clinic: DemoClinic, session: TreatmentSession, at: datetime) -> None:
    rules = protocol(session.plan.protocol_id, session.plan.protocol_version)
    # A criterion that takes either answer is answered yes here: somebody comes to take the patient home.
    answers = {c.id: ("no" if c.wanted == "no" else "yes", "") for c in rules.leaving if not c.measured}
    act.record_leaving(session, answers, by=clinic.nurse, at=at)
    act.discharge_patient(session, "their sister", by=clinic.nurse, at=at + timedelta(minutes=2))


def _applies(check: object, session: TreatmentSession) -> bool:
    return getattr(check, "only_if", "") != "pregnancy_possible" or session.plan.pregnancy_possible


def _minutes_so_far(course: Course) -> float:
    return (course.until - course.start).total_seconds() / 60


def _virtual_bedside(session: TreatmentSession, course: Course, syringe: Preparation) -> VirtualBedside:
    """Return the virtual monitor and pump of a demo session, drawing the curve they go on with once it runs."""
    patient = session.episode.patient
    number = session.bay.position
    return VirtualBedside(
        identifiers=((patient.local_number, "GLIMMER", "MR"), (patient.nhs_number, "NHS", "NH")),
        patient_name=(patient.family_name, patient.given_name),
        bay=session.bay.name,
        monitor_id=f"bay-{number}-monitor",
        pump_id=f"bay-{number}-pump",
        seed=zlib.crc32(patient.nhs_number.encode()),
        started_at=course.start,
        script_from=course.until,
        rate_ml_per_hour=syringe.rate_ml_per_hour,
        volume_ml=syringe.total_volume_ml,
        concentration_mg_per_ml=syringe.final_concentration_mg_per_ml,
    )


def _feed(session: TreatmentSession, bedside: VirtualBedside, course: Course, first: float, last: float) -> None:
    """Write what the monitor and pump sent between two minutes of the session, each line as of its own time."""
    step, begin = timedelta(seconds=course.seconds_between_readings), course.minute(first)
    end = min(course.minute(last), course.until)
    heard = []
    for number in range(1, int((end - begin) / step) + 1):
        moment = begin + number * step
        heard.append((moment, bedside.monitor_id, bedside.monitor_message(moment)))
        if number % course.monitor_messages_per_pump_message == 0:
            heard.append((moment, bedside.pump_id, bedside.pump_message(moment)))
    with transaction.atomic():
        locked = TreatmentSession.objects.select_for_update().get(pk=session.pk)
        lines = [
            _line(locked, seq, moment, device, raw)
            for seq, (moment, device, raw) in enumerate(heard, start=locked.last_seq + 1)
        ]
        # In bulk: a session is a hundred lines and more, and the demo should be there soon.
        LogLine.objects.bulk_create(lines)
        locked.last_seq += len(lines)
        locked.save(update_fields=["last_seq"])


def _line(session: TreatmentSession, seq: int, at: datetime, device: str, raw: bytes) -> LogLine:
    what = DeviceReadings(device=device, readings=read_message(raw, at).readings)
    return LogLine(
        session=session,
        seq=seq,
        kind=what.kind,
        happened_at=at,
        received_at=at,
        by=f"device {device}",
        body=to_body(what),
    )


def _observe(
    clinic: DemoClinic,
    session: TreatmentSession,
    bedside: VirtualBedside,
    course: Course,
    minute: int,
    due: int | None = None,
    most: Mapping[Parameter, float] = MappingProxyType({}),
) -> None:
    at = course.minute(minute)
    measured = read_message(bedside.monitor_message(at), at).readings
    typed = {r.parameter: float(round(r.value)) for r in measured if r.parameter in MANUAL}
    values = {parameter: min(value, most.get(parameter, value)) for parameter, value in typed.items()}
    act.record_observation(
        session,
        act.Observation(
            values=values,
            due_minute=minute if due is None else due,
            consciousness="A",
            sedation=5 if minute <= 0 or minute >= 70 else 4,
            dissociation=0 if minute <= 0 or minute >= 70 else clinic.chance.randint(1, 5),
        ),
        by=clinic.nurse,
        at=at,
    )
