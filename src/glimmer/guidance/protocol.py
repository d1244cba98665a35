"""A treatment protocol as typed facts: the one file from which dose, checks, alarms and minutes all come.

`protocols/ID.vVERSION.toml` is one reviewed version of one protocol. It may name a file of
`protocols/shared/` in `extends` (which may extend another): what they state alike is then written once, and a
table or list of the protocol's own replaces the shared one of the same name; `[[add_checks_before]]` and
`[[add_leaving]]` only add rows, or replace the one of the same id. A file once used by a session is
never changed: a change is a new version in a new file, and `digest` shows that this was kept.
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from glimmer.guidance.administration import INFUSION, Administration, administration, administrations
from glimmer.guidance.alarm_rules import (
    AlarmRule,
    Artefact,
    BuiltInRule,
    Rung,
    alarm_row,
    artefact_row,
    built_in_row,
    check_ladder,
    rung_row,
)
from glimmer.guidance.figures import Figure, GuidanceError, Table, as_figure, read_toml
from glimmer.guidance.rows import as_row, digest_of, one_of, refuse_twins

FOLDER = Path(__file__).parent / "protocols"
WANTED = ("yes", "no", "either")
EFFECTS = ("warn", "second_prescriber", "block")
# How the rules that need more than a limit behave where a protocol's file does not say: as in its first versions.
FIRST_BUILT_IN = "built-in.v1"


@dataclass(frozen=True, slots=True)
class Check:
    """One question before the start, or one criterion for leaving.

    `id` is its key in the log; `wanted` is the answer that lets things go on: "yes", "no" or "either",
    which asks for an answer but takes any;
    `overridable` says whether a named clinician may go on regardless; `only_if` is "" or
    "pregnancy_possible"; `measured` is "" or the name of the rule in care that answers it from readings.
    """

    id: str
    asks: str
    wanted: str
    if_not: str
    overridable: bool
    source: str
    evidence: str
    only_if: str = ""
    measured: str = ""
    help: str = ""


@dataclass(frozen=True, slots=True)
class DoseBand:
    """A guard rail on the dose: above this, `effect` is "warn", "second_prescriber" or "block".

    Exactly one of `above_mg_per_kg` and `above_mg` is set, as the protocol doses. With `from_age` it holds for
    patients of that age (years) or more, and for those whose age is not known.
    """

    effect: str
    says: str
    source: str
    evidence: str
    above_mg_per_kg: float | None = None
    above_mg: float | None = None
    first_session_only: bool = False
    from_age: int = 0

    @property
    def above(self) -> float:
        """The limit, in the unit in which the protocol doses."""
        limit = self.above_mg if self.above_mg_per_kg is None else self.above_mg_per_kg
        assert limit is not None  # the file was refused otherwise
        return limit


@dataclass(frozen=True, slots=True)
class Protocol:
    """A reviewed, versioned treatment protocol. A session pins `id`, `version` and `digest` for good.

    `observation_minutes` are minutes from the start of the infusion (negative: before it);
    `signal_lost_seconds` maps a parameter to how long its silence is tolerated while the infusion runs
    (`signal_lost_after_end_seconds`: from its end until the patient leaves); `staff_minutes` maps a role to
    minutes per session. `figures` holds every number of the protocol by name with its source, those too that
    have a plain field here. `escalation` is the ladder of who is called when nobody takes charge, `built_in` how
    the rules behave that need more than a limit, and `artefacts` what is not used for alarms.

    Exactly one of `dose_mg_per_kg` and `dose_mg` is set: by weight, or the same for everybody. Where `dose_steps` is
    set only its doses are given (in the unit of the dose, rising). The infusion's minutes are there only where
    `given_by` is an infusion; the container's size only where steps are counted containers.
    """

    id: str
    version: str
    title: str
    summary: str
    drug: str
    route: str
    sessions: Figure
    days_between: Figure
    shortest_days_between: Figure
    dose_bands: tuple[DoseBand, ...]
    vial_concentrations_mg_per_ml: tuple[float, ...]
    checks_before: tuple[Check, ...]
    observation_minutes: tuple[int, ...]
    observation_late_after_minutes: int
    observation_parameters: tuple[str, ...]
    alarms: tuple[AlarmRule, ...]
    signal_lost_seconds: dict[str, int]
    leaving: tuple[Check, ...]
    stay_minutes_escorted: Figure
    stay_minutes_alone: Figure
    staff_minutes: dict[str, int]
    chair_minutes: int
    review_after_sessions: Figure
    approved_by: str
    approved_on: str
    digest: str
    escalation: tuple[Rung, ...] = ()
    built_in: tuple[BuiltInRule, ...] = ()
    artefacts: tuple[Artefact, ...] = ()
    signal_lost_after_end_seconds: Mapping[str, int] = field(default_factory=dict)
    figures: Mapping[str, Figure] = field(default_factory=dict, hash=False, compare=False)
    administration: str = INFUSION
    dose_mg_per_kg: Figure | None = None
    dose_mg: Figure | None = None
    dose_steps: Figure | None = None
    infusion_minutes: Figure | None = None
    shortest_infusion_minutes: Figure | None = None
    must_dilute_at_or_above_mg_per_ml: float | None = None
    container_mg: Figure | None = None
    container_ml: Figure | None = None
    minutes_between_steps: Figure | None = None

    @property
    def given_by(self) -> Administration:
        """The way of giving, with its words."""
        return administration(self.administration)

    @property
    def dose(self) -> Figure:
        """The protocol's own dose, in mg/kg or mg: its unit says which."""
        found = self.dose_mg_per_kg or self.dose_mg
        assert found is not None  # the file was refused otherwise
        return found

    @property
    def doses_by_weight(self) -> bool:
        """True when the dose depends on the weight."""
        return self.dose_mg_per_kg is not None

    def steps_for(self, dose_mg: float) -> int:
        """Return in how many steps a dose is given: one, or one for each container that it takes."""
        if self.container_mg is None:
            return 1
        return max(1, -int(-dose_mg // self.container_mg.value))

    def minutes_for(self, dose_mg: float) -> float:
        """Return the planned minutes from the first moment of giving to the last, for a dose in mg."""
        if self.infusion_minutes is not None:
            return float(self.infusion_minutes.value)
        between = self.minutes_between_steps.value if self.minutes_between_steps else 0
        return float((self.steps_for(dose_mg) - 1) * between)

    def rule(self, rule_id: str) -> BuiltInRule | None:
        """Return a built-in rule by its id, None where this version does not have it."""
        return next((one for one in self.built_in if one.id == rule_id), None)


def protocol(protocol_id: str, version: str | None = None) -> Protocol:
    """Return a protocol (its newest version unless one is named); raise KeyError naming what there is."""
    versions = _library().get(protocol_id)
    if version is not None and (versions is None or version not in versions):
        found = _from_elsewhere(protocol_id, version)
        if found is not None:
            return found
    if versions is None:
        raise KeyError(f"There is no protocol {protocol_id!r}. There is: {', '.join(sorted(_library()))}.")
    if version is None:
        return versions[max(versions, key=_order)]
    if version not in versions:
        there = ", ".join(sorted(versions, key=_order))
        raise KeyError(f"Protocol {protocol_id!r} has no version {version!r}. There is: {there}.")
    return versions[version]


def use_source(documents: Callable[[], Iterable[str]]) -> None:
    """Say where protocols are kept that this package does not hold: asked when a version is wanted that is not known.

    Such a protocol is found by its id and version only. It is never the newest of its id by itself: whether it may be
    used is for the clinic's approvals to say.
    """
    global _source
    _source = documents
    _elsewhere.clear()


_source: Callable[[], Iterable[str]] = tuple
_elsewhere: dict[tuple[str, str], Protocol] = {}


def _from_elsewhere(protocol_id: str, version: str) -> Protocol | None:
    if (protocol_id, version) not in _elsewhere:
        read = (parse_protocol_text(text, where=f"{protocol_id} {version}") for text in _source())
        _elsewhere.update({(one.id, one.version): one for one in read})
    return _elsewhere.get((protocol_id, version))


@contextmanager
def on_trial(found: Protocol) -> Iterator[None]:
    """Let a protocol that is not in the library be found there meanwhile: to play a draft through a session."""
    library = _library()
    before = library.get(found.id)
    library[found.id] = {**(before or {}), found.version: found}
    try:
        yield
    finally:
        if before is None:
            del library[found.id]
        else:
            library[found.id] = before


def protocol_tables(protocol_id: str, version: str) -> dict[str, Any]:
    """Return the tables of one version as its digest covers them: for a record that has to explain itself later."""
    found = protocol(protocol_id, version)
    path = FOLDER / f"{found.id}.v{found.version}.toml"
    if path.is_file():
        return read_protocol_tables(path)
    documents = (_merged(tomllib.loads(text), found.id) for text in _source())
    return next(tables for tables in documents if digest_of(tables) == found.digest)


def protocols() -> tuple[Protocol, ...]:
    """Return the newest version of every protocol, by title."""
    return tuple(sorted((protocol(protocol_id) for protocol_id in _library()), key=lambda found: found.title))


def protocol_versions() -> tuple[Protocol, ...]:
    """Return every version of every protocol, by id and version: what sessions may be pinned to."""
    return tuple(
        versions[version] for _, versions in sorted(_library().items()) for version in sorted(versions, key=_order)
    )


def parse_protocol(tables: Mapping[str, Any], *, where: str) -> Protocol:
    """Return the protocol that TOML tables state, shared ones merged in; raise GuidanceError saying what is wrong."""
    named = tuple(
        name
        for name in (*_OPTIONAL_FIGURES, *_FIGURES, *_PLAIN, *_OPTIONAL_PLAIN)
        if name in tables or name in (*_FIGURES, *_PLAIN)
    )
    figures = {name: as_figure(tables.get(name) or {}, where=f"{where} [{name}]") for name in named}
    known = {*_TEXTS, *_LISTS, *_OPTIONAL, *_OPTIONAL_PLAIN, *_OPTIONAL_FIGURES, "administration", *figures}
    if unknown := sorted(set(tables) - known):
        raise GuidanceError(f"{where}: unknown {', '.join(unknown)}. A protocol may hold {', '.join(sorted(known))}.")
    facts: dict[str, Any] = {
        **{name: _text(tables, name, where) for name in _TEXTS},
        **{name: figures[name] for name in named if name in (*_FIGURES, *_OPTIONAL_FIGURES)},
        **{name: figures[name].value for name in named if name in (*_PLAIN, *_OPTIONAL_PLAIN)},
        **{name: _rows(tables, name, row, where) for name, row in _LISTS.items()},
        **{name: _rows(tables, name, row, where) for name, row in _OPTIONAL.items() if name in tables},
    }
    if "administration" in tables:
        facts["administration"] = _text(tables, "administration", where)
    facts.setdefault("built_in", first_built_in())
    _check_name(facts, where)
    _check_giving(facts, where)
    check_ladder(facts.get("escalation", ()), (*facts["alarms"], *facts["built_in"]), where)
    return Protocol(**facts, digest=digest_of(tables), figures=Table(figures))


def parse_protocol_text(text: str, *, where: str) -> Protocol:
    """Return the protocol that a document states; raise GuidanceError saying what is wrong with it."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise GuidanceError(f"{where} is not valid TOML: {problem}.") from problem
    return parse_protocol(_merged(tables, where), where=where)


def read_protocol_tables(path: Path) -> dict[str, Any]:
    """Return the tables of one protocol file with the shared files that it extends merged in."""
    return _merged(read_toml(path), path.name)


def _merged(tables: dict[str, Any], where: str) -> dict[str, Any]:
    shared = tables.pop("extends", None)
    if shared is None:
        return tables
    shared_path = FOLDER / "shared" / f"{shared}.toml"
    if not shared_path.is_file():
        raise GuidanceError(f"{where}: extends {shared!r}, but there is no file shared/{shared}.toml.")
    inherited = read_protocol_tables(shared_path)
    for name in _ADDED:
        if added := tables.pop(f"add_{name}", []):
            inherited[name] = _with_added(inherited.get(name, []), added)
    return {**inherited, **tables}


_ADDED = ("checks_before", "leaving")


def _with_added(shared: list[dict[str, Any]], added: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the shared rows with a protocol's own: one of the same id takes its place, the others follow."""
    own = {row.get("id"): row for row in added}
    kept = [own.pop(row.get("id"), row) for row in shared]
    return [*kept, *own.values()]


@lru_cache
def first_built_in() -> tuple[BuiltInRule, ...]:
    """Return the built-in rules of every protocol version that lists none."""
    name = f"shared/{FIRST_BUILT_IN}.toml"
    return _rows(read_toml(FOLDER / name), "built_in", built_in_row, f"protocols/{name}")


@lru_cache
def _library() -> dict[str, dict[str, Protocol]]:
    library: dict[str, dict[str, Protocol]] = {}
    for path in sorted(FOLDER.glob("*.toml")):
        found = parse_protocol(read_protocol_tables(path), where=f"protocols/{path.name}")
        if path.name != f"{found.id}.v{found.version}.toml":
            raise GuidanceError(
                f"protocols/{path.name}: holds {found.id} version {found.version}, "
                f"so its name must be {found.id}.v{found.version}.toml."
            )
        library.setdefault(found.id, {})[found.version] = found
    return library


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


_TEXTS = ("id", "version", "title", "summary", "drug", "route", "approved_by", "approved_on")
_FIGURES = (
    "sessions",
    "days_between",
    "shortest_days_between",
    "stay_minutes_escorted",
    "stay_minutes_alone",
    "review_after_sessions",
)
# These are figures in the file too, with their sources; the Protocol holds the bare value.
_PLAIN = (
    "vial_concentrations_mg_per_ml",
    "observation_minutes",
    "observation_late_after_minutes",
    "observation_parameters",
    "signal_lost_seconds",
    "staff_minutes",
    "chair_minutes",
)
_OPTIONAL_PLAIN = ("signal_lost_after_end_seconds", "must_dilute_at_or_above_mg_per_ml")
_OF_AN_INFUSION = ("infusion_minutes", "shortest_infusion_minutes", "must_dilute_at_or_above_mg_per_ml")
_OF_CONTAINERS = ("container_mg", "container_ml", "minutes_between_steps")
_OPTIONAL_FIGURES = (
    "dose_mg_per_kg",
    "dose_mg",
    "dose_steps",
    "infusion_minutes",
    "shortest_infusion_minutes",
    *_OF_CONTAINERS,
)


def _check_name(facts: Mapping[str, Any], where: str) -> None:
    """Refuse an id or a version that a plan, an address or a comparison of versions could not hold."""
    if not re.fullmatch(r"[a-z0-9-]{1,60}", facts["id"]):
        raise GuidanceError(f"{where}: id may hold a to z, 0 to 9 and -, at most 60 of them, but is {facts['id']!r}.")
    if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6}){0,2}", facts["version"]):
        raise GuidanceError(f"{where}: version must be a number such as 2 or 2.1, but is {facts['version']!r}.")


def _check_giving(facts: Mapping[str, Any], where: str) -> None:
    """Refuse a protocol that says too little, or two things, about its dose or the way of giving it."""
    name = facts.get("administration", INFUSION)
    one_of(name, administrations(), f"{where}: administration")
    if ("dose_mg_per_kg" in facts) == ("dose_mg" in facts):
        raise GuidanceError(f"{where}: exactly one of [dose_mg_per_kg] and [dose_mg] must be there.")
    giving = administration(name)
    for wanted, names in ((giving.pump, _OF_AN_INFUSION), (giving.counted, _OF_CONTAINERS)):
        wrong = [one for one in names if (one in facts) != wanted]
        if wrong:
            must = "needs" if wanted else "must not hold"
            raise GuidanceError(f"{where}: given as {name}, it {must} {', '.join(f'[{one}]' for one in wrong)}.")
    own, other = ("above_mg_per_kg", "above_mg") if "dose_mg_per_kg" in facts else ("above_mg", "above_mg_per_kg")
    for number, band in enumerate(facts["dose_bands"], 1):
        if getattr(band, own) is None or getattr(band, other) is not None:
            raise GuidanceError(f"{where} [[dose_bands]] {number}: it must state {own}, and not {other}.")


def _text(tables: Mapping[str, Any], name: str, where: str) -> str:
    text = tables.get(name)
    if not (isinstance(text, str) and text.strip()):
        raise GuidanceError(f"{where}: {name} must be a text that is not empty, but is {text!r}.")
    return text


def _rows(
    tables: Mapping[str, Any], name: str, row: Callable[[Mapping[str, Any], str], Any], where: str
) -> tuple[Any, ...]:
    rows = tables.get(name)
    if not (isinstance(rows, list) and rows):
        raise GuidanceError(f"{where}: {name} must be a list of tables such as [[{name}]], with at least one.")
    found = tuple(row(table, f"{where} [[{name}]] {table.get('id', number)}") for number, table in enumerate(rows, 1))
    refuse_twins(found, f"{where} [[{name}]]")
    return found


def _check(table: Mapping[str, Any], where: str) -> Check:
    found = as_row(Check, table, where)
    one_of(found.wanted, WANTED, f"{where}: wanted")
    one_of(found.only_if, ("", "pregnancy_possible"), f"{where}: only_if")
    return found


def _dose_band(table: Mapping[str, Any], where: str) -> DoseBand:
    found = as_row(DoseBand, table, where)
    one_of(found.effect, EFFECTS, f"{where}: effect")
    return found


_LISTS: dict[str, Callable[[Mapping[str, Any], str], Any]] = {
    "dose_bands": _dose_band,
    "checks_before": _check,
    "alarms": alarm_row,
    "leaving": _check,
}
_OPTIONAL: dict[str, Callable[[Mapping[str, Any], str], Any]] = {
    "escalation": rung_row,
    "built_in": built_in_row,
    "artefacts": artefact_row,
}
