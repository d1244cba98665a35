"""The rows of a registry: what many courses of treatment left behind, with nothing in them that names a person.

A registry is one table with a row for each thing observed, as CSV or Parquet:

| column | holds |
|---|---|
| `site` | pseudonym of the clinic: letters, digits and dashes, at most 32 |
| `course` | pseudonym of the course of treatment; a later course of the same person has another |
| `day` | whole days since the first session of the course; negative before it |
| `kind` | what was observed: see KINDS |
| `value` | the number observed, in the unit of its kind; empty where there is none |
| `simulated` | optional: `true` in every row of a registry that was made up |

Any other column is refused, so that nothing slips in that tells who somebody is.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nhs_number
import polars as pl
from polars.exceptions import PolarsError

from glimmer.guidance import figure
from glimmer.guidance.instrument import instrument

KINDS = {
    "phq9": "PHQ-9 total, points; empty where it was asked for and not given",
    "session": "a session was held: its cost in GBP; empty where that is not known",
    "staff_minutes": "staff minutes of the session of that day",
    "eq5d": "EQ-5D index value, by the value set that the clinic uses throughout",
    "maintenance_interval": "from this day on sessions are planned so many days apart",
    "followed_until": "last day on which the clinic still asked for scores; without a value",
}
COLUMNS = ("site", "course", "day", "kind", "value")
MARK = "simulated"
SIMULATED = "SIMULATED"
MAY_BE_EMPTY = ("phq9", "session", "followed_until")
PSEUDONYM = r"^[A-Za-z0-9-]{1,32}$"
DIGITS_OF_AN_NHS_NUMBER = 10


class BadRegistry(ValueError):
    """A registry is not as it must be. The message says which row, what was found, and what to do."""


@dataclass(frozen=True, slots=True)
class Registry:
    """Checked rows, sorted. `simulated`: all of it was made up. `digest` is of the rows, whatever their order was."""

    rows: pl.DataFrame
    simulated: bool
    digest: str

    @property
    def sites(self) -> tuple[str, ...]:
        """The pseudonyms of the clinics, sorted."""
        return tuple(self.rows["site"].unique().sort())

    @property
    def courses(self) -> int:
        """How many courses there are."""
        return int(self.rows["course"].n_unique())


def read_registry(path: Path) -> Registry:
    """Return the registry of a `.csv` or `.parquet` file; raise BadRegistry saying what is wrong with it."""
    if path.suffix not in (".csv", ".parquet"):
        raise BadRegistry(f"{path.name} is neither .csv nor .parquet. Export the registry as one of the two.")
    try:
        # As text first: a wrong value is then told with its row, and not by the reader of the file.
        frame = pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_csv(path, infer_schema=False)
    except FileNotFoundError as problem:
        raise BadRegistry(f"There is no file {path}. Check the name and the folder.") from problem
    except (PolarsError, OSError) as problem:
        first = str(problem).splitlines()[0]
        raise BadRegistry(f"{path.name} cannot be read as a table ({first}). Export the registry again.") from problem
    return registry_of(frame)


def registry_of(frame: pl.DataFrame) -> Registry:
    """Return the registry of a table as this module describes it; raise BadRegistry for the first row that is wrong."""
    _check_columns(frame)
    simulated = _mark_of(frame)
    numbered = frame.select(COLUMNS).with_row_index("row", offset=1)
    typed = _typed(numbered)
    for wrong, says in _faults(typed):
        first = typed.filter(wrong).head(1)
        if first.height:
            raise BadRegistry(_in_words(first, says))
    _check_one_site_a_course(typed)
    rows = typed.select(COLUMNS).sort(COLUMNS, nulls_last=True)
    return Registry(rows, simulated, _digest(rows))


def _check_columns(frame: pl.DataFrame) -> None:
    missing = [name for name in COLUMNS if name not in frame.columns]
    if missing:
        raise BadRegistry(f"The columns {', '.join(missing)} are missing. A registry has {', '.join(COLUMNS)}.")
    unknown = [name for name in frame.columns if name not in (*COLUMNS, MARK)]
    if unknown:
        raise BadRegistry(
            f"The columns {', '.join(unknown)} do not belong here. Leave them out: what is not needed can give a "
            "person away."
        )
    if not frame.height:
        raise BadRegistry("The registry has no rows. Export it again, or try one that is made up: --simulated.")


def _mark_of(frame: pl.DataFrame) -> bool:
    if MARK not in frame.columns:
        return False
    said = set(frame[MARK].cast(pl.String).str.to_lowercase().unique().to_list())
    if len(said) > 1:
        raise BadRegistry("Some rows are marked as simulated and some are not. Keep made-up courses in a file apart.")
    if said - {"true", "false"}:
        raise BadRegistry(f"The column simulated holds {said.pop()!r}, but must be true or false.")
    return said == {"true"}


def _typed(frame: pl.DataFrame) -> pl.DataFrame:
    types: dict[str, type[pl.DataType]] = {
        "site": pl.String,
        "course": pl.String,
        "day": pl.Int32,
        "kind": pl.String,
        "value": pl.Float64,
    }
    typed = frame.with_columns(
        pl.col(name).cast(pl.String).replace("", None).str.strip_chars().cast(kind, strict=False)
        for name, kind in types.items()
    )
    for name in ("day", "value"):
        lost = typed[name].is_null() & frame[name].cast(pl.String).replace("", None).is_not_null()
        if lost.any():
            said = frame.filter(lost).row(0, named=True)
            wanted = "a whole number of days" if name == "day" else "a number or empty"
            raise BadRegistry(f"Row {said['row']}: {name} is {said[name]!r}, but must be {wanted}.")
    return typed


def _faults(rows: pl.DataFrame) -> Iterator[tuple[pl.Expr, str]]:
    """Yield what makes a row wrong, and what to say of it."""
    value, kind = pl.col("value"), pl.col("kind")
    for name in ("site", "course"):
        bad = pl.col(name).is_null() | ~pl.col(name).str.contains(PSEUDONYM)
        yield bad, f"{name} must be a pseudonym of letters, digits and dashes, at most 32 of them"
        yield pl.col(name).is_in(_nhs_numbers(rows, name)), f"{name} is an NHS number. Give it a pseudonym"
    yield pl.col("day").is_null(), "day must be a whole number of days since the first session"
    yield kind.is_null() | ~kind.is_in(list(KINDS)), f"kind must be one of {', '.join(KINDS)}"
    yield value.is_null() & ~kind.is_in(MAY_BE_EMPTY), "a value is missing"
    yield value.is_not_null() & ~value.is_finite(), "the value must be a finite number"
    yield (kind == "followed_until") & value.is_not_null(), "followed_until has no value: its day says it"
    most = instrument("phq9").scoring
    beyond = ~value.is_between(most.lowest, most.highest) | (value != value.round())
    yield (kind == "phq9") & beyond, f"a PHQ-9 total is a whole number from {most.lowest} to {most.highest}"
    lowest = figure("registry_evidence", "eq5d_lowest").value
    yield (kind == "eq5d") & ~value.is_between(lowest, 1), f"an EQ-5D index lies between {lowest} and 1"
    paid = kind.is_in(["session", "staff_minutes", "maintenance_interval"])
    yield paid & (value <= 0), "the value must be above 0; leave out a cost that is not known"
    yield kind.is_in(["session", "staff_minutes"]) & (pl.col("day") < 0), "a session cannot lie before the first one"


def _nhs_numbers(rows: pl.DataFrame, column: str) -> list[str]:
    bare = rows[column].drop_nulls().unique()
    digits = bare.filter(bare.str.replace_all("-", "").str.contains(rf"^\d{{{DIGITS_OF_AN_NHS_NUMBER}}}$"))
    return [one for one in digits.to_list() if nhs_number.is_valid(one.replace("-", ""))]


def _in_words(row: pl.DataFrame, says: str) -> str:
    found = row.row(0, named=True)
    # Whoever it is, a number that names a person is not repeated on a screen or in a log.
    who = "" if "NHS number" in says else f" (course {found['course']!r}, kind {found['kind']!r}, {found['value']!r})"
    return f"Row {found['row']}{who}: {says}."


def _check_one_site_a_course(rows: pl.DataFrame) -> None:
    twice = rows.group_by("course").agg(pl.col("site").n_unique().alias("sites")).filter(pl.col("sites") > 1)
    if twice.height:
        name = twice["course"].sort()[0]
        raise BadRegistry(f"Course {name!r} stands under several sites. Give each course a pseudonym of its own.")


def _digest(rows: pl.DataFrame) -> str:
    return hashlib.sha256(rows.write_csv().encode()).hexdigest()
