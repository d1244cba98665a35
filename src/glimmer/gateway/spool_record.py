"""One record of the spool: a mark, the length and the checksum of its content, a checksum of these, the content.

The header's own checksum tells a record whose end was never written (its sender was never answered) from one that
was damaged later (its sender was, so it must not vanish).
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

MARK = b"\x0bGS1"
# 0x0B cannot stand inside a message: it would have begun another one.
NUMBERS = struct.Struct(">II")
CHECK = struct.Struct(">I")
HEADER_BYTES = len(MARK) + NUMBERS.size + CHECK.size


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes `start` to `end` of a file: a sound record with its content, a torn end, or something damaged."""

    start: int
    end: int
    content: bytes | None = None
    torn: bool = False


def packed(content: bytes) -> bytes:
    """Return the record of a content."""
    numbers = NUMBERS.pack(len(content), zlib.crc32(content))
    return b"".join((MARK, numbers, CHECK.pack(zlib.crc32(numbers)), content))


def pieces(data: bytes) -> Iterator[Piece]:
    """Take a file's bytes apart, in order and without a gap between the pieces."""
    at = 0
    while at < len(data):
        piece = _record(data, at) or _broken(data, at)
        yield piece
        at = piece.end


def _length(data: bytes, at: int) -> int | None:
    """Return the length that a sound header at this place names, or None."""
    numbers_at = at + len(MARK)
    if not data.startswith(MARK, at) or len(data) - at < HEADER_BYTES:
        return None
    numbers = data[numbers_at : numbers_at + NUMBERS.size]
    (check,) = CHECK.unpack_from(data, numbers_at + NUMBERS.size)
    return NUMBERS.unpack(numbers)[0] if zlib.crc32(numbers) == check else None


def _record(data: bytes, at: int) -> Piece | None:
    length = _length(data, at)
    if length is None:
        return None
    start = at + HEADER_BYTES
    content = data[start : start + length]
    (_, check) = NUMBERS.unpack_from(data, at + len(MARK))
    if len(content) < length or zlib.crc32(content) != check:
        return None
    return Piece(at, start + length, content)


def _broken(data: bytes, at: int) -> Piece:
    """Return what stands before the next sound record, or before the end."""
    following = at
    while (following := data.find(MARK, following + 1)) >= 0:
        if _record(data, following):
            return Piece(at, following)
    return Piece(at, len(data), torn=_unfinished(data, at))


def _unfinished(data: bytes, at: int) -> bool:
    rest = data[at : at + HEADER_BYTES]
    if len(rest) < HEADER_BYTES:
        return rest.startswith(MARK) or MARK.startswith(rest) or not rest.strip(b"\x00")
    # After a power cut a file may have its length and not yet its bytes.
    return at + HEADER_BYTES + (_length(data, at) or 0) > len(data) or not data[at:].strip(b"\x00")
