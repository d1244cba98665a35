"""Is a device's clock slow? Told from its own messages: none of them ever came in time, though it speaks all the time.

A monitor whose clock is minutes behind dates what it measures now before what a nurse wrote down minutes ago; that
older value would then stand over the newer, dangerous one. So its error is added to its times. A device that was in
time even once has a right clock: what it sends late was stored on the way, and keeps its time.
"""

from dataclasses import dataclass
from math import inf

from glimmer.guidance.figures import figure


@dataclass(slots=True)
class _Heard:
    """What is known of a device that was never in time, in seconds; each is the same in any order of arrival."""

    smallest_lag: float = inf
    first_measured: float = inf
    last_measured: float = -inf
    first_arrived: float = inf
    last_arrived: float = -inf

    def take(self, newest: float, received_at: float) -> None:
        self.smallest_lag = min(self.smallest_lag, received_at - newest)
        self.first_measured, self.last_measured = min(self.first_measured, newest), max(self.last_measured, newest)
        self.first_arrived, self.last_arrived = (
            min(self.first_arrived, received_at),
            max(self.last_arrived, received_at),
        )

    def error(self) -> float:
        """Return by how many whole seconds it is slow; 0 while that cannot be told from one old value sent again."""
        watched = min(self.last_measured - self.first_measured, self.last_arrived - self.first_arrived)
        return self.smallest_lag // 1 if watched >= figure("monitoring", "device_clock_watched_for").value else 0.0


class DeviceClocks:
    """The clocks of a session's devices. The answer depends only on which messages there are, not on their order."""

    def __init__(self) -> None:
        self._in_time: set[str] = set()
        self._late: dict[str, _Heard] = {}
        self._errors: dict[str, float] = {}

    def is_right(self, device: str) -> bool:
        """True for a device that was in time once: nothing more need be heard of its clock."""
        return device in self._in_time

    def hear(self, device: str, newest: float, received_at: float) -> bool:
        """Take note of a message whose newest value was measured at `newest`; return True if an error changed."""
        if received_at - newest <= figure("monitoring", "device_clock_slow_from").value:
            self._in_time.add(device)
            self._late.pop(device, None)
            return self._errors.pop(device, 0.0) > 0
        heard = self._late.setdefault(device, _Heard())
        heard.take(newest, received_at)
        before, self._errors[device] = self.error(device), heard.error()
        return before != self._errors[device]

    def error(self, device: str) -> float:
        """Return the seconds to add to what a device says; 0 for a clock that is right, or not known to be wrong."""
        return self._errors.get(device, 0.0)

    def snapshot(self) -> "DeviceClocks":
        """Return what is known of the clocks now. It is only read: what it heard of late devices is not in it."""
        copy = DeviceClocks()
        copy._in_time, copy._errors = set(self._in_time), dict(self._errors)
        return copy

    @property
    def slow(self) -> dict[str, float]:
        """The devices whose clocks are known to be slow, with their errors in seconds."""
        return {device: error for device, error in sorted(self._errors.items()) if error}
