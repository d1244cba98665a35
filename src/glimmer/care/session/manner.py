"""In which way the drug of a session is given, and what that makes of the words in which rules speak of it."""

from glimmer.care.session.course import Phase
from glimmer.care.session.log import SessionLog
from glimmer.guidance.administration import Administration, administration
from glimmer.guidance.protocol import protocol


def manner_of(log: SessionLog) -> Administration:
    """Return the way of giving of a session's protocol; before anything is known of it, an infusion's."""
    if log.opened is None:
        return administration()
    return protocol(log.opened.protocol_id, log.opened.protocol_version).given_by


def phase_in_words(log: SessionLog, phase: Phase | None = None) -> str:
    """Return where a session stands (or the phase given), in the words of its way of giving."""
    phase = phase or log.phase()
    return manner_of(log).running if phase is Phase.RUNNING else phase.label
