"""What people see and do at the bedside while the patient is there: values, side effects, alarms taken in charge."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.utils import timezone

from glimmer.actions.entries import chosen, optional_text, past_moment, required_text
from glimmer.actions.log import Bedside, Entry, allow, attend
from glimmer.actions.watch import alarms_to_raise
from glimmer.care.session.conduct import may_answer_round, must_be_open
from glimmer.care.session.events import (
    AlarmAcknowledged,
    AlarmRaised,
    ConfusionAttributed,
    ObservationRecorded,
    SessionEvent,
    SideEffectRecorded,
    What,
)
from glimmer.guidance.figures import figure
from glimmer.monitoring.news2 import CONFUSION
from glimmer.records.sessions import TreatmentSession
from glimmer.records.staff import Staff
from glimmer.vocabulary.parameters import FORMS, VITAL_SIGNS, Parameter
from glimmer.vocabulary.problems import BadInput, ChangedMeanwhile
from glimmer.vocabulary.readings import Reading

CONSCIOUSNESS = ("A", "C", "V", "P", "U")
SEVERITIES = ("mild", "moderate", "severe")
ELICITED = ("reported", "asked", "observed")
HIGHEST_SEDATION = 5
# CADSS: 23 items of 0 to 4.
HIGHEST_DISSOCIATION = 92


@dataclass(frozen=True, slots=True)
class Observation:
    """One round as typed. `values` holds each measured parameter in its own unit; what was not measured is absent.

    `measured_at` is None for now; `sedation` is MOAA/S 0 to 5; `dissociation` CADSS 0 to 92;
    `due_minute` is the planned minute that the round answers.
    """

    values: Mapping[Parameter, float] = field(default_factory=dict)
    measured_at: datetime | None = None
    due_minute: int | None = None
    consciousness: str = ""
    attributed_to_drug: bool = False
    sedation: int | None = None
    on_oxygen: bool = False
    dissociation: int | None = None
    note: str = ""


def record_observation(
    session: TreatmentSession,
    observation: Observation,
    *,
    by: Staff,
    form_token: str = "",
    at: datetime | None = None,
) -> list[SessionEvent]:
    """Write one round of observations taken by a person."""

    def decide(bedside: Bedside) -> list[Entry]:
        allow(must_be_open(bedside.log), "No observation can be added.")
        when = past_moment(observation.measured_at, bedside.at, bedside.log.opened_at, "measured_at")
        _check(observation, bedside)
        _check_round(observation, bedside, when)
        readings = tuple(Reading(p, float(v), when, "manual") for p, v in observation.values.items())
        return [
            Entry(
                ObservationRecorded(
                    readings=readings,
                    due_minute=observation.due_minute,
                    consciousness=observation.consciousness,
                    attributed_to_drug=observation.attributed_to_drug,
                    sedation=observation.sedation,
                    on_oxygen=observation.on_oxygen,
                    dissociation=observation.dissociation,
                    note=optional_text(observation.note, "note"),
                ),
                when,
            )
        ]

    return attend(session, "session.run", "record_observation", decide, by=by, form_token=form_token, at=at)


def attribute_confusion(
    session: TreatmentSession,
    seq: int,
    reason: str,
    *,
    by: Staff,
    form_token: str = "",
    at: datetime | None = None,
) -> list[SessionEvent]:
    """Attribute the confusion of a round that somebody recorded to the drug; the score stays as it is."""

    def decide(bedside: Bedside) -> list[ConfusionAttributed]:
        allow(must_be_open(bedside.log), "The confusion cannot be attributed now.")
        round_ = next((one for one in bedside.log.observations if one.seq == seq), None)
        if round_ is None or round_.what.consciousness != CONFUSION:  # type: ignore[attr-defined]
            raise BadInput("This round recorded no new confusion. Load the page again.", field="about")
        known = bedside.log.attributions().get(seq)
        if known is not None or round_.what.attributed_to_drug:  # type: ignore[attr-defined]
            who = known.by if known is not None else round_.by
            raise ChangedMeanwhile(f"{who} has attributed it to the drug already.")
        return [ConfusionAttributed(seq, required_text(reason, "reason", "Say why it is the drug's expected effect."))]

    return attend(session, "session.attribute", "attribute_confusion", decide, by=by, form_token=form_token, at=at)


def _check(observation: Observation, bedside: Bedside) -> None:
    for parameter, value in observation.values.items():
        _possible(parameter, value)
    systolic, diastolic = (observation.values.get(p) for p in (Parameter.SYSTOLIC, Parameter.DIASTOLIC))
    if (systolic is None) != (diastolic is None):
        missing = "systolic" if systolic is None else "diastolic"
        raise BadInput(f"Enter the {missing} pressure too: a blood pressure has two numbers.", field=missing)
    if systolic is not None and diastolic is not None and diastolic >= systolic:
        raise BadInput("The diastolic pressure must be lower than the systolic. Check both numbers.", field="diastolic")
    if observation.consciousness and observation.consciousness not in CONSCIOUSNESS:
        raise BadInput("Choose the level of consciousness: A, C, V, P or U.", field="consciousness")
    if observation.attributed_to_drug and observation.consciousness in ("", "A"):
        raise BadInput(
            "Only a reduced level of consciousness can be attributed to the drug.", field="attributed_to_drug"
        )
    _within(observation.sedation, HIGHEST_SEDATION, "sedation", "The sedation score (MOAA/S)")
    _within(observation.dissociation, HIGHEST_DISSOCIATION, "dissociation", "The dissociation score")
    if observation.due_minute is not None and observation.due_minute not in bedside.protocol.observation_minutes:
        raise BadInput(
            "The protocol plans no observation at that minute. Choose one from the list.", field="due_minute"
        )
    if not (observation.values or observation.consciousness or observation.note.strip()) and (
        observation.sedation is None and observation.dissociation is None
    ):
        raise BadInput("Nothing was entered. Enter at least one value, then save.")


def _check_round(observation: Observation, bedside: Bedside, when: datetime) -> None:
    minute = observation.due_minute
    if minute is None:
        return
    scores = (observation.sedation, observation.dissociation)
    if not (observation.values or observation.consciousness) and all(score is None for score in scores):
        raise BadInput(
            "A planned round needs at least one value. If nothing could be measured, save the note as an extra round.",
            field="due_minute",
        )
    verdict = may_answer_round(bedside.log, bedside.protocol, minute, when)
    if not verdict.allowed:
        raise BadInput(f"{verdict.reasons[0]} Choose the round that you took, or an extra round.", field="due_minute")


def _possible(parameter: Parameter, value: float) -> None:
    if parameter not in VITAL_SIGNS:
        raise BadInput(
            "Only vital signs are entered by hand; the pump's values come from the pump.", field=parameter.value
        )
    low, high = figure("plausibility", parameter.value).value
    form = FORMS[parameter]
    if not low <= value <= high:
        raise BadInput(
            f"{form.name} of {value:g} {form.shown_unit} is not possible: it must lie between {low:g} and {high:g}. "
            "Check the number, or measure again.",
            field=parameter.value,
        )


def _within(score: int | None, highest: int, name: str, words: str) -> None:
    if score is not None and not 0 <= score <= highest:
        raise BadInput(f"{words} must be a whole number from 0 to {highest}.", field=name)


def record_side_effect(
    session: TreatmentSession,
    symptom: str,
    severity: str,
    elicited: str,
    note: str = "",
    *,
    happened_at: datetime | None = None,
    by: Staff,
    form_token: str = "",
    at: datetime | None = None,
) -> list[SessionEvent]:
    """Write a side effect: its severity, and how it came to be known (reported, asked or observed)."""

    def decide(bedside: Bedside) -> list[Entry]:
        allow(must_be_open(bedside.log), "No side effect can be added.")
        when = past_moment(happened_at, bedside.at, bedside.log.opened_at, "happened_at")
        what = SideEffectRecorded(
            symptom=required_text(symptom, "symptom", "Name the side effect.", longest=80),
            severity=chosen(severity, SEVERITIES, "severity", "Choose how severe it is."),
            elicited=chosen(elicited, ELICITED, "elicited", "Choose how you came to know of it."),
            note=optional_text(note, "note"),
        )
        return [Entry(what, when)]

    return attend(session, "session.note", "record_side_effect", decide, by=by, form_token=form_token, at=at)


def acknowledge_alarm(
    session: TreatmentSession,
    key: str,
    did: str = "",
    *,
    by: Staff,
    form_token: str = "",
    at: datetime | None = None,
) -> list[SessionEvent]:
    """Take charge of an alarm by name and say what was done; refused when somebody already has."""

    def decide(bedside: Bedside) -> list[What]:
        known = bedside.log.acknowledgements().get(key)
        if known is not None:
            when = timezone.localtime(known.happened_at)
            raise ChangedMeanwhile(f"{known.by} took charge of this alarm at {when:%H:%M}. Nothing of yours was saved.")
        raised = [] if key in bedside.log.raised_alarms() else _seen_just_now(bedside, key)
        return [*raised, AlarmAcknowledged(key, optional_text(did, "did"))]

    return attend(session, "alarm.acknowledge", "acknowledge_alarm", decide, by=by, form_token=form_token, at=at)


def _seen_just_now(bedside: Bedside, key: str) -> list[AlarmRaised]:
    """Return the alarm that the page showed in the second before the watcher wrote it down."""
    found = [alarm for alarm in alarms_to_raise(bedside.log, bedside.at) if alarm.key == key]
    if not found:
        raise BadInput("This session has no such alarm. Look at the page again: it may have been marked as wrong.")
    return found
