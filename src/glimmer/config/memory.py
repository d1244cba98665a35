"""When Python looks for unreachable memory: not through the running sessions while somebody watches them.

Python's collector stops the whole process while it walks through everything that it keeps. Two hundred live sessions
keep millions of small objects, none of which is rubbish, and each walk would hold back every reading: 0.15 s after
half a minute, and longer as the sessions go on. So while sessions run, what has lived for some seconds is set aside
(`gc.freeze`), and it is walked through when none runs any more. Memory that nothing refers to is given back at once
as ever; only rings of objects wait for the quiet moment.
"""

import gc
import time
from collections.abc import Callable

SET_ASIDE_SECONDS = 10.0
# A ward that is never quiet must not keep its rings for ever: then one halt is taken.
LONGEST_WITHOUT_A_WALK_SECONDS = 24 * 3600.0
# Of Python's three generations the oldest is walked through after so many walks through the middle one.
NEVER = 1_000_000


class Housekeeping:
    """Decides when memory is walked through. Call `tick` about once a second from one thread, `end` at the end."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._busy = False
        self._set_aside_at = self._walked_at = clock()
        self._pythons_own = gc.get_threshold()

    def tick(self, live_sessions: int) -> None:
        """Set aside what lives long while sessions run; leave memory to Python once none does any more."""
        now = self._clock()
        if live_sessions and not self._busy:
            self._busy, self._set_aside_at, self._walked_at = True, now, now
            gc.set_threshold(*self._pythons_own[:2], NEVER)
        elif self._busy and not live_sessions:
            self.end()
        if not self._busy or now - self._set_aside_at < SET_ASIDE_SECONDS:
            return
        if now - self._walked_at >= LONGEST_WITHOUT_A_WALK_SECONDS:
            gc.unfreeze()
            gc.collect()
            self._walked_at = now
        # What is young and unreachable goes first, so that it is not set aside with the rest.
        gc.collect(1)
        gc.freeze()
        self._set_aside_at = now

    def end(self) -> None:
        """Walk through all that was set aside, and let Python collect by itself again."""
        self._busy = False
        gc.unfreeze()
        gc.collect()
        gc.set_threshold(*self._pythons_own)
