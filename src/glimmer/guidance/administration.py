"""How a drug is given: by pump, by needle, by spray or by mouth; and the words that pages and rules use for it."""

from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path

from glimmer.guidance.figures import GuidanceError, read_toml

FILE = Path(__file__).parent / "administrations.toml"
INFUSION = "infusion"
"""What a protocol means whose file names no way of giving: such were the first versions."""


@dataclass(frozen=True, slots=True)
class Administration:
    """One way of giving a drug, as rules and pages need to know it.

    `pump`: it runs over time at a rate, can be paused, and is made up with diluent. `steps`: it is given in one or
    more steps, each recorded when it happens. `counted`: a step is one whole container, such as a nasal device.
    `treatment`, `prepared` and `step` are nouns ("infusion", "syringe", "device"); the rest are whole phrases.
    """

    id: str
    treatment: str
    prepared: str
    step: str
    pump: bool
    steps: bool
    counted: bool
    running: str
    prepare: str
    again: str
    give: str
    says_given: str
    check: str
    checked: str

    @property
    def a_treatment(self) -> str:
        """The treatment with its article: `an infusion`, `a nasal dose`."""
        return f"{'an' if self.treatment[0] in 'aeiou' else 'a'} {self.treatment}"


@lru_cache
def administrations() -> dict[str, Administration]:
    """Return the ways of giving by id; raise GuidanceError for one that is not whole."""
    found = {}
    parts = {part.name for part in fields(Administration)} - {"id"}
    for name, table in read_toml(FILE).items():
        if wrong := sorted(parts ^ set(table)):
            raise GuidanceError(f"{FILE.name} [{name}]: missing or unknown {', '.join(wrong)}.")
        found[name] = Administration(id=name, **table)
    return found


def administration(name: str = INFUSION) -> Administration:
    """Return one way of giving; raise KeyError naming what there is."""
    if name not in administrations():
        raise KeyError(f"There is no way of giving {name!r}. There is: {', '.join(administrations())}.")
    return administrations()[name]
