"""How the gateway is, in a small file in the data folder: for the pages of another process, and for an operator.

The one who writes counts its turns. The one who reads waits for the count to move, so that neither clock matters:
a gateway that was killed, hangs or cannot write falls silent, and its silence is said on the boards.
"""

import json
import os
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from glimmer.actions.live import report_trouble, trouble_over

FILE = "gateway-status.json"
SILENT_SECONDS = 5.0
BY_HAND = "Readings from monitors do not arrive; write observations by hand."
SILENT = f"The bedside gateway has fallen silent: its process has ended or hangs. {BY_HAND}"
STOPPED = f"The bedside gateway was stopped. {BY_HAND}"


@dataclass(frozen=True, slots=True)
class Status:
    """One turn: "running" or "stopped", the troubles in words by part, and what was counted since the start."""

    turn: int
    state: str
    troubles: dict[str, str] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)


def write_status(folder: Path, status: Status) -> None:
    """Put the status in place of the one before, whole."""
    fresh = folder / f"{FILE}.{os.getpid()}.new"
    fresh.write_text(json.dumps(asdict(status)))
    fresh.replace(folder / FILE)


def read_status(folder: Path) -> Status | None:
    """Return the newest status, or None where no gateway has run on this folder."""
    try:
        return Status(**json.loads((folder / FILE).read_text()))
    except (OSError, ValueError, TypeError):
        return None


def is_silent(folder: Path, before: Status, seconds: float = 2.5) -> bool:
    """Wait until the count moves, at most so long; return True when it does not though the gateway should run."""
    until = time.monotonic() + seconds
    while before.state == "running" and time.monotonic() < until:
        if read_status(folder) != before:
            return False
        time.sleep(0.1)
    return before.state == "running"


class GatewayWatch:
    """Tells the boards of this process about a gateway that runs in another one. `look` is called once a second."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: Status | None = None
        self._moved_at = time.monotonic()
        self._parts: set[str] = set()

    def look(self) -> None:
        """Read the status and report what it says, or that it does not move any more."""
        status, now = read_status(self._folder), time.monotonic()
        if status is not None and status != self._seen:
            self._seen, self._moved_at = status, now
        if self._seen is None:
            return
        says = {f"gateway {part}": words for part, words in self._seen.troubles.items()}
        if self._seen.state == "stopped":
            # A gateway that could not be started says why; that is the same for a patient, and more for an operator.
            says = {"gateway": self._seen.troubles.get("gateway", STOPPED)}
        elif now - self._moved_at > SILENT_SECONDS:
            says = {"gateway": SILENT}
        for part, words in says.items():
            report_trouble(part, words)
        for part in self._parts - set(says):
            trouble_over(part)
        self._parts = set(says)
