"""Files of tables as they come out of other programs: Parquet, CSV and CSV.gz, and in words why one cannot be read.

Spreadsheets save CSV in many ways. What can be mistaken for something else is refused with how to save it instead:
a decimal comma in a file with semicolons would make two columns of one, and a guessed alphabet another name.
"""

import gzip
import zlib
from collections.abc import Callable
from io import BufferedIOBase
from pathlib import Path

import polars as pl

GZIP, UTF_16 = b"\x1f\x8b", (b"\xff\xfe", b"\xfe\xff")
# Enough to hold the heading of any table; a file of ways is larger than memory should hold twice.
HEAD = 65_536
AS_UTF_8 = "Save it as “CSV UTF-8 (comma delimited)”"
LONGEST_SAID = 200


class BadTable(ValueError):
    """A table is not as it must be. The message says which file, column and row, and what is expected."""


def read_frame(path: Path) -> pl.DataFrame:
    """Return a Parquet, CSV or CSV.gz file as it stands; raise BadTable where it cannot be read."""
    read = _reader(path)
    if not path.is_file():
        raise BadTable(f"There is no file {path}.")
    try:
        return read(path)
    except (pl.exceptions.PolarsError, OSError, EOFError, ValueError, zlib.error) as problem:
        if isinstance(problem, BadTable):
            raise
        raise BadTable(f"{path.name} cannot be read as a table: {_in_short(problem)}.") from problem


def is_plain(kind: pl.DataType) -> bool:
    """Say whether a column holds one text, number, yes or no, or day in each row: no list, no bytes, no parts."""
    return not (kind.is_nested() or kind in (pl.Binary, pl.Object))


def _reader(path: Path) -> Callable[[Path], pl.DataFrame]:
    if path.suffix == ".parquet":
        return pl.read_parquet
    if path.name.endswith((".csv", ".csv.gz")):
        return _read_csv
    raise BadTable(f"{path.name}: a table is a .parquet, .csv or .csv.gz file.")


def _read_csv(path: Path) -> pl.DataFrame:
    with _opened(path) as file:
        _refuse_head(path.name, file.read(HEAD))
    try:
        return pl.read_csv(path, infer_schema=False)
    except pl.exceptions.PolarsError as problem:
        said = str(problem)
        if "utf-8" in said:
            raise BadTable(_not_utf_8(path)) from problem
        if "more fields" in said:
            raise BadTable(
                f"{path.name}: a row has more fields than the heading. Put a text that holds a comma in quotes."
            ) from problem
        raise


def _opened(path: Path) -> BufferedIOBase:
    with path.open("rb") as file:
        is_packed = file.read(len(GZIP)) == GZIP
    return gzip.open(path) if is_packed else path.open("rb")


def _refuse_head(name: str, head: bytes) -> None:
    """Raise BadTable where the first bytes show a file that would be read as something else than it is."""
    if not head.strip():
        raise BadTable(f"{name} is empty. Expected a heading and a row for each area, site or way.")
    if head.startswith(UTF_16) or b"\0" in head:
        raise BadTable(f"{name} is saved as UTF-16 (“Unicode text”), which is not read. {AS_UTF_8}.")
    if b"\r" in head and b"\n" not in head:
        raise BadTable(
            f"{name} ends its lines as old Macs did, so that all is one line. {AS_UTF_8}, not as “Macintosh”."
        )
    heading = head.splitlines()[0]
    for mark, what in ((b";", "semicolons"), (b"\t", "tabs")):
        if mark in heading and b"," not in heading:
            raise BadTable(
                f"{name} is separated by {what}. Save it with commas between the columns and points in its numbers."
            )


def _not_utf_8(path: Path) -> str:
    """Return which row is the first that is not UTF-8, and what that means."""
    with _opened(path) as file:
        for row, line in enumerate(file, 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                said = line.decode("latin-1").strip()[:60]
                return (
                    f"{path.name}, row {row}: {said!r} holds a letter that is not in UTF-8; an older alphabet such as "
                    f"Windows-1252 was used. {AS_UTF_8}. Rows count from 1, which is the heading."
                )
    return f"{path.name} is not in UTF-8. {AS_UTF_8}."


def _in_short(problem: Exception) -> str:
    first = (str(problem).splitlines() or [type(problem).__name__])[0].rstrip(".")
    return first if len(first) <= LONGEST_SAID else f"{first[:LONGEST_SAID]}…"
