"""What was tried before: each trial adequate or not, and why; and the answers that the history proposes.

Adequacy is worked out from the sheet's least doses and weeks and never typed. What is not known makes a trial one
that cannot be judged; it is never adequate.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from glimmer.care.selection import Answer
from glimmer.guidance import Antidepressant, RuleSheet


class TrialKind(StrEnum):
    """What kind of treatment was tried."""

    ANTIDEPRESSANT = "antidepressant"
    AUGMENTATION = "augmentation"
    THERAPY = "therapy"
    ECT = "ect"
    OTHER = "other"

    @property
    def label(self) -> str:
        """The kind in words."""
        return _KINDS[self]


_KINDS = {
    TrialKind.ANTIDEPRESSANT: "Antidepressant",
    TrialKind.AUGMENTATION: "Added to an antidepressant",
    TrialKind.THERAPY: "Psychological therapy",
    TrialKind.ECT: "Electroconvulsive therapy",
    TrialKind.OTHER: "Other treatment",
}


class TrialOutcome(StrEnum):
    """What came of a trial."""

    NO_RESPONSE = "no_response"
    PARTIAL = "partial"
    LOST = "lost"
    NOT_TOLERATED = "not_tolerated"
    HELPED = "helped"
    UNKNOWN = "unknown"

    @property
    def label(self) -> str:
        """The outcome in words."""
        return _OUTCOMES[self]

    @property
    def failed(self) -> bool:
        """True when the depression was not gone for good: it did not help enough, or no longer, or was not borne."""
        return self not in (TrialOutcome.HELPED, TrialOutcome.UNKNOWN)


_OUTCOMES = {
    TrialOutcome.NO_RESPONSE: "Did not help",
    TrialOutcome.PARTIAL: "Helped in part",
    TrialOutcome.LOST: "Helped, then no longer",
    TrialOutcome.NOT_TOLERATED: "Stopped for side effects",
    TrialOutcome.HELPED: "Helped",
    TrialOutcome.UNKNOWN: "Not known",
}

MG_PER_DAY = {"mg/day": 1.0, "microgram/day": 1 / 1000, "g/day": 1000.0}
"""What one of each unit is in mg a day. A dose in another unit cannot be judged."""


class Adequacy(StrEnum):
    """What a trial comes to. One that cannot be judged is never adequate."""

    ADEQUATE = "adequate"
    NOT_ADEQUATE = "not_adequate"
    CANNOT_BE_JUDGED = "cannot_be_judged"
    NOT_ASKED = "not_asked"

    @property
    def label(self) -> str:
        """The word for the page."""
        return self.value.replace("_", " ").capitalize()


@dataclass(frozen=True, slots=True)
class Trial:
    """One treatment that was tried. `dose` is in `unit`; None, "" and UNKNOWN mean that it is not known.

    `in_present_episode` is None where nobody knows; `sessions` counts those of a therapy or of ECT.
    """

    kind: TrialKind
    name: str
    outcome: TrialOutcome
    dose: float | None = None
    unit: str = ""
    weeks: float | None = None
    sessions: int | None = None
    in_present_episode: bool | None = None


@dataclass(frozen=True, slots=True)
class JudgedTrial:
    """A trial with what it comes to, and why, in words."""

    trial: Trial
    adequacy: Adequacy
    why: tuple[str, ...]
    drug: Antidepressant | None = None

    @property
    def counts_as(self) -> str:
        """What two trials share when they were of the same antidepressant."""
        if self.drug is None:
            return self.trial.name.casefold().strip()
        return self.drug.counts_as or self.drug.id


@dataclass(frozen=True, slots=True)
class Proposal:
    """An answer to one rule that the record proposes, with what it rests on. A clinician decides."""

    rule: str
    answer: Answer
    because: tuple[str, ...]


def judge_trial(sheet: RuleSheet, trial: Trial) -> JudgedTrial:
    """Judge one trial. Only antidepressants are judged for adequacy: of the rest it is not asked."""
    if trial.kind is not TrialKind.ANTIDEPRESSANT:
        return JudgedTrial(trial, Adequacy.NOT_ASKED, ())
    drug = sheet.antidepressant(trial.name)
    doses = _dose_reasons(drug, trial)
    weeks = _week_reasons(sheet, trial)
    found = {doses[0], weeks[0]}
    # Too little of either is enough to say no, whatever is not known of the other.
    for adequacy in (Adequacy.NOT_ADEQUATE, Adequacy.CANNOT_BE_JUDGED, Adequacy.ADEQUATE):
        if adequacy in found:
            return JudgedTrial(trial, adequacy, (doses[1], weeks[1]), drug)
    raise AssertionError(found)


def _dose_reasons(drug: Antidepressant | None, trial: Trial) -> tuple[Adequacy, str]:
    if drug is None:
        return Adequacy.CANNOT_BE_JUDGED, f"“{trial.name}” is not in the table of least doses."
    least = f"the least adequate dose is {drug.minimum_mg_per_day:g} mg a day"
    if trial.dose is None:
        return Adequacy.CANNOT_BE_JUDGED, f"The dose is not known; {least}."
    if trial.unit not in MG_PER_DAY:
        return Adequacy.CANNOT_BE_JUDGED, f"The dose is in a unit that cannot be compared; {least}."
    mg = trial.dose * MG_PER_DAY[trial.unit]
    if mg < drug.minimum_mg_per_day:
        return Adequacy.NOT_ADEQUATE, f"{mg:g} mg a day is too little: {least}."
    return Adequacy.ADEQUATE, f"{mg:g} mg a day is enough: {least}."


def _week_reasons(sheet: RuleSheet, trial: Trial) -> tuple[Adequacy, str]:
    wanted = sheet.value("weeks_wanted")
    if trial.weeks is None:
        return Adequacy.CANNOT_BE_JUDGED, f"How long it was taken is not known; {wanted:g} weeks are asked for."
    if trial.weeks < wanted:
        return Adequacy.NOT_ADEQUATE, f"{_weeks(trial.weeks)} are too short: {wanted:g} weeks are asked for."
    return Adequacy.ADEQUATE, f"{_weeks(trial.weeks)} are long enough: {wanted:g} weeks are asked for."


def _weeks(weeks: float) -> str:
    return f"{weeks:g} weeks"


def judge_history(sheet: RuleSheet, trials: Iterable[Trial]) -> tuple[JudgedTrial, ...]:
    """Judge every trial, in their order."""
    return tuple(judge_trial(sheet, trial) for trial in trials)


def history_proposals(sheet: RuleSheet, trials: Sequence[Trial]) -> tuple[Proposal, ...]:
    """Return the answers that the history proposes to the rules about antidepressants and therapy."""
    judged = judge_history(sheet, trials)
    return (_two_antidepressants(sheet, judged), _psychological_therapy(sheet, judged))


def failed_antidepressants(judged: Iterable[JudgedTrial]) -> dict[str, JudgedTrial]:
    """Return one adequate trial that failed of each different antidepressant."""
    return {one.counts_as: one for one in judged if one.adequacy is Adequacy.ADEQUATE and one.trial.outcome.failed}


def _two_antidepressants(sheet: RuleSheet, judged: Sequence[JudgedTrial]) -> Proposal:
    drugs = [one for one in judged if one.trial.kind is TrialKind.ANTIDEPRESSANT]
    sure = failed_antidepressants(drugs)
    # What may yet turn out to count: its dose, weeks or outcome is not known, but nothing speaks against it.
    possible = {one.counts_as for one in drugs if _may_count(one)}
    wanted = sheet.value("antidepressants_wanted")
    if len(sure) >= wanted:
        answer = Answer.MET
    elif not drugs or len(possible) >= wanted:
        answer = Answer.UNKNOWN
    else:
        answer = Answer.NOT_MET
    because = tuple(_line(one) for one in drugs) or ("No antidepressant is recorded.",)
    count = f"{len(sure)} of {wanted:g} wanted were adequate and did not help enough."
    return Proposal("two_antidepressants", answer, (*because, count))


def _may_count(one: JudgedTrial) -> bool:
    return one.adequacy is not Adequacy.NOT_ADEQUATE and one.trial.outcome is not TrialOutcome.HELPED


def _line(one: JudgedTrial) -> str:
    words = {Adequacy.ADEQUATE: "adequate", Adequacy.NOT_ADEQUATE: "not adequate"}
    adequacy = words.get(one.adequacy, "cannot be judged")
    return f"{one.trial.name}: {adequacy}. {' '.join(one.why)} {one.trial.outcome.label}."


def _psychological_therapy(sheet: RuleSheet, judged: Sequence[JudgedTrial]) -> Proposal:
    therapies = [one.trial for one in judged if one.trial.kind is TrialKind.THERAPY]
    begun = [trial for trial in therapies if trial.sessions]
    maybe = [trial for trial in therapies if trial.sessions is None]
    wanted = sheet.value("therapies_wanted")
    if len(begun) >= wanted:
        answer = Answer.MET
    elif not therapies or len(begun) + len(maybe) >= wanted:
        answer = Answer.UNKNOWN
    else:
        answer = Answer.NOT_MET
    because = tuple(_therapy_line(trial) for trial in therapies) or ("No psychological therapy is recorded.",)
    return Proposal("psychological_therapy", answer, because)


def _therapy_line(trial: Trial) -> str:
    if trial.sessions is None:
        return f"{trial.name}: how many sessions were attended is not known."
    return (
        f"{trial.name}: {trial.sessions} session{'' if trial.sessions == 1 else 's'} attended. {trial.outcome.label}."
    )
