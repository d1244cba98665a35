"""A treatment protocol as typed facts: the one file from which dose, checks, alarms and minutes all come.

`protocols/ID.vVERSION.toml` is one reviewed version of one protocol. It may name a file of
`protocols/shared/` in `extends`: what the two state alike is then written once, and a table or list
of the protocol's own replaces the shared one of the same name. A file once used by a session is
never changed: a change is a new version in a new file, and `digest` shows that this was kept.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from glimmer.guidance.figures import Figure, GuidanceError, Table, as_figure, read_toml
from glimmer.guidance.rows import as_row, digest_of, one_of, refuse_twins

FOLDER = Path(__file__).parent / "protocols"
PRIORITIES = ("high", "medium", "low")
PHASES = ("before", "infusion", "after", "any")
MEASURES = ("value", "rise", "moaas", "news2_total", "news2_single")
WANTED = ("yes", "no", "either")
EFFECTS = ("warn", "second_prescriber", "block")
LIMITS = ("above", "at_least", "below", "at_most")


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
class Condition:
    """One comparison of an alarm rule.

    `measure` is "value" (the reading), "rise" (reading minus this patient's baseline), "moaas"
    (`parameter` is then "sedation"), "news2_total" or "news2_single" (the most points that any one
    parameter scored; `parameter` is "news2" for both); the condition holds when the measure is above
    `above` (>), at least `at_least`, below `below` (<) or at most `at_most`; exactly one is set.
    """

    parameter: str
    measure: str = "value"
    above: float | None = None
    at_least: float | None = None
    below: float | None = None
    at_most: float | None = None


@dataclass(frozen=True, slots=True)
class AlarmRule:
    """One alarm of the protocol: raised when any of `conditions` holds for long enough.

    `persists_seconds`: the condition must hold without a break for this long (0: at once).
    `repeats`: that many readings in a row, at least `repeats_apart_seconds` from first to last.
    `phase`: "before", "infusion", "after" or "any". `says` and `action` are words for the nurse;
    `says` may hold {value} and {limit}.
    """

    id: str
    priority: str
    conditions: tuple[Condition, ...]
    says: str
    action: str
    source: str
    evidence: str
    persists_seconds: int = 0
    repeats: int = 1
    repeats_apart_seconds: int = 0
    phase: str = "any"


@dataclass(frozen=True, slots=True)
class DoseBand:
    """A guard rail on mg/kg: `above` this, `effect` is "warn", "second_prescriber" or "block"."""

    above_mg_per_kg: float
    effect: str
    says: str
    source: str
    evidence: str
    first_session_only: bool = False


@dataclass(frozen=True, slots=True)
class Protocol:
    """A reviewed, versioned treatment protocol. A session pins `id`, `version` and `digest` for good.

    `observation_minutes` are minutes from the start of the infusion (negative: before it);
    `signal_lost_seconds` maps a vital-sign parameter to how long its silence is tolerated while
    the infusion runs; `staff_minutes` maps a role to minutes per session. `figures` holds every number
    of the protocol by name with its source, those too that have a plain field here.
    """

    id: str
    version: str
    title: str
    summary: str
    drug: str
    route: str
    dose_mg_per_kg: Figure
    infusion_minutes: Figure
    shortest_infusion_minutes: Figure
    sessions: Figure
    days_between: Figure
    shortest_days_between: Figure
    dose_bands: tuple[DoseBand, ...]
    vial_concentrations_mg_per_ml: tuple[float, ...]
    must_dilute_at_or_above_mg_per_ml: float
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
    figures: Mapping[str, Figure] = field(default_factory=dict, hash=False, compare=False)


def protocol(protocol_id: str, version: str | None = None) -> Protocol:
    """Return a protocol (its newest version unless one is named); raise KeyError naming what there is."""
    versions = _library().get(protocol_id)
    if versions is None:
        raise KeyError(f"There is no protocol {protocol_id!r}. There is: {', '.join(sorted(_library()))}.")
    if version is None:
        return versions[max(versions, key=_order)]
    if version not in versions:
        there = ", ".join(sorted(versions, key=_order))
        raise KeyError(f"Protocol {protocol_id!r} has no version {version!r}. There is: {there}.")
    return versions[version]


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
    figures = {name: as_figure(tables.get(name) or {}, where=f"{where} [{name}]") for name in _FIGURES + _PLAIN}
    known = {*_TEXTS, *_LISTS, *figures}
    if unknown := sorted(set(tables) - known):
        raise GuidanceError(f"{where}: unknown {', '.join(unknown)}. A protocol may hold {', '.join(sorted(known))}.")
    facts: dict[str, Any] = {
        **{name: _text(tables, name, where) for name in _TEXTS},
        **{name: figures[name] for name in _FIGURES},
        **{name: figures[name].value for name in _PLAIN},
        **{name: _rows(tables, name, row, where) for name, row in _LISTS.items()},
    }
    return Protocol(**facts, digest=digest_of(tables), figures=Table(figures))


def read_protocol_tables(path: Path) -> dict[str, Any]:
    """Return the tables of one protocol file with the shared file that it extends merged in."""
    tables = read_toml(path)
    shared = tables.pop("extends", None)
    if shared is None:
        return tables
    shared_path = path.parent / "shared" / f"{shared}.toml"
    if not shared_path.is_file():
        raise GuidanceError(f"{path.name}: extends {shared!r}, but there is no file shared/{shared}.toml.")
    return {**read_toml(shared_path), **tables}


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
    "dose_mg_per_kg",
    "infusion_minutes",
    "shortest_infusion_minutes",
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
    "must_dilute_at_or_above_mg_per_ml",
    "observation_minutes",
    "observation_late_after_minutes",
    "observation_parameters",
    "signal_lost_seconds",
    "staff_minutes",
    "chair_minutes",
)


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


def _alarm(table: Mapping[str, Any], where: str) -> AlarmRule:
    conditions = tuple(_condition(one, where) for one in table.get("conditions", ()))
    found = as_row(AlarmRule, {**table, "conditions": conditions}, where)
    if not conditions:
        raise GuidanceError(f"{where}: an alarm needs at least one condition.")
    one_of(found.priority, PRIORITIES, f"{where}: priority")
    one_of(found.phase, PHASES, f"{where}: phase")
    return found


def _condition(table: Mapping[str, Any], where: str) -> Condition:
    if unknown := sorted(set(table) - {"parameter", "measure", *LIMITS}):
        raise GuidanceError(f"{where}: a condition holds unknown {', '.join(unknown)}.")
    if "parameter" not in table or len(set(table) & set(LIMITS)) != 1:
        raise GuidanceError(f"{where}: a condition needs a parameter and exactly one of {', '.join(LIMITS)}.")
    found = Condition(**table)
    one_of(found.measure, MEASURES, f"{where}: measure")
    return found


_LISTS: dict[str, Callable[[Mapping[str, Any], str], Any]] = {
    "dose_bands": _dose_band,
    "checks_before": _check,
    "alarms": _alarm,
    "leaving": _check,
}
