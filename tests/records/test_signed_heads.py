"""Signed heads: what left the machine shows a trail that was written anew with the clinic's own key."""

import base64
from datetime import timedelta
from pathlib import Path

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_public_key
from django.db import connection, transaction

from glimmer.records.audit import AuditLine, _mac, append_audit, broken_at
from glimmer.records.heads import head_now, lost_since
from glimmer.records.models import Staff
from glimmer.records.signed_heads import (
    PURPOSE,
    SUFFIX,
    export_head,
    exported_heads,
    new_key,
    newest_export,
    public_key,
    signing_key,
)
from glimmer.vocabulary.problems import BadInput
from tests.records.conftest import NOW


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    new_key(tmp_path / "signing-key")
    return tmp_path / "signing-key"


@pytest.fixture
def folder(tmp_path: Path, key_file: Path, maya: Staff) -> Path:
    """Five lines and the signed head of them."""
    for number in range(5):
        with transaction.atomic():
            append_audit(at=NOW, actor=maya, actor_name=str(maya), action="write_note", subject="x", subject_id=number)
    export_head(head_now(), tmp_path / "out", signing_key(key_file), NOW)
    return tmp_path / "out"


def proven(folder: Path, key_file: Path) -> list[tuple[str, dict]]:
    found = list(exported_heads(folder, public_key(key_file.with_name("signing-key.pub"))))
    return [(one.where, one.body) for one in found if one.body is not None]


def test_private_key_is_its_owners_alone_and_is_never_written_over(key_file: Path) -> None:
    assert key_file.stat().st_mode & 0o077 == 0
    before = key_file.read_bytes()
    with pytest.raises(BadInput, match="There is a key"):
        new_key(key_file)
    assert key_file.read_bytes() == before


def test_file_is_checked_with_the_public_key_by_the_library_alone(folder: Path, key_file: Path) -> None:
    """As somebody without this code would, from what docs/audit.md says."""
    (path,) = folder.iterdir()
    document = orjson.loads(path.read_bytes())
    key = load_pem_public_key(key_file.with_name("signing-key.pub").read_bytes())
    assert isinstance(key, Ed25519PublicKey)
    signed = b"glimmer: where the chains end, version 1\n" + orjson.dumps(document["head"], option=orjson.OPT_SORT_KEYS)
    key.verify(base64.b64decode(document["signature"]), signed)
    assert document["head"]["lines"] == 5
    assert document["head"]["mac"] == AuditLine.objects.order_by("-pk")[0].mac
    assert PURPOSE.endswith(b"\n")


@pytest.mark.parametrize("change", [b'"lines": 4', b'"lines": 6', b'"lines": "5"'])
def test_changed_head_is_not_the_clinics(folder: Path, key_file: Path, change: bytes) -> None:
    (path,) = folder.iterdir()
    path.write_bytes(path.read_bytes().replace(b'"lines": 5', change))
    assert proven(folder, key_file) == []


def test_head_signed_with_another_key_is_not_the_clinics(folder: Path, key_file: Path, tmp_path: Path) -> None:
    new_key(tmp_path / "other")
    export_head(head_now(), folder, signing_key(tmp_path / "other"), NOW + timedelta(days=1))
    assert [where for where, _ in proven(folder, key_file)] == [f"2026-11-23T{NOW:%H%M%S}Z{SUFFIX}"]


def test_trail_written_anew_with_the_clinics_own_key_is_shown_by_the_exported_head(
    folder: Path, key_file: Path
) -> None:
    assert lost_since(proven(folder, key_file)) == []
    with connection.cursor() as cursor:
        on = " ON records_auditline" if connection.vendor == "postgresql" else ""
        cursor.execute(f"DROP TRIGGER records_auditline_no_update{on}")
    last = ""
    for line in AuditLine.objects.order_by("pk"):
        line.actor_name = "Nobody at all"
        last = _mac(last, line)
        AuditLine.objects.filter(pk=line.pk).update(actor_name=line.actor_name, mac=last)
    assert broken_at() is None
    assert "is gone or changed" in lost_since(proven(folder, key_file))[0]


def test_newest_export_is_told_by_its_name_and_one_from_the_future_does_not_count(folder: Path) -> None:
    later = NOW + timedelta(days=1)
    assert newest_export(folder, later) == NOW.replace(microsecond=0)
    assert newest_export(folder, NOW - timedelta(hours=1)) is None
    (folder / f"notes{SUFFIX}").write_text("{}")
    assert newest_export(folder, later) == NOW.replace(microsecond=0)


def test_key_of_another_kind_is_refused_in_words(tmp_path: Path) -> None:
    rsa = generate_private_key(65537, 2048).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "rsa").write_bytes(rsa)
    with pytest.raises(BadInput, match="another kind"):
        signing_key(tmp_path / "rsa")
    with pytest.raises(BadInput, match="cannot be read"):
        signing_key(tmp_path / "none")
    (tmp_path / "text").write_text("not a key")
    with pytest.raises(BadInput, match="No public key"):
        public_key(tmp_path / "text")
