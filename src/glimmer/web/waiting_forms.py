"""The forms of the waiting list and the planner."""

from typing import Any

from glimmer.guidance import figure
from glimmer.records.waiting import PRIORITIES
from glimmer.web.forms import Choice, Day, Form, LongText, Several


class PriorityForm(Form):
    """How urgently a patient waits, and why."""

    name = "priority"
    priority = Choice("How urgently", missing="Choose how urgently the patient waits.")
    reason = LongText("Why", missing="Say why.", rows=2, max_length=500)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        weeks = figure("calendar", "priority_weeks").value
        self.fields["priority"].choices = [  # type: ignore[attr-defined]
            (value, f"{words}: begins within {weeks[value]} weeks") for value, words in PRIORITIES
        ]


class PlanForm(Form):
    """From which day to plan."""

    name = "planning"
    first_day = Day("Plan from", missing="Enter the day from which to plan.")


class AcceptForm(Form):
    """Which of the proposed dates to book."""

    name = "accept"
    dates = Several("Dates", missing="Choose at least one date.")

    def __init__(self, *args: Any, offered: list[str], **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["dates"].choices = [(key, key) for key in offered]  # type: ignore[attr-defined]
