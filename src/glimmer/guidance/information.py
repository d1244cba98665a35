"""What a patient is told before consenting: in editions, with how many people in 100 were helped or harmed.

The sentences stand in `information.toml`, the numbers of people in `risks.toml`. What differs from treatment to
treatment (dose, time, stay) comes from the protocol that is offered: `information_for(protocol)` fills it in.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from glimmer.guidance.figures import GuidanceError, read_toml
from glimmer.guidance.protocol import Protocol
from glimmer.guidance.rows import digest_of, one_of, read_sheet
from glimmer.guidance.told import Told, told_words

FILE = Path(__file__).parent / "information.toml"
RISKS = Path(__file__).parent / "risks.toml"
HUNDRED = 100
HALF_A_PERSON = 0.5


@dataclass(frozen=True, slots=True)
class Point:
    """One point to cover. `id` is its key in records; `says` is what the patient is told, in plain words.

    `also` are sentences that need a figure which not every protocol has; `risks` are ids of `risks.toml`;
    `only_for` and `not_for` are words of the drug and route by which a point belongs to a protocol or not.
    """

    id: str
    title: str
    says: str
    source: str
    edition: str
    evidence: str
    also: tuple[str, ...] = ()
    risks: tuple[str, ...] = ()
    only_for: tuple[str, ...] = ()
    not_for: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Risk:
    """How many people in 100 were helped or harmed (`kind`), and who was counted (`among`).

    `without` is the number with a dummy treatment, None where no trial says so.
    """

    id: str
    words: str
    per_hundred: float
    among: str
    kind: str
    source: str
    edition: str
    evidence: str
    without: float | None = None
    only_for: tuple[str, ...] = ()
    not_for: tuple[str, ...] = ()

    @property
    def people(self) -> int:
        """How many of 100 little people are filled: to the nearest person, halves upwards, so a harm never shrinks."""
        return int(self.per_hundred + HALF_A_PERSON)

    @property
    def says(self) -> str:
        """The number in words, for who cannot or does not want to see the picture."""
        shown = f"{self.people} in {HUNDRED} people {self.words}"
        if self.people == 0:
            shown = f"Fewer than 1 in {HUNDRED} people {self.words}"
        if self.without is None:
            return f"{shown}."
        dummy = int(self.without + HALF_A_PERSON)
        return f"{shown}. With a dummy treatment it was {dummy or 'none'}."


@dataclass(frozen=True, slots=True)
class Edition:
    """One edition of the information. `lapses` says that a consent given on an earlier one no longer holds."""

    version: str
    published_on: date
    lapses: bool
    why: str
    news: tuple[str, ...]
    digest: str


@dataclass(frozen=True, slots=True)
class Information:
    """The patient information in force, or filled in for one protocol: all of its points are to be covered.

    `digest` is the SHA-256 of the sentences and numbers as they stand here. `told` is what was filled in
    (None before that).
    """

    version: str
    digest: str
    points: tuple[Point, ...]
    editions: tuple[Edition, ...] = ()
    told: Told | None = None

    def since(self, version: str) -> tuple[Edition, ...] | None:
        """Return the editions after `version`, oldest first; None for a version that nobody knows."""
        versions = [one.version for one in self.editions]
        return self.editions[versions.index(version) + 1 :] if version in versions else None


@lru_cache
def information() -> Information:
    """Return the patient information in force, with its places for the protocol's figures still open."""
    sheet = read_sheet(FILE, "points", Point)
    listed = tuple(_edition(table) for table in read_toml(FILE).get("editions", ()))
    if not listed or listed[-1].version != sheet.version:
        raise GuidanceError(f"{FILE.name}: the last of [[editions]] must be version {sheet.version!r}.")
    unknown = sorted({risk for point in sheet.rows for risk in point.risks} - set(risks()))
    if unknown:
        raise GuidanceError(f"{FILE.name}: {RISKS.name} has no {', '.join(unknown)}.")
    return Information(sheet.version, text_digest(sheet.rows), sheet.rows, listed)


@lru_cache
def risks() -> Mapping[str, Risk]:
    """Return every number of people by its id."""
    found = read_sheet(RISKS, "risks", Risk).rows
    for one in found:
        one_of(one.kind, ("help", "harm"), f"{RISKS.name} {one.id}: kind")
        if not 0 <= one.per_hundred <= HUNDRED:
            raise GuidanceError(f"{RISKS.name} {one.id}: per_hundred must lie between 0 and 100.")
    return {one.id: one for one in found}


def information_for(protocol: Protocol, *, cost: str = "", told: Told | None = None) -> Information:
    """Return the information for one treatment, filled in with its figures and what it costs the patient.

    `told` is given where a plan differs from its protocol. Raises GuidanceError where no point says how this
    treatment is given, or a sentence needs a figure that the protocol lacks: such a treatment cannot be offered.
    """
    words = told_words(protocol, told) | ({"cost": cost} if cost else {"cost": COST_NOT_KNOWN})
    points = tuple(_filled(point, protocol, words) for point in information().points if is_for(point, protocol))
    if not any(point.id.startswith("nature") for point in points):
        raise GuidanceError(f"{FILE.name}: no point tells how {protocol.title!r} ({protocol.route}) is given.")
    return replace(information(), points=points, digest=text_digest(points), told=told or Told.of_protocol(protocol))


COST_NOT_KNOWN = "We will tell you what it costs you before you decide."
"""What the point on cost says until somebody has entered the cost."""


def is_for(row: Point | Risk, protocol: Protocol) -> bool:
    """Say whether a point or a number belongs to a protocol, by the words of its drug and route."""
    known = f"{protocol.drug} {protocol.route}".casefold()
    return not any(word in known for word in row.not_for) and (
        not row.only_for or any(word in known for word in row.only_for)
    )


def text_digest(points: tuple[Point, ...]) -> str:
    """Return the SHA-256 of what these points tell, numbers of people included; sources and layout left out."""
    return digest_of(
        {
            "points": [[one.id, one.title, one.says, list(one.also), list(one.risks)] for one in points],
            "risks": [
                [one.id, one.words, float(one.per_hundred), one.among, one.without]
                for one in (risks()[name] for point in points for name in point.risks if name in risks())
            ],
        }
    )


def _filled(point: Point, protocol: Protocol, words: Mapping[str, str]) -> Point:
    try:
        says = [point.says.format_map(words)]
    except KeyError as lacking:
        raise GuidanceError(f"{FILE.name} {point.id}: protocol {protocol.id!r} has no figure for {lacking}.") from None
    for sentence in point.also:
        try:
            says.append(sentence.format_map(words))
        except KeyError:
            continue  # this treatment has no such figure, so there is nothing to tell
    mine = tuple(name for name in point.risks if is_for(risks()[name], protocol))
    return replace(point, says=" ".join(says), also=(), risks=mine)


_EDITION = {"version", "published_on", "lapses", "why", "digest"}


def _edition(table: Mapping[str, Any]) -> Edition:
    where = f"{FILE.name} [[editions]] {table.get('version')}"
    if wrong := sorted((_EDITION - set(table)) | (set(table) - _EDITION - {"news"})):
        raise GuidanceError(f"{where}: missing or unknown {', '.join(wrong)}.")
    if not str(table["why"]).strip():
        raise GuidanceError(f"{where}: `why` must say for what reason consents lapse, or not.")
    published_on = date.fromisoformat(table["published_on"])
    return Edition(**{**table, "published_on": published_on, "news": tuple(table.get("news", ()))})
