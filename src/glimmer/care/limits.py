"""What stands against a session on a day, and what a second prescriber's agreement to it covers."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from glimmer.guidance import figure


class Kind(StrEnum):
    """What a limit counts: sessions in time, mg/kg in time, or how soon after the last session."""

    SESSIONS = "sessions"
    DOSE = "dose"
    OFTEN = "often"


@dataclass(frozen=True, slots=True)
class Over:
    """One limit above which a second prescriber has to agree.

    `amount` says how far: the number of the session, mg/kg in all, or for OFTEN the days by which the session comes
    sooner than weekly. More is worse.
    """

    kind: Kind
    says: str
    amount: float


@dataclass(frozen=True, slots=True)
class Limits:
    """What stands against a session on a day: `blocks` cannot be passed, `over` needs a second prescriber."""

    blocks: tuple[str, ...] = ()
    over: tuple[Over, ...] = ()

    @property
    def second(self) -> tuple[str, ...]:
        """Why a second prescriber is needed, in sentences."""
        return tuple(one.says for one in self.over)


def uncovered(now: Iterable[Over], agreed: Iterable[Over]) -> tuple[Over, ...]:
    """Return what stands now and was not agreed to: of another kind, or further over than the agreement reaches.

    Whoever agrees knows what stands on that day, not what adds up later: an agreement reaches a few sessions on.
    """
    reach = figure("maintenance", "agreement_reaches").value
    agreed = tuple(agreed)
    return tuple(
        one
        for one in now
        if not any(of.kind is one.kind and one.amount <= of.amount + reach[one.kind.value] for of in agreed)
    )
