"""A draft of a Yellow Card: the four facts without which the scheme takes no report, and what helps beside them.

Sections are lettered as in E2B(R3), so that a person who files it finds each fact. The patient's name, date of birth
and NHS number stay here: the scheme wants initials and a local number.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from glimmer.vocabulary.verdict import Verdict

FORMAT = "glimmer-yellow-card-draft-1"


@dataclass(frozen=True, slots=True)
class Reporter:
    """Who reports. `contact` is where the scheme can reach them: address, telephone or e-mail."""

    name: str = ""
    profession: str = ""
    contact: str = ""


@dataclass(frozen=True, slots=True)
class CardPatient:
    """The patient without a name. `age_years` is at the time of the reaction."""

    initials: str = ""
    local_number: str = ""
    sex: str = ""
    age_years: int | None = None
    weight_kg: float | None = None


@dataclass(frozen=True, slots=True)
class Reaction:
    """What happened. `grade`, `serious`, `causality` and `outcome` are words; `started` is ISO 8601."""

    title: str = ""
    snomed: str = ""
    words: str = ""
    started: str = ""
    grade: str = ""
    serious: tuple[str, ...] = ()
    causality: str = ""
    outcome: str = ""
    treated_with: str = ""


@dataclass(frozen=True, slots=True)
class Suspect:
    """The suspected drug. Dose and route in words; times in ISO 8601; `use` is the indication."""

    name: str = ""
    dose: str = ""
    route: str = ""
    started: str = ""
    ended: str = ""
    batch: str = ""
    use: str = ""
    given_before: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """A whole draft. `about` names the incident; `others` are other medicines as listed."""

    about: str
    reporter: Reporter
    patient: CardPatient
    reaction: Reaction
    suspect: Suspect
    others: str = ""
    written: str = ""


def minimum(card: Card) -> Verdict:
    """Say whether the four facts are there: an identifiable patient, a reporter, a reaction and a suspected drug."""
    return Verdict(tuple(_missing(card)))


def _missing(card: Card) -> Iterable[str]:
    patient, reporter = card.patient, card.reporter
    known_sex = patient.sex not in ("", "unknown")
    with_number = patient.initials and patient.local_number
    if not (known_sex or patient.age_years is not None or patient.weight_kg or with_number):
        yield "An identifiable patient: initials with a local number, or sex, age or weight."
    if not (reporter.name.strip() and reporter.contact.strip()):
        yield "An identifiable reporter: the name, and an address, telephone or e-mail for questions."
    if not (card.reaction.title.strip() or card.reaction.words.strip()):
        yield "A suspected reaction: assess the event, and say what it was."
    if not card.suspect.name.strip():
        yield "A suspected drug: name it in the assessment."


def as_file(card: Card) -> dict[str, Any]:
    """Return the draft as a JSON-ready table, by the letters of E2B(R3), empty facts left out."""
    return {
        "format": FORMAT,
        "status": "Draft for a person to file with the MHRA. Glimmer sends nothing.",
        "C_report": {"about": card.about, "written": card.written, "reporter": _said(card.reporter)},
        "D_patient": _said(card.patient),
        "E_reactions": [_said(card.reaction)],
        "G_drugs": [{"role": "suspect", **_said(card.suspect)}],
        "H_narrative": {"other_medicines": card.others, "what_happened": card.reaction.words},
        "missing": list(minimum(card).reasons),
    }


def _said(part: Any) -> dict[str, Any]:
    return {name: value for name, value in asdict(part).items() if value not in ("", None, ())}
