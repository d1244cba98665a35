"""`glimmer audit verify`: the trail, the controlled drugs register, and the heads kept outside the database."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import connection, transaction
from typer.testing import CliRunner

from glimmer.cli.main import app
from glimmer.records.audit import AuditLine, append_audit
from glimmer.records.heads import HeadFile
from glimmer.records.models import RegisterEntry, Staff
from tests.support.bedside import a_ward
from tests.support.register import a_page

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


@pytest.fixture
def heads(tmp_path: Path) -> Path:
    """A clinic with some audit and a page of the register, whose heads were kept."""
    a_page(a_ward())
    maya = Staff.objects.create(username="maya", name="Maya Okafor", role="nurse")
    for number in range(3):
        with transaction.atomic():
            append_audit(at=NOW, actor=maya, actor_name="Maya", action="write_note", subject="x", subject_id=number)
    file = HeadFile(tmp_path).write(NOW)
    assert file is not None
    return file.parent


def verify(heads: Path, *more: str) -> tuple[int, str]:
    answer = CliRunner().invoke(app, ["audit", "verify", "--heads", str(heads), *more])
    assert answer.exception is None or isinstance(answer.exception, SystemExit), answer.exception
    return answer.exit_code, answer.output


def unguarded(table: str) -> None:
    with connection.cursor() as cursor:
        on = f" ON {table}" if connection.vendor == "postgresql" else ""
        for verb in ("update", "delete"):
            cursor.execute(f"DROP TRIGGER {table}_no_{verb}{on}")


def test_whole_trail_register_and_heads_are_said_to_be_whole(heads: Path) -> None:
    code, says = verify(heads)
    assert (code, says.startswith("The audit trail is whole")) == (0, True)
    answer = json.loads(verify(heads, "--json")[1])
    assert (answer["whole"], answer["register_broken_at"], answer["heads_not_kept"]) == (True, {}, [])


def test_tail_that_was_cut_off_is_found_by_the_heads_alone(heads: Path) -> None:
    unguarded("records_auditline")
    AuditLine.objects.order_by("pk").last().delete()  # type: ignore[union-attr]
    code, says = verify(heads)
    assert code == 1
    assert "has lost what it held" in says
    assert "of the audit trail, which stood on 2026-11-23" in " ".join(says.split())


def test_page_of_the_register_that_was_changed_is_named(heads: Path) -> None:
    unguarded("records_registerentry")
    RegisterEntry.objects.update(party="Somebody else")
    code, says = verify(heads)
    assert code == 1
    assert "The controlled drugs register is broken" in says
    assert "entry 1" in " ".join(says.split())


def test_head_is_exported_checked_with_the_public_key_and_compared_with_the_trail(heads: Path, tmp_path: Path) -> None:
    key, into = tmp_path / "key", tmp_path / "elsewhere"
    for words in (["new-key", str(key)], ["export", "--into", str(into), "--key", str(key)]):
        assert CliRunner().invoke(app, ["audit", *words]).exit_code == 0
    checked = CliRunner().invoke(app, ["audit", "check-export", str(into), "--public-key", f"{key}.pub"])
    assert (checked.exit_code, " lines on 2" in checked.output) == (0, True)
    against = ("--exported", str(into), "--public-key", f"{key}.pub")
    assert verify(heads, *against)[0] == 0
    unguarded("records_auditline")
    AuditLine.objects.order_by("pk").last().delete()  # type: ignore[union-attr]
    for kept in heads.iterdir():
        kept.unlink()
    code, says = verify(heads, *against)
    assert (code, "has lost what it held" in says) == (1, True)


def test_what_cannot_be_checked_is_never_called_whole(heads: Path, tmp_path: Path) -> None:
    key = tmp_path / "key"
    CliRunner().invoke(app, ["audit", "new-key", str(key)])
    empty = tmp_path / "empty"
    empty.mkdir()
    assert verify(heads, "--exported", str(empty))[0] == 1
    assert verify(heads, "--exported", str(empty), "--public-key", f"{key}.pub")[0] == 1
    assert CliRunner().invoke(app, ["audit", "check-export", str(empty), "--public-key", f"{key}.pub"]).exit_code == 1
    assert CliRunner().invoke(app, ["audit", "export", "--into", str(empty)]).exit_code == 1


def test_everything_that_is_broken_is_told_and_not_the_first_alone(heads: Path) -> None:
    """An attacker who changes an old line on purpose must not hide by it what was done to the register."""
    for table in ("records_auditline", "records_registerentry"):
        unguarded(table)
    first = AuditLine.objects.order_by("pk").first()
    assert first is not None
    AuditLine.objects.filter(pk=first.pk).update(action="nothing_happened")
    RegisterEntry.objects.update(party="Somebody else")
    AuditLine.objects.order_by("pk").last().delete()  # type: ignore[union-attr]
    for more in ((), ("--json",)):
        code, says = verify(heads, *more)
        told = " ".join(says.split())
        assert code == 1
        assert f"The audit trail is broken at line {first.pk}" in told
        assert "The controlled drugs register is broken" in told
        assert "has lost what it held" in told
