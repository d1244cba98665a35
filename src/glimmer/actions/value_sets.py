"""Value sets of the EQ-5D-5L: imported once with their date and source, and applied to the profiles as stored.

The profile is what is kept. A value is worked out anew each time it is shown, always with the name of its set, so
that a new set changes nothing that was recorded.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from glimmer.actions.act import acting
from glimmer.care.value_set import read_value_set, state_of
from glimmer.records.outcomes import Score
from glimmer.records.staff import Staff
from glimmer.records.value_sets import ValueSetPack
from glimmer.vocabulary.problems import RuleRefused

INSTRUMENT = "eq5d5l"


@dataclass(frozen=True, slots=True)
class Valued:
    """One profile by one value set. `was_in_force` says whether the set was when the form was completed."""

    completed_on: date
    state: str
    value: str
    title: str
    in_force_from: date
    was_in_force: bool


def import_value_set(raw: bytes, *, by: Staff, at: datetime | None = None) -> tuple[ValueSetPack, int]:
    """Store a value set; return it with the number of its reversals, which are shown and not refused.

    Raises BadInput for a file that cannot be right, RuleRefused for one that is here already.
    """
    found = read_value_set(raw)
    digest = hashlib.sha256(raw).hexdigest()
    with acting(by, "wording.import", verb="import_value_set", at=at) as act:
        if ValueSetPack.objects.filter(digest=digest).exists():
            raise RuleRefused("This value set was imported before. Nothing was stored again.")
        pack = ValueSetPack.objects.create(
            title=found.title,
            country=found.country,
            method=found.method,
            source=found.source,
            permission=found.permission,
            in_force_from=found.in_force_from,
            values={state: str(value) for state, value in found.values.items()},
            digest=digest,
            imported_by=act.by,
            imported_at=act.at,
        )
        act.about(pack)
        act.note(title=found.title, digest=digest[:12], reversals=found.reversals)
    return pack, found.reversals


def value_sets() -> list[ValueSetPack]:
    """Return the value sets that are here, the newest first, without their values."""
    return list(ValueSetPack.objects.defer("values"))


def valued(scores: Iterable[Score]) -> Sequence[Valued]:
    """Return every complete profile by every value set, oldest profile first; () where there is no set or profile."""
    states = [(row.completed_on, state) for row in scores if (state := state_of(row.items))]
    if not states:
        return ()
    packs = list(ValueSetPack.objects.all())
    return tuple(
        Valued(
            completed_on,
            state,
            str(pack.values[state]),
            f"{pack.title} ({pack.country}, {pack.method})",
            pack.in_force_from,
            pack.in_force_from <= completed_on,
        )
        for completed_on, state in states
        for pack in packs
    )
