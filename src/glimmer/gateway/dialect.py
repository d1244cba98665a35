"""What a device's codes, units and marks mean: one dialect for each kind of sender, made from the dialect files.

A file without `[for]` holds for every sender; one with it holds for those senders only, over the common ones. What a
clinic wrote itself holds over what Glimmer brings. Where two files of the same rank disagree, neither is believed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any

from glimmer.vocabulary.parameters import Parameter

TIMES = ("OBX-14", "OBR-7", "OBR-8", "MSH-7")
"""Where a time of measurement may stand. OBX-14 means the row's own, or that of a heading above it."""

USUAL_TIMES = ("OBX-14", "OBR-7", "MSH-7")


@dataclass(frozen=True, slots=True)
class Code:
    """A device's code for something Glimmer charts. `unless` names a code that, when present, is charted instead.

    `unit` is what a value without a unit is in ("" where a unit must be sent). `form` is "" for one plain number or
    "pressure" for `120/80 (93)`: systolic, diastolic and, where it is there, mean pressure in one value.
    """

    code: str
    name: str
    parameter: Parameter
    site: str
    unless: str = ""
    unit: str = ""
    form: str = ""
    evidence: str = "memory"


@dataclass(frozen=True, slots=True)
class Unit:
    """How a unit becomes one of ours: `value * factor + offset` is in `unit`."""

    unit: str
    factor: float = 1.0
    offset: float = 0.0

    @property
    def same(self) -> bool:
        """True when nothing is to be worked out."""
        return self.factor == 1.0 and self.offset == 0.0


@dataclass(frozen=True, slots=True)
class Event:
    """What a device's alarm or event code tells: the kind of thing, in words, and the measurement it is about.

    `about` is as in `care.session.events.DeviceAlarm`; `says` and `priority` are "" where the device's own hold.
    """

    name: str
    about: str
    says: str = ""
    priority: str = ""
    parameter: str = ""


@dataclass(frozen=True, slots=True)
class Senders:
    """Whom a file is for: each list that is not empty must hold a pattern (`*`, `?`) that fits; case does not count.

    `sender` is MSH-3, `facility` MSH-4 and `profile` MSH-21, any component of them; `version` is MSH-12.
    """

    sender: tuple[str, ...] = ()
    facility: tuple[str, ...] = ()
    profile: tuple[str, ...] = ()
    version: tuple[str, ...] = ()

    @property
    def everyone(self) -> bool:
        """True when the file names no sender, and so holds for all."""
        return not (self.sender or self.facility or self.profile or self.version)

    def fit(self, header: "Header") -> bool:
        """Return whether a message with this header is meant."""
        asked = (self.sender, self.facility, self.profile, self.version)
        return all(not patterns or _fits(patterns, raw) for patterns, raw in zip(asked, header, strict=True))


Header = tuple[str, str, str, str]
"""MSH-3, MSH-4, MSH-21 and MSH-12 as sent."""


def _fits(patterns: Sequence[str], raw: str) -> bool:
    parts = [raw.upper(), *(part.strip().upper() for part in raw.split("^"))]
    return any(fnmatchcase(part, pattern.upper()) for pattern in patterns for part in parts)


@dataclass(frozen=True, slots=True, eq=False)
class DialectFile:
    """One file, read and checked. `codes` hold in each of `coding_systems` ("" is a code without a system)."""

    name: str
    own: bool
    senders: Senders
    coding_systems: tuple[str, ...]
    codes: dict[str, Code]
    about: dict[str, str]
    units: dict[str, Unit]
    events: dict[str, Event]
    sentinels: frozenset[float]
    sentinel_words: frozenset[str]
    quality: dict[str, str]
    times: tuple[str, ...]

    @property
    def rank(self) -> int:
        """How near the file is to the device: the nearer one's word holds."""
        return 2 * self.own + (not self.senders.everyone)


@dataclass(frozen=True, slots=True, eq=False)
class Dialect:
    """The words of one kind of sender: what all files that hold for it say together.

    `codes` are by coding system and code; `about` maps a code to what it tells of an alarm or a pump, such as
    `alarm.phase`; `second_best` maps a code to the one that is charted instead where a message has both.
    `disputed` says, by the same keys as `codes` and `units`, which files disagree. `files` are their names.
    """

    codes: dict[tuple[str, str], Code] = field(default_factory=dict)
    about: dict[str, str] = field(default_factory=dict)
    units: dict[str, Unit] = field(default_factory=dict)
    sentinels: frozenset[float] = frozenset()
    sentinel_words: frozenset[str] = frozenset()
    quality: dict[str, str] = field(default_factory=dict)
    second_best: dict[str, str] = field(default_factory=dict)
    events: dict[str, Event] = field(default_factory=dict)
    times: tuple[str, ...] = USUAL_TIMES
    names: frozenset[str] = frozenset()
    disputed: dict[Any, str] = field(default_factory=dict)
    files: tuple[str, ...] = ()

    def code(self, number: str, system: str = "MDC") -> Code | None:
        """Return what a code means in its coding system, or None where no file knows it or two disagree."""
        return self.codes.get((system.upper(), number))

    def event(self, code: str, name: str) -> Event | None:
        """Return what is known of an alarm or event by its number, else by its reference name."""
        return self.events.get(code) or self.events.get(name)


class DialectBook:
    """All files in use. `problems` say in words which files of the clinic were left out, and why."""

    def __init__(self, files: Iterable[DialectFile], problems: Sequence[str] = ()) -> None:
        self.files = tuple(files)
        self.problems = tuple(problems)

    def of(self, header: Header) -> Dialect:
        """Return the words of the sender of a message with this header."""
        return _dialect_of(self, header) if sum(map(len, header)) < 500 else self.choose(header)

    def choose(self, header: Header) -> Dialect:
        """The same as `of`, without its memory."""
        return together(tuple(f for f in self.files if f.senders.fit(header)))


@lru_cache(maxsize=1024)
def _dialect_of(book: DialectBook, header: Header) -> Dialect:
    return book.choose(header)


@lru_cache(maxsize=256)
def together(files: tuple[DialectFile, ...]) -> Dialect:
    """Return what these files say together. The same files give the same object, so that it can be a key."""
    files = tuple(sorted(files, key=lambda one: (one.rank, one.name)))
    merged = _Merged()
    for one in files:
        for system in one.coding_systems:
            merged.add("codes", {(system.upper(), key): code for key, code in one.codes.items()}, one)
        for table in ("about", "units", "events", "quality"):
            merged.add(table, getattr(one, table), one)
    codes = merged.believed("codes")
    return Dialect(
        codes=codes,
        about=merged.believed("about"),
        units=merged.believed("units"),
        events=merged.believed("events"),
        quality=merged.believed("quality"),
        sentinels=frozenset[float]().union(*(one.sentinels for one in files)),
        sentinel_words=frozenset[str]().union(*(one.sentinel_words for one in files)),
        second_best={code.code: code.unless for code in codes.values() if code.unless},
        times=next((one.times for one in reversed(files) if one.times), USUAL_TIMES),
        names=frozenset(code.name for code in codes.values()),
        disputed=merged.disputed,
        files=tuple(one.name for one in files),
    )


class _Merged:
    """Tables filled from the least to the nearest rank; what two files of one rank say differently is disputed."""

    def __init__(self) -> None:
        self._found: dict[str, dict[Any, tuple[Any, DialectFile]]] = {}
        self.disputed: dict[Any, str] = {}

    def add(self, table: str, entries: dict[Any, Any], file: DialectFile) -> None:
        found = self._found.setdefault(table, {})
        for key, value in entries.items():
            if key in found and found[key][1].rank == file.rank and found[key][0] != value:
                self.disputed[key] = f"the dialect files {found[key][1].name} and {file.name} disagree about it"
            else:
                if key in found and found[key][1].rank < file.rank:
                    self.disputed.pop(key, None)
                found[key] = (value, file)

    def believed(self, table: str) -> dict[Any, Any]:
        found = self._found.get(table, {})
        return {key: value for key, (value, _) in found.items() if key not in self.disputed}
