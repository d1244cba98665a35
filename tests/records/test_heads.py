"""Heads of the chains in files: what was cut off at the end is missed."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from glimmer.records.audit import AuditLine, append_audit, broken_at
from glimmer.records.heads import HeadFile, heads_in, not_kept
from glimmer.records.models import RegisterEntry, Staff
from tests.records.conftest import NOW
from tests.records.test_controlled import add, page, without_guards  # noqa: F401


@pytest.fixture
def kept(tmp_path: Path, maya: Staff, add: Any) -> HeadFile:  # noqa: F811
    """Two heads: after five lines of the audit, and after five more and two entries of the register."""
    file = HeadFile(tmp_path)
    for number in range(10):
        with transaction.atomic():
            append_audit(at=NOW, actor=maya, actor_name=str(maya), action="write_note", subject="x", subject_id=number)
        if number == 4:
            file.write(NOW)
    add()
    add()
    file.write(NOW + timedelta(days=1))
    return file


def unguarded() -> None:
    without_guards()
    with connection.cursor() as cursor:
        on = " ON records_auditline" if connection.vendor == "postgresql" else ""
        for verb in ("update", "delete"):
            cursor.execute(f"DROP TRIGGER records_auditline_no_{verb}{on}")


def wrong(file: HeadFile) -> list[str]:
    return not_kept(heads_in(file.folder))


def test_heads_of_an_untouched_clinic_are_all_kept(kept: HeadFile) -> None:
    assert [path.name for path in sorted(kept.folder.iterdir())] == ["2026-11-23.jsonl", "2026-11-24.jsonl"]
    assert wrong(kept) == []


def test_nothing_is_written_while_nothing_changes(kept: HeadFile) -> None:
    assert kept.write(NOW + timedelta(days=2)) is None


def test_audit_that_goes_on_keeps_its_old_heads(kept: HeadFile, maya: Staff) -> None:
    with transaction.atomic():
        append_audit(at=NOW, actor=maya, actor_name=str(maya), action="write_note", subject="x", subject_id=11)
    assert wrong(kept) == []


@pytest.mark.parametrize("cut", range(1, 11))
def test_tail_of_the_audit_that_was_cut_off_is_missed(kept: HeadFile, cut: int) -> None:
    unguarded()
    gone = list(AuditLine.objects.order_by("-pk").values_list("pk", flat=True)[:cut])
    AuditLine.objects.filter(pk__in=gone).delete()
    assert broken_at() is None  # the chain itself cannot tell
    found = wrong(kept)
    assert len(found) == (1 if cut <= 5 else 2)
    assert "of the audit trail, which stood on" in found[-1]


def test_last_entries_of_the_register_that_were_cut_off_are_missed(kept: HeadFile) -> None:
    unguarded()
    RegisterEntry.objects.filter(number=2).delete()
    assert "entry 2 of page" in " ".join(wrong(kept))


def test_line_taken_from_the_middle_is_missed_by_the_count_as_well(kept: HeadFile) -> None:
    unguarded()
    AuditLine.objects.filter(subject_id=7).delete()
    assert "had 10 lines" in " ".join(wrong(kept))


def test_changed_line_at_the_end_is_missed(kept: HeadFile) -> None:
    unguarded()
    last = AuditLine.objects.order_by("-pk")[0]
    for mac in ("f" * 64, "no digest at all", ""):
        AuditLine.objects.filter(pk=last.pk).update(mac=mac)
        assert "is gone or changed" in wrong(kept)[-1]


def test_a_year_of_heads_is_compared_with_one_look_at_each_table(
    kept: HeadFile, django_assert_num_queries: Any
) -> None:
    path = kept.folder / "2026-11-24.jsonl"
    path.write_bytes(path.read_bytes() * 500)
    with django_assert_num_queries(2):
        assert wrong(kept) == []


def test_changed_head_is_no_proof_and_says_so(kept: HeadFile) -> None:
    path = kept.folder / "2026-11-24.jsonl"
    path.write_text(path.read_text().replace('"lines":10', '"lines":9'))
    assert wrong(kept) == ["2026-11-24.jsonl, line 1: this head was not signed by this clinic, or was changed."]


def test_line_that_cannot_be_read_is_named(kept: HeadFile) -> None:
    with (kept.folder / "2026-11-24.jsonl").open("a") as file:
        file.write("{half a li")
    assert wrong(kept) == ["2026-11-24.jsonl, line 2: this line cannot be read."]
