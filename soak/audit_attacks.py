"""Somebody who holds the database tampers with the audit trail: 1,000 random attacks, each of which has to be found.

The attacker opens the SQLite file itself, takes the guards off and changes, inserts, deletes, moves or cuts, or puts
an old backup back. What shows it is the chain, the heads kept each minute, and the signed heads that left
the machine. An attacker with the clinic's own key writes the whole trail and the minute's heads anew: only what left
the machine shows that. The lines since the last head are not covered by anything: that is said in a row of its own.
"""

import os
import shutil
import sqlite3
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from tests.support.migrated import begin_with

SEED = 20261126
LINES, SHORT_LINES = 650, 120
HEAD_EVERY, EXPORT_EVERY, UNCOVERED = 20, 100, 7
ATTACKS, SHORT_ATTACKS = 1_000, 60
NOW = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)
FIELDS = ("at", "actor_id", "actor_name", "action", "subject", "subject_id", "patient_id", "details", "mac")
SAYS_EVERY = 250


class Clinic:
    """A clinic's audit trail in a file, its heads, and the copies that an attack starts from."""

    def __init__(self, folder: Path, lines: int) -> None:
        os.environ.update(GLIMMER_DATA_DIR=str(folder), DJANGO_SETTINGS_MODULE="glimmer.config.settings")
        begin_with(folder)
        import django

        django.setup()
        from glimmer.cli.django_setup import bring_database_up_to_date

        bring_database_up_to_date()
        self.folder, self.file, self.lines = folder, folder / "glimmer.sqlite3", lines
        self.whole, self.backup = folder / "whole", folder / "backup"
        self._write(Random(SEED))

    def _write(self, chance: Random) -> None:
        from glimmer.records.heads import HeadFile, head_now
        from glimmer.records.models import Staff
        from glimmer.records.signed_heads import export_head, new_key, public_key, signing_key

        key = self.folder / "signing-key"
        self.public = public_key(new_key(key))
        self.staff = Staff.objects.create(username="maya", name="Maya Okafor", role="nurse")
        heads = HeadFile(self.folder)
        for number in range(1, self.lines + 1):
            self.append(number, chance)
            at = NOW + timedelta(minutes=number)
            if number % HEAD_EVERY == 0 and number <= self.lines - UNCOVERED:
                heads.write(at)
                self.covered = number
            if number % EXPORT_EVERY == 0:
                export_head(head_now(), self.folder / "exported", signing_key(key), at)
                self.exported = number
            if number == self.lines // 3:
                self._keep(self.backup)
        self._keep(self.whole)
        shutil.copytree(self.folder / "heads", self.folder / "heads-whole")

    def append(self, number: int, chance: Random) -> None:
        """Write one line as the product does."""
        from django.db import transaction

        from glimmer.records.audit import append_audit

        with transaction.atomic():
            append_audit(
                at=NOW + timedelta(minutes=number),
                actor=self.staff,
                actor_name=str(self.staff),
                action=chance.choice(("read.journey", "search.patients", "write_note", "refused.journey")),
                subject="Episode",
                subject_id=chance.randrange(1, 90),
                patient_id=chance.randrange(1, 50),
                details={"why": "own clinic", "number": chance.randrange(1000)},
            )

    def _keep(self, copy: Path) -> None:
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        shutil.copyfile(self.file, copy)

    def restore(self, copy: Path) -> None:
        """Put a copy of the database, and the heads of the whole clinic, in place."""
        from django.db import connection

        connection.close()
        for leftover in (f"{self.file}-wal", f"{self.file}-shm"):
            Path(leftover).unlink(missing_ok=True)
        shutil.copyfile(copy, self.file)
        shutil.rmtree(self.folder / "heads")
        shutil.copytree(self.folder / "heads-whole", self.folder / "heads")

    def found(self) -> set[str]:
        """Return what of the verification finds something wrong: chain, heads, exported heads."""
        from glimmer.records.audit import broken_at
        from glimmer.records.heads import heads_in, lost_since, not_kept
        from glimmer.records.signed_heads import exported_heads

        exported = [(one.where, one.body) for one in exported_heads(self.folder / "exported", self.public) if one.body]
        looks = {
            "chain": broken_at() is not None,
            "heads": bool(not_kept(heads_in(self.folder / "heads"))),
            "exported heads": bool(lost_since(exported)),
        }
        return {name for name, is_wrong in looks.items() if is_wrong}


Rows = list[dict[str, Any]]


def _change(db: sqlite3.Connection, chance: Random, clinic: Clinic) -> None:
    row, field = chance.randrange(1, clinic.lines + 1), chance.choice(FIELDS)
    value: Any = {
        "at": "2026-10-31 23:59:59.123456",
        "actor_id": None,
        "details": '{"why": "somebody wrote this"}',
        "mac": f"{chance.getrandbits(256):064x}",
        "subject_id": 10_000 + chance.randrange(1000),
        "patient_id": 10_000 + chance.randrange(1000),
    }.get(field, f"x{chance.randrange(1000)}")
    db.execute(f"UPDATE records_auditline SET {field} = ? WHERE id = ?", (value, row))


def _insert_at_the_end(db: sqlite3.Connection, chance: Random, clinic: Clinic) -> None:
    _copy_of(db, chance.randrange(1, clinic.lines + 1), clinic.lines + chance.randrange(1, 9))


def _insert_between(db: sqlite3.Connection, chance: Random, clinic: Clinic) -> None:
    place = chance.randrange(1, clinic.lines + 1)
    _shift(db, place, 1)
    _copy_of(db, chance.choice([one for one in range(1, clinic.lines + 2) if one != place]), place)


def _delete(db: sqlite3.Connection, chance: Random, clinic: Clinic) -> None:
    db.execute("DELETE FROM records_auditline WHERE id = ?", (chance.randrange(1, clinic.lines),))


def _delete_and_close_the_gap(db: sqlite3.Connection, chance: Random, clinic: Clinic) -> None:
    place = chance.randrange(1, clinic.lines)
    db.execute("DELETE FROM records_auditline WHERE id = ?", (place,))
    _shift(db, place + 1, -1)


def _reorder(db: sqlite3.Connection, chance: Random, clinic: Clinic) -> None:
    one, other = sorted(chance.sample(range(1, clinic.lines + 1), 2))
    for old, new in ((one, -1), (other, one), (-1, other)):
        db.execute("UPDATE records_auditline SET id = ? WHERE id = ?", (new, old))


def _cut_tail(db: sqlite3.Connection, chance: Random, clinic: Clinic) -> None:
    db.execute("DELETE FROM records_auditline WHERE id >= ?", (chance.randrange(1, clinic.covered + 1),))


def _old_backup(db: sqlite3.Connection, chance: Random, clinic: Clinic) -> None:
    old = sqlite3.connect(clinic.backup)
    old.backup(db)
    old.close()


def _old_backup_that_goes_on(db: sqlite3.Connection, chance: Random, clinic: Clinic) -> None:
    """The clinic's own process goes on writing, with the right key, upon the backup."""
    _old_backup(db, chance, clinic)
    db.close()
    for number in range(clinic.lines // 3 + 1, clinic.lines // 3 + 1 + chance.randrange(1, clinic.lines)):
        clinic.append(number, chance)


def _with_the_key(db: sqlite3.Connection, chance: Random, clinic: Clinic, first: int = 0) -> None:
    """Change one line and work every digest from there anew; sign the minute's heads anew as well."""
    from glimmer.records.audit import AuditLine, _mac
    from glimmer.records.heads import HeadFile

    place = first or chance.randrange(1, clinic.exported + 1)
    db.execute("UPDATE records_auditline SET patient_id = 77777 WHERE id = ?", (place,))
    db.commit()
    last = ""
    for line in AuditLine.objects.order_by("pk"):
        fresh = _mac(last, line)
        if fresh != line.mac:
            db.execute("UPDATE records_auditline SET mac = ? WHERE id = ?", (fresh, line.pk))
        last = fresh
    db.commit()
    shutil.rmtree(clinic.folder / "heads")
    HeadFile(clinic.folder).write(NOW + timedelta(days=30))


def _copy_of(db: sqlite3.Connection, source: int, place: int) -> None:
    columns = ", ".join(FIELDS)
    db.execute(f"INSERT INTO records_auditline (id, {columns}) SELECT ?, {columns} FROM records_auditline WHERE id = ?",
               (place, source))  # fmt: skip


def _shift(db: sqlite3.Connection, first: int, by: int) -> None:
    # Over the negative numbers, so that no two lines have one number on the way.
    db.execute("UPDATE records_auditline SET id = -id WHERE id >= ?", (first,))
    db.execute("UPDATE records_auditline SET id = -id + ? WHERE id < 0", (by,))


KINDS: dict[str, Callable[[sqlite3.Connection, Random, Clinic], None]] = {
    "changed": _change,
    "inserted at the end": _insert_at_the_end,
    "inserted between": _insert_between,
    "deleted": _delete,
    "deleted, the gap closed": _delete_and_close_the_gap,
    "moved": _reorder,
    "cut off": _cut_tail,
    "old backup": _old_backup,
    "old backup that goes on": _old_backup_that_goes_on,
    "rewritten with the clinic's key": _with_the_key,
}


def attack(clinic: Clinic, do: Callable[..., None], chance: Random, **more: Any) -> set[str]:
    """Tamper once with a fresh copy and return what finds it."""
    clinic.restore(clinic.whole)
    db = sqlite3.connect(clinic.file)
    for verb in ("update", "delete"):
        db.execute(f"DROP TRIGGER records_auditline_no_{verb}")
    db.commit()
    do(db, chance, clinic, **more)
    try:
        db.commit()
        db.close()
    except sqlite3.ProgrammingError:
        pass  # an attack that lets the clinic write closed it already
    return clinic.found()


def rows(*, short: bool = False) -> list[dict[str, Any]]:
    """Return a row for the attacks, one for what nothing covers, and one for false alarms."""
    chance = Random(SEED)
    with tempfile.TemporaryDirectory(prefix="glimmer-attacks-") as folder:
        clinic = Clinic(Path(folder), SHORT_LINES if short else LINES)
        count = SHORT_ATTACKS if short else ATTACKS
        tried, missed, by = Counter[str](), Counter[str](), Counter[str]()
        for number in range(count):
            name = list(KINDS)[number % len(KINDS)]
            found = attack(clinic, KINDS[name], chance)
            tried[name] += 1
            missed[name] += not found
            by.update(found)
            if number % SAYS_EVERY == SAYS_EVERY - 1:
                print(f"audit_attacks: {number + 1} of {count}", file=sys.stderr, flush=True)
        false_alarms = sum(bool(attack(clinic, lambda *_: None, chance)) for _ in range(max(count // 20, 3)))
        uncovered = _uncovered(clinic, chance, max(count // 20, 3))
    kinds = ", ".join(f"{name} {number}" for name, number in tried.items())
    lost = sum(missed.values())
    return [
        _row("every attack is found", f"{count} of {count}", f"{count - lost} of {count} found: {kinds}", lost == 0,
             f"shown by the chain {by['chain']}, heads {by['heads']}, exported heads {by['exported heads']}"),
        _row("an untouched trail is never called broken", "0", f"{false_alarms} of {max(count // 20, 3)}",
             false_alarms == 0),
        _row("lines written since the last kept head and cut off (a minute at most)", "reported", uncovered, None),
    ]  # fmt: skip


def _uncovered(clinic: Clinic, chance: Random, count: int) -> str:
    """Cut only lines that no head knows: nothing in the database can show that, and the row says how many were."""

    def cut(db: sqlite3.Connection, chance: Random, clinic: Clinic) -> None:
        first = clinic.lines + 1 - chance.randrange(1, clinic.lines - clinic.covered + 1)
        db.execute("DELETE FROM records_auditline WHERE id >= ?", (first,))

    return f"{sum(bool(attack(clinic, cut, chance)) for _ in range(count))} of {count} found"


def _row(claim: str, aim: str, measured: str, met: bool | None, note: str = "") -> dict[str, Any]:
    note = f"seed {SEED}" + (f"; {note}" if note else "")
    return {"job": "audit_attacks", "claim": claim, "aim": aim, "measured": measured, "met": met, "note": note}
