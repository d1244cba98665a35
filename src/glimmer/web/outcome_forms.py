"""The forms of the outcomes page. The items carry short labels of our own, not the questionnaire's wording."""

from typing import Any

from glimmer.care.scores import ITEM_LABELS
from glimmer.records.outcomes import Score
from glimmer.vocabulary.problems import Problem
from glimmer.web.forms import Choice, Day, Form, LongText, Number

ANSWERS = (("0", "0"), ("1", "1"), ("2", "2"), ("3", "3"), ("none", "Not answered"))
OCCASIONS = (
    ("baseline", "Baseline, before treatment is decided"),
    ("before_session", "Before a session"),
    ("after_course", "After the course"),
    ("follow_up", "Follow-up"),
)


class _Items(Form):
    """A form with the nine items, none of them answered beforehand."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        for number, label in enumerate(ITEM_LABELS, start=1):
            self.fields[f"item_{number}"] = Choice(
                label, ANSWERS, missing=f"{label}: choose 0 to 3, or not answered.", inline=True, small=True, size="xs"
            )

    def items(self) -> list[int | None]:
        """Return the nine answers in order; None for an item left open on the patient's form."""
        answers = [self.cleaned_data[f"item_{number}"] for number in range(1, len(ITEM_LABELS) + 1)]
        return [None if answer == "none" else int(answer) for answer in answers]

    def item_fields(self) -> list[Any]:
        """Return the fields of the items, for the page."""
        return [self[f"item_{number}"] for number in range(1, len(ITEM_LABELS) + 1)]

    @staticmethod
    def initial_of(score: Score) -> dict[str, str]:
        """Return the stored answers of a score that is being corrected."""
        answers = enumerate(score.items, start=1)
        return {f"item_{number}": "none" if answer is None else str(answer) for number, answer in answers}


class ScoreForm(_Items):
    """A completed PHQ-9: when, on what occasion, and the nine answers."""

    name = "score"
    occasion = Choice("What is this PHQ-9 for?", OCCASIONS, missing="Choose what this PHQ-9 is for.")
    session_number = Number(
        "Number of the session", decimals=0, least=1, most=99, width="2", hint="For one before a session"
    )
    completed_on = Day("Completed on", missing="Enter the day on which the patient completed it.")

    def complain(self, problem: Problem) -> None:
        """Put a complaint about all items at the first of them."""
        if getattr(problem, "field", "") == "items":
            problem.field = "item_1"  # type: ignore[attr-defined]
        super().complain(problem)


class CorrectionForm(_Items):
    """The right answers, and what was wrong."""

    name = "correction"
    reason = LongText("What was wrong?", missing="Say what was wrong with the score.", rows=2)
