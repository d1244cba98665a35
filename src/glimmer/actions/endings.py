"""How a journey ends, and what may no longer be done then; and how a row that stands is ended, once."""

from typing import Literal, TypeVar

from django.db.models import Model

from glimmer.actions.act import Act, Deed
from glimmer.records.episodes import Episode
from glimmer.vocabulary.problems import RuleRefused

Row = TypeVar("Row", bound=Model)


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


def end_once(act: Act, row: Row, how: Literal["withdrawn", "cancelled", "ended", "revoked"], already: str) -> Row:
    """Lock a row and enter who ended it and when, in the act's own name; return it, fresh.

    `how` names its columns (`withdrawn_by`, `withdrawn_at`). Raise RuleRefused with `already` where somebody has: what
    was entered first stands.
    """
    fresh = type(row)._default_manager.select_for_update(of=("self",)).get(pk=row.pk)
    by, at = f"{how}_by", f"{how}_at"
    if getattr(fresh, at) is not None:
        raise RuleRefused(already)
    setattr(fresh, by, act.by)
    setattr(fresh, at, act.at)
    fresh.save(update_fields=[by, at])
    act.about(fresh)
    return fresh
