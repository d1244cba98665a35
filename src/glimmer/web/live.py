"""What open pages hear: server-sent events with the parts that changed, as soon as they are on disk.

One stream is one page. It starts with the whole state, sends what changed after that, and speaks at least
every few seconds, so that a page which hears nothing can say so. Each event carries the number of the newest
log line; a page that comes back gives that number and gets the chart points it missed.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import orjson
from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.backends import ModelBackend
from django.db import close_old_connections, connections
from django.http import StreamingHttpResponse
from django.template.loader import render_to_string
from django.utils import timezone

from glimmer.actions.live import BOARD, events_since, live_view, log_now, subscribe, view_now
from glimmer.actions.log import protocol_of
from glimmer.care.session.events import Corrected, ObservationRecorded, SessionEvent
from glimmer.care.session.functions import functions_of
from glimmer.care.session.log import SessionLog
from glimmer.monitoring.rounds import ScoredRound
from glimmer.records.access import access_session, reach_of, still_sees_session
from glimmer.records.sessions import TreatmentSession
from glimmer.records.staff import Staff
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.permissions import may
from glimmer.web.board import board_of
from glimmer.web.gate import StaffRequest, enter_page, page
from glimmer.web.session_chart import chart_points, mark_of, totals_of
from glimmer.web.session_parts import Part, session_parts
from glimmer.web.session_view import session_view

# A page says "not live" after 8 s of silence (live.js), so that a dead feed shows within 10 s.
BEAT_SECONDS = 3.0
# A page is told at once, up to so many times in a second; what happens beyond that comes together.
FRAMES_A_SECOND = 4
BOARD_GAP_SECONDS = 1.0
SIGNED_OUT = "You are signed out on this device. Sign in again to see live values."
NOT_ALLOWED = "Your sign-in no longer includes this page."
OUT_OF_REACH = "You no longer see this patient: the journey left your clinic, or the glass you broke has closed again."

# Streams live for hours, so what they ask of the database runs on two threads of their own: fifty open pages
# hold two connections, not fifty.
_THREADS = ThreadPoolExecutor(max_workers=2, thread_name_prefix="glimmer-live")


@dataclass(eq=False)
class Frame:
    """What a page should look like at one moment: `parts` by name. Made once, sent to every page that needs it.

    `drawn` are a session's parts with what they were drawn from, so that the next frame draws only what is new.
    """

    seq: int
    made_at: float
    shape: str
    parts: dict[str, str]
    drawn: Mapping[str, Part] = field(default_factory=dict)

    def changed_since(self, last: "Frame | None") -> dict[str, str]:
        """Return the parts that differ from those of the frame that the page got last."""
        if last is None:
            return self.parts
        return {name: html for name, html in self.parts.items() if last.parts.get(name) != html}


@dataclass(frozen=True)
class Place:
    """What a stream is about. `frame()` makes the newest frame; `needs_database` says where it must run."""

    topic: int | str
    frame: Callable[[], Frame]
    needs_database: Callable[[], bool]
    permission: str
    may_go_on: Callable[[Staff], bool]
    frames_a_second: int
    points: Callable[[int, int], tuple[list[Any], list[Any]]]


@page("session.view", machine=True, bedside=True, stands_open="session")
async def live_session(request: StaffRequest, session_id: int) -> StreamingHttpResponse:
    """Stream one session to its page."""
    staff = request.staff
    session = await sync_to_async(_found)(staff, session_id)
    role = staff.role
    place = Place(
        topic=session_id,
        frame=lambda: session_frame(session, role),
        needs_database=lambda: log_now(session_id).course.started is None,
        permission="session.view",
        may_go_on=lambda person: still_sees_session(person, session_id),
        frames_a_second=FRAMES_A_SECOND,
        points=lambda after, until: missed_points(session_id, after, until),
    )
    return await _streamed(request, place)


@page("board.view", machine=True, bedside=True, stands_open="board")
async def live_board(request: StaffRequest) -> StreamingHttpResponse:
    """Stream the chair board."""
    staff = request.staff
    place = Place(
        topic=BOARD,
        frame=lambda: board_frame(staff),
        needs_database=lambda: True,
        permission="board.view",
        # The board itself is drawn anew by what its reader may see.
        may_go_on=lambda person: True,
        frames_a_second=1,
        points=lambda after, until: ([], []),
    )
    return await _streamed(request, place)


def _found(staff: Staff, session_id: int) -> TreatmentSession:
    session = access_session(staff, session_id)
    live_view(session.pk, timezone.now())
    return session


async def _streamed(request: StaffRequest, place: Place) -> StreamingHttpResponse:
    after = last_heard(request)
    signed_in = _signed_in(request, place)
    await sync_to_async(_let_go)(request)
    response = StreamingHttpResponse(_events(place, after, signed_in), content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    # A proxy that collects the stream before passing it on would make every page "not live".
    response["X-Accel-Buffering"] = "no"
    return response


def last_heard(request: StaffRequest) -> int:
    """Return the number of the last log line that the page has, by its header or its address; 0 for none."""
    said = request.headers.get("Last-Event-ID") or request.GET.get("after", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 10 else 0


def _let_go(request: StaffRequest) -> None:
    """Enter the look, and close the connection that the gate used: this request's own thread will not ask again."""
    enter_page(request)
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close()


async def _events(place: Place, after: int, signed_in: Callable[[], str]) -> AsyncIterator[bytes]:
    # Listening starts before the first look, so that nothing falls in between.
    with subscribe(place.topic) as ear:
        last: Frame | None = None
        seq, checked_at = after, _clock()
        pace = Pace(place.frames_a_second)
        while True:
            frame = await _newest(place)
            points, marks = place.points(seq, frame.seq) if frame.seq > seq else ([], [])
            yield packed(frame, last, points, marks)
            last, seq = frame, max(frame.seq, seq)
            sent_at = pace.sent(_clock())
            if sent_at - checked_at >= BEAT_SECONDS:
                checked_at = sent_at
                why = await _in_thread(signed_in)
                if why:
                    yield f"event: bye\ndata: {orjson.dumps({'why': why}).decode()}\n\n".encode()
                    return
            heard = await ear.next(BEAT_SECONDS)
            wait = pace.wait(_clock())
            if heard is not None and wait > 0:
                await asyncio.sleep(wait)
                while await ear.next(0) is not None:
                    pass


class Pace:
    """How soon a page may be told again: at once, until it was told `most` times within a second."""

    def __init__(self, most: int) -> None:
        self._sent: deque[float] = deque(maxlen=most)

    def sent(self, at: float) -> float:
        """Note that the page was told something at this time in seconds, and return it."""
        self._sent.append(at)
        return at

    def wait(self, now: float) -> float:
        """Return for how many seconds the page is not told anything yet."""
        is_full = len(self._sent) == self._sent.maxlen
        return max(self._sent[0] + 1 - now, 0.0) if is_full else 0.0


def _clock() -> float:
    return asyncio.get_running_loop().time()


def packed(frame: Frame, last: Frame | None, points: list[Any], marks: list[Any]) -> bytes:
    """Return one server-sent event."""
    # `now` sets the page's clock; `at` is the moment that the parts show.
    data: dict[str, Any] = {"now": timezone.now().timestamp(), "at": frame.made_at, "shape": frame.shape}
    parts = frame.changed_since(last)
    if parts:
        data["parts"] = parts
    if points:
        data["points"] = points
    if marks:
        data["marks"] = marks
    return b"event: state\nid: %d\ndata: %s\n\n" % (frame.seq, orjson.dumps(data))


# Frames: made once for all pages that show the same thing at the same moment

_FRAMES: dict[tuple[int | str, str], Frame] = {}
FORGOTTEN_AFTER_SECONDS = 60.0


async def _newest(place: Place) -> Frame:
    if place.needs_database():
        return await _in_thread(place.frame)
    return place.frame()


async def _in_thread(do: Callable[[], Any]) -> Any:
    def run() -> Any:
        close_old_connections()
        try:
            return do()
        finally:
            close_old_connections()

    return await asyncio.get_running_loop().run_in_executor(_THREADS, run)


def session_frame(session: TreatmentSession, role: str) -> Frame:
    """Return the newest frame of a session for a role, from memory where it was made within the last second."""
    now = timezone.now()
    key = (session.pk, role)
    known = _FRAMES.get(key)
    state, log = view_now(session.pk, now)
    if known is not None and known.seq == state.last_seq and now.timestamp() - known.made_at < 1:
        return known
    view = session_view(session, log, protocol_of(log), state, now)
    drawn = session_parts(view, role, known.drawn if known is not None else {})
    parts = {name: part.html for name, part in drawn.items()}
    frame = Frame(state.last_seq, now.timestamp(), view.shape, parts, drawn)
    _remember(key, frame)
    if view.is_over:
        # Nothing more will come: pages that are still open get this frame once, and it is not kept.
        _FRAMES.pop(key, None)
    return frame


def board_frame(staff: Staff) -> Frame:
    """Return the newest frame of the chair board as this person may see it."""
    # One frame serves all who see the same: by role whether values are shown, by reach whose names.
    key = (BOARD, f"{may(Role(staff.role), 'session.view')} {reach_of(staff)}")
    now = timezone.now()
    known = _FRAMES.get(key)
    if known is not None and now.timestamp() - known.made_at < BOARD_GAP_SECONDS / 2:
        return known
    board = board_of(staff, now)
    parts = {f"bay-{card.id}": str(render_to_string("board/bay.html", {"bay": card})) for card in board.bays}
    parts["sound"] = render_to_string("board/sound.html", {"board": board})
    parts["functions"] = render_to_string("board/functions.html", {"board": board})
    parts["undecided"] = render_to_string("board/undecided.html", {"board": board})
    parts["trouble"] = render_to_string("board/trouble.html", {"board": board})
    frame = Frame(0, now.timestamp(), board.shape, parts)
    _remember(key, frame)
    return frame


def _remember(key: tuple[int | str, str], frame: Frame) -> None:
    """Keep a frame for the next page, and let go those that no page has asked for: their session may be long over."""
    if key not in _FRAMES:
        for known, old in list(_FRAMES.items()):
            if frame.made_at - old.made_at > FORGOTTEN_AFTER_SECONDS:
                _FRAMES.pop(known, None)
    _FRAMES[key] = frame


def missed_points(session_id: int, after: int, until: int) -> tuple[list[Any], list[Any]]:
    """Return what the log lines after `after` up to `until` add to a chart: points and marks, as `chart_news`."""
    state, log = view_now(session_id, timezone.now())
    fresh = [event for event in events_since(session_id, after) if event.seq <= until]
    has_round = any(isinstance(event.what, ObservationRecorded) for event in fresh)
    return chart_news(fresh, log, state.rounds if has_round else ())


def chart_news(
    events: Iterable[SessionEvent], log: SessionLog, rounds: Iterable[ScoredRound] = ()
) -> tuple[list[Any], list[Any]]:
    """Return what `events` add to a chart: points as `[series, time, value]`, and marks.

    A line that was marked as wrong comes as `{"withdrawn": its number}`.
    """
    protocol, totals = protocol_of(log), totals_of(rounds) if functions_of(log).alarms else {}
    points: list[Any] = []
    marks: list[Any] = []
    for event in events:
        if event.seq not in log.corrected:
            points += chart_points(event, log)
        if isinstance(event.what, Corrected):
            marks.append({"withdrawn": event.what.seq})
        mark = mark_of(event, log, protocol, totals)
        if mark is not None:
            marks.append(mark)
    return points, marks


# Who still listens


def _signed_in(request: StaffRequest, place: Place) -> Callable[[], str]:
    """Return a question that answers "" while this page may go on, else why it may not."""
    key = request.session.session_key
    staff_id = request.staff.pk
    store = import_module(settings.SESSION_ENGINE).SessionStore

    def ask() -> str:
        kept = store(key) if key else {}
        if str(kept.get(SESSION_KEY, "")) != str(staff_id):
            return SIGNED_OUT
        staff = ModelBackend().get_user(staff_id)
        # Another password, or signed out everywhere: what was open before ends.
        if staff is not None and kept.get(HASH_SESSION_KEY) != staff.get_session_auth_hash():
            return SIGNED_OUT
        if staff is None or not may(Role(staff.role), place.permission):
            return NOT_ALLOWED
        if not place.may_go_on(staff):
            return OUT_OF_REACH
        return ""

    return ask
