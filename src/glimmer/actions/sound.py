"""The tones of a session: paused for a bounded time by a named person, and switched on again."""

from datetime import datetime

from glimmer.actions.log import Bedside, allow, attend
from glimmer.care.session.conduct import must_be_open
from glimmer.care.session.events import SessionEvent, SoundPaused, SoundResumed, What
from glimmer.guidance.figures import figure
from glimmer.records.sessions import TreatmentSession
from glimmer.records.staff import Staff


def longest_pause_seconds() -> int:
    """Return for how long one press silences a session."""
    return int(figure("tones", "pause_longest").value)


def pause_sound(
    session: TreatmentSession, *, by: Staff, form_token: str = "", at: datetime | None = None
) -> list[SessionEvent]:
    """Silence the alarms that sound now, for the time that guidance allows; one that is raised later sounds."""

    def decide(bedside: Bedside) -> list[What]:
        allow(must_be_open(bedside.log), "There is no sound to pause.")
        return [SoundPaused(longest_pause_seconds())]

    return attend(session, "alarm.acknowledge", "pause_sound", decide, by=by, form_token=form_token, at=at)


def resume_sound(
    session: TreatmentSession, *, by: Staff, form_token: str = "", at: datetime | None = None
) -> list[SessionEvent]:
    """Let the alarms of a session sound again before the pause is over."""

    def decide(bedside: Bedside) -> list[What]:
        allow(must_be_open(bedside.log), "There is no sound to switch on.")
        return [SoundResumed()]

    return attend(session, "alarm.acknowledge", "resume_sound", decide, by=by, form_token=form_token, at=at)
