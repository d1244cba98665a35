"""The skills that a rota shows: words, titles, and which of them count as life support on site."""

from dataclasses import dataclass
from functools import lru_cache

from glimmer.guidance.figures import FOLDER, check_sourced, read_toml


@dataclass(frozen=True, slots=True)
class Skill:
    """One skill. `life_support`: whoever has it may be the one who can resuscitate."""

    id: str
    title: str
    life_support: bool = False


@lru_cache
def skills() -> tuple[Skill, ...]:
    """Return every skill, in the order of the file."""
    tables = read_toml(FOLDER.parent / "skills.toml")
    check_sourced(tables, where="skills.toml")
    return tuple(Skill(row["id"], row["title"], bool(row.get("life_support"))) for row in tables["skill"])
