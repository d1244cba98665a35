"""The forms of the consent page."""

from typing import Any

from glimmer.care.consent import CAPACITY
from glimmer.guidance import information
from glimmer.web.forms import Choice, Form, LongText, Several, Text

ANSWERS = (("yes", "Yes"), ("no", "No"), ("not_assessed", "Not assessed"))


class ConsentForm(Form):
    """One conversation: points covered, capacity, questions, decision."""

    name = "consent"
    field_order = ["information_version", "points_covered", *(part for part, _ in CAPACITY), "questions", "decision"]
    information_version = Text("Version of the information", max_length=40)
    points_covered = Several("Which points did you go through with the patient?", hint="Tick each one you covered")
    questions = LongText("What the patient asked, and what was answered (optional)")
    decision = Choice(
        "What did the patient decide?",
        [("given", "Consents"), ("refused", "Refuses")],
        missing="Choose what the patient decided: consents or refuses.",
    )
    reason = LongText("Reason or remarks (optional)", rows=2)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["points_covered"].choices = [  # type: ignore[attr-defined]
            (point.id, f"{point.title}: {point.says}") for point in information().points
        ]
        for part, can in CAPACITY:
            asks = f"Can the patient {can}?"
            self.fields[part] = Choice(asks, ANSWERS, missing=f"{asks} Choose yes, no or not assessed.", inline=True)


class WithdrawForm(Form):
    """Why consent is withdrawn, as far as the patient says."""

    name = "withdraw"
    reason = LongText("What the patient said (optional)", rows=2, hint="A reason is never demanded")
