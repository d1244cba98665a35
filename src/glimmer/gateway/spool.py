"""The spool: messages that were acknowledged while the database was away, on disk until they are delivered.

A folder of files, each a row of records (see `spool_record`) that is only ever added to. A record counts once its
file was synced to the disk; its sender is answered after that and never before. After a start nothing is added to
an old file, and a file is removed when all of it was delivered. Nothing else is remembered, so there is nothing else
that a crash could leave wrong: what was delivered from a file that is still there is delivered again, and the
receiver knows each message by its key.
"""

import contextlib
import errno
import logging
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from glimmer.gateway.spool_record import Piece, packed, pieces

LOG = logging.getLogger("glimmer.gateway.spool")

SUFFIX = ".spool"
ASIDE = "aside"
DAMAGED = "damaged-"


class SpoolFull(OSError):
    """The spool holds as many bytes as it may."""

    def __init__(self, limit: int) -> None:
        super().__init__(errno.ENOSPC, f"The spool may hold {limit} bytes, and there is no room for more.")


@dataclass(slots=True)
class _File:
    """One file: `size` bytes of it are on the disk for sure; all up to `read_to` is done with."""

    path: Path
    size: int
    read_to: int = 0


@dataclass(frozen=True, slots=True)
class Taken:
    """Contents in their order, read from one file up to `end`."""

    contents: tuple[bytes, ...]
    path: Path
    end: int


class Spool:
    """First in, first out, on disk. One thread adds and another takes; `waiting` may be read by anyone.

    `most_bytes` bounds all files together. `file_bytes` is the size above which a new file is begun.
    """

    def __init__(self, folder: Path, *, most_bytes: int, file_bytes: int = 1_000_000) -> None:
        self.folder = folder
        self.most_bytes = most_bytes
        self.file_bytes = file_bytes
        self.waiting = 0
        self.unreadable = 0
        self._files: list[_File] = []
        self._lock = threading.Condition()
        self._adding_to: int | None = None
        self._next = 1
        self._find_what_waits()

    @property
    def bytes_on_disk(self) -> int:
        """How many bytes of messages the spool holds."""
        with self._lock:
            return self._bytes()

    @property
    def set_aside(self) -> int:
        """How many messages or damaged pieces lie in the folder `aside`, for a person to look at."""
        with contextlib.suppress(OSError):
            return self.unreadable + sum(1 for name in os.listdir(self.folder / ASIDE) if name.endswith(".hl7"))
        return self.unreadable

    def _bytes(self) -> int:
        return sum(file.size for file in self._files)

    def _find_what_waits(self) -> None:
        for path in sorted(self.folder.glob(f"*{SUFFIX}")):
            self._next = int(path.stem) + 1
            try:
                data = path.read_bytes()
            except OSError as problem:
                LOG.error("%s cannot be read (%s): it is left as it is.", path.name, type(problem).__name__)
                self.unreadable += 1
                continue
            self.waiting += sum(1 for piece in pieces(data) if piece.content is not None)
            self._files.append(_File(path, len(data)))

    # Adding

    def add(self, contents: Sequence[bytes]) -> None:
        """Keep the contents; return when they are on the disk. Raise OSError when they cannot be: none is kept then."""
        data = b"".join(packed(content) for content in contents)
        with self._lock:
            if self._bytes() + len(data) > self.most_bytes:
                raise SpoolFull(self.most_bytes)
            if self._adding_to is None or self._files[-1].size >= self.file_bytes:
                self._begin_file()
            self._write(data)
            self.waiting += len(contents)
            self._lock.notify_all()

    def _begin_file(self) -> None:
        _make_folder(self.folder)
        path = self.folder / f"{self._next:012d}{SUFFIX}"
        fresh = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        self._next += 1
        self._end_file()
        self._adding_to = fresh
        self._files.append(_File(path, 0))
        _sync_folder(self.folder)

    def _write(self, data: bytes) -> None:
        assert self._adding_to is not None
        file = self._files[-1]
        try:
            _write_all(self._adding_to, data)
            os.fsync(self._adding_to)
        except OSError:
            self._take_back(file)
            raise
        file.size += len(data)

    def _take_back(self, file: _File) -> None:
        """Take back what was half written. Where even that fails, leave the file: its torn end is recognised."""
        assert self._adding_to is not None
        try:
            os.ftruncate(self._adding_to, file.size)
        except OSError:
            self._end_file()

    def _end_file(self) -> None:
        if self._adding_to is not None:
            os.close(self._adding_to)
            self._adding_to = None

    def close(self) -> None:
        """Close the file that was added to; what waits stays on the disk."""
        with self._lock:
            self._end_file()

    # Taking

    def wait(self, seconds: float) -> bool:
        """Wait until something waits, at most so long; return whether something does."""
        with self._lock:
            return self._lock.wait_for(lambda: bool(self.waiting), seconds)

    def take(self, most: int) -> Taken | None:
        """Return the next contents, at most so many and all of one file, or None. They stay until `delivered`."""
        while file_and_size := self._oldest():
            file, size = file_and_size
            with file.path.open("rb") as opened:
                opened.seek(file.read_to)
                data = opened.read(size - file.read_to)
            contents, end = self._sound(file, data, most)
            if contents:
                return Taken(tuple(contents), file.path, file.read_to + end)
            with self._lock:
                file.read_to += end
                if file.read_to < file.size:
                    continue
                self._drop(file)
        return None

    def _oldest(self) -> tuple[_File, int] | None:
        with self._lock:
            if self._files:
                return self._files[0], self._files[0].size
            # What was sound when it was counted and is damaged now was kept aside: nothing waits any more.
            self.waiting = 0
            return None

    def _sound(self, file: _File, data: bytes, most: int) -> tuple[list[bytes], int]:
        """Return the sound contents and where they end; what is damaged between them is kept aside."""
        contents: list[bytes] = []
        end = 0
        for piece in pieces(data):
            if len(contents) == most:
                break
            if piece.content is not None:
                contents.append(piece.content)
            elif piece.torn:
                LOG.warning("The end of %s was never finished, so it was never acknowledged: dropped.", file.path.name)
            else:
                self._keep_damaged(file, piece, data)
            end = piece.end
        return contents, end

    def _keep_damaged(self, file: _File, piece: Piece, data: bytes) -> None:
        start = file.read_to + piece.start
        LOG.error("%d bytes of %s are damaged: they are kept aside.", piece.end - piece.start, file.path.name)
        about = b'{"why": "A piece of the spool is damaged. What it held was acknowledged and is not charted."}'
        self.put_aside(f"{DAMAGED}{file.path.stem}-{start}", data[piece.start : piece.end], about)

    def delivered(self, taken: Taken) -> None:
        """Forget what was taken; remove its file once all of it was delivered."""
        with self._lock:
            file = self._files[0]
            if file.path != taken.path:
                raise ValueError(f"{taken.path.name} is not the oldest file of the spool; that is {file.path.name}.")
            file.read_to = taken.end
            self.waiting -= len(taken.contents)
            if file.read_to >= file.size:
                self._drop(file)

    def _drop(self, file: _File) -> None:
        if len(self._files) == 1:
            self._end_file()
        self._files.remove(file)
        file.path.unlink(missing_ok=True)

    def put_aside(self, name: str, content: bytes, about: bytes) -> None:
        """Keep something for a person to look at, with a file of JSON about it; the same name is kept once."""
        aside = self.folder / ASIDE
        _make_folder(aside)
        replace_file(aside / f"{name}.json", about)
        replace_file(aside / f"{name}.hl7", content)


def replace_file(path: Path, data: bytes) -> None:
    """Put a file in place, whole, so that neither a kill nor a power cut leaves half of it."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    with fresh.open("wb") as opened:
        opened.write(data)
        opened.flush()
        os.fsync(opened.fileno())
    fresh.replace(path)
    _sync_folder(path.parent)


def _write_all(file: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(file, rest) :]


def _make_folder(folder: Path) -> None:
    """Make a folder, with those above it, that a power cut does not take away with all that is in it."""
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
        _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    """Make a new name in the folder survive a power cut."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
