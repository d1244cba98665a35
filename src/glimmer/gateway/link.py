"""One device's connection: frames out of its bytes, answers back, and a hold on the socket that sends too much."""

import asyncio
import socket
import time
from typing import TYPE_CHECKING

from glimmer.gateway.framing import MllpDecoder

if TYPE_CHECKING:
    from glimmer.gateway.server import Gateway

QUEUE, RATE, ANSWERS, STOPPING = "queue", "rate", "answers", "stopping"
"""Why a socket is not read: too much waits, it sends too fast, it does not take its answers, the gateway stops."""

ANSWER_BYTES = 65_536
"""How many bytes of answers the system holds for one device, about; the next as many are ours."""


class Link(asyncio.Protocol):
    """One device's connection. All of it runs on the event loop."""

    def __init__(self, gateway: "Gateway") -> None:
        self.gateway = gateway
        self.peer = ""
        self.waiting = 0
        self._decoder = MllpDecoder(gateway.limits.message_bytes)
        self._transport: asyncio.Transport | None = None
        self._heard = time.monotonic()
        self._unread_since: float | None = None
        self._held: set[str] = set()
        self._second = 0.0
        self._in_second = 0
        self._closing = False
        self._refused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]
        peer = transport.get_extra_info("peername")
        host = str(peer[0]) if peer else ""
        self.peer = f"{host}:{peer[1]}" if peer else ""
        if not self.gateway.connected(self, host):
            self._refused = True
            transport.close()
            return
        _ask_whether_alive(transport.get_extra_info("socket"), self.gateway.limits.keepalive_seconds)

    def data_received(self, data: bytes) -> None:
        self._heard = time.monotonic()
        if not self._refused and (frames := self._decoder.feed(data)):
            self.gateway.take(self, frames)
            self._mind_the_rate(len(frames))
        if self._held:
            # An event loop may begin to read after `connection_made`, whatever was asked for in it.
            self._do_not_read()

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if not self._refused:
            self.give_up()
        self.gateway.disconnected(self)

    def _mind_the_rate(self, frames: int) -> None:
        """Leave the socket alone until the messages that came are within the rate."""
        if self._heard - self._second >= 1:
            self._second, self._in_second = self._heard, 0
        self._in_second += frames
        allowed = self.gateway.limits.messages_per_second
        if self._in_second >= allowed and RATE not in self._held:
            self.gateway.counts.slowed += 1
            self.hold(RATE)
            seconds = max(1.0, self._in_second / allowed) - (self._heard - self._second)
            asyncio.get_running_loop().call_later(seconds, self._go_on_within_rate)

    def _go_on_within_rate(self) -> None:
        self._in_second = 0
        self.release(RATE)

    def check_silence(self, now: float) -> None:
        """Give up on a message whose rest does not come, and on a line that is silent or unread for long."""
        limits, counts = self.gateway.limits, self.gateway.counts
        if self._unread_since is not None and now - self._unread_since >= limits.unread_seconds:
            counts.closed_unread += 1
            self.abort()
        if self.waiting or self._held or self._closing:
            return
        silence = now - self._heard
        if self._decoder.waiting and silence >= limits.half_message_seconds:
            self.give_up()
        elif silence >= limits.idle_seconds:
            counts.closed_idle += 1
            self.close()

    def give_up(self) -> None:
        """Hand over what has come of an unfinished message, as a fragment."""
        if frames := self._decoder.give_up():
            self.gateway.counts.half_messages += 1
            self.gateway.take(self, frames)

    def send(self, data: bytes) -> None:
        """Send answers, unless the device has gone."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def hold(self, why: str) -> None:
        """Leave what the device sends in its own buffers."""
        self._held.add(why)
        self._do_not_read()

    def _do_not_read(self) -> None:
        if self._transport is not None and self._transport.is_reading() and not self._transport.is_closing():
            self._transport.pause_reading()

    def release(self, why: str) -> None:
        """Read again, unless something else speaks against it."""
        if why in self._held:
            self._held.remove(why)
            if not self._held and self._transport is not None:
                self._transport.resume_reading()

    def pause_writing(self) -> None:
        self._unread_since = time.monotonic()
        self.hold(ANSWERS)

    def resume_writing(self) -> None:
        self._unread_since = None
        self.release(ANSWERS)

    def close(self) -> None:
        """Close the connection after what is still to be sent."""
        self._closing = True
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Close the connection at once: the device is not taking its answers."""
        self._closing = True
        if self._transport is not None:
            self._transport.abort()


def _ask_whether_alive(connection: socket.socket | None, seconds: int) -> None:
    """Let the network find out when a device has vanished without a word, as one does whose power fails."""
    if connection is None or connection.family not in (socket.AF_INET, socket.AF_INET6):
        return
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    # Answers are short. Without a bound the system itself would hold megabytes for a device that never reads.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, ANSWER_BYTES)
    wanted = {
        "TCP_KEEPIDLE": seconds,
        "TCP_KEEPINTVL": max(1, seconds // 3),
        "TCP_KEEPCNT": 3,
        "TCP_USER_TIMEOUT": 3 * seconds * 1000,
    }
    for name, value in wanted.items():
        if (option := getattr(socket, name, None)) is not None:
            connection.setsockopt(socket.IPPROTO_TCP, option, value)
