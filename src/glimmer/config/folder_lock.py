"""A lock on a data folder that the system frees even when the process is killed."""

from io import TextIOWrapper
from pathlib import Path

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows has no flock
    fcntl = None  # type: ignore[assignment]


class FolderTaken(OSError):
    """Another process works on this folder; the message says so in words."""


class FolderLock:
    """One file that one process at a time holds."""

    def __init__(self, folder: Path, name: str) -> None:
        self._path = folder / name
        self._file: TextIOWrapper | None = None

    def take(self) -> None:
        """Hold the lock until `release`; raise FolderTaken when another process holds it."""
        opened = self._path.open("w")
        if fcntl is not None:
            try:
                fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as problem:
                opened.close()
                raise FolderTaken(f"another gateway already runs on the folder {self._path.parent}") from problem
        self._file = opened

    def release(self) -> None:
        """Let others have it."""
        if self._file is not None:
            self._file.close()
            self._file = None
