"""The questionnaires and rating scales, as data: items, scoring, bands, codes, licence. One file for each.

    instrument("phq9").reading("remission_below").value    -> 5
    instrument("gad7").band_of(11)                         -> "moderate"

Items carry short labels of our own. A questionnaire's wording comes from its owner, by a pack that the clinic imports.
`version` names the scoring rule and is stored with each score: a change of a rule is a new version, and what was
scored before stays as it was.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from glimmer.guidance.figures import Figure, GuidanceError, as_figure, check_sourced, frozen, read_toml
from glimmer.guidance.rows import as_row, one_of, refuse_twins

FOLDER = Path(__file__).parent / "instruments"
RATERS = ("self", "clinician")
WORDING = ("pack", "none")
DIRECTIONS = {"higher_is_worse": "lower is better", "higher_is_better": "higher is better", "none": ""}
"""Each with its words for a page."""
KINDS = ("sum", "domains", "ladder", "profile")
_SHARED = ("source", "edition", "evidence")
_HEAD = (
    "id", "title", "measures", "version", "rater", "recall", "direction", "licence", "wording", "scoring", "items",
)  # fmt: skip
_MORE = ("bands", "readings", "codes", "alerts", "scale", "note")


@dataclass(frozen=True, slots=True)
class Item:
    """One item: whole numbers from `lowest` to `highest`, or only `values` where they are given; `words` name them.

    It is asked only where the item `asked_if` was answered above its lowest; "" always.
    """

    id: str
    label: str
    lowest: int
    highest: int
    values: tuple[int, ...] = ()
    words: tuple[str, ...] = ()
    asked_if: str = ""
    source: str = ""
    edition: str = ""
    evidence: str = ""

    @property
    def answers(self) -> tuple[int, ...]:
        """Every answer that can be given."""
        return self.values or tuple(range(self.lowest, self.highest + 1))


@dataclass(frozen=True, slots=True)
class Domain:
    """Items of which only the highest counts."""

    title: str
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scoring:
    """How a total is made. `kind`: the sum of the items; the sum of `domains`; a `ladder`, whose rung is the highest
    item answered yes; or a `profile` without a total. Up to `missing_allowed` open items are made up for by the mean of
    the others; with more there is no total. The total lies from `lowest` to `highest`; with `total_alone` it may be
    entered without its items.
    """

    kind: str
    source: str
    edition: str
    evidence: str
    lowest: int = 0
    highest: int = 0
    missing_allowed: int = 0
    total_alone: bool = False
    domains: tuple[Mapping[str, Any], ...] = ()

    @property
    def parts(self) -> tuple[Domain, ...]:
        """The domains, each with the ids of its items."""
        return tuple(Domain(one["title"], tuple(one["items"])) for one in self.domains)


@dataclass(frozen=True, slots=True)
class Band:
    """A range of totals that begins at `at_least`; the scale at `or_scale` or more stands for it, too."""

    name: str
    at_least: int
    source: str
    edition: str
    evidence: str
    or_scale: int | None = None


@dataclass(frozen=True, slots=True)
class Code:
    """A code of a terminology for the total (`of` "total"), the form, or one item by its id."""

    of: str
    system: str
    code: str
    source: str
    edition: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Alert:
    """An answer after which somebody has to act: an item (or the scale) at `at_least` or more, or left open."""

    item: str
    at_least: int
    when_open: bool
    about: str
    within_hours: int
    source: str
    edition: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Instrument:
    """One questionnaire or rating scale. `scale` names a further number that is kept beside the total, if any."""

    id: str
    title: str
    measures: str
    version: str
    rater: str
    recall: str
    direction: str
    licence: str
    wording: str
    scoring: Scoring
    items: tuple[Item, ...]
    bands: tuple[Band, ...]
    readings: Mapping[str, Figure]
    codes: tuple[Code, ...]
    alerts: tuple[Alert, ...]
    scale: Item | None
    note: str = ""

    @property
    def has_total(self) -> bool:
        """False where there is only a profile of answers."""
        return self.scoring.kind != "profile"

    @property
    def better(self) -> str:
        """Which totals are better, in words; "" where none are."""
        return DIRECTIONS[self.direction]

    def item(self, item_id: str) -> Item:
        """Return one item by its id; raise KeyError where there is no such."""
        found = next((one for one in self.items if one.id == item_id), None)
        if found is None:
            raise KeyError(f"{self.title} has no item {item_id!r}.")
        return found

    def number_of(self, item_id: str) -> int:
        """Return the place of an item on the form, from 1."""
        return self.items.index(self.item(item_id)) + 1

    def codes_of(self, of: str) -> Mapping[str, str]:
        """Return the codes of the "total", the "form" or an item, by terminology ("loinc", "snomed")."""
        return {one.system: one.code for one in self.codes if one.of == of}

    def reading(self, name: str) -> Figure:
        """Return how a total is read, such as `response_fall`; raise KeyError where nothing is known."""
        if name not in self.readings:
            raise KeyError(f"{self.title} has no reading {name!r}. There is: {', '.join(self.readings) or 'none'}.")
        return self.readings[name]

    def band_of(self, total: int, scale: int | None = None) -> str:
        """Return the band of a total and of the scale beside it, the worse of both; "" where there are no bands."""
        return next((band.name for band in reversed(self.bands) if _reaches(band, total, scale)), "")


def _reaches(band: Band, total: int, scale: int | None) -> bool:
    return total >= band.at_least or (band.or_scale is not None and scale is not None and scale >= band.or_scale)


def instrument(instrument_id: str) -> Instrument:
    """Return one instrument; raise KeyError naming what there is."""
    found = instruments().get(instrument_id)
    if found is None:
        raise KeyError(f"There is no instrument {instrument_id!r}. There is: {', '.join(instruments())}.")
    return found


@lru_cache
def instruments() -> Mapping[str, Instrument]:
    """Return all instruments by id, sorted; raise GuidanceError where a file contradicts itself."""
    found = (parse_instrument(read_toml(path), path.name) for path in sorted(FOLDER.glob("*.toml")))
    return {one.id: one for one in found}


def parse_instrument(tables: Mapping[str, Any], where: str) -> Instrument:
    """Return the instrument that a parsed file states; `where` names the file in errors (GuidanceError)."""
    unknown = sorted(set(tables) - {*_HEAD, *_MORE, *_SHARED})
    lacking = [name for name in _HEAD if name not in tables]
    if unknown or lacking:
        raise GuidanceError(f"{where}: missing or unknown {', '.join([*lacking, *unknown])}.")
    check_sourced(tables, where=where)
    shared = {key: tables[key] for key in _SHARED}
    found = Instrument(
        **{name: frozen(tables[name]) for name in _HEAD if name not in ("scoring", "items")},
        scoring=as_row(Scoring, {**shared, **tables["scoring"]}, f"{where} [scoring]"),
        items=_rows(Item, tables, "items", shared, where),
        bands=_rows(Band, tables, "bands", shared, where),
        readings=_readings(tables.get("readings", {}), shared, where),
        codes=_rows(Code, tables, "codes", shared, where),
        alerts=_rows(Alert, tables, "alerts", shared, where),
        scale=as_row(Item, {**shared, **tables["scale"]}, f"{where} [scale]") if "scale" in tables else None,
        note=tables.get("note", ""),
    )
    _check(found, where)
    return found


def _rows(kind: Any, tables: Mapping[str, Any], name: str, shared: Mapping[str, Any], where: str) -> tuple[Any, ...]:
    listed = enumerate(tables.get(name, ()), 1)
    rows = tuple(as_row(kind, {**shared, **row}, f"{where} [[{name}]] {at}") for at, row in listed)
    refuse_twins(rows, f"{where} [[{name}]]")
    return rows


def _readings(tables: Mapping[str, Any], shared: Mapping[str, Any], where: str) -> Mapping[str, Figure]:
    found = {name: as_figure({**shared, **row}, where=f"{where} [readings.{name}]") for name, row in tables.items()}
    return MappingProxyType(found)


def _check(one: Instrument, where: str) -> None:
    for value, allowed, name in (
        (one.rater, RATERS, "rater"),
        (one.wording, WORDING, "wording"),
        (one.direction, DIRECTIONS, "direction"),
        (one.scoring.kind, KINDS, "scoring.kind"),
    ):
        one_of(value, allowed, f"{where}: {name}")
    if not one.items:
        raise GuidanceError(f"{where}: it has no items.")
    ids = [item.id for item in one.items]
    scale = [one.scale.id] if one.scale else []
    named = [
        *(code.of for code in one.codes if code.of not in ("total", "form")),
        *(alert.item for alert in one.alerts),
    ]
    named += [item for part in one.scoring.parts for item in part.items]
    named += [item.asked_if for item in one.items if item.asked_if]
    if strangers := sorted(set(named) - {*ids, *scale}):
        raise GuidanceError(f"{where}: there is no item {', '.join(strangers)}.")
    for item in (*one.items, *([one.scale] if one.scale else [])):
        if not item.lowest < item.highest or any(not item.lowest <= value <= item.highest for value in item.values):
            raise GuidanceError(f"{where}: the range of item {item.id} runs backwards, or a value lies outside it.")
        if item.words and len(item.words) != len(item.answers):
            raise GuidanceError(f"{where}: item {item.id} has {len(item.answers)} answers and {len(item.words)} words.")
    _check_total(one, ids, where)


def _check_total(one: Instrument, ids: list[str], where: str) -> None:
    scoring = one.scoring
    if scoring.kind == "domains" and sorted(item for part in scoring.parts for item in part.items) != sorted(ids):
        raise GuidanceError(f"{where}: each item belongs to one domain.")
    if one.has_total and (scoring.lowest, scoring.highest) != _range(one):
        raise GuidanceError(f"{where}: the items add up to {_range(one)}, not {scoring.lowest} to {scoring.highest}.")
    starts = [band.at_least for band in one.bands]
    if starts and (starts != sorted(set(starts)) or starts[0] != scoring.lowest or starts[-1] > scoring.highest):
        raise GuidanceError(f"{where}: bands begin at the lowest total and rise to at most the highest.")


def _range(one: Instrument) -> tuple[int, int]:
    if one.scoring.kind == "ladder":
        return 0, len(one.items)
    if one.scoring.kind == "domains":
        parts = [[one.item(item) for item in part.items] for part in one.scoring.parts]
        return sum(max(i.lowest for i in part) for part in parts), sum(max(i.highest for i in part) for part in parts)
    return sum(item.lowest for item in one.items), sum(item.highest for item in one.items)
