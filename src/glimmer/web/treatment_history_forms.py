"""The forms of the treatment history."""

from collections.abc import Sequence
from typing import Any

from glimmer.actions.treatment_history import TrialDetails
from glimmer.care.staging import SEVERITIES
from glimmer.care.treatment_history import TrialKind, TrialOutcome
from glimmer.guidance import Antidepressant, figure
from glimmer.records.treatment_history import STATED_BY, UNITS, TreatmentTrial
from glimmer.vocabulary.problems import BadInput
from glimmer.web.forms import Choice, Form, LongText, Number, Pick, Text

PRESENT = {"yes": True, "no": False, "unknown": None}


class TrialForm(Form):
    """One treatment that was tried."""

    name = "trial"
    kind = Choice(
        "What kind of treatment was it?",
        [(kind.value, kind.label) for kind in TrialKind],
        missing="Choose what kind of treatment it was.",
    )
    drug = Pick("Which antidepressant?", hint="Those whose least adequate dose is known")
    other_name = Text("Name of any other treatment", hint="A medicine that is not listed cannot be judged")
    dose = Number("Highest daily dose", decimals=3, least=0, most=100_000, hint="Leave out what is not known")
    unit = Pick("Unit of the dose", UNITS)
    weeks = Number("Weeks taken at that dose", unit="weeks", least=0, most=5000)
    sessions = Number("Sessions attended", decimals=0, least=0, most=2000, hint="Of a therapy or of ECT")
    outcome = Choice(
        "What came of it?",
        [(one.value, one.label) for one in TrialOutcome],
        missing="Choose what came of it, or that it is not known.",
    )
    present = Choice(
        "Was it in the present episode?",
        [("yes", "Yes"), ("no", "No"), ("unknown", "Not known")],
        missing="Choose whether it was in the present episode, or that it is not known.",
        inline=True,
    )
    stated_by = Pick("Who says so?", STATED_BY, missing="Choose who says so.")
    stated_where = Text("Where it is written", max_length=200, hint="Such as: letter of 3 May 2026")
    note = LongText("Note", rows=2)

    def __init__(self, data: Any = None, *, drugs: Sequence[Antidepressant], **more: Any) -> None:
        super().__init__(data, **more)
        self.fields["drug"].choices = [(drug.id, drug.title) for drug in drugs]  # type: ignore[attr-defined]
        self._titles = {drug.id: drug.title for drug in drugs}

    def details(self) -> TrialDetails:
        """Return what was typed; raise BadInput where two names were given."""
        data = self.cleaned_data
        if data["drug"] and data["other_name"]:
            raise BadInput("Choose an antidepressant or enter another name, not both.", field="other_name")
        name = self._titles[data["drug"]] if data["drug"] else data["other_name"]
        if not name:
            raise BadInput("Choose the antidepressant, or enter the name of the treatment.", field="other_name")
        taken = ("kind", "outcome", "stated_by", "dose", "unit", "weeks", "sessions", "stated_where", "note")
        return TrialDetails(
            name=name,
            in_present_episode=PRESENT[data["present"]],
            **{field: data[field] for field in taken},
        )


def initial_of(trial: TreatmentTrial, drugs: Sequence[Antidepressant]) -> dict[str, Any]:
    """Return what a form that corrects a trial begins with."""
    known = next((drug for drug in drugs if drug.title == trial.name), None)
    words = {value: word for word, value in PRESENT.items()}
    names = ("kind", "outcome", "stated_by", "unit", "sessions", "stated_where", "note")
    plain = {name: getattr(trial, name) for name in names}
    numbers = {name: f"{getattr(trial, name).normalize():f}" for name in ("dose", "weeks") if getattr(trial, name)}
    return {
        **plain,
        **numbers,
        "present": words[trial.in_present_episode],
        "drug": known.id if known else "",
        "other_name": "" if known else trial.name,
    }


class CorrectTrialForm(TrialForm):
    """A trial as it should have been recorded, and what was wrong."""

    name = "correct"
    reason = LongText("What was wrong?", rows=2, missing="Say what was wrong.")


class WithdrawTrialForm(Form):
    """Why an entry should not be there at all."""

    name = "withdraw"
    reason = LongText("Why does it not belong here?", rows=2, missing="Say why this entry does not belong here.")


class IllnessForm(Form):
    """The present episode, as far as it is known."""

    name = "illness"
    months = Number(
        "How long has the present episode lasted?",
        unit="months",
        decimals=0,
        least=0,
        most=float(figure("staging", "longest_months").value),
        hint="In completed months",
    )
    severity = Choice("How severe is it now?", list(SEVERITIES.items()), hint="As the clinician finds it")
