"""`glimmer gateway serve` as it is, but for a clock that a file can shift and bounds short enough to be waited for.

python -m soak.fault_gateway    settings as GLIMMER_...; FAULT_CLOCK names the file with the seconds to shift by
"""

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import django

django.setup()

from glimmer.config import gateway_process  # noqa: E402
from glimmer.config.environment import Environment  # noqa: E402
from glimmer.config.listening import Listening  # noqa: E402
from glimmer.gateway.server import Gateway  # noqa: E402


def shifted_clock() -> datetime:
    """Return the time by a clock that stands wrong by what the file says."""
    try:
        shift = float(Path(os.environ["FAULT_CLOCK"]).read_text())
    except (KeyError, OSError, ValueError):
        shift = 0.0
    return datetime.now(UTC) + timedelta(seconds=shift)


class FaultyListening(Listening):
    """The gateway with these bounds and that clock."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.limits = replace(self.limits, keepalive_seconds=1, unread_seconds=2.0, half_message_seconds=2.0)

    def _gateway(self) -> Gateway:
        gateway = super()._gateway()
        gateway.clock = shifted_clock
        assert self.forward is not None
        self.forward.clock = shifted_clock
        return gateway


if __name__ == "__main__":
    gateway_process.Listening = FaultyListening  # type: ignore[misc, assignment]
    gateway_process.serve_gateway()
