"""The self-assessment in docs/security.md: every line of the standard once, and no claim without a test that exists."""

import re
from pathlib import Path

from tests.test_house import names_of_tests

ROOT = Path(__file__).resolve().parents[1]
ROW = re.compile(r"^\| (\d+\.\d+\.\d+) \| ([^|]+) \| ([^|]+) \| (.+) \|$", re.MULTILINE)
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
STANDS = {"met", "by design", "partly", "not met", "not applicable", "deployer"}

# How many lines each section of OWASP ASVS 4.0.3 has, and which of them are deleted or of level 3 only.
SECTIONS = {
    "1.1": 7, "1.2": 4, "1.4": 5, "1.5": 4, "1.6": 4, "1.7": 2, "1.8": 2, "1.9": 2, "1.10": 1, "1.11": 3, "1.12": 2,
    "1.14": 6, "2.1": 12, "2.2": 7, "2.3": 3, "2.4": 6, "2.5": 7, "2.6": 3, "2.7": 6, "2.8": 7, "2.9": 3, "2.10": 4,
    "3.1": 1, "3.2": 4, "3.3": 4, "3.4": 5, "3.5": 3, "3.6": 2, "3.7": 1, "4.1": 5, "4.2": 2, "4.3": 3, "5.1": 5,
    "5.2": 8, "5.3": 10, "5.4": 3, "5.5": 4, "6.1": 3, "6.2": 8, "6.3": 3, "6.4": 2, "7.1": 4, "7.2": 2, "7.3": 4,
    "7.4": 3, "8.1": 6, "8.2": 3, "8.3": 8, "9.1": 3, "9.2": 5, "10.1": 1, "10.2": 6, "10.3": 3, "11.1": 8, "12.1": 3,
    "12.2": 1, "12.3": 6, "12.4": 2, "12.5": 2, "12.6": 1, "13.1": 5, "13.2": 6, "13.3": 2, "13.4": 2, "14.1": 5,
    "14.2": 6, "14.3": 3, "14.4": 7, "14.5": 4,
}  # fmt: skip
DELETED = {"1.4.2", "1.4.3", "1.12.1", "4.1.4", "7.3.2", "13.1.2", "13.2.4", "14.3.1"}
LEVEL_THREE = {
    "1.11.3", "2.2.4", "2.2.5", "2.2.6", "2.2.7", "2.8.7", "3.6.1", "3.6.2", "6.2.7", "6.2.8", "6.3.3", "8.1.5",
    "8.1.6", "9.2.5", "10.1.1", "10.2.3", "10.2.4", "10.2.5", "10.2.6", "14.1.5",
}  # fmt: skip


def rows() -> list[tuple[str, ...]]:
    return ROW.findall((ROOT / "docs" / "security.md").read_text())


def test_every_line_of_level_two_is_assessed_once_and_in_order():
    lines = [f"{section}.{number}" for section, last in SECTIONS.items() for number in range(1, last + 1)]
    assert [row[0] for row in rows()] == [line for line in lines if line not in DELETED | LEVEL_THREE]


def test_whatever_is_called_met_names_a_test_that_exists():
    wrong = []
    for number, _, stands, by in rows():
        named = TEST.findall(by)
        missing = [name for file, name in named if name not in names_of_tests(ROOT / file)]
        without = not named and (stands == "met" or len(by) < 4)
        if stands not in STANDS or missing or without:
            wrong.append((number, stands, missing))
    assert wrong == []


def test_sum_that_is_told_is_the_sum_of_the_table():
    told = (ROOT / "docs" / "security.md").read_text()
    found = [row[2] for row in rows()]
    assert f"All {len(found)} lines" in told
    for stands in STANDS:
        assert f"{found.count(stands)} {stands}" in told
