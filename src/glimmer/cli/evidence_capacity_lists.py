"""The present lists of a clinic, read from CSV files without names: who waits, and who is kept well."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from glimmer.evidence.capacity import Present

YES, NO = ("yes", "true", "1"), ("no", "false", "0", "")
DAYS, FLAGS = "days", ("urgent", "assessed")


def present_of(waiting: Path | None, maintained: Path | None) -> "Present":
    """Return the clinic as it is today; raise BadPlan naming the file, the line and what is wrong.

    `waiting`: days since referral, and where there, whether urgent and assessed (yes or no). `maintained`: days since
    maintenance began.
    """
    from glimmer.evidence.capacity import BadPlan, Present, Waiting

    people, kept = [], []
    for number, row in enumerate(_rows(waiting, (DAYS, *FLAGS)), 2):
        try:
            people.append(Waiting(float(row[DAYS]), *(_flag(row.get(name) or "") for name in FLAGS)))
        except (TypeError, ValueError) as problem:
            raise BadPlan(
                f"Line {number} of {_name(waiting)} is nobody waiting. Each line has days (a number from 0 to 36,500), "
                "and may have urgent and assessed (yes or no)."
            ) from problem
    for number, row in enumerate(_rows(maintained, (DAYS,)), 2):
        try:
            kept.append(float(row[DAYS]))
        except (TypeError, ValueError) as problem:
            raise BadPlan(
                f"Line {number} of {_name(maintained)} is nobody in maintenance. Each line has days, a number from "
                "0 to 36,500."
            ) from problem
    return Present(tuple(people), tuple(kept))


def _name(path: Path | None) -> str:
    return path.name if path is not None else ""


def _rows(path: Path | None, columns: Sequence[str]) -> list[dict[str, str]]:
    """Return the rows of a file whose columns are among these, and hold the first of them; none without a file."""
    from glimmer.evidence.capacity import BadPlan

    if path is None:
        return []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            heads = reader.fieldnames or []
            if columns[0] not in heads or set(heads) - set(columns):
                raise BadPlan(
                    f"The first line of {path.name} is {','.join(heads)!r}. It must name {columns[0]!r}, may name "
                    f"{', '.join(columns[1:]) or 'nothing'} besides, and nothing else, separated by commas."
                )
            return list(reader)
    except FileNotFoundError as problem:
        raise BadPlan(f"There is no file {path}. Check the name and the folder.") from problem
    except UnicodeDecodeError as problem:
        raise BadPlan(f"{path.name} is no CSV file in UTF-8. Save it as one.") from problem
    except csv.Error as problem:
        raise BadPlan(f"{path.name} is no CSV file: {problem}. Save it with commas between the columns.") from problem


def _flag(said: str) -> bool:
    word = said.strip().lower()
    if word not in (*YES, *NO):
        raise ValueError(said)
    return word in YES
