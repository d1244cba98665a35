"""The chair board: every bay at a glance, for a wall and a tablet.

The manager's board shows what each bay is doing, without names and without anybody's values.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.http import HttpResponse
from django.utils import timezone

from glimmer.actions.booking import bays
from glimmer.actions.live import Trouble, board_states, trouble
from glimmer.care.session.course import Phase
from glimmer.monitoring.state import SessionState
from glimmer.records.access import access_appointments, access_live_sessions
from glimmer.records.plans import Appointment, Bay
from glimmer.records.sessions import TreatmentSession
from glimmer.records.staff import Staff
from glimmer.vocabulary.parameters import Parameter
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.permissions import may
from glimmer.web.gate import StaffRequest, page
from glimmer.web.jinja import shown_time
from glimmer.web.pages import show
from glimmer.web.session_alarms import AlarmRow, alarm_rows
from glimmer.web.session_forms import round_in_words
from glimmer.web.session_tiles import Tile, tiles_of

# The pump's numbers are on the session page; the wall shows the patient.
ON_THE_WALL = {"pressure", Parameter.PULSE.value, Parameter.SPO2.value, Parameter.RESPIRATORY_RATE.value}
# More than this on a wall hides the values; the rest is counted, the most urgent are shown.
MOST_ALARMS = 4
DUE_SIGNS = {"overdue": "▲", "due": "▶", "upcoming": "○"}


@dataclass(frozen=True, slots=True)
class BayCard:
    """One bay of the board. `level` is high, medium, low (its worst alarm), calm or free."""

    id: int
    name: str
    phase_label: str
    level: str
    session_id: int | None
    patient: str
    left: str
    tiles: tuple[Tile, ...]
    alarms: tuple[AlarmRow, ...]
    more_alarms: int
    due: str
    due_state: str
    shows_values: bool

    @property
    def due_sign(self) -> str:
        """The sign that goes with the state of the next observations."""
        return DUE_SIGNS.get(self.due_state, "")


@dataclass(frozen=True, slots=True)
class Board:
    """All bays, and what is wrong with the live feed itself."""

    bays: tuple[BayCard, ...]
    trouble: tuple[Trouble, ...]

    @property
    def shape(self) -> str:
        """What decides which places are on the page: an open board loads itself again when it changes."""
        return "-".join(str(bay.id) for bay in self.bays)


@page("board.view")
def board(request: StaffRequest) -> HttpResponse:
    """Show every bay as it stands now."""
    found = board_of(request.staff, timezone.now())
    return show(request, "board.html", title="Chair board", here="board", board=found)


def board_of(staff: Staff, now: datetime) -> Board:
    """Return the board as this person may see it."""
    names = may(Role(staff.role), "session.view")
    places = list(bays(staff))
    sessions = {session.bay_id: session for session in access_live_sessions(staff)}
    states = board_states(now)
    coming = _coming(staff, now)
    cards = [_card(bay, sessions.get(bay.pk), states, coming.get(bay.pk), names, now) for bay in places]
    return Board(tuple(cards), trouble())


def _coming(staff: Staff, now: datetime) -> Mapping[int, Appointment]:
    """Return the next date of each bay that is still to come today."""
    until = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    found: dict[int, Appointment] = {}
    rows = access_appointments(staff).filter(starts_at__gte=now - timedelta(hours=1), starts_at__lt=until)
    for row in rows.filter(session__isnull=True).order_by("starts_at"):
        found.setdefault(row.bay_id, row)
    return found


def _card(
    bay: Bay,
    session: TreatmentSession | None,
    states: Mapping[int, SessionState],
    coming: Appointment | None,
    names: bool,
    now: datetime,
) -> BayCard:
    state = states.get(session.pk) if session is not None else None
    if session is None or state is None:
        return _free(bay, coming)
    alarms = alarm_rows(state)
    open_alarms = [alarm for alarm in alarms if not alarm.acknowledged_by]
    due, due_state = _due(state)
    return BayCard(
        id=bay.pk,
        name=bay.name,
        phase_label=state.phase.label,
        level=open_alarms[0].priority if open_alarms else "calm",
        session_id=session.pk,
        patient=session.episode.patient.name if names else "",
        left=_left(state),
        tiles=tuple(tile for tile in tiles_of(state, now) if tile.key in ON_THE_WALL) if names else (),
        alarms=alarms[:MOST_ALARMS],
        more_alarms=max(len(alarms) - MOST_ALARMS, 0),
        due=due,
        due_state=due_state,
        shows_values=names,
    )


def _free(bay: Bay, coming: Appointment | None) -> BayCard:
    left = f"Next date at {shown_time(coming.starts_at)}" if coming else "No more dates today"
    return BayCard(bay.pk, bay.name, "Free", "free", None, "", left, (), (), 0, "", "", False)


def _left(state: SessionState) -> str:
    clock = state.clock
    if state.phase in (Phase.RUNNING, Phase.PAUSED):
        return f"{clock.minutes_left:.0f} min left of {clock.planned_minutes:g} min"
    if state.phase is Phase.RECOVERING:
        return f"{clock.minutes_since_end or 0:.0f} min since the infusion"
    return f"{clock.planned_minutes:g} min infusion planned"


def _due(state: SessionState) -> tuple[str, str]:
    planned = state.next_observation
    if planned is None:
        return "All observations done", "done"
    word = {"overdue": "overdue", "due": "due now", "upcoming": "next"}.get(planned.state.value, planned.state.value)
    name = round_in_words(planned.minute)
    at = f", {shown_time(planned.due_at)}" if planned.due_at else ""
    return f"Observations {word}: {name[:1].lower()}{name[1:]}{at}", planned.state.value
