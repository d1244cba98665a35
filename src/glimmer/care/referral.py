"""The referral: which items of the minimum set are there, and whether triage may go on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from glimmer.guidance import referral_items
from glimmer.vocabulary.problems import BadInput
from glimmer.vocabulary.verdict import Verdict


class ItemState(StrEnum):
    """What a referral says about an item: it is there, there is explicitly none, or it is missing."""

    PRESENT = "present"
    NONE = "none"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class ReferralFacts:
    """The state of each item by its id. An item that is not named at all is missing."""

    items: Mapping[str, str]

    def state(self, item_id: str) -> ItemState:
        """Return the state of one item."""
        return ItemState(self.items.get(item_id, ItemState.MISSING))


def missing_items(facts: ReferralFacts) -> tuple[str, ...]:
    """Return the titles of the items that are missing, in the order in which they are asked."""
    return tuple(item.title for item in referral_items() if facts.state(item.id) is ItemState.MISSING)


def may_triage(facts: ReferralFacts) -> Verdict:
    """Say whether the referral may be accepted: nothing but a *missing* item stands against it, each is named."""
    return Verdict(
        tuple(
            f"{title}: missing. Enter what the referrer sends, or record that there is explicitly none."
            for title in missing_items(facts)
        )
    )


def age_on(birth_date: date, day: date) -> int:
    """Return the age in whole years on `day`; raise BadInput, field `birth_date`, when the birth lies after it.

    Somebody born on 29 February has their birthday on 1 March in other years, as in English law.
    """
    if birth_date > day:
        raise BadInput("The date of birth lies in the future. Check the day, month and year.", field="birth_date")
    had_birthday = (day.month, day.day) >= (birth_date.month, birth_date.day)
    return day.year - birth_date.year - (0 if had_birthday else 1)
