"""What the session page shows, made ready for its templates: words, signs and numbers, no decisions.

The same view feeds the whole page and the parts that the event stream sends, so that a live page and a
reloaded one look alike.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import uuid4

from glimmer.actions.infusion import start_verdict
from glimmer.actions.live import Trouble, trouble
from glimmer.care.session.checks import CheckState, next_step
from glimmer.care.session.course import Course, Phase
from glimmer.care.session.events import CheckOverridden, CheckRecorded, FunctionsSwitched
from glimmer.care.session.leaving import CriterionState, said_since_the_end
from glimmer.care.session.log import SessionLog
from glimmer.care.session.manner import phase_in_words
from glimmer.care.session.words import ELICITED, Line, lines_of
from glimmer.guidance.figures import figure
from glimmer.guidance.protocol import Protocol
from glimmer.monitoring.news2 import CONFUSION
from glimmer.monitoring.state import SessionState
from glimmer.records.sessions import TreatmentSession
from glimmer.vocabulary.parameters import FORMS, Parameter
from glimmer.vocabulary.verdict import Verdict
from glimmer.web.device_rows import DeviceRow, DeviceRows, device_rows, devices_elsewhere
from glimmer.web.session_alarms import AlarmRow, alarm_rows
from glimmer.web.session_forms import round_in_words
from glimmer.web.session_giving import given_row, prepared_row
from glimmer.web.session_sound import SoundRow, sound_row
from glimmer.web.session_tiles import Tile, tiles_of

STEPS = (
    ("Checks", (Phase.CHECKS,)),
    ("Ready", (Phase.READY,)),
    ("Infusion", (Phase.RUNNING, Phase.PAUSED)),
    ("Recovery", (Phase.RECOVERING,)),
    ("Left", (Phase.LEFT, Phase.CANCELLED)),
)
ROUND_WORDS = {
    "upcoming": ("○", "to come"),
    "due": ("▶", "due now"),
    "overdue": ("▲", "overdue"),
    "done": ("✓", "done"),
    "late": ("✓", "done late"),
    "missed": ("–", "not done"),
}
BANDS = {
    "none": "routine",
    "low": "low: the nurse decides",
    "single": "one part scores 3: urgent review",
    "urgent": "urgent review",
    "emergency": "emergency",
}
PART_NAMES = {"consciousness": "Consciousness", "oxygen": "Air or oxygen"}


@dataclass(frozen=True, slots=True)
class Question:
    """One check before the start, or one criterion for leaving. `state` is met, not_met, unknown or overridden."""

    id: str
    asks: str
    state: str
    says: str
    measured: bool
    can_override: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the session; `state` is done, now or ahead."""

    name: str
    state: str


@dataclass(frozen=True, slots=True)
class RoundRow:
    """One planned round of observations."""

    minute: int
    name: str
    due_at: datetime | None
    state: str
    sign: str
    says: str
    can_answer: bool


@dataclass(frozen=True, slots=True)
class Effect:
    """One side effect; `is_emergency` marks the symptoms that call for help at once."""

    seq: int
    symptom: str
    severity: str
    elicited: str
    note: str
    at: datetime
    is_emergency: bool


class SessionView:
    """One session at one moment. Everything is worked out when a template first asks for it."""

    def __init__(
        self, session: TreatmentSession, log: SessionLog, protocol: Protocol, state: SessionState, now: datetime
    ) -> None:
        self.session, self.log, self.protocol, self.state, self.now = session, log, protocol, state, now
        self.session_id = session.pk
        self.course: Course = log.course
        self.phase = state.phase.value
        self.manner = protocol.given_by
        self.phase_label = phase_in_words(log, state.phase)
        self.seq = state.last_seq
        self.functions = state.functions

    @staticmethod
    def press_token() -> str:
        """Return a number for one press of a button, as the forms carry it."""
        return uuid4().hex

    @property
    def trouble(self) -> tuple[Trouble, ...]:
        """What is wrong with the live feed itself."""
        return trouble()

    # Where it stands

    @property
    def shape(self) -> str:
        """What decides which forms are on the page: when it changes, an open page asks to be loaded again."""
        milestones = (self.course.prepared, self.course.second_check)
        seqs = [event.seq if event else 0 for event in milestones]
        answers = len(self.log.of(CheckRecorded)) + len(self.log.of(CheckOverridden))
        switches = len(self.log.of(FunctionsSwitched))
        return "-".join(str(part) for part in (self.phase, *seqs, answers, len(self.course.pauses), switches))

    @property
    def is_before_start(self) -> bool:
        """True until the pump is started."""
        return self.phase in (Phase.CHECKS, Phase.READY)

    @property
    def is_started(self) -> bool:
        """True once the pump was started."""
        return self.course.started is not None

    @property
    def is_running(self) -> bool:
        """True while the infusion runs or is paused."""
        return self.phase in (Phase.RUNNING, Phase.PAUSED)

    @property
    def is_recovering(self) -> bool:
        """True from the end of the infusion until the patient leaves."""
        return self.phase == Phase.RECOVERING

    @property
    def is_over(self) -> bool:
        """True when the patient has left or the session was cancelled."""
        return self.state.phase.is_over

    @property
    def is_open(self) -> bool:
        """True while things can still happen."""
        return not self.is_over

    @property
    def has_readings(self) -> bool:
        """True once anything was measured."""
        return bool(self.log.series)

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The steps of the session with the present one."""
        at = next(number for number, (_, phases) in enumerate(STEPS) if self.state.phase in phases)
        names = [self.manner.treatment.capitalize() if name == "Infusion" else name for name, _ in STEPS]
        if self.state.phase is Phase.CANCELLED:
            names[-1] = "Cancelled"
        return tuple(
            Step(name, "now" if number == at else "done" if number < at else "ahead")
            for number, name in enumerate(names)
        )

    @property
    def predicts(self) -> bool:
        """True where the page has a place for a predicted level: signed on, an infusion, and one made ready."""
        return self.functions.prediction and self.manner.pump and self.course.preparation is not None

    @property
    def next(self) -> tuple[str, ...]:
        """What the session waits for, first things first; the alarms have a place of their own."""
        return tuple(words for words in self.state.needs_next if not words.startswith("Take charge of the alarm"))

    # Before the start

    @cached_property
    def checks(self) -> tuple[Question, ...]:
        """The checks before, as they stand."""
        return tuple(_question(state, self.log.check(state.check.id)) for state in self.state.checks)

    @cached_property
    def start(self) -> Verdict:
        """Whether the infusion may start (asks the database: consent and plan)."""
        return start_verdict(self.session, self.log, self.now)

    @property
    def dose(self) -> str:
        """The prescribed dose."""
        return f"{self.log.opened.dose_mg:g} mg" if self.log.opened else "–"

    @property
    def minutes(self) -> str:
        """How long the infusion takes by the plan, "" where all is given at once."""
        opened = self.log.opened
        return f"{opened.infusion_minutes:g} minutes" if opened and opened.infusion_minutes else ""

    @property
    def weight(self) -> str:
        """Where the dose comes from, with the weight."""
        plan = self.session.plan
        origin = "" if plan.dose_was_typed else "worked out from "
        return f"{origin}{plan.dose_basis}, weighed {plan.weight_kg} kg"

    @cached_property
    def syringe(self) -> dict[str, Any] | None:
        """What was made ready and counts, or None."""
        return prepared_row(self.course, self.protocol)

    # Live

    @cached_property
    def tiles(self) -> tuple[Tile, ...]:
        """The newest values."""
        return tiles_of(self.state, self.now)

    @cached_property
    def alarms(self) -> tuple[AlarmRow, ...]:
        """The alarms that are not done with, most urgent first."""
        return alarm_rows(self.state)

    @cached_property
    def sound(self) -> SoundRow:
        """What this session sounds like now."""
        return sound_row(self.state.sound)

    @cached_property
    def devices(self) -> DeviceRows:
        """The devices, as the last look saw them."""
        return device_rows(self.session, self.now, self.log.clocks.slow)

    @cached_property
    def devices_elsewhere(self) -> tuple[DeviceRow, ...]:
        """All other devices of the clinic: asked for by a person, never sent each second."""
        return devices_elsewhere(self.session, self.now)

    @cached_property
    def rounds(self) -> tuple[RoundRow, ...]:
        """The planned rounds of observations."""
        rows = []
        for planned in self.state.observations:
            sign, word = ROUND_WORDS[planned.state.value]
            by = f", {planned.done_by}" if planned.done_by else ""
            rows.append(
                RoundRow(
                    planned.minute,
                    round_in_words(planned.minute),
                    planned.due_at,
                    planned.state.value,
                    sign,
                    f"{word}{by}",
                    planned.is_open and not self.is_over,
                )
            )
        return tuple(rows)

    @cached_property
    def news2(self) -> dict[str, Any] | None:
        """The newest NEWS2 with its parts, or None before the first round."""
        scored = self.state.latest_round
        if scored is None:
            return None
        score, values = scored.score, dict(scored.values)
        return {
            "total": score.total,
            "band": BANDS.get(score.band, score.band),
            "scale": score.scale,
            "at": scored.at,
            "attributed": scored.attributed_by,
            "seq": scored.seq,
            "may_attribute": scored.consciousness == CONFUSION and not scored.attributed_by and not self.is_over,
            "missing": [_part_name(name).lower() for name in score.missing],
            "parts": [
                {"name": _part_name(name), "value": _part_value(name, scored, values), "points": points}
                for name, points in score.parts
            ],
        }

    @cached_property
    def effects(self) -> tuple[Effect, ...]:
        """The side effects, oldest first."""
        emergencies = set(figure("session", "emergency_symptoms").value)
        return tuple(
            Effect(
                event.seq,
                what.symptom,
                what.severity,
                ELICITED.get(what.elicited, what.elicited),
                what.note,
                event.happened_at,
                what.symptom in emergencies,
            )
            for event in self.log.side_effects
            for what in [_any(event.what)]
        )

    @cached_property
    def infusion(self) -> dict[str, Any]:
        """How far the giving is, by the log and by the pump."""
        return given_row(self)

    @property
    def next_step(self) -> int:
        """The number of the step that is given next, 0 when none is."""
        return next_step(self.log, self.protocol)[0] if self.is_running else 0

    # Leaving and the record

    @cached_property
    def criteria(self) -> tuple[Question, ...]:
        """The criteria for leaving, as they stand."""
        return tuple(_question(state, said_since_the_end(self.log, state.check.id)) for state in self.state.leaving)

    @property
    def criteria_to_change(self) -> tuple[Question, ...]:
        """The criteria that a person has answered and may answer again."""
        return tuple(one for one in self.criteria if not one.measured and one.state != "unknown")

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """The log in words, newest first."""
        return lines_of(self.log, self.protocol)


def session_view(
    session: TreatmentSession, log: SessionLog, protocol: Protocol, state: SessionState, now: datetime
) -> SessionView:
    """Return the view of one session at `now`."""
    return SessionView(session, log, protocol, state, now)


def _any(value: Any) -> Any:
    return value


def _question(state: CheckState | CriterionState, said: Any) -> Question:
    check = state.check
    stands = "overridden" if state.overridden_by else state.state.replace(" ", "_")
    answered = said.answer
    says = ""
    if answered is not None:
        note = f" – {answered.what.note}" if answered.what.note else ""
        says = f"{answered.by}{note}. "
    if stands == "overridden":
        says += f"Overridden by {state.overridden_by}: {said.override.what.reason}"
    elif stands != "met" and (state.measured or answered is not None):
        says += state.why
    # What is not known yet cannot be overridden, by nobody: it is measured or asked first.
    return Question(
        check.id, check.asks, stands, says.strip(), state.measured, stands == "not_met" and check.overridable
    )


def _part_name(name: str) -> str:
    return PART_NAMES.get(name) or FORMS[Parameter(name)].name


def _part_value(name: str, scored: Any, values: dict[Parameter, float]) -> str:
    if name == "consciousness":
        return str(scored.consciousness)
    if name == "oxygen":
        return "Oxygen" if scored.on_oxygen else "Air"
    form = FORMS[Parameter(name)]
    source = " (monitor)" if name in scored.filled else ""
    return f"{values[Parameter(name)]:.{form.decimals}f} {form.shown_unit}{source}"
