"""The tables that siting stands on: areas where people live, and sites where a clinic could be.

    areas = read_areas(Path("areas.parquet"))     Areas: code, name, lat, lon, adults, health_body, nation, ...
    sites = read_sites(Path("sites.csv.gz"))      Sites: code, name, lat, lon, kind, health_body, ...

A table is a Parquet, CSV or CSV.gz file with one row for each area or site. docs/access.md lists the columns and where
the public originals are. What is wrong is told with file, column, row and what is expected. National ranks of
deprivation are brought to a share within each nation here, and are never compared across nations.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, NoReturn, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from glimmer.evidence.access.table_files import LONGEST_SAID, BadTable, is_plain, read_frame
from glimmer.guidance.access import access_figure, access_figures

Texts = NDArray[np.str_]
Numbers = NDArray[np.float64]
Whole = NDArray[np.int64]

# What public tables call the same thing.
OTHER_NAMES = {"nation": "country", "district": "lad", "kind": "type", "rural": "rural_urban"}
RURAL = {"rural": 1, "true": 1, "1": 1, "urban": 0, "false": 0, "0": 0, "": -1}
FIRST_ROW = 2


class _Columns:
    """What areas and sites share: columns of one length, rows by their code, a part of the rows."""

    code: Texts
    extra: Mapping[str, NDArray[Any]]

    def __len__(self) -> int:
        return len(self.code)

    def part(self, which: NDArray[Any]) -> Self:
        """Return these rows alone; `which` is a mask or row numbers."""
        kept = {one.name: getattr(self, one.name)[which] for one in fields(self) if one.name != "extra"}  # type: ignore[arg-type]
        extra = {name: column[which] for name, column in self.extra.items()}
        return replace(self, **kept, extra=extra)  # type: ignore[type-var]

    def rows(self, codes: Iterator[str] | tuple[str, ...] | list[str]) -> Whole:
        """Return the row of each code; raise BadTable naming the codes that are not there."""
        place = {code: row for row, code in enumerate(self.code.tolist())}
        asked = list(codes)
        unknown = sorted({code for code in asked if code not in place})
        if unknown:
            raise BadTable(f"There is no row with the code {', '.join(unknown[:5])}. Codes look like {self.code[0]}.")
        return np.array([place[code] for code in asked], np.int64)


@dataclass(frozen=True, eq=False)
class Areas(_Columns):
    """Where people live, a column each; all columns are (areas,).

    `adults` are people aged 18 and over. `imd_pct` is the share of the nation's small areas that are at least as
    deprived (near 0: most deprived), `imd_decile` the tenth (1: most deprived): both within the nation. `rural` is 1
    for rural, 0 for urban and -1 where nobody says. `extra` holds the other columns of the file as they came.
    """

    code: Texts
    name: Texts
    lat: Numbers
    lon: Numbers
    adults: Numbers
    health_body: Texts
    nation: Texts
    district: Texts
    imd_pct: Numbers
    imd_decile: Whole
    rural: Whole
    extra: Mapping[str, NDArray[Any]]


@dataclass(frozen=True, eq=False)
class Sites(_Columns):
    """Where a clinic could be, a column each; all columns are (sites,).

    `code` is the ODS code, `precision` says how well the place is known ("postcode"). Texts that the file lacks are "".
    """

    code: Texts
    name: Texts
    lat: Numbers
    lon: Numbers
    kind: Texts
    health_body: Texts
    nation: Texts
    precision: Texts
    extra: Mapping[str, NDArray[Any]]


def read_areas(path: Path) -> Areas:
    """Return the areas of a file; raise BadTable where it is not as it must be."""
    table = Table(path)
    code = table.codes()
    nation = table.texts("nation", one_of=tuple(access_figures("deprivation")))
    imd_pct, imd_decile = _deprivation(table, nation)
    areas = Areas(
        code=code,
        name=table.texts("name") if table.has("name") else code,
        lat=table.numbers("lat", *access_figure("travel", "latitudes").value),
        lon=table.numbers("lon", *access_figure("travel", "longitudes").value),
        adults=table.numbers("adults", 0, np.inf),
        health_body=table.texts("health_body"),
        nation=nation,
        district=table.texts_or_none("district"),
        imd_pct=imd_pct,
        imd_decile=imd_decile,
        rural=_rural(table),
        extra=table.others(Areas),
    )
    if not areas.adults.sum() > 0:
        raise BadTable(f"{path.name}, column adults: nobody lives in these areas. Expected people aged 18 and over.")
    _refuse_empty_nations(path.name, areas)
    return areas


def _refuse_empty_nations(file: str, areas: Areas) -> None:
    """Raise BadTable for a nation in whose areas nobody lives: its adults were lost when the table was joined."""
    for nation in np.unique(areas.nation).tolist():
        rows = np.flatnonzero(areas.nation == nation)
        if not areas.adults[rows].sum() > 0:
            raise BadTable(
                f"{file}, column adults: nobody lives in {nation} ({len(rows)} rows, the first is row "
                f"{rows[0] + FIRST_ROW}). Give people aged 18 and over, or leave those rows out."
            )


def read_sites(path: Path) -> Sites:
    """Return the candidate sites of a file; raise BadTable where it is not as it must be."""
    table = Table(path)
    return Sites(
        code=table.codes(),
        name=table.texts("name"),
        lat=table.numbers("lat", *access_figure("travel", "latitudes").value),
        lon=table.numbers("lon", *access_figure("travel", "longitudes").value),
        kind=table.texts_or_none("kind"),
        health_body=table.texts("health_body"),
        nation=table.texts_or_none("nation"),
        precision=table.texts_or_none("precision"),
        extra=table.others(Sites),
    )


def _deprivation(table: "Table", nation: Texts) -> tuple[Numbers, Whole]:
    """Return the share and the tenth within the nation, from whichever column the file has."""
    if table.has("imd_pct"):
        share = table.numbers("imd_pct", 0, 1)
    elif table.has("imd_rank"):
        ranked = np.array([access_figure("deprivation", one).value for one in nation.tolist()], np.float64)
        rank = table.numbers("imd_rank", 1, np.inf)
        table.refuse("imd_rank", rank > ranked, "a rank within the nation, from 1 (most deprived)")
        share = rank / ranked
    elif table.has("imd_decile"):
        share = (table.numbers("imd_decile", 1, 10) - 1 / 2) / 10
    else:
        table.lacks("imd_pct", "imd_rank or imd_decile will do: deprivation within the nation")
    if table.has("imd_decile"):
        return share, table.numbers("imd_decile", 1, 10).astype(np.int64)
    return share, np.clip(np.ceil(share * 10), 1, 10).astype(np.int64)


def _rural(table: "Table") -> Whole:
    if not table.has("rural"):
        return np.full(len(table), -1, np.int64)
    said = [text.strip().lower() for text in table.texts_or_none("rural").tolist()]
    known = np.array([RURAL.get(text, -2) for text in said], np.int64)
    table.refuse("rural", known < -1, "Rural, Urban or nothing")
    return known


class Table:
    """One file as columns of text and numbers, with errors that name file, column, row and what is expected."""

    def __init__(self, path: Path) -> None:
        self.path, self.frame = path, read_frame(path)
        if self.frame.is_empty():
            raise BadTable(f"{path.name} holds no rows. Expected a row for each area, site or way.")

    def __len__(self) -> int:
        return self.frame.height

    def has(self, column: str) -> bool:
        """Say whether the file has a column, by our name or the public one."""
        return self._name(column) is not None

    def lacks(self, column: str, what: str = "") -> NoReturn:
        """Raise BadTable for a column that must be there."""
        there = ", ".join(self.frame.columns)
        raise BadTable(f"{self.path.name} lacks the column {column}{f' ({what})' if what else ''}. It has: {there}.")

    def codes(self) -> Texts:
        """Return the column of codes; no two are the same."""
        code = self.texts("code")
        first = np.zeros(len(code), bool)
        first[np.unique(code, return_index=True)[1]] = True
        self.refuse("code", ~first, "a code that no other row has")
        return code

    def texts(self, column: str, one_of: tuple[str, ...] = ()) -> Texts:
        """Return a column of texts without a gap."""
        if not self.has(column):
            self.lacks(column)
        found = self.texts_or_none(column)
        self.refuse(column, found == "", "a text that is not empty")
        if one_of:
            self.refuse(column, ~np.isin(found, one_of), f"one of {', '.join(one_of)}")
        return found

    def texts_or_none(self, column: str) -> Texts:
        """Return a column of texts, "" where it has a gap or is not there."""
        name = self._name(column)
        if name is None:
            return np.full(len(self), "")
        self._refuse_lists(name)
        return np.array(self.frame[name].cast(pl.String).fill_null("").str.strip_chars().to_list(), np.str_)

    def numbers(self, column: str, low: float, high: float) -> Numbers:
        """Return a column of numbers without a gap, each within bounds."""
        name = self._name(column)
        if name is None:
            self.lacks(column)
        self._refuse_lists(name)
        found = self.frame[name].cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy().astype(np.float64)
        expected = f"a number of at least {low:g}" if high == np.inf else f"a number from {low:g} to {high:g}"
        self.refuse(column, ~((found >= low) & (found <= high) & np.isfinite(found)), expected)
        return found

    def refuse(self, column: str, wrong: NDArray[np.bool_], expected: str) -> None:
        """Raise BadTable naming the first row that is wrong and how many more are."""
        if not wrong.any():
            return
        row, more = int(np.argmax(wrong)), int(wrong.sum()) - 1
        name = self._name(column) or column
        said = self.frame[name][row]
        said = said if len(str(said)) <= LONGEST_SAID else f"{str(said)[:LONGEST_SAID]}…"
        others = f" ({more} more rows are wrong in the same way)" if more else ""
        raise BadTable(
            f"{self.path.name}, column {name}, row {row + FIRST_ROW}: {said!r}. Expected {expected}{others}."
            " Rows count from 1, which is the heading."
        )

    def others(self, kind: type[_Columns]) -> Mapping[str, NDArray[Any]]:
        """Return the other columns of the file: numbers as numbers (nan where there is none), the rest as texts.

        Columns of lists or bytes, such as outlines, are left aside: nothing here could use them.
        """
        taken = {one.name for one in fields(kind)} | set(OTHER_NAMES.values()) | {"imd_rank"}  # type: ignore[arg-type]
        plain = [name for name, kind in self.frame.schema.items() if is_plain(kind)]
        return {name: self._as_it_came(name) for name in plain if name not in taken}

    def _refuse_lists(self, name: str) -> None:
        """Raise BadTable for a column whose rows hold several values, or bytes."""
        if not is_plain(kind := self.frame.schema[name]):
            what = "bytes" if kind == pl.Binary else "lists or parts"
            raise BadTable(f"{self.path.name}, column {name} holds {what}. Expected one text or number in each row.")

    def _as_it_came(self, name: str) -> NDArray[Any]:
        column = self.frame[name]
        if column.dtype == pl.String:
            numbers = column.str.strip_chars().cast(pl.Float64, strict=False)
            # A column of a CSV is numbers if each of its texts is one.
            if numbers.null_count() > (column.is_null() | (column.str.strip_chars() == "")).sum():
                return self.texts_or_none(name)
            column = numbers
        if column.dtype.is_numeric() or column.dtype == pl.Boolean:
            return column.cast(pl.Float64).fill_null(np.nan).to_numpy()
        return self.texts_or_none(name)

    def _name(self, column: str) -> str | None:
        names = (column, OTHER_NAMES.get(column, column))
        return next((name for name in names if name in self.frame.columns), None)
