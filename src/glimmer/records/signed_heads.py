"""Heads of the chains signed with the deployer's own key, for a place that this machine cannot reach.

The heads in `records.heads` are signed with the key that also makes the chains: whoever holds this machine can forge
both. A head signed here leaves the machine each day, and the public key alone shows that it is the clinic's. Whoever
rewrites the trail later, with every key of this machine, cannot change what lies elsewhere.
"""

import base64
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from glimmer.records.heads import Head
from glimmer.vocabulary.problems import BadInput

SUFFIX = ".head.json"
# Signed before the body, so that a signature for one purpose is never one for another.
PURPOSE = b"glimmer: where the chains end, version 1\n"


@dataclass(frozen=True, slots=True)
class ExportedHead:
    """One exported head. `body` is None where it cannot be trusted, and `wrong` says why in words."""

    where: str
    body: dict[str, Any] | None
    wrong: str = ""


def new_key(path: Path) -> Path:
    """Make a signing key, readable by its owner alone, with its public key beside it; return the public key's file.

    Raises BadInput where there is a key already: with it gone, no one could sign as the same clinic.
    """
    public = path.with_name(path.name + ".pub")
    if path.exists() or public.exists():
        raise BadInput(f"There is a key at {path} already. Choose another name, or move the old one away first.")
    key = Ed25519PrivateKey.generate()
    private_pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(private_pem)
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return public


def signing_key(path: Path) -> Ed25519PrivateKey:
    """Return the deployer's key; raise BadInput in words where the file is none."""
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as problem:
        raise BadInput(f"The audit's signing key cannot be read from {path} ({type(problem).__name__}).") from problem
    if not isinstance(key, Ed25519PrivateKey):
        raise BadInput(f"{path} holds a key of another kind. Make one with: glimmer audit new-key FILE")
    return key


def public_key(path: Path) -> Ed25519PublicKey:
    """Return a public key; raise BadInput in words where the file is none."""
    try:
        key = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError) as problem:
        raise BadInput(f"No public key can be read from {path} ({type(problem).__name__}).") from problem
    if not isinstance(key, Ed25519PublicKey):
        raise BadInput(f"{path} holds a public key of another kind: an Ed25519 key is needed.")
    return key


def export_head(head: Head, folder: Path, key: Ed25519PrivateKey, at: datetime) -> Path:
    """Write a head, signed, into a file of its own and return it; it is there whole or not at all."""
    body = {"at": at.isoformat(), **head.body}
    document = {"head": body, "signature": base64.b64encode(key.sign(_signed_bytes(body))).decode()}
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{at:%Y-%m-%dT%H%M%SZ}{SUFFIX}"
    aside = path.with_name(f".{path.name}")
    with aside.open("wb") as file:
        file.write(orjson.dumps(document, option=orjson.OPT_INDENT_2) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
    return path


def exported_heads(folder: Path, key: Ed25519PublicKey) -> Iterator[ExportedHead]:
    """Return the exported heads of a folder, the oldest first, each checked with the public key alone."""
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        body = _body_of(path, key)
        wrong = "" if body is not None else f"{path.name}: not signed with this key, or changed since."
        yield ExportedHead(path.name, body, wrong)


def newest_export(folder: Path, now: datetime) -> datetime | None:
    """Return when the newest head in a folder was exported, by its name; None where there is none.

    One that a wrong clock dated later than `now` does not count: it would keep the next ones away.
    """
    for path in sorted(folder.glob(f"*{SUFFIX}"), reverse=True):
        try:
            at = datetime.strptime(path.name.removesuffix(SUFFIX), "%Y-%m-%dT%H%M%S%z")
        except ValueError:
            continue
        if at <= now:
            return at
    return None


def _body_of(path: Path, key: Ed25519PublicKey) -> dict[str, Any] | None:
    try:
        document = orjson.loads(path.read_bytes())
        body, signature = document["head"], base64.b64decode(document["signature"], validate=True)
        key.verify(signature, _signed_bytes(body))
        return body if isinstance(body, dict) else None
    except (OSError, ValueError, TypeError, KeyError, InvalidSignature):
        return None


def _signed_bytes(body: dict[str, Any]) -> bytes:
    return PURPOSE + orjson.dumps(body, option=orjson.OPT_SORT_KEYS)
