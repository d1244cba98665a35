"""A first look at a list of medicines, for what interacts with ketamine.

It finds names in free text and says what is known. It proves nothing absent: a name spelt otherwise is not
found, so a pharmacist or prescriber still reads the list.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from glimmer.care.selection import Answer
from glimmer.care.treatment_history import Proposal
from glimmer.guidance import Interaction, interactions
from glimmer.vocabulary.verdict import Verdict


@dataclass(frozen=True, slots=True)
class MedicineCaution:
    """One interaction found: the words of the list that named it, and what is known. `priority` as in guidance."""

    interaction: Interaction
    found: tuple[str, ...]

    @property
    def priority(self) -> str:
        """alert, caution or note."""
        return self.interaction.priority

    @property
    def says(self) -> str:
        """What was found, why it matters and what to do."""
        names = ", ".join(self.found)
        return f"{self.interaction.title} ({names}): {self.interaction.effect} {self.interaction.action}"


def check_medicines(text: str) -> tuple[MedicineCaution, ...]:
    """Return what interacts with ketamine in a free-text list of medicines, the gravest first.

    Whole words are compared, whatever their capitals. Medicines marked as stopped are found too: when they
    were stopped may matter, and the reader sees the line.
    """
    cautions = []
    for interaction in interactions():
        found = tuple(name for name in interaction.names if _names(name, text))
        if found:
            cautions.append(MedicineCaution(interaction, found))
    return tuple(cautions)


@dataclass(frozen=True, slots=True)
class Settled:
    """An interaction that a psychiatrist or pharmacist has settled: the names it was settled for."""

    interaction: str
    names: frozenset[str]


def unsettled(cautions: Sequence[MedicineCaution], settled: Iterable[Settled]) -> tuple[MedicineCaution, ...]:
    """Return the interactions that nobody has settled as they stand: a name more, and it is to be settled again."""
    done: dict[str, set[str]] = {}
    for one in settled:
        done.setdefault(one.interaction, set()).update(one.names)
    return tuple(one for one in cautions if not set(one.found) <= done.get(one.interaction.id, set()))


def medicines_verdict(
    cautions: Sequence[MedicineCaution], settled: Iterable[Settled], known_at_decision: Sequence[MedicineCaution] = ()
) -> Verdict:
    """Say what the medicines stop and what is to be weighed: an alert that nobody has settled stops the patient.

    An interaction that was not there when the patient was decided about is a caution, until it is settled.
    """
    open_ = unsettled(cautions, settled)
    known = {(one.interaction.id, name) for one in known_at_decision for name in one.found}
    alerts = [one for one in open_ if one.priority == "alert"]
    others = [one for one in open_ if one.priority == "caution"]
    new = [one for one in others if any((one.interaction.id, name) not in known for name in one.found)]
    return Verdict(
        tuple(f"{one.says} A psychiatrist or pharmacist has to settle this first." for one in alerts),
        tuple(f"New on the list of medicines: {one.says}" for one in new),
    )


# Which rules the interactions speak to: the rule, the interactions, and what it comes to when one is named.
_RULES = (
    ("no_maoi_opioid_gabapentinoid_lamotrigine", ("maoi", "opioid", "gabapentinoid", "lamotrigine"), Answer.NOT_MET),
    # Named without a sum: how much it is in diazepam has to be worked out by a person.
    ("benzodiazepine_low", ("benzodiazepine",), Answer.UNKNOWN),
)


def medicine_proposals(cautions: Sequence[MedicineCaution]) -> tuple[Proposal, ...]:
    """Return the answers that the list of medicines proposes. A list without a known name proposes nothing."""
    found = {one.interaction.id: one for one in cautions}
    return tuple(
        Proposal(rule, answer, tuple(found[one].says for one in ids if one in found))
        for rule, ids, answer in _RULES
        if any(one in found for one in ids)
    )


def _names(name: str, text: str) -> bool:
    # Word characters on either side would make it another word; a typographic apostrophe counts as a plain one.
    plain = text.replace("’", "'")
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", plain, re.IGNORECASE) is not None
