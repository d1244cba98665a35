"""A first look at a list of medicines, for what interacts with ketamine.

It finds names in free text and says what is known. It proves nothing absent: a name spelt otherwise is not
found, so a pharmacist or prescriber still reads the list.
"""

import re
from dataclasses import dataclass

from glimmer.guidance import Interaction, interactions


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


def _names(name: str, text: str) -> bool:
    # Word characters on either side would make it another word; a typographic apostrophe counts as a plain one.
    plain = text.replace("’", "'")
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", plain, re.IGNORECASE) is not None
