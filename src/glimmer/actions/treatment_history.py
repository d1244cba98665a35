"""The treatment history: trials recorded, corrected and withdrawn; the present episode described."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from glimmer.actions.act import Act, acting
from glimmer.actions.endings import open_episode
from glimmer.care.staging import SEVERITIES
from glimmer.care.treatment_history import TrialKind, TrialOutcome
from glimmer.guidance import figure
from glimmer.records.episodes import Episode
from glimmer.records.staff import Staff
from glimmer.records.treatment_history import STATED_BY, UNITS, IllnessView, TreatmentTrial
from glimmer.vocabulary.problems import BadInput, RuleRefused


@dataclass(frozen=True, slots=True)
class TrialDetails:
    """A trial as typed. None and "" mean that it is not known; `dose` needs its `unit`."""

    kind: str
    name: str
    outcome: str
    stated_by: str
    dose: Decimal | None = None
    unit: str = ""
    weeks: Decimal | None = None
    sessions: int | None = None
    in_present_episode: bool | None = None
    stated_where: str = ""
    note: str = ""


def record_trial(
    episode: Episode, details: TrialDetails, *, by: Staff, seen: int | None = None, at: datetime | None = None
) -> TreatmentTrial:
    """Store one treatment that was tried."""
    with acting(by, "selection.record", verb="record_trial", episode=episode, seen=seen, at=at) as act:
        stored = _store(act, details)
    return stored


def correct_trial(
    trial: TreatmentTrial,
    details: TrialDetails,
    reason: str,
    *,
    by: Staff,
    seen: int | None = None,
    at: datetime | None = None,
) -> TreatmentTrial:
    """Put a new row in the place of a wrong one, which stays."""
    with acting(by, "selection.record", verb="correct_trial", episode=trial.episode, seen=seen, at=at) as act:
        wrong = _replaceable(trial, reason)
        stored = _store(act, details, replaces=wrong, reason=reason.strip())
        act.note(corrects=wrong.pk)
    return stored


def withdraw_trial(
    trial: TreatmentTrial, reason: str, *, by: Staff, seen: int | None = None, at: datetime | None = None
) -> TreatmentTrial:
    """Say that a recorded trial never was: it stays in the record and no longer counts."""
    with acting(by, "selection.record", verb="withdraw_trial", episode=trial.episode, seen=seen, at=at) as act:
        wrong = _replaceable(trial, reason)
        stored = _store(act, _details_of(wrong), replaces=wrong, reason=reason.strip(), withdrawn=True)
        act.note(withdraws=wrong.pk)
    return stored


def record_illness(
    episode: Episode,
    months: int | None,
    severity: str,
    *,
    by: Staff,
    seen: int | None = None,
    at: datetime | None = None,
) -> IllnessView:
    """Store how long the present episode has lasted, in completed months, and how severe it is; either may wait."""
    with acting(by, "selection.record", verb="record_illness", episode=episode, seen=seen, at=at) as act:
        locked = open_episode(act)
        if severity and severity not in SEVERITIES:
            raise BadInput("Choose how severe the depression is from the list.", field="severity")
        longest = int(figure("staging", "longest_months").value)
        if months is not None and not 0 <= months <= longest:
            raise BadInput(f"The episode must have lasted between 0 and {longest} months.", field="months")
        if months is None and not severity:
            raise BadInput("Enter how long the episode has lasted, or how severe it is.", field="months")
        stored = IllnessView.objects.create(
            episode=locked, months=months, severity=severity, recorded_by=by, recorded_at=act.at
        )
        act.about(stored)
    return stored


def _store(act: Act, details: TrialDetails, **how: object) -> TreatmentTrial:
    locked = open_episode(act)
    _check(details)
    facts = {name: getattr(details, name) for name in details.__dataclass_fields__}
    for name in ("name", "stated_where", "note"):
        facts[name] = facts[name].strip()
    stored = TreatmentTrial.objects.create(episode=locked, **facts, **how, recorded_by=act.by, recorded_at=act.at)
    act.about(stored)
    act.note(kind=details.kind)
    return stored


def _replaceable(trial: TreatmentTrial, reason: str) -> TreatmentTrial:
    if not reason.strip():
        raise BadInput("Say what was wrong.", field="reason")
    fresh = TreatmentTrial.objects.select_related("episode").get(pk=trial.pk)
    if fresh.withdrawn or TreatmentTrial.objects.filter(replaces=fresh).exists():
        raise RuleRefused("This entry was corrected or withdrawn already. Look at the newest one.")
    return fresh


def _details_of(row: TreatmentTrial) -> TrialDetails:
    return TrialDetails(**{name: getattr(row, name) for name in TrialDetails.__dataclass_fields__})


def _check(details: TrialDetails) -> None:
    if details.kind not in set(TrialKind):
        raise BadInput("Choose what kind of treatment it was.", field="kind")
    if not details.name.strip():
        raise BadInput("Enter the name of the treatment.", field="name")
    if details.outcome not in set(TrialOutcome):
        raise BadInput("Choose what came of it, or that it is not known.", field="outcome")
    if details.stated_by not in dict(STATED_BY):
        raise BadInput("Choose who says so.", field="stated_by")
    if (details.dose is None) is not (details.unit == ""):
        raise BadInput("Enter the dose together with its unit, or leave both out.", field="dose")
    if details.unit and details.unit not in dict(UNITS):
        raise BadInput("Choose the unit from the list.", field="unit")
    if details.dose is not None and details.dose <= 0:
        raise BadInput("The dose must be above 0. Leave it out if it is not known.", field="dose")
    if details.weeks is not None and details.weeks < 0:
        raise BadInput("The number of weeks cannot be below 0.", field="weeks")
    if any("\x00" in text for text in (details.name, details.stated_where, details.note)):
        raise BadInput("This text holds a character that cannot be stored. Type it again.", field="name")
