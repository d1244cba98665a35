"""What a kinetic model predicts of an infusion: asked of the engine behind a port, and entered into the audit as shown.

Nothing here writes into a session's log, and nothing that judges a session imports this: an alarm cannot know of it.
Whatever is wrong with the model is a sentence in `Predicted.refused`, never an error.
"""

import json
import logging
import re
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.utils import timezone

from glimmer.actions.log import protocol_of
from glimmer.actions.looking import enter_shown
from glimmer.actions.ports import port
from glimmer.care.referral import age_on
from glimmer.care.session.functions import functions_of
from glimmer.care.session.given import Flow, Given, given_of
from glimmer.care.session.log import SessionLog
from glimmer.guidance import figure, protocol
from glimmer.guidance.protocol import Protocol
from glimmer.records.patients import Patient
from glimmer.records.plans import Plan
from glimmer.records.sessions import TreatmentSession
from glimmer.records.staff import Staff
from glimmer.records.switches import functions_now
from glimmer.vocabulary.functions import Functions

LOG = logging.getLogger(__name__)
OFF = "Prediction is off in Glimmer until the clinical safety officer signs it on."
NO_ARITHMETIC = "Dose arithmetic is off in Glimmer, so no milligrams are worked out and no level is predicted."
NO_INFUSION = (
    "These models were made on infusions into a vein. This treatment is given in another way: nothing is drawn."
)
FAILED = "The model gave no answer, so no level is shown. Everything else on this page works without it."
MOST_ANSWERS = 512
MOST_SHOWN = 2_000
SECONDS_PER_MINUTE = 60
CM_PER_M = 100
ESKETAMINE, RACEMIC = "esketamine", "racemic"
# As a clinic's own protocol may write it too: S-ketamine, (S)-ketamine, S(+)-ketamine; but not R,S-ketamine. What says
# only ketamine is the racemic mixture.
NAME_OF_ESKETAMINE = re.compile(r"esketamine|(?<![\w,/])\(?s\)?-?(?:\(?\+\)?)?[- ]*ketamine", re.IGNORECASE)
INTRAVENOUS = "intravenous"


@dataclass(frozen=True, slots=True)
class Predicted:
    """What the engine says, or in `refused` why there is nothing to show.

    `answer` is that of `pharmacology.beside`; `given` the course of the infusion it is for (None on a plan's page);
    weight in kg and age in years are what the model was given. `is_stale`: the pump has told nothing for too long.
    `cautions`: what the record holds that the models do not know.
    """

    refused: str
    weight_kg: float
    age_years: int
    answer: Mapping[str, Any] | None = None
    given: Given | None = None
    is_stale: bool = False
    cautions: tuple[str, ...] = ()


def predicted_levels(session: TreatmentSession, log: SessionLog, *, by: Staff, at: datetime) -> Predicted:
    """Return the predicted levels of a session the person was handed, and enter what they were shown into the audit."""
    pinned, given = protocol_of(log), given_of(log, at)
    opened, patient = log.opened, session.episode.patient
    weight = float(opened.weight_kg if opened is not None else session.plan.weight_kg)
    age = _age(patient, at)
    doubt = given.doubt if given is not None else ""
    refused = _refused(functions_of(log), pinned) or _recounted(log, given) or doubt
    if refused or given is None:
        return Predicted(refused or NO_INFUSION, weight, age)
    longest = figure("kinetics", "drawn_for").value
    asked = {"kind": "levels", **_patient(pinned, weight, age, given.flows), "until_min": longest}
    found = _predicted(asked, weight, age, given, given.is_stale(at, log.course))
    found = replace(found, cautions=_cautions(session.plan, weight))
    _enter(session, found, asked, by=by, patient=patient, at=at)
    return found


def expected_exposure(plan: Plan, *, by: Staff, at: datetime | None = None) -> Predicted:
    """Return the exposure to expect of one session of a plan, for its patient; entered into the audit as shown."""
    at = at or timezone.now()
    pinned, patient = protocol(plan.protocol_id, plan.protocol_version), plan.episode.patient
    weight, age = float(plan.weight_kg), _age(patient, at)
    refused = _refused(functions_now(), pinned) or ("" if plan.infusion_minutes else NO_INFUSION)
    if refused:
        return Predicted(refused, weight, age)
    whole = [Flow(0, plan.infusion_minutes * SECONDS_PER_MINUTE, float(plan.dose_mg))]
    asked = {"kind": "exposure", **_patient(pinned, weight, age, whole)}
    found = replace(_predicted(asked, weight, age), cautions=_cautions(plan, weight))
    _enter(plan, found, asked, by=by, patient=patient, at=at)
    return found


def _age(patient: Patient, at: datetime) -> int:
    return age_on(patient.birth_date, timezone.localtime(at).date())


def _refused(functions: Functions, pinned: Protocol) -> str:
    if not functions.prediction:
        return OFF
    if not functions.dose_arithmetic:
        return NO_ARITHMETIC
    return "" if pinned.given_by.pump and INTRAVENOUS in pinned.route.casefold() else NO_INFUSION


def _recounted(log: SessionLog, given: Given | None) -> str:
    """Return why nothing is drawn where the syringe does not hold what was prescribed: a unit or a volume is wrong."""
    opened, syringe = log.opened, log.course.preparation
    if opened is None or syringe is None or given is None or not opened.dose_mg:
        return ""
    held = sum(one.mg for one in given.planned)
    if abs(held - opened.dose_mg) <= figure("kinetics", "syringe_within").value * opened.dose_mg:
        return ""
    return (
        f"By its volume and strength the syringe holds {held:.1f} mg, and {opened.dose_mg:g} mg are prescribed. "
        "No level is drawn until that agrees: count the syringe again together."
    )


def _cautions(plan: Plan, weight_kg: float) -> tuple[str, ...]:
    """Return what is on record of the patient that the models do not know of."""
    lowest, highest = figure("kinetics", "bmi_known").value
    bmi = weight_kg / (float(plan.height_cm) / CM_PER_M) ** 2
    if lowest <= bmi <= highest:
        return ()
    return (
        f"The body mass index is {bmi:.1f}. These models go by weight alone and know little of people below {lowest:g} "
        f"or above {highest:g}.",
    )


def _patient(pinned: Protocol, weight_kg: float, age_years: int, flows: Sequence[Flow]) -> dict[str, Any]:
    doses = [[one.since, one.until, one.mg] for one in flows]
    return {"drug": drug_of(pinned.drug), "weight_kg": weight_kg, "age_years": age_years, "doses": doses}


def drug_of(named: str) -> str:
    """Return which of the engine's drugs a protocol's name of one means."""
    return ESKETAMINE if NAME_OF_ESKETAMINE.search(named) else RACEMIC


def _predicted(
    asked: Mapping[str, Any], weight_kg: float, age_years: int, given: Given | None = None, is_stale: bool = False
) -> Predicted:
    try:
        answer = _answered(json.dumps(asked, sort_keys=True))
    except Exception as fault:
        # Whatever it is: beside an infusion a picture that fails is a sentence.
        LOG.error("No level was predicted (%s).", type(fault).__name__)
        return Predicted(FAILED, weight_kg, age_years, None, given, is_stale)
    return Predicted(str(answer["refused"]), weight_kg, age_years, answer, given, is_stale)


@lru_cache(maxsize=MOST_ANSWERS)
def _answered(question: str) -> Mapping[str, Any]:
    """Ask the engine once for each course of an infusion: the same doses are the same question all along."""
    answer: Mapping[str, Any] = port("predict")(json.loads(question))
    return answer


def forget_answers() -> None:
    """Forget what was answered and shown: for tests, and for a model that was changed."""
    _answered.cache_clear()
    _SHOWN.clear()


_SHOWN: OrderedDict[tuple[int, str, int | None, str], bool] = OrderedDict()


def _enter(
    record: TreatmentSession | Plan,
    found: Predicted,
    asked: Mapping[str, Any],
    *,
    by: Staff,
    patient: Patient,
    at: datetime,
) -> None:
    """Enter once, for each person, what was shown: models, versions and everything that they were given."""
    key = (by.pk, type(record).__name__, record.pk, json.dumps([asked, found.refused], sort_keys=True))
    if key in _SHOWN:
        return
    _SHOWN[key] = True
    while len(_SHOWN) > MOST_SHOWN:
        _SHOWN.popitem(last=False)
    models = {name: (found.answer or {}).get(name, {}).get("version", "") for name in ("model", "second")}
    said = {"models": models, "asked": dict(asked), "refused": found.refused}
    enter_shown(record, by=by, action="show_prediction", patient_id=patient.pk, at=at, **said)
