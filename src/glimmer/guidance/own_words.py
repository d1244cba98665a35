"""Every word of the patients' own pages, in English and Welsh: `guidance/own/en.toml` and `cy.toml`, the same keys."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Any

from glimmer.guidance.figures import GuidanceError, check_sourced, read_toml

FOLDER = Path(__file__).parent / "own"
LANGUAGES = ("en", "cy")
_HEAD = ("language", "source", "edition", "evidence", "checked_by")


@lru_cache
def own_words(language: str) -> Mapping[str, str]:
    """Return the words of a language by `section.key`; raise GuidanceError for a file that is not as it must be."""
    return MappingProxyType(dict(_flat({k: v for k, v in _file(language).items() if k not in _HEAD})))


def draft_languages() -> tuple[str, ...]:
    """Return the languages whose words nobody who speaks them has checked: staff are told, patients are not."""
    return tuple(one for one in LANGUAGES if not _file(one)["checked_by"])


@dataclass(frozen=True, slots=True)
class ToldPoint:
    """What patients are told under a heading, in another language. `of` is the digest of the English it was made from;
    `is_draft` says that nobody who speaks the language has checked it.
    """

    of: str
    says: str
    is_draft: bool

    def is_of(self, english: str) -> bool:
        """Say whether it was made from these English sentences; when they have changed, it says something else."""
        return sha256(english.encode()).hexdigest().startswith(self.of)


@lru_cache
def told_in(language: str) -> Mapping[str, ToldPoint]:
    """Return the points of the patient information that stand in a language, by their id; empty for English."""
    path = FOLDER / f"told_{language}.toml"
    if language == LANGUAGES[0] or not path.exists():
        return MappingProxyType({})
    tables = read_toml(path)
    check_sourced(tables, where=f"own/{path.name}")
    is_draft = not tables["checked_by"]
    return MappingProxyType({one["id"]: ToldPoint(one["of"], one["says"], is_draft) for one in tables["points"]})


@lru_cache
def _file(language: str) -> dict[str, Any]:
    if language not in LANGUAGES:
        raise GuidanceError(f"There is no language {language!r}. There is: {', '.join(LANGUAGES)}.")
    tables = read_toml(FOLDER / f"{language}.toml")
    if lacking := [name for name in _HEAD if name not in tables]:
        raise GuidanceError(f"own/{language}.toml: missing {', '.join(lacking)}.")
    check_sourced(tables, where=f"own/{language}.toml")
    return tables


def _flat(tables: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    for name, value in tables.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{name}.")
        elif isinstance(value, str) and value.strip():
            yield f"{before}{name}", value
        else:
            raise GuidanceError(f"own words {before}{name} must be a text that is not empty.")
