"""No clinical number stands bare in care or monitoring: it comes from guidance, with its source."""

import ast
from pathlib import Path

import pytest

SRC = Path(__file__).parents[2] / "src" / "glimmer"

# Counting, halves and doubles, per cent, and the factors between units of time and length.
PLAIN = {0, 1, 2, 60, 100, 1000, 3600}

# (file under src/glimmer, number): why it may stand there.
ALLOWED = {
    ("care/plan.py", 366): "a year of days: the bound of a search in the calendar",
    ("care/relapse.py", 512): "how many watches are remembered: speed alone",
    ("care/relapse_odds.py", 1e-12): "what keeps a logarithm finite",
    ("care/session/given.py", 6): "the decimals of a mg that are kept, so that one course is the same numbers",
    ("care/value_set.py", 500): "how long a text at the head of a file may be",
    ("monitoring/alarms.py", 64): "how often a place in the stream is remembered: speed alone",
    ("monitoring/alarms.py", 6): "how many parts of a remembered place are taken together",
    ("monitoring/news2.py", 10): "the base of the decimals to which a value is rounded",
    ("monitoring/news2.py", 0.5): "rounding a half upwards",
}
# Which step comes first is no clinical number.
ALLOWED |= {("care/journey.py", number): "the number of a step of the journey" for number in range(3, 8)}


def numbers_in(source: str) -> list[tuple[int, int | float]]:
    """Return (line, number) of each number in Python source."""
    return [
        (node.lineno, node.value)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool)
    ]


def bare_numbers(path: Path) -> list[str]:
    name = path.relative_to(SRC).as_posix()
    return [
        f"{name}:{line}: {number}"
        for line, number in numbers_in(path.read_text(encoding="utf-8"))
        if number not in PLAIN and (name, number) not in ALLOWED
    ]


@pytest.mark.parametrize("room", ["care", "monitoring"])
def test_no_clinical_number_stands_bare(room):
    files = sorted((SRC / room).rglob("*.py"))
    assert files
    found = [one for path in files for one in bare_numbers(path)]
    assert not found, "Move these to guidance, with unit and source: " + "; ".join(found)


def test_the_search_finds_what_it_should():
    assert numbers_in("LIMIT = 165\nx = y > 93.5 and True") == [(1, 165), (2, 93.5)]


def test_every_exception_is_still_needed():
    for name, number in ALLOWED:
        assert number in {found for _, found in numbers_in((SRC / name).read_text(encoding="utf-8"))}, (name, number)
