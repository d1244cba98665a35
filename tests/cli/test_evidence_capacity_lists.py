"""The present lists as files: what is read, and what is refused in words instead of read as something else."""

import pytest

from glimmer.cli.evidence_capacity_lists import present_of
from glimmer.evidence.capacity import BadPlan, Waiting


def written(folder, text, name="list.csv", encoding="utf-8"):
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def test_who_waits_and_who_is_kept_well_are_read(tmp_path):
    waiting = written(tmp_path, "days,assessed,urgent\n30,no,yes\n200.5,Yes,\n", encoding="utf-8-sig")
    kept = written(tmp_path, "days\r\n10\r\n400\r\n", "kept.csv")
    found = present_of(waiting, kept)
    assert found.waiting == (Waiting(30, urgent=True), Waiting(200.5, assessed=True))
    assert found.maintained == (10, 400)
    assert present_of(written(tmp_path, "days\n"), None).waiting == ()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "must name 'days'"),
        ("Name,Waiting\nA,3\n", "must name 'days'"),
        ("Days\n3\n", "must name 'days'"),
        ("days;urgent\n3;yes\n", "separated by commas"),
        ("days,urgnt\n3,yes\n", "'days,urgnt'"),
        ("days\nmany\n", "Line 2 of list.csv is nobody waiting"),
        ("days,urgent\n3,perhaps\n", "Line 2"),
        ("days\n3\n-1\n", "a number from 0 to 36,500"),
        ("days\n1e308\n", "a number from 0 to 36,500"),
        ("days\nnan\n", "a number from 0 to 36,500"),
        ("days\n" + "1" * 140_000 + "\n", "is no CSV file"),
    ],
)
def test_a_list_that_is_not_one_is_refused_in_words(tmp_path, text, says):
    with pytest.raises(BadPlan, match=says):
        present_of(written(tmp_path, text), None)


def test_a_list_in_another_encoding_is_refused_in_words(tmp_path):
    with pytest.raises(BadPlan, match="UTF-8"):
        present_of(written(tmp_path, "days\n3 £\n", encoding="utf-16"), None)


def test_who_is_kept_well_has_no_other_columns(tmp_path):
    with pytest.raises(BadPlan, match="may name nothing besides"):
        present_of(None, written(tmp_path, "days,urgent\n3,no\n"))
    with pytest.raises(BadPlan, match="nobody in maintenance"):
        present_of(None, written(tmp_path, "days\nx\n"))
