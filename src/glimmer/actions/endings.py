"""How a journey ends, and what may no longer be done then."""

from glimmer.actions.act import Act, Deed
from glimmer.records.episodes import Episode
from glimmer.vocabulary.problems import RuleRefused


def locked_episode(act: Deed) -> Episode:
    """Return the episode that the act has locked; raise RuntimeError when it was opened without one."""
    if act.episode is None:
        raise RuntimeError(f"The action {act.verb} needs an episode, but acting() was opened without one.")
    return act.episode


def open_episode(act: Deed) -> Episode:
    """Return the act's locked episode, or raise RuleRefused when the journey has ended."""
    episode = locked_episode(act)
    if episode.closed_at is not None:
        raise RuleRefused(
            "This patient's journey has ended, so nothing can be added to it. "
            "If the patient is referred again, record a new referral."
        )
    return episode


def close_episode(act: Act, because: str) -> None:
    """End the journey of the act's locked episode, in the act's own transaction and name."""
    episode = locked_episode(act)
    episode.closed_at, episode.closed_by, episode.closed_because = act.at, act.by, because
    episode.save(update_fields=["closed_at", "closed_by", "closed_because"])
