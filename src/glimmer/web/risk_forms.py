"""The forms of the page on risk and safety."""

from typing import Any

from glimmer.actions.urgent import SafetyPlanDetails
from glimmer.care.urgent import Step, Urgency
from glimmer.records.urgent import PLAN, RISK, SafetyPlan
from glimmer.web.forms import Choice, Day, Form, LongText, Text

YES_NO = [("yes", "Yes"), ("no", "No")]


class UrgentForm(Form):
    """Acute danger: how urgent, and what was noticed."""

    name = "urgent"
    urgency = Choice(
        "How soon does the patient have to be seen?",
        [(one.value, one.label) for one in Urgency],
        missing="Choose how soon the patient has to be seen.",
    )
    noticed = LongText("What was said or seen?", missing="Say what was said or seen.")


class StepForm(Form):
    """One step of an urgent call."""

    name = "step"
    step = Choice(
        "What was done?",
        [(one.value, one.label) for one in Step],
        missing="Choose what was done.",
        hint="A psychiatrist closes the call",
    )
    whom = Text(
        "Who took the patient over, or sent them back?", max_length=200, hint="The team and the person, for a handover"
    )
    says = LongText("What was found and done?", missing="Say what was found and done.")


class SafetyPlanForm(Form):
    """Risk as it is found, and the plan."""

    name = "safety"

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        for part, (title, answers) in RISK.items():
            choices = [(answer, answer.capitalize()) for answer in answers]
            says = f"{title}: choose an answer, or that it is not known."
            self.fields[f"risk_{part}"] = Choice(title, choices, missing=says, inline=True, small=True)
        self.fields["risk_note"] = LongText("What else matters about risk", rows=2)
        for part, title in PLAN.items():
            self.fields[f"plan_{part}"] = LongText(title, rows=2)
        self.fields["made_with_patient"] = Choice(
            "Was the plan made together with the patient?",
            YES_NO,
            missing="Choose whether the plan was made together with the patient.",
            inline=True,
        )
        self.fields["copy_given"] = Choice(
            "Has the patient been given a copy?",
            YES_NO,
            missing="Choose whether the patient has been given a copy.",
            inline=True,
        )
        self.fields["review_on"] = Day("Looked at again on", missing="Enter the day on which it is looked at again.")

    def details(self) -> SafetyPlanDetails:
        """Return what was typed."""
        data = self.cleaned_data
        return SafetyPlanDetails(
            risk={part: data[f"risk_{part}"] for part in RISK},
            plan={part: data[f"plan_{part}"] for part in PLAN},
            made_with_patient=data["made_with_patient"] == "yes",
            copy_given=data["copy_given"] == "yes",
            review_on=data["review_on"],
            risk_note=data["risk_note"],
        )

    def risk_fields(self) -> list[Any]:
        """The questions about risk."""
        return [self[f"risk_{part}"] for part in RISK]

    def plan_fields(self) -> list[Any]:
        """The parts of the plan."""
        return [self[f"plan_{part}"] for part in PLAN]


def initial_of(plan: SafetyPlan | None) -> dict[str, str]:
    """Return what a new plan begins with: the words of the last one, and nothing about risk, which is asked anew."""
    return {} if plan is None else {f"plan_{part}": plan.plan.get(part, "") for part in PLAN}
