"""The selection sheet as data: whom the clinic may treat, of whom it must think twice, and the figures of both.

A sheet is one TOML text with a version. Glimmer brings the first; a clinic adds others, each approved by a named
clinician (`records.guidance`), and a decision pins the one that it was judged by.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from glimmer.guidance.figures import Figure, GuidanceError, parse_figures
from glimmer.guidance.rows import digest_of, one_of, parse_rows

FOLDER = Path(__file__).parent / "selection_sheets"
KINDS = ("hard", "caution")
ONLY_IF = ("", "pregnancy_possible", "older")
DERIVED = ("", "adult")
FIGURES = (
    "adult_from",
    "older_above",
    "pregnancy_considered_until",
    "antidepressants_wanted",
    "weeks_wanted",
    "therapies_wanted",
    "resting_systolic_until",
    "resting_diastolic_until",
)
"""What the rules of `care` ask for: a sheet without one of these cannot be judged by."""


@dataclass(frozen=True, slots=True)
class SelectionRule:
    """One rule. `asks` is a statement that is *met* when it is true, which is always the safe side.

    `kind`: a hard rule that is not met stops the patient, a caution is shown and weighed.
    `overridable`: a hard rule that a psychiatrist may override with a reason and a second clinician's
    agreement. `specialist`: whose view is wanted, or "". `only_if`: "" (everyone), "pregnancy_possible"
    or "older". `derived`: "" or what Glimmer works the answer out from ("adult": the date of birth).
    `plain`: what is said to the patient in plain words where the rule is not met.
    """

    id: str
    group: str
    asks: str
    kind: str
    if_not: str
    plain: str
    source: str
    edition: str
    evidence: str
    overridable: bool = False
    specialist: str = ""
    only_if: str = ""
    derived: str = ""
    help: str = ""


@dataclass(frozen=True, slots=True)
class Antidepressant:
    """An antidepressant and the least daily dose that counts as adequate, in mg.

    `names` are brands or spellings in small letters. `counts_as`: the id of the one that it is no other
    antidepressant than, or "".
    """

    id: str
    title: str
    family: str
    minimum_mg_per_day: float
    source: str
    edition: str
    evidence: str
    names: tuple[str, ...] = ()
    counts_as: str = ""

    def is_called(self, name: str) -> bool:
        """Say whether a typed name is this medicine's, capitals and blanks at the ends aside."""
        typed = " ".join(name.casefold().split())
        return typed in (self.title.casefold(), self.id, *self.names)


@dataclass(frozen=True, slots=True)
class RuleSheet:
    """One version of the sheet. `text` is the TOML it was read from; `digest` is of what it states."""

    version: str
    digest: str
    text: str
    rules: tuple[SelectionRule, ...]
    figures: Mapping[str, Figure]
    antidepressants: tuple[Antidepressant, ...]

    @property
    def label(self) -> str:
        """What a decision pins: the version with the start of the digest."""
        return f"selection {self.version} ({self.digest[:12]})"

    def value(self, name: str) -> float:
        """Return the value of one of the sheet's figures."""
        return float(self.figures[name].value)

    def rule(self, rule_id: str) -> SelectionRule | None:
        """Return one rule, or None where this version has no such rule."""
        return next((rule for rule in self.rules if rule.id == rule_id), None)

    def antidepressant(self, name: str) -> Antidepressant | None:
        """Return the antidepressant of a name, or None where this sheet does not know it."""
        return next((one for one in self.antidepressants if one.is_called(name)), None)


def selection_rules() -> tuple[SelectionRule, ...]:
    """Return the rules of the sheet that Glimmer brings, in the order in which they are asked."""
    return built_in_sheet().rules


def selection_version() -> str:
    """Return the label of the sheet that Glimmer brings."""
    return built_in_sheet().label


@lru_cache
def built_in_sheets() -> tuple[RuleSheet, ...]:
    """Return the sheets that Glimmer brings, the first version first."""
    found = [parse_sheet(path.read_text(encoding="utf-8"), path.name) for path in FOLDER.glob("*.toml")]
    return tuple(sorted(found, key=lambda sheet: sheet.version))


def built_in_sheet() -> RuleSheet:
    """Return the sheet that is in force until a clinician approves another."""
    return built_in_sheets()[0]


@lru_cache(maxsize=16)
def parse_sheet(text: str, where: str = "the selection sheet") -> RuleSheet:
    """Return a sheet read from TOML; raise GuidanceError saying what is wrong, where, and what was expected."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise GuidanceError(f"{where} is not valid TOML: {problem}.") from problem
    version = tables.get("version")
    if not (isinstance(version, str) and 0 < len(version) <= MOST_VERSION and version.isprintable()):
        raise GuidanceError(f'{where}: version must be a short text such as "2", but is {version!r}.')
    figures = _figures(tables.get("figures"), where)
    rules = tuple(
        _filled(_checked(rule, where), figures, where) for rule in parse_rows(tables, "rules", SelectionRule, where)
    )
    drugs = parse_rows(tables, "antidepressants", Antidepressant, where)
    _check_antidepressants(drugs, where)
    return RuleSheet(version, digest_of(tables), text, rules, figures, drugs)


MOST_VERSION = 20


def _figures(tables: object, where: str) -> Mapping[str, Figure]:
    if not isinstance(tables, dict):
        raise GuidanceError(f"{where}: [figures] is missing. It holds {', '.join(FIGURES)}.")
    found = parse_figures(tables, where=f"{where} [figures]")
    if missing := [name for name in FIGURES if name not in found]:
        raise GuidanceError(f"{where} [figures]: missing {', '.join(missing)}.")
    for name, figure in found.items():
        is_number = isinstance(figure.value, int | float) and not isinstance(figure.value, bool)
        if not is_number or figure.value <= 0:
            raise GuidanceError(f"{where} [figures.{name}]: value must be a number above 0, but is {figure.value!r}.")
    return found


def _checked(rule: SelectionRule, where: str) -> SelectionRule:
    one_of(rule.kind, KINDS, f"{where}: {rule.id}: kind")
    one_of(rule.only_if, ONLY_IF, f"{where}: {rule.id}: only_if")
    one_of(rule.derived, DERIVED, f"{where}: {rule.id}: derived")
    if rule.overridable and rule.kind != "hard":
        raise GuidanceError(f"{where}: {rule.id}: only a hard rule can be overridden; a caution stops nothing.")
    return rule


def _filled(rule: SelectionRule, figures: Mapping[str, Figure], where: str) -> SelectionRule:
    """Return the rule with the figures put where its words name them in braces."""

    def figure_named(match: re.Match[str]) -> str:
        if match[1] not in figures:
            raise GuidanceError(f"{where}: {rule.id} names the figure {match[1]!r}, which is not in [figures].")
        return f"{figures[match[1]].value:g}"

    def filled(words: str) -> str:
        return re.sub(r"\{([^{}]*)\}", figure_named, words)

    return replace(rule, asks=filled(rule.asks), if_not=filled(rule.if_not), plain=filled(rule.plain))


def _check_antidepressants(drugs: tuple[Antidepressant, ...], where: str) -> None:
    ids = {drug.id for drug in drugs}
    for drug in drugs:
        if not isinstance(drug.minimum_mg_per_day, int | float) or drug.minimum_mg_per_day <= 0:
            raise GuidanceError(f"{where}: {drug.id}: minimum_mg_per_day must be a number above 0.")
        if drug.counts_as and drug.counts_as not in ids:
            raise GuidanceError(f"{where}: {drug.id} counts as {drug.counts_as!r}, which is not in the sheet.")
