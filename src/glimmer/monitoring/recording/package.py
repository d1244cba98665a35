"""The members of a recording as one zip whose bytes follow from the members alone, and its manifest.

Nothing is compressed: another version of a compressor would give other bytes, and then no byte outside the
members could be vouched for.
"""

import io
import zipfile
from collections.abc import Mapping

from glimmer.monitoring.recording.chain import FORMAT, VERSION, Damaged, canonical, digest_of

MANIFEST = "MANIFEST.json"
SESSION, STATES, RECORD, MESSAGES = "session.jsonl", "states.jsonl", "record.pdf", "messages.jsonl"
REQUIRED = (SESSION, STATES, RECORD)
ORDER = (*REQUIRED, MESSAGES)
_FAULTS = (
    zipfile.BadZipFile,
    NotImplementedError,
    RuntimeError,
    EOFError,
    ValueError,
    OSError,
    KeyError,
    OverflowError,
)


def overall_digest(members: Mapping[str, bytes]) -> str:
    """Return the one digest that stands for all members: their names, sizes and digests."""
    return digest_of(canonical(_facts(members)))


def manifest_of(members: Mapping[str, bytes]) -> bytes:
    """Return the manifest; it follows from the members alone."""
    return canonical({**_facts(members), "digest": overall_digest(members)}) + b"\n"


def _facts(members: Mapping[str, bytes]) -> dict[str, object]:
    files = {name: {"bytes": len(raw), "sha256": digest_of(raw)} for name, raw in members.items()}
    return {"format": FORMAT, "version": VERSION, "files": files}


def pack(members: Mapping[str, bytes]) -> bytes:
    """Return the package of these members with their manifest."""
    return _zipped({**members, MANIFEST: manifest_of(members)})


def _zipped(members: Mapping[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(members, key=_place):
            info = zipfile.ZipInfo(name)  # its date is a fixed one
            info.create_system = 0  # the same on every machine
            archive.writestr(info, members[name])
    return target.getvalue()


def _place(name: str) -> tuple[int, str]:
    return (ORDER.index(name) if name in ORDER else len(ORDER), name)


def unpack(raw: bytes) -> dict[str, bytes]:
    """Return the members, the manifest among them, as they are read; raise Damaged where they cannot be."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            infos = archive.infolist()
            names = [info.filename for info in infos]
            if len(set(names)) < len(names):
                raise Damaged("The file holds two members of one name.")
            if any(info.compress_type != zipfile.ZIP_STORED or info.file_size > len(raw) for info in infos):
                raise Damaged("A member is packed in a way in which Glimmer never packs.")
            return {info.filename: archive.read(info) for info in infos}
    except Damaged:
        raise
    except _FAULTS as problem:
        raise Damaged(f"The file is no whole zip ({problem}): it was cut off or changed on its way.") from None


def is_as_packed(raw: bytes, members: Mapping[str, bytes]) -> bool:
    """Say whether the file is byte for byte what `pack` makes of its members."""
    return raw == _zipped(members)
