"""The forms of incidents: the report, the assessment, and one short form for each step that follows."""

from collections.abc import Sequence
from typing import Any

from glimmer.actions.incidents import Draft
from glimmer.care.incidents import KINDS, KINDS_MEAN, Assessment, Kind
from glimmer.guidance import figure
from glimmer.guidance.adverse_events import adverse_events
from glimmer.web.calendar_forms import moment_of
from glimmer.web.forms import Choice, Day, Form, LongText, Pick, Several, Text, TimeOfDay

YES_NO = [("yes", "Yes"), ("no", "No")]


def words_of(name: str) -> list[tuple[str, str]]:
    """Return a table of the guidance as the choices of a field."""
    return [(str(key), str(words)) for key, words in figure("incidents", name).value.items()]


def terms() -> list[tuple[str, str]]:
    """Return the list of effects as the choices of a field."""
    return [(one.id, one.title) for one in adverse_events()]


class ReportForm(Form):
    """What happened. What is not known yet is left to the assessment."""

    name = "report"
    kind = Choice("What is it?", missing="Choose what it is.")
    term = Pick("What happened, by the list", hint="Leave it out where you are not sure")
    what = LongText("What happened", missing="Say what happened, in a sentence or two.", rows=4)
    did = LongText("What was done about it", rows=2)
    day = Day("Day, if not today")
    at_time = TimeOfDay("Time, if not now", hint="For example 14:30")

    def __init__(self, *args: Any, kinds: Sequence[Kind], **more: Any) -> None:
        super().__init__(*args, **more)
        field: Any = self.fields["kind"]
        field.choices = [(kind.value, KINDS[kind]) for kind in kinds]
        field.hints = {kind.value: KINDS_MEAN[kind] for kind in kinds}
        self.fields["term"].choices = terms()  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Refuse a day without a time, and a time without a day."""
        data = super().clean() or self.cleaned_data
        if bool(data.get("day")) != bool(data.get("at_time")):
            self.add_error("at_time", "Enter both the day and the time, or neither for now.")
        return data

    def draft(self, **known: Any) -> Draft:
        """What was entered; `known` is where the report comes from."""
        data = self.cleaned_data
        happened_at = moment_of(data["day"], data["at_time"]) if data["day"] and data["at_time"] else None
        return Draft(
            Kind(data["kind"]),
            data["what"],
            data["did"],
            data["term"],
            happened_at or known.pop("happened_at", None),
            **{name: value for name, value in known.items() if name != "happened_at"},
        )


class AssessForm(Form):
    """A clinician's judgement. What does not apply to a near miss or an incident without a reaction is left out."""

    name = "assess"
    term = Pick("What it was", missing="Choose what it was.")
    words = Text("In other words, where it is not on the list", max_length=120)
    grade = Choice("Grade", missing="Choose the grade.")
    serious = Several("Serious, because", hint="Tick what applies; nothing ticked means not serious")
    drug = Text("Suspected drug", max_length=100, hint="Leave it out where no drug is suspected")
    causality = Choice("Did the drug cause it?", missing="Choose how likely it is that the drug caused it.")
    expected = Choice("Was it expected?", YES_NO, missing="Say whether it was expected.", inline=True)
    harm = Choice("Bodily harm", missing="Choose how much bodily harm there was; no harm is an answer.")
    psychological_harm = Choice("Psychological harm", missing="Choose how much psychological harm there was.")
    notifiable = Choice(
        "Has the patient to be told under the duty of candour?",
        YES_NO,
        missing="Say whether the patient has to be told under the duty of candour.",
        hint="From moderate harm on, or psychological harm that lasts, where it was not intended or not expected",
        inline=True,
    )
    why = LongText("Why, where this differs from what the guidance proposes", rows=2, max_length=2000)

    def __init__(self, *args: Any, kind: Kind, **more: Any) -> None:
        super().__init__(*args, **more)
        harm = words_of("harm")
        made = {
            "term": terms(),
            "grade": words_of("grades"),
            "serious": words_of("serious"),
            "causality": words_of("causality"),
            "harm": harm,
            "psychological_harm": [one for one in harm if one[0] != "fatal"],
        }
        for name, choices in made.items():
            self.fields[name].choices = choices  # type: ignore[attr-defined]
        if kind is not Kind.ADVERSE_EVENT:
            for name in ("term", "words", "grade", "serious", "drug", "causality", "expected"):
                del self.fields[name]

    @property
    def assessment(self) -> Assessment:
        """What was entered."""
        data: dict[str, Any] = {name: value for name, value in self.cleaned_data.items() if name != "seen"}
        for name in ("expected", "notifiable"):
            if name in data:
                data[name] = data[name] == "yes"
        if "grade" in data:
            data["grade"] = int(data["grade"])
        data["serious"] = tuple(data.get("serious", ()))
        return Assessment(**data)


class StepForm(Form):
    """One step that a person writes down."""

    @property
    def body(self) -> dict[str, Any]:
        """What was entered."""
        return {name: value for name, value in self.cleaned_data.items() if name != "seen"}


class OutcomeForm(StepForm):
    """How the patient is."""

    name = "outcome"
    outcome = Choice("Outcome for the patient", missing="Choose the outcome; not known is an answer.")
    note = LongText("Anything to say about it", rows=2)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["outcome"].choices = words_of("outcomes")  # type: ignore[attr-defined]


class ToldForm(StepForm):
    """Duty of candour, in person."""

    name = "told"
    whom = Text("Who was told", missing="Say who was told: the patient, or who else and why.", max_length=200)
    note = LongText(
        "What was told, on which day, and what support was offered",
        missing="Say what was told and what support was offered.",
        rows=3,
    )
    apologised = Several("Apology", [("yes", "An apology was given")], missing="An apology is part of it.")

    @property
    def body(self) -> dict[str, Any]:
        """What was entered."""
        return {**self.cleaned_data, "apologised": "yes" in self.cleaned_data["apologised"]}


class CardForm(StepForm):
    """What became of the Yellow Card."""

    name = "card"
    filed = Choice("Was the Yellow Card filed?", YES_NO, missing="Say whether the Yellow Card was filed.", inline=True)
    reference = Text("Reference that the scheme gave", max_length=100)
    note = LongText("Why not, or anything else", rows=2)

    @property
    def body(self) -> dict[str, Any]:
        """What was entered."""
        return {**self.cleaned_data, "filed": self.cleaned_data["filed"] == "yes"}


class ReferenceForm(StepForm):
    """The reference of a record in the national service."""

    name = "lfpse"
    reference = Text("Reference in LFPSE", missing="Enter the reference that the service gave.", max_length=100)


class NoteForm(StepForm):
    """A few sentences."""

    note = LongText("What happened", missing="Write it down in a sentence.", rows=3)


class CloseForm(Form):
    """What the review found and what was learned."""

    name = "close"
    review = LongText("What the review found", missing="Say what the review found.", rows=3)
    learned = LongText("What was learned", missing="Say what was learned; nothing is an answer.", rows=3)
    changes = LongText("What will be different, who does it and by when", rows=3)


class ExportForm(Form):
    """Where the scheme can reach the reporter."""

    name = "export"
    contact = Text(
        "Where the MHRA can reach you",
        missing="Enter where the MHRA can reach you: an address, telephone or e-mail.",
        max_length=300,
        width="",
    )
