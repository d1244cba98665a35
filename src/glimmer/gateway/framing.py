"""MLLP: finding whole messages in a stream of bytes, however the network cut it.

A frame is 0x0B, the message, 0x1C 0x0D. The decoder is fed whatever arrives and gives back frames in
their order. It never joins two messages: a start byte inside a message ends the one before it as a
fragment. Bytes outside frames, fragments, damaged and over-long messages are given back too, each as a
frame that says what is wrong, because silence would hide a device that nobody hears.
"""

import re
from dataclasses import dataclass

START, END, CR, LF = 0x0B, 0x1C, 0x0D, 0x0A
TRAILER = b"\x1c\r"
MARK = re.compile(rb"[\x0b\x1c]")
DEFAULT_LIMIT = 1_000_000
"""Largest message taken, in bytes. Ours: the largest published sample is under 3 kB."""

HEAD = 16_384
"""How much is kept of a message that is not taken: enough to read its header and to recognise it."""

BROKE_OFF = "The message broke off: its end never came."
BEGAN_ANEW = "The message broke off: another one began before its end came."
DAMAGED = "The message is damaged: an end mark (0x1C) stands inside it."
JUNK = "Bytes arrived that are not inside a message (MLLP wants 0x0B before it, and 0x1C 0x0D after it)."


@dataclass(frozen=True, slots=True)
class Frame:
    """One message's bytes. `problem` is "" for a whole message, else why it is not one, in words.

    `answerable` says that its sender may be waiting for an answer: junk between frames is nobody's message.
    `again` says that sending it again may help.
    """

    data: bytes
    problem: str = ""
    answerable: bool = True
    again: bool = True


def framed(message: bytes) -> bytes:
    """Return a message wrapped for sending."""
    return b"\x0b" + message + TRAILER


class MllpDecoder:
    """Turns a stream into frames. Memory stays below `limit_bytes` plus what is fed at once."""

    __slots__ = ("_buffer", "_inside", "_limit", "_problem", "_scanned")

    def __init__(self, limit_bytes: int = DEFAULT_LIMIT) -> None:
        self._limit = limit_bytes
        self._buffer = bytearray()
        self._inside = False
        self._problem = ""
        self._scanned = 0

    @property
    def waiting(self) -> bool:
        """True when bytes have come that are not yet a whole message."""
        return self._inside or bool(self._buffer)

    def feed(self, data: bytes) -> list[Frame]:
        """Take the next bytes; return the frames that they complete, in order."""
        self._buffer += data
        frames: list[Frame] = []
        while self._inside_step(frames) if self._inside else self._outside_step(frames):
            pass
        return frames

    def give_up(self) -> list[Frame]:
        """Return what has come of an unfinished message, because the line fell silent or closed; start afresh."""
        frames: list[Frame] = []
        if self._inside:
            self._finish(len(self._buffer), len(self._buffer), frames, self._problem or BROKE_OFF)
        else:
            self._report_junk(len(self._buffer), frames)
        self._inside = False
        return frames

    def _outside_step(self, frames: list[Frame]) -> bool:
        """Look for the start of a message; return False when more bytes are needed."""
        start = self._buffer.find(START)
        if start < 0:
            if len(self._buffer) > HEAD:
                self._report_junk(len(self._buffer), frames)
            return False
        if start:
            self._report_junk(start, frames)
        del self._buffer[0]
        self._inside, self._problem, self._scanned = True, "", 0
        return True

    def _inside_step(self, frames: list[Frame]) -> bool:
        """Look for the end of the message; return False when more bytes are needed."""
        found = MARK.search(self._buffer, self._scanned)
        if found is None:
            self._bound()
            return False
        at = found.start()
        if self._buffer[at] == START:
            self._finish(at, at + 1, frames, self._problem or BEGAN_ANEW)
            return True
        if at + 1 == len(self._buffer):
            self._scanned = at
            return False
        after = self._buffer[at + 1]
        if after in (CR, LF, START):
            self._finish(at, at + (1 if after == START else 2), frames, self._problem)
            self._inside = False
        else:
            self._problem = self._problem or DAMAGED
            self._scanned = at + 1
        return True

    def _bound(self) -> None:
        """Forget the body of a message that has grown too long, but keep listening for its end."""
        if len(self._buffer) > self._limit:
            self._problem = self._too_long
        if self._problem == self._too_long:
            del self._buffer[min(HEAD, self._limit) :]
        self._scanned = len(self._buffer)

    @property
    def _too_long(self) -> str:
        return f"The message is longer than {self._limit} bytes, which is the most that is taken at once."

    def _finish(self, end: int, drop: int, frames: list[Frame], problem: str) -> None:
        if end > self._limit:
            problem = self._too_long
        data = bytes(self._buffer[: min(end, HEAD) if problem else end])
        frames.append(Frame(data, problem, again=problem != self._too_long))
        del self._buffer[:drop]
        self._problem, self._scanned = "", 0

    def _report_junk(self, end: int, frames: list[Frame]) -> None:
        junk = bytes(self._buffer[:end])
        del self._buffer[:end]
        # Line ends between frames are common and harmless.
        if junk.strip(b"\r\n \t\x00"):
            frames.append(Frame(junk[:HEAD], JUNK, answerable=False))
