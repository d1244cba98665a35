"""One process at a time for what two must not do on one data folder.

Two servers would both watch the alarms and both claim the gateway's port; two who deliver what was set aside would
both work on one file.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from glimmer.cli.speak import give_up

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows has no flock; the port check still catches two servers there
    fcntl = None  # type: ignore[assignment]

SERVING = "serve.lock"


@contextmanager
def only_one_server(folder: Path) -> Iterator[None]:
    """Hold the folder's lock while serving. The system frees it even when the process is killed."""
    with _held(
        folder, SERVING, "Glimmer is already running on this data folder. Stop it first, or set GLIMMER_DATA_DIR."
    ):
        yield


@contextmanager
def no_server_running(folder: Path) -> Iterator[None]:
    """Hold the folder's lock for work that must not happen under a running server."""
    with _held(folder, SERVING, "Glimmer is running on this data folder. Stop it (Ctrl-C), then try again."):
        yield


@contextmanager
def only_one_delivery(folder: Path) -> Iterator[None]:
    """Hold the folder's lock while what was set aside is delivered."""
    sentence = "Somebody else delivers what was set aside at this moment. Nothing was done; look again in a minute."
    with _held(folder, "aside.lock", sentence):
        yield


@contextmanager
def _held(folder: Path, name: str, sentence: str) -> Iterator[None]:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / name).open("w") as lock:
        if fcntl is not None:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                give_up(sentence)
        yield
