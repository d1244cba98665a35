"""The chair board: every bay at a glance, for a wall and a tablet.

The manager's board shows what each bay is doing, without names and without anybody's values. A clinician sees the
alarms and values of every bay, for whoever stands nearest helps; whose they are only of their own clinic's patients.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.http import HttpResponse
from django.utils import timezone

from glimmer.actions.booking import bays
from glimmer.actions.heard import look
from glimmer.actions.live import Trouble, board_states, trouble
from glimmer.actions.quarantine import undecided
from glimmer.care.session.course import Phase
from glimmer.guidance.administration import Administration, administration
from glimmer.monitoring.state import SessionState
from glimmer.records.access import access_appointments, access_live_sessions
from glimmer.records.plans import Appointment, Bay
from glimmer.records.sessions import TreatmentSession
from glimmer.records.staff import Staff
from glimmer.records.switches import functions_now
from glimmer.vocabulary.functions import Functions
from glimmer.vocabulary.parameters import Parameter
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.permissions import may
from glimmer.web.device_rows import BaySign, bay_signs
from glimmer.web.gate import StaffRequest, page
from glimmer.web.jinja import shown_time
from glimmer.web.pages import show
from glimmer.web.session_alarms import AlarmRow, alarm_rows
from glimmer.web.session_forms import round_in_words
from glimmer.web.session_sound import RoomSound, SoundRow, room_sound, sound_row
from glimmer.web.session_tiles import Tile, tiles_of

# The pump's numbers are on the session page; the wall shows the patient.
ON_THE_WALL = {"pressure", Parameter.PULSE.value, Parameter.SPO2.value, Parameter.RESPIRATORY_RATE.value}
# More than this on a wall hides the values; the rest is counted, the most urgent are shown.
MOST_ALARMS = 4
# A patient may come late: from here on a later date of the bay is named before the one that nobody opened.
LATE = timedelta(hours=1)
DUE_SIGNS = {"overdue": "▲", "due": "▶", "upcoming": "○"}


@dataclass(frozen=True, slots=True)
class BayCard:
    """One bay of the board. `level`: high, medium, low (its worst alarm), calm, free, unwatched (alarms off).

    `is_elsewhere`: its patient is another clinic's, so that no name is shown.
    """

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
    sound: SoundRow | None = None
    devices: tuple[BaySign, ...] = ()
    so_far: str = ""
    all_alarms: int = 0
    date_id: int = 0
    is_elsewhere: bool = False

    @property
    def due_sign(self) -> str:
        """The sign that goes with the state of the next observations."""
        return DUE_SIGNS.get(self.due_state, "")


@dataclass(frozen=True, slots=True)
class Board:
    """All bays, and what is wrong with the live feed itself."""

    bays: tuple[BayCard, ...]
    trouble: tuple[Trouble, ...]
    functions: Functions
    undecided: int = 0

    @property
    def sound(self) -> RoomSound:
        """The sound of the most urgent bay."""
        return room_sound((bay.name, bay.sound) for bay in self.bays)

    @property
    def shape(self) -> str:
        """What decides which places are on the page: an open board loads itself again when it changes."""
        return "-".join(str(bay.id) for bay in self.bays)


@page("board.view", bedside=True, stands_open="board")
def board(request: StaffRequest) -> HttpResponse:
    """Show every bay as it stands now."""
    found = board_of(request.staff, timezone.now())
    wall = request.GET.get("wall") == "1"
    return show(request, "board.html", title="Chair board", here="board", board=found, wall=wall)


def board_of(staff: Staff, now: datetime) -> Board:
    """Return the board as this person may see it."""
    names = may(Role(staff.role), "session.view")
    places = list(bays(staff))
    sessions = {session.bay_id: session for session in access_live_sessions(staff)}
    states = board_states(now)
    look()
    coming = _coming(staff, now)
    cards = [_card(bay, sessions.get(bay.pk), states, coming.get(bay.pk), names, now) for bay in places]
    return Board(tuple(cards), trouble(), functions_now(), undecided() if names else 0)


def _coming(staff: Staff, now: datetime) -> Mapping[int, Appointment]:
    """Return the date of today that each bay waits for: one that is due or to come, else one that nobody opened."""
    until = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    found: dict[int, Appointment] = {}
    rows = access_appointments(staff).filter(starts_at__gte=until - timedelta(days=1), starts_at__lt=until)
    for row in sorted(rows.filter(session__isnull=True), key=lambda row: (row.starts_at < now - LATE, row.starts_at)):
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
    if session is None:
        return replace(_free(bay, coming, names, now), devices=bay_signs(bay.pk, None, now))
    if state is None:
        return replace(_unknown(bay, session), devices=bay_signs(bay.pk, session.pk, now))
    named = bool(getattr(session, "may_be_named", False))
    alarms = alarm_rows(state)
    open_alarms = [alarm for alarm in alarms if not alarm.acknowledged_by]
    due, due_state = _due(state)
    return BayCard(
        id=bay.pk,
        name=bay.name,
        phase_label=_phase_in_words(state),
        level=_level(state, open_alarms),
        session_id=session.pk,
        patient=session.episode.patient.name if names and named else "",
        is_elsewhere=names and not named,
        left=_left(state),
        tiles=tuple(tile for tile in tiles_of(state, now) if tile.key in ON_THE_WALL) if names else (),
        alarms=alarms[:MOST_ALARMS],
        more_alarms=max(len(alarms) - MOST_ALARMS, 0),
        due=due,
        due_state=due_state,
        shows_values=names,
        sound=sound_row(state.sound),
        devices=bay_signs(bay.pk, session.pk, now),
        so_far=_so_far(state),
        all_alarms=len(alarms),
    )


def _level(state: SessionState, open_alarms: list[AlarmRow]) -> str:
    if not state.functions.alarms:
        return "unwatched"
    return open_alarms[0].priority if open_alarms else "calm"


def _free(bay: Bay, coming: Appointment | None, names: bool, now: datetime) -> BayCard:
    left = "No more dates today"
    if coming is not None:
        at = shown_time(coming.starts_at)
        left = f"Next date at {at}" if coming.starts_at > now else f"The date of {at} is not opened yet"
    date_id = coming.pk if coming is not None and names else 0
    return BayCard(bay.pk, bay.name, "Free", "free", None, "", left, (), (), 0, "", "", False, date_id=date_id)


def _unknown(bay: Bay, session: TreatmentSession) -> BayCard:
    """Return the card of a session whose state could not be worked out: never that of a free bay."""
    says = "Nothing can be shown of this session. Watch the monitor itself."
    return BayCard(bay.pk, bay.name, "Not shown", "unwatched", session.pk, "", says, (), (), 0, "", "", False)


def _manner(state: SessionState) -> Administration:
    return state.protocol.given_by if state.protocol else administration()


def _phase_in_words(state: SessionState) -> str:
    return _manner(state).running if state.phase is Phase.RUNNING else state.phase.label


def _left(state: SessionState) -> str:
    clock = state.clock
    manner = _manner(state)
    if state.phase is Phase.RUNNING and not manner.pump:
        return manner.running
    if state.phase in (Phase.RUNNING, Phase.PAUSED):
        if clock.minutes_left <= 0:
            return f"The planned {clock.planned_minutes:g} min are over: check the pump"
        return f"{clock.minutes_left:.0f} min left of {clock.planned_minutes:g} min"
    if state.phase is Phase.RECOVERING:
        return f"{clock.minutes_since_end or 0:.0f} min since the {manner.treatment}"
    return (
        f"{clock.planned_minutes:g} min infusion planned" if manner.pump else f"{manner.treatment.capitalize()} planned"
    )


def _so_far(state: SessionState) -> str:
    """Say how many alarms there were, also those that came and went while nobody looked."""
    raised = [alarm.raised_at for alarm in state.all_alarms]
    if not raised:
        return "No alarm so far"
    return f"{len(raised)} {'alarm' if len(raised) == 1 else 'alarms'} so far, last at {shown_time(max(raised))}"


def _due(state: SessionState) -> tuple[str, str]:
    planned = state.next_observation
    if planned is None:
        return "All observations done", "done"
    word = {"overdue": "overdue", "due": "due now", "upcoming": "next"}.get(planned.state.value, planned.state.value)
    name = round_in_words(planned.minute)
    at = f" {shown_time(planned.due_at)}" if planned.due_at else ""
    # The time comes first: on a crowded wall the line is cut at its end.
    return f"Observations {word}{at}: {name[:1].lower()}{name[1:]}", planned.state.value
