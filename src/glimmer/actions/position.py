"""Where a patient stands: worked out from what is recorded, and kept on the episode for the worklists."""

from datetime import datetime

from glimmer.care.journey import Position, where_is
from glimmer.records.episodes import Episode
from glimmer.records.journey import journey_facts

__all__ = ["journey_facts", "refresh_position"]


def refresh_position(episode: Episode, at: datetime) -> Position:
    """Work the position out anew, store it and count the revision up; `episode` is locked by the caller."""
    position = where_is(journey_facts(episode, at))
    episode.step, episode.state = position.step, position.state
    episode.needs, episode.waiting_on = position.needs, position.waiting_on
    episode.revision += 1
    episode.updated_at = at
    episode.save(update_fields=["step", "state", "needs", "waiting_on", "revision", "updated_at"])
    return position
