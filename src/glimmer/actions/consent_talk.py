"""Before the decision: the information given, the patient's questions, and what they were answered."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from glimmer.actions.act import acting
from glimmer.actions.endings import open_episode
from glimmer.care.consent_lapse import tells_otherwise
from glimmer.care.consent_waiting import INTERPRETER
from glimmer.guidance import (
    GuidanceError,
    Information,
    Point,
    Protocol,
    Told,
    information,
    information_for,
    protocol,
    risks,
)
from glimmer.records.consent import InformationGiven, PatientQuestion, QuestionAnswer
from glimmer.records.conversations import plans_of, told_as_row, told_of_plan
from glimmer.records.episodes import Episode
from glimmer.records.plans import Plan
from glimmer.records.protocols import prescribable
from glimmer.records.staff import Staff
from glimmer.vocabulary.problems import BadInput

WAYS = {
    "talk": "In a talk",
    "printed": "Printed, to take away",
    "post": "By post",
    "email": "By email",
    "read_aloud": "Read aloud",
    "easy_read": "Easy read",
    "translated": "In the patient's own language",
    "sign_language": "In sign language",
}
"""How the information reached the patient."""

FREE = "The NHS pays for this treatment. It costs you nothing."


@dataclass(frozen=True, slots=True)
class Handover:
    """How a patient was informed. `protocol_id` is the treatment; `ways` are of WAYS; `cost` what it costs them.

    `interpreter` is one of `care.consent_waiting.INTERPRETER`; `given_at` (aware) is when it happened, None for now.
    """

    protocol_id: str
    cost: str
    ways: tuple[str, ...]
    interpreter: str
    interpreter_who: str = ""
    given_at: datetime | None = None


def give_information(
    episode: Episode, handover: Handover, *, by: Staff, seen: int | None = None, at: datetime | None = None
) -> InformationGiven:
    """Record that the patient was given the information in force on one treatment, and keep what it said.

    From then on runs the time to think. Raises BadInput for what cannot be right.
    """
    with acting(by, "consent.record", verb="give_information", episode=episode, seen=seen, at=at) as act:
        locked = open_episode(act)
        _check(handover, act.at)
        plan = plan_about(locked, handover.protocol_id)
        treatment = treatment_told(locked, handover.protocol_id)
        told = information_about(treatment, plan, handover.cost.strip())
        stored = InformationGiven.objects.create(
            episode=locked,
            version=told.version,
            digest=told.digest,
            protocol_id=treatment.id,
            protocol_version=treatment.version,
            plan=plan,
            content=as_content(told),
            told=told_as_row(told.told) if told.told is not None else {},
            cost=handover.cost.strip(),
            ways=list(handover.ways),
            interpreter=handover.interpreter,
            interpreter_who=checked_interpreter(handover.interpreter, handover.interpreter_who),
            given_at=handover.given_at or act.at,
            recorded_by=by,
            recorded_at=act.at,
        )
        act.about(stored)
        act.note(protocol=stored.protocol_id, information=stored.version, digest=stored.digest)
    return stored


def ask_question(
    episode: Episode, asks: str, asked_by: str, *, by: Staff, seen: int | None = None, at: datetime | None = None
) -> PatientQuestion:
    """Write down a question about the treatment in the patient's words; until it is answered nobody can consent."""
    with acting(by, "consent.question", verb="ask_question", episode=episode, seen=seen, at=at) as act:
        if not asks.strip():
            raise BadInput("Write down what the patient asked.", field="asks")
        stored = PatientQuestion.objects.create(
            episode=open_episode(act),
            asks=asks.strip(),
            asked_by=asked_by.strip() or "The patient",
            recorded_by=by,
            recorded_at=act.at,
        )
        act.about(stored)
    return stored


def answer_question(
    question: PatientQuestion, says: str, *, by: Staff, seen: int | None = None, at: datetime | None = None
) -> QuestionAnswer:
    """Write down what the patient was answered, in the name of who answered. It adds to an earlier answer."""
    with acting(by, "consent.record", verb="answer_question", episode=question.episode, seen=seen, at=at) as act:
        open_episode(act)
        if not says.strip():
            raise BadInput("Write down what the patient was answered.", field="says")
        stored = QuestionAnswer.objects.create(question=question, says=says.strip(), answered_by=by, answered_at=act.at)
        act.about(stored)
    return stored


def plan_about(episode: Episode, protocol_id: str) -> Plan | None:
    """Return the plan in force if it is of this treatment: then the patient is told its own figures."""
    plans = plans_of(episode)
    return plans[-1] if plans and plans[-1].protocol_id == protocol_id else None


def treatments_told(episode: Episode) -> tuple[Protocol, ...]:
    """Return the treatments that a patient can be told of: what the clinic prescribes, and what their plan is of."""
    plans = plans_of(episode)
    if not plans:
        return prescribable()
    own = protocol(plans[-1].protocol_id, plans[-1].protocol_version)
    return (own, *(one for one in prescribable() if one.id != own.id))


def treatment_told(episode: Episode, protocol_id: str) -> Protocol:
    """Return the version of a treatment that a patient is told of: that of their plan, else the one prescribed now."""
    found = next((one for one in treatments_told(episode) if one.id == protocol_id), None)
    if found is None:
        raise BadInput(
            "Choose the treatment that the patient was told about, one that is in use in this clinic.",
            field="protocol_id",
        )
    return found


def outdated(episode: Episode, given: InformationGiven) -> tuple[str, ...]:
    """Return why what was given is not what would be told of this treatment now; () where it is."""
    try:
        now = treatment_told(episode, given.protocol_id)
    except BadInput:
        return ("The treatment that the patient was told of is no longer in use here. Tell them of one that is.",)
    if not tells_otherwise(given.protocol_id, given.protocol_version, now.version, Told(**given.told)):
        return ()
    return (
        f"The patient was told of version {given.protocol_version} of the protocol, and version {now.version} is in "
        "use, which tells patients something else. Give the information again.",
    )


def information_about(offered: Protocol, plan: Plan | None, cost: str) -> Information:
    """Return what a patient is told of a treatment: by its plan where there is one, else by its protocol."""
    try:
        return information_for(offered, cost=cost, told=told_of_plan(plan) if plan is not None else None)
    except GuidanceError as problem:
        raise BadInput(
            f"There is no patient information for “{offered.title}” yet, so nobody can consent to it. {problem}",
            field="protocol_id",
        ) from problem


def information_offered(given: InformationGiven | None) -> Information:
    """Return the information in force for the treatment that was talked about: what a consent has to cover."""
    if given is None:
        return information()
    return information_about(protocol(given.protocol_id, given.protocol_version), given.plan, given.cost)


def as_content(told: Information) -> list[dict[str, Any]]:
    """Return the points as they are kept and printed: title, words, and how many people in 100."""
    return [_point(one) for one in told.points]


def _point(point: Point) -> dict[str, Any]:
    numbers = [risks()[name] for name in point.risks]
    return {
        "id": point.id,
        "title": point.title,
        "says": point.says,
        "risks": [
            {"id": one.id, "says": one.says, "people": one.people, "kind": one.kind, "among": one.among}
            for one in numbers
        ],
    }


def checked_interpreter(interpreter: str, who: str) -> str:
    """Return who interpreted, trimmed; raise BadInput for an unknown code, or one who was there without a name."""
    if interpreter and interpreter not in INTERPRETER:
        raise BadInput("Choose whether an interpreter was needed, was there or was declined.", field="interpreter")
    if interpreter == "used" and not who.strip():
        raise BadInput("Enter the interpreter's name or number, and their service.", field="interpreter_who")
    return who.strip()


def _check(handover: Handover, now: datetime) -> None:
    if not handover.cost.strip():
        raise BadInput("Say what the treatment costs the patient, even if it is nothing.", field="cost")
    if not handover.ways or set(handover.ways) - set(WAYS):
        raise BadInput("Choose how the patient was given the information.", field="ways")
    if not handover.interpreter:
        raise BadInput("Choose whether an interpreter was needed, was there or was declined.", field="interpreter")
    if handover.given_at is not None and handover.given_at > now:
        raise BadInput("The information cannot have been given later than now. Check the date.", field="given_on")
