"""Scoring of the PHQ-9. The items carry short labels of our own; the questionnaire's wording is not held here."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from glimmer.guidance import figure
from glimmer.vocabulary.problems import BadInput

INSTRUMENT = "phq9"
INSTRUMENT_VERSION = "phq9-1"
"""The version of this scoring rule; it is stored with each score."""

ITEM_LABELS = (
    "Item 1: interest",
    "Item 2: low mood",
    "Item 3: sleep",
    "Item 4: energy",
    "Item 5: appetite",
    "Item 6: self-worth",
    "Item 7: concentration",
    "Item 8: slow or restless",
    "Item 9: thoughts of death or self-harm",
)


@dataclass(frozen=True, slots=True)
class Phq9:
    """A scored PHQ-9. `missing` are the numbers of items left open; `prorated` says that the total makes up for them.

    `safety_item` is the answer to item 9 (None: left open); `task` is what somebody has to do about it, or "".
    """

    items: tuple[int | None, ...]
    total: int
    band: str
    missing: tuple[int, ...]
    safety_item: int | None
    task: str

    @property
    def prorated(self) -> bool:
        """True when the total was worked out from fewer than all items."""
        return bool(self.missing)


def score_phq9(items: Sequence[int | None]) -> Phq9:
    """Return the score of nine answers of 0 to 3, None for an item that was left open.

    Missing items: with up to two open, the total is the mean of the others times nine, rounded to the
    nearest whole (a half goes up), and marked as prorated; with more, there is no total and BadInput,
    field `items`, is raised. So it is for a wrong number of items and for values out of range.
    """
    answers = _checked(items)
    missing = tuple(number for number, answer in enumerate(answers, start=1) if answer is None)
    allowed = figure("phq9", "missing_items_allowed").value
    if len(missing) > allowed:
        raise BadInput(
            f"{len(missing)} items were left open, and at most {allowed} may be. "
            "Ask the patient to answer them; otherwise this PHQ-9 has no total.",
            field="items",
        )
    total = _total(answers)
    safety_item = answers[figure("phq9", "safety_item").value - 1]
    return Phq9(answers, total, band_of(total), missing, safety_item, _task(safety_item))


def band_of(total: int) -> str:
    """Return the severity band of a total: none or minimal, mild, moderate, moderately severe, severe."""
    names = [band["name"] for band in figure("phq9", "bands").value if total >= band["from"]]
    name: str = names[-1]
    return name


def _checked(items: Sequence[int | None]) -> tuple[int | None, ...]:
    wanted = figure("phq9", "items").value
    if len(items) != wanted:
        raise BadInput(f"A PHQ-9 has {wanted} items, but {len(items)} were entered. Enter all of them.", field="items")
    lowest, highest = figure("phq9", "item_range").value
    for label, answer in zip(ITEM_LABELS, items, strict=True):
        if answer is None:
            continue
        if isinstance(answer, bool) or not isinstance(answer, int) or not lowest <= answer <= highest:
            raise BadInput(
                f"{label}: the answer is {answer}, but must be a whole number from {lowest} to {highest}. "
                "Check it against the patient's form.",
                field="items",
            )
    return tuple(items)


def _total(answers: tuple[int | None, ...]) -> int:
    given = [answer for answer in answers if answer is not None]
    exact = Fraction(sum(given) * len(answers), len(given))
    return int(exact + Fraction(1, 2))


def _task(safety_item: int | None) -> str:
    if safety_item is None:
        return (
            "Item 9 of the PHQ-9 (thoughts of death or self-harm) was left open. "
            "Ask the patient today, assess the risk, and record what was found and done."
        )
    if safety_item > 0:
        return (
            f"Item 9 of the PHQ-9 (thoughts of death or self-harm) was answered {safety_item}. "
            "Speak with the patient today, assess the risk, and record what was found and done."
        )
    return ""
