"""One server per data folder: two would both watch the alarms and both claim the gateway's port."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from glimmer.cli.speak import give_up

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows has no flock; the port check still catches two servers there
    fcntl = None  # type: ignore[assignment]


@contextmanager
def only_one_server(folder: Path) -> Iterator[None]:
    """Hold the folder's lock while serving. The system frees it even when the process is killed."""
    with _held(folder, "Glimmer is already running on this data folder. Stop it first, or set GLIMMER_DATA_DIR."):
        yield


@contextmanager
def no_server_running(folder: Path) -> Iterator[None]:
    """Hold the folder's lock for work that must not happen under a running server."""
    with _held(folder, "Glimmer is running on this data folder. Stop it (Ctrl-C), then try again."):
        yield


@contextmanager
def _held(folder: Path, sentence: str) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "serve.lock").open("w") as lock:
        if fcntl is not None:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                give_up(sentence)
        yield
