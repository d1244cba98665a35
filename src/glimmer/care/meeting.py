"""The multidisciplinary meeting: views, a decision, dissent and actions, from an open case to a closed one."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from glimmer.guidance import figure
from glimmer.vocabulary.verdict import Verdict


class View(StrEnum):
    """What a member thinks."""

    FOR = "for"
    AGAINST = "against"
    UNSURE = "unsure"
    ABSTAINS = "abstains"

    @property
    def label(self) -> str:
        """The view in words."""
        return {"for": "For", "against": "Against", "unsure": "Not sure yet", "abstains": "Abstains"}[self.value]


class Advice(StrEnum):
    """What the meeting advises. The psychiatrist decides about eligibility; the meeting does not."""

    TREAT = "treat"
    DO_NOT_TREAT = "do_not_treat"
    LATER = "later"

    @property
    def label(self) -> str:
        """The advice in words."""
        return {"treat": "Treat", "do_not_treat": "Do not treat", "later": "Discuss again"}[self.value]


@dataclass(frozen=True, slots=True)
class MemberView:
    """One member's newest view."""

    member_id: int
    role: str
    view: View


def may_advise(views: Sequence[MemberView], advice: Advice, dissent: str) -> Verdict:
    """Say whether the meeting can conclude: enough members, more than one profession, and dissent in words.

    A member who is against treatment that is advised, or for treatment that is not, dissents; their reason is kept.
    """
    members = int(figure("meeting", "members_wanted").value)
    roles = int(figure("meeting", "professions_wanted").value)
    spoken = [one for one in views if one.view is not View.ABSTAINS]
    reasons = []
    if len(spoken) < members:
        reasons.append(f"{len(spoken)} members have given a view; at least {members} are wanted.")
    if len({one.role for one in spoken}) < roles:
        reasons.append(f"The views are of too few professions; at least {roles} are wanted.")
    if dissenting(views, advice) and not dissent.strip():
        reasons.append("Somebody sees it otherwise. Write down the dissent in their words.")
    return Verdict(tuple(reasons))


def dissenting(views: Sequence[MemberView], advice: Advice) -> tuple[MemberView, ...]:
    """Return the views that are against what is advised."""
    other_way = {Advice.TREAT: View.AGAINST, Advice.DO_NOT_TREAT: View.FOR}.get(advice)
    return tuple(one for one in views if one.view is other_way)


def advice_caution(advice: Advice | None, told_on: str) -> tuple[str, ...]:
    """Return what a decision to treat has to weigh of the newest advice; `told_on` is its day in words."""
    if advice is None or advice is Advice.TREAT:
        return ()
    return (
        f"The meeting of {told_on} advised otherwise: {advice.label.lower()}. Whoever treats all the same says why.",
    )
