"""The tests before treatment as data: what is wanted of whom, and for how long a result holds."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from glimmer.guidance.figures import GuidanceError
from glimmer.guidance.rows import one_of, read_sheet

FILE = Path(__file__).parent / "baseline_tests.toml"
MEASURES = ("result", "screen", "pregnancy", "pressure")
ONLY_IF = ("", "pregnancy_possible", "heart_at_risk")


@dataclass(frozen=True, slots=True)
class BaselineTest:
    """One test. `measures` says what its result is: normal or not, negative or positive, or a pressure in mmHg.

    A result holds for `valid_days` days from the day of the test. `only_if`: "" (everyone), "pregnancy_possible" or
    "heart_at_risk".
    """

    id: str
    title: str
    measures: str
    valid_days: int
    if_missing: str
    source: str
    edition: str
    evidence: str
    only_if: str = ""


@lru_cache
def baseline_tests() -> tuple[BaselineTest, ...]:
    """Return the tests in the order in which they are shown."""
    rows = read_sheet(FILE, "tests", BaselineTest).rows
    for row in rows:
        one_of(row.measures, MEASURES, f"{row.id}: measures")
        one_of(row.only_if, ONLY_IF, f"{row.id}: only_if")
        if not (isinstance(row.valid_days, int) and row.valid_days > 0):
            raise GuidanceError(f"{row.id}: valid_days must be a whole number above 0, but is {row.valid_days!r}.")
    return rows
