"""The rows of a registry: what is taken, what is refused and in which words, and that nothing in it names a person."""

import polars as pl
import pytest

from glimmer.registry.rows import COLUMNS, BadRegistry, read_registry, registry_of
from glimmer.registry.simulated import simulate_registry, truth_by_evidence


def table(*rows: tuple[object, ...], **more: object) -> pl.DataFrame:
    frame = pl.DataFrame([[None if one is None else str(one) for one in row] for row in rows], COLUMNS, orient="row")
    return frame.with_columns(**{name: pl.lit(value) for name, value in more.items()})


GOOD = (
    ("A", "A-1", 0, "session", 225.0),
    ("A", "A-1", 0, "phq9", 20),
    ("A", "A-1", 7, "phq9", None),
    ("A", "A-1", 21, "eq5d", 0.7),
)


def test_good_rows_are_taken_whatever_their_order():
    there, back = registry_of(table(*GOOD)), registry_of(table(*reversed(GOOD)))
    assert (there.sites, there.courses, there.simulated) == (("A",), 1, False)
    assert there.digest == back.digest
    assert there.digest != registry_of(table(*GOOD[:3])).digest


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_registry_comes_back_from_its_file_with_its_mark(tmp_path, ending):
    made = simulate_registry(3, truth_by_evidence(), sites=2, courses_a_site=5)
    path, marked = tmp_path / f"made.{ending}", made.rows.with_columns(pl.lit(True).alias("simulated"))
    marked.write_csv(path) if ending == "csv" else marked.write_parquet(path)
    found = read_registry(path)
    assert (found.simulated, found.digest) == (True, made.digest)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (("A", "A-1", 0, "phq9", 28), r"Row 1 .*'A-1'.*whole number from 0 to 27"),
        (("A", "A-1", 0, "phq9", 12.5), "whole number from 0 to 27"),
        (("A", "A-1", 0.5, "phq9", 12), r"Row 1: day is '0\.5', but must be a whole number"),
        (("A", "A-1", 0, "phq9", "twelve"), "value is 'twelve', but must be a number or empty"),
        (("A", "A-1", 0, "mood", 12), "kind must be one of phq9, session"),
        (("A", "A-1", 0, "eq5d", 1.2), r"EQ-5D index lies between -0\.594 and 1"),
        (("A", "A-1", 0, "eq5d", None), "a value is missing"),
        (("A", "A-1", 0, "eq5d", "nan"), "finite number"),
        (("A", "A-1", 0, "session", 0), "above 0; leave out a cost that is not known"),
        (("A", "A-1", -3, "session", 225), "cannot lie before the first one"),
        (("A", "A-1", 9, "followed_until", 9), "its day says it"),
        (("A", "Mary Smith", 0, "phq9", 12), "course must be a pseudonym"),
        (("", "A-1", 0, "phq9", 12), "site must be a pseudonym"),
    ],
)
def test_a_wrong_row_is_told_with_its_number_and_what_to_do(row, says):
    with pytest.raises(BadRegistry, match=says):
        registry_of(table(row))


def test_an_nhs_number_is_refused_and_never_repeated():
    with pytest.raises(BadRegistry, match="course is an NHS number") as refused:
        registry_of(table(("A", "999-000-0018", 0, "phq9", 12)))
    assert "0018" not in str(refused.value)


def test_a_column_that_is_not_needed_is_refused():
    with pytest.raises(BadRegistry, match="postcode do not belong here"):
        registry_of(table(*GOOD, postcode="OX3 7JX"))
    with pytest.raises(BadRegistry, match="value are missing"):
        registry_of(table(*GOOD).drop("value"))


def test_made_up_rows_never_mix_with_others():
    mixed = pl.concat([table(*GOOD, simulated="true"), table(*GOOD, simulated="false")])
    with pytest.raises(BadRegistry, match="Keep made-up courses in a file apart"):
        registry_of(mixed)
    with pytest.raises(BadRegistry, match="must be true or false"):
        registry_of(table(*GOOD, simulated="maybe"))


def test_one_course_belongs_to_one_site():
    with pytest.raises(BadRegistry, match="'A-1' stands under several sites"):
        registry_of(table(*GOOD, ("B", "A-1", 0, "phq9", 12)))


def test_what_cannot_be_read_is_said_without_a_trace(tmp_path):
    for name, content, says in (
        ("rows.xlsx", b"", "neither .csv nor .parquet"),
        ("rows.parquet", b"no table", "cannot be read as a table"),
        ("none.csv", None, "There is no file"),
        ("empty.csv", b"site,course,day,kind,value\n", "has no rows"),
    ):
        path = tmp_path / name
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(BadRegistry, match=says):
            read_registry(path)
