"""The forms of the page on medicines and tests before treatment."""

from collections.abc import Sequence
from typing import Any

from glimmer.care.medicines import MedicineCaution
from glimmer.guidance import baseline_tests
from glimmer.vocabulary.problems import BadInput
from glimmer.web.forms import Choice, Day, Form, LongText, Number, Pick, Several, Text

RESULTS = [
    ("normal", "Normal"),
    ("abnormal", "Not normal"),
    ("negative", "Negative"),
    ("positive", "Positive"),
]


class MedicinesForm(Form):
    """The whole list of medicines as it is now."""

    name = "medicines"
    text = LongText("Everything the patient takes now", rows=6, hint="One medicine a line, with its dose")
    takes_none = Several("Or", [("yes", "The patient takes no medicines at all")])
    asked = Text(
        "Who was asked, or where was it read?", max_length=200, missing="Say who was asked, or where it was read."
    )


class SettleForm(Form):
    """How an interaction is dealt with."""

    name = "settle"
    interaction = Pick("Interaction", missing="Choose the interaction.")
    says = LongText("What was settled, and with whom?", rows=2, missing="Say what was settled, and with whom.")

    def __init__(self, *args: Any, cautions: Sequence[MedicineCaution], **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["interaction"].choices = [(one.interaction.id, one.interaction.title) for one in cautions]  # type: ignore[attr-defined]


class ResultForm(Form):
    """One result of one test."""

    name = "result"
    test = Pick("Test", [(test.id, test.title) for test in baseline_tests()], missing="Choose the test.")
    done_on = Day("Done on", missing="Enter the day of the test.")
    result = Choice("Result", RESULTS, inline=True, hint="For the blood pressure enter the two numbers instead")
    systolic = Number("Upper blood pressure", unit="mmHg", decimals=0, least=1, most=999)
    diastolic = Number("Lower blood pressure", unit="mmHg", decimals=0, least=1, most=999)
    note = LongText("What it says", rows=2, hint="Such as values outside the range, or where the report is kept")

    def pressure(self) -> tuple[int, int] | None:
        """Return the two numbers, or None where neither was entered."""
        high, low = self.cleaned_data["systolic"], self.cleaned_data["diastolic"]
        if (high is None) is not (low is None):
            raise BadInput("Enter both numbers of the blood pressure.", field="systolic")
        return None if high is None else (int(high), int(low))


class WithdrawResultForm(Form):
    """Why a result does not belong here."""

    name = "withdraw"
    reason = LongText("What is wrong with this result?", rows=2, missing="Say what is wrong with this result.")
