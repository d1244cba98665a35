"""News for open pages: who listens, and the newest thing to tell them.

Each page has room for one notice of each session only. A page that is slow, or a tablet that sleeps, finds
the newest state when it comes back; what it missed it fetches by number (`live.events_since`). So a
stalled page costs no memory, and never delays another.

    with live.subscribe(session_id) as news:
        state = ...                                   # first listen, then look
        while True:
            notice = await news.next(within_seconds=5)  # None: nothing heard, send a heartbeat
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar

from glimmer.care.session.events import SessionEvent

BOARD = "board"
"""The topic on which every notice of every session is heard."""

Made = TypeVar("Made")


@dataclass(eq=False)
class Notice:
    """Something changed in session `session_id`; `seq` is its newest event, `events` are the new ones.

    `once(key, make)` keeps what `make` returned, so that fifty pages that show the same session are told
    with one rendering. It is called on the event loop only.
    """

    session_id: int
    seq: int
    events: tuple[SessionEvent, ...] = ()
    _made: dict[str, Any] = field(default_factory=dict)

    def once(self, key: str, make: Callable[[], Made]) -> Made:
        """Return what `make` returned the first time it was asked for under `key`."""
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]


class Subscription:
    """One page's ear. Register by `bus.subscribe(...)`, then read; close it, or use it in a `with` block.

    It hears everything from the moment it is made, so a page that subscribes first and takes its
    snapshot second misses nothing in between.
    """

    def __init__(self, bus: "Bus", topic: int | str) -> None:
        self.topic = topic
        self.loop = asyncio.get_running_loop()
        self._bus = bus
        self._pending: dict[int, Notice] = {}
        self._waiter: asyncio.Future[None] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening."""
        self._bus._drop(self)

    def hear(self, notice: Notice) -> None:
        """Take a notice, on this subscription's own event loop: the newest of each session is kept."""
        self._pending.pop(notice.session_id, None)
        self._pending[notice.session_id] = notice
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def next(self, within_seconds: float | None = None) -> Notice | None:
        """Return the next notice, or None when nothing was heard within that time."""
        if not self._pending:
            self._waiter = self.loop.create_future()
            try:
                async with asyncio.timeout(within_seconds):
                    await self._waiter
            except TimeoutError:
                return None
            finally:
                self._waiter = None
        return self._pending.pop(next(iter(self._pending)))

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Notice:
        notice = await self.next()
        assert notice is not None  # without a time limit there is always one
        return notice


class Bus:
    """Hands notices from any thread to the subscriptions of any event loop in this process."""

    def __init__(self) -> None:
        self._subscriptions: dict[int | str, set[Subscription]] = {}
        self._lock = threading.Lock()

    def subscribe(self, topic: int | str) -> Subscription:
        """Start listening to one session (by id) or to all (`BOARD`); called on an event loop."""
        subscription = Subscription(self, topic)
        with self._lock:
            self._subscriptions.setdefault(topic, set()).add(subscription)
        return subscription

    def publish(self, session_id: int, seq: int, events: Sequence[SessionEvent] = ()) -> None:
        """Tell every page of this session, and every board, from whichever thread this is called."""
        with self._lock:
            topics = (session_id, BOARD)
            told = [one for topic in topics for one in self._subscriptions.get(topic, ())]
        notice = Notice(session_id, seq, tuple(events))
        for loop in {one.loop for one in told}:
            theirs = [one for one in told if one.loop is loop]
            # A loop that has closed took its pages with it.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(_tell, theirs, notice)

    def listening(self) -> int:
        """Return how many subscriptions there are."""
        with self._lock:
            return sum(len(held) for held in self._subscriptions.values())

    def topics(self) -> set[int]:
        """Return the sessions that some page listens to."""
        with self._lock:
            return {topic for topic in self._subscriptions if isinstance(topic, int)}

    def _drop(self, subscription: Subscription) -> None:
        with self._lock:
            held = self._subscriptions.get(subscription.topic, set())
            held.discard(subscription)
            if not held:
                self._subscriptions.pop(subscription.topic, None)


def _tell(subscriptions: Sequence[Subscription], notice: Notice) -> None:
    for subscription in subscriptions:
        subscription.hear(notice)
