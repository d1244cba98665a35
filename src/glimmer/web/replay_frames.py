"""What a replay shows at a moment: the session page's own parts, with nothing on them that can be pressed.

A viewing is one page that somebody has open. Its player stays where it was, so that going on is cheap; only the
last few viewings are kept, and one that was let go starts again from the log.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from django.template.loader import render_to_string

from glimmer.actions.live import Trouble
from glimmer.actions.log import protocol_of
from glimmer.actions.replay import Player
from glimmer.care.session.events import AlarmRaised, SessionEvent
from glimmer.care.session.words import Line, lines_of
from glimmer.records.sessions import TreatmentSession
from glimmer.web.live import chart_news
from glimmer.web.session_chart import MARKS, Table, chart_json, table_of
from glimmer.web.session_parts import Part, drawn_parts, part_names
from glimmer.web.session_view import SessionView

MOST_VIEWINGS = 8
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NOTHING: frozenset[str] = frozenset()
# Only what is worked out from the log may be shown of another day; a part that is not named here stays away.
FROM_THE_LOG = frozenset(
    {
        "functions",
        "status",
        "sound",
        "alarms",
        "values",
        "schedule",
        "news2",
        "effects",
        "log",
        "infusion",
        "leaving",
    }
)
# Whether consent and plan allow a start, and what devices do, is asked of today's records and of memory; the bar
# that calls for somebody to take charge calls nobody to a day that is past. The checks before have a part of the
# replay's own, "checks", which leads nowhere.
NOT_IN_THE_LOG = frozenset({"start", "devices", "urgent", "answered"})
PARTS_OF_ITS_OWN: Mapping[str, Callable[["ReplayView"], Any]] = {
    "checks": lambda view: (view.checks, view.syringe),
    "table": lambda view: view.table,
}


class ReplayView(SessionView):
    """A session as it was. What the log does not hold, such as trouble of the live feed, is left out."""

    @property
    def trouble(self) -> tuple[Trouble, ...]:
        """Nothing: what is wrong with the live feed today says nothing about that day."""
        return ()

    @property
    def table(self) -> Table:
        """The values of each five minutes."""
        return table_of(self.log)


@dataclass
class ReplayFrame:
    """One moment. `chart` is the whole chart where the page starts anew, else `points` and `marks` add to it."""

    view: ReplayView
    parts: dict[str, str]
    chart: str
    points: list[Any]
    marks: list[Any]


@dataclass(eq=False)
class Viewing:
    """One open replay page: its player and what it was sent last. `lock` guards both."""

    session: TreatmentSession
    player: Player
    drawn: dict[str, Part] = field(default_factory=dict)
    charted: bool = False
    moment: datetime | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def frame(self, moment: datetime, holds: datetime | None = None) -> ReplayFrame:
        """Return what to show at `moment`; only what differs where the page `holds` what was sent last."""
        goes_on = holds is not None and holds == self.moment
        shown = self.player.at(moment)
        view = ReplayView(self.session, shown.log, protocol_of(shown.log), shown.state, moment)
        drawn = _parts(view, self.drawn)
        changed = {name: part.html for name, part in drawn.items() if not goes_on or part is not self.drawn.get(name)}
        # A part that this phase does not have is emptied.
        changed |= {name: "" for name in self.drawn if name not in drawn}
        self.drawn, self.moment = drawn, moment
        began, self.charted = view.has_readings and not self.charted, view.has_readings
        if shown.anew or began or not goes_on:
            return ReplayFrame(view, changed, str(chart_json(shown.log, view.protocol, view.state.rounds)), [], [])
        points, marks = chart_news(shown.arrived, shown.log, view.state.rounds)
        return ReplayFrame(view, changed, "", points, marks)


def _parts(view: ReplayView, known: Mapping[str, Part]) -> dict[str, Part]:
    names = [name for name in part_names(view) if name in FROM_THE_LOG]
    drawn = drawn_parts(names, view, NOTHING, known)
    for name, drawn_from in PARTS_OF_ITS_OWN.items():
        source, old = drawn_from(view), known.get(name)
        if old is not None and old.drawn_from == source:
            drawn[name] = old
        else:
            drawn[name] = Part(str(render_to_string(f"replay/{name}.html", {"view": view})), source)
    return drawn


_VIEWINGS: "OrderedDict[tuple[int, int, str], Viewing]" = OrderedDict()
_LOCK = threading.Lock()


def viewing_of(staff_id: int, session: TreatmentSession, token: str) -> Viewing:
    """Return the viewing of one page, a new one where it is unknown or was let go."""
    key = (staff_id, session.pk, token)
    with _LOCK:
        found = _VIEWINGS.get(key)
        if found is not None:
            _VIEWINGS.move_to_end(key)
            return found
    fresh = Viewing(session, Player(session.pk))
    with _LOCK:
        _VIEWINGS[key] = fresh
        while len(_VIEWINGS) > MOST_VIEWINGS:
            _VIEWINGS.popitem(last=False)
    return fresh


def forget_all() -> None:
    """Forget every viewing: tests start clean."""
    with _LOCK:
        _VIEWINGS.clear()


@dataclass(frozen=True, slots=True)
class Stop:
    """One place to jump to: `kind` is alarm, course or entry; `ms` is when it was known, since 1970."""

    ms: int
    kind: str
    says: str
    by: str

    @property
    def at(self) -> datetime:
        """The moment."""
        return from_ms(self.ms)


def stops_of(player: Player) -> tuple[Stop, ...]:
    """Return everything but the readings of devices, by when it became known."""
    log = player.whole
    found = [_stop(log.events[line.seq], line) for line in lines_of(log, protocol_of(log))]
    for seq, correction in log.corrected.items():
        says = f"Marked as wrong: entry {seq}"
        found.append(Stop(to_ms(correction.received_at), "entry", says, correction.by))
    return tuple(sorted(found, key=lambda stop: stop.ms))


def _stop(event: SessionEvent, line: Line) -> Stop:
    kind = "alarm" if isinstance(event.what, AlarmRaised) else "course" if type(event.what) in MARKS else "entry"
    return Stop(to_ms(event.received_at), kind, line.says, line.by)


def to_ms(moment: datetime) -> int:
    """Return the first whole millisecond since 1970 at or after a moment."""
    return -((EPOCH - moment) // timedelta(milliseconds=1))


def from_ms(ms: int) -> datetime:
    """Return the moment of a millisecond since 1970."""
    return EPOCH + timedelta(milliseconds=ms)


def packed(frame: ReplayFrame, last: datetime) -> bytes:
    """Return a frame as the page reads it."""
    data: dict[str, Any] = {
        "at": to_ms(frame.view.now),
        "end": to_ms(last),
        "parts": frame.parts,
        "charted": frame.view.has_readings,
    }
    if frame.chart:
        data["chart"] = orjson.Fragment(frame.chart)
    if frame.points or frame.marks:
        data |= {"points": frame.points, "marks": frame.marks}
    return orjson.dumps(data)
