"""The forms of the consent page."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError

from glimmer.actions.consent_talk import WAYS
from glimmer.care.communication import CONTACT, FORMATS, SUPPORT
from glimmer.care.consent import CAPACITY
from glimmer.care.consent_waiting import INTERPRETER
from glimmer.guidance import Information, Protocol, figure
from glimmer.guidance.purposes import purposes
from glimmer.web.forms import Choice, Day, Form, LongText, Pick, Several, Text, TimeOfDay, Upload

ANSWERS = (("yes", "Yes"), ("no", "No"), ("not_assessed", "Not assessed"))
INTERPRETER_ASKS = "Interpreter in this talk"
INTERPRETER_MISSING = "Choose whether an interpreter was needed, was there or was declined."


def interpreter_choice() -> Choice:
    """Return the question whether somebody interpreted; a fresh one for each form."""
    return Choice(INTERPRETER_ASKS, list(INTERPRETER.items()), missing=INTERPRETER_MISSING)


def interpreter_name() -> Text:
    """Return the field for who interpreted."""
    return Text("Interpreter's name or number, and service", max_length=160, hint="Only if one was there")


class InformForm(Form):
    """How the patient was given the information."""

    name = "inform"
    protocol_id = Pick("Treatment", missing="Choose the treatment that the patient was told about.")
    cost = Choice(
        "What does it cost the patient?",
        [("free", "Nothing: the NHS pays"), ("pays", "The patient pays")],
        missing="Choose whether the patient pays.",
    )
    cost_words = Text("If the patient pays: how much, and for what", max_length=300, width="30")
    ways = Several("How was it given?", list(WAYS.items()), missing="Choose how the patient was given the information.")
    interpreter = interpreter_choice()
    interpreter_who = interpreter_name()
    given_on = Day("Day it was given", hint="Leave day and time empty if it is given now")
    given_time = TimeOfDay("Time it was given")

    def __init__(self, *args: Any, offered: Iterable[Protocol], **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["protocol_id"].choices = [(one.id, one.title) for one in offered]  # type: ignore[attr-defined]


class AskForm(Form):
    """A question in the patient's words."""

    name = "ask"
    asks = LongText("What the patient asks", missing="Write down what the patient asked.", rows=2)
    asked_by = Text("Who asks (optional)", hint="Leave empty if it is the patient")


class AnswerForm(Form):
    """What the patient was answered."""

    name = "answer"
    says = LongText("Your answer", missing="Write down what the patient was answered.", rows=2)


class ConsentForm(Form):
    """One conversation: points covered, capacity, decision. `information` is what the patient was told, or None."""

    name = "consent"
    field_order = ["information_version", "points_covered", *(part for part, _ in CAPACITY), "interpreter"]
    information_version = Text("Version of the information", max_length=40)
    points_covered = Several("Which points did you go through with the patient?", hint="Tick each one you covered")
    interpreter = interpreter_choice()
    interpreter_who = interpreter_name()
    decision = Choice(
        "What did the patient decide?",
        [("given", "Consents"), ("refused", "Refuses, or cannot decide")],
        missing="Choose what the patient decided: consents or refuses.",
    )
    sooner_because = LongText(
        "Why this cannot wait (optional)",
        rows=2,
        hint="Only a psychiatrist, and only if the patient consents before the time to think is over",
    )
    reason = LongText("Reason or remarks (optional)", rows=2)

    def __init__(self, *args: Any, information: Information | None = None, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["points_covered"].choices = [  # type: ignore[attr-defined]
            (point.id, f"{point.title}: {point.says}") for point in (information.points if information else ())
        ]
        for part, can in CAPACITY:
            asks = f"Can the patient {can}?"
            self.fields[part] = Choice(asks, ANSWERS, missing=f"{asks} Choose yes, no or not assessed.", inline=True)
        self.order_fields(self.field_order)


class WithdrawForm(Form):
    """Why consent is withdrawn, as far as the patient says."""

    name = "withdraw"
    reason = LongText("What the patient said (optional)", rows=2, hint="A reason is never demanded")


class NeedsForm(Form):
    """What the patient needs to be informed and heard."""

    name = "needs"
    formats = Several("How does the patient need written information?", list(FORMATS.items()))
    support = Several("What has to be there when you talk?", list(SUPPORT.items()))
    language = Text("Language the patient speaks, if not English", max_length=60, width="20")
    contact = Several("How does the patient want to be reached?", list(CONTACT.items()))
    remarks = LongText("In other words (optional)", rows=2, max_length=500)
    asked = Choice(
        "Was the patient asked?",
        [("needs", "Yes, and the needs are ticked above"), ("none", "Yes, and there are none")],
        missing="Choose whether there are needs, or the patient was asked and has none.",
    )


class PurposeForm(Form):
    """A decision on one purpose beside the treatment."""

    name = "purpose"
    purpose = Choice("What was the patient asked about?", missing="Choose what the patient was asked about.")
    understood = Choice(
        "Did the patient understand what it is for?",
        [("yes", "Yes"), ("no", "No")],
        missing="Choose whether the patient understood.",
        inline=True,
    )
    decision = Choice(
        "What did the patient decide on it?",
        [("given", "Says yes"), ("refused", "Says no")],
        missing="Choose what the patient decided: yes or no.",
        inline=True,
    )
    reason = LongText("What the patient said about it (optional)", rows=2)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        offered = [(one.id, one.title, one.says) for one in purposes().rows]
        field = Choice("What was the patient asked about?", offered, missing="Choose what the patient was asked about.")
        self.fields["purpose"] = field


class PurposeWithdrawForm(Form):
    """The patient takes back a consent beside the treatment."""

    name = "take-back"
    purpose = Text("Purpose", max_length=20)


class Scan(Upload):
    """A file that may be left out, for a signature may be drawn or typed instead."""

    def __init__(self, most_bytes: int) -> None:
        super().__init__("Scan of the signed paper", missing="", most_bytes=most_bytes, hint="PDF, PNG or JPEG")
        self.required = False
        self.error_messages["empty"] = "The file is empty. Choose the file that holds the signed form."

    def clean(self, data: Any, initial: Any = None) -> Any:
        """Return the file or None; one that is too big is refused before it is read."""
        if not data:
            return None
        if data.size > self.most_bytes:
            raise ValidationError(
                f"The file is too big: {data.size / 1e6:.1f} MB, and at most {self.most_bytes / 1e6:.0f} MB are taken. "
                "Scan it in grey, or with fewer dots."
            )
        return super().clean(data, initial)


class SignForm(Form):
    """The patient's signature: drawn, typed before a witness, or a scan of paper."""

    name = "sign"
    how = Choice(
        "How does the patient sign?",
        [
            ("drawn", "Draws in the box below"),
            ("typed", "Agrees to the typed name, before a witness"),
            ("scan", "Has signed on paper"),
        ],
        missing="Choose how the patient signs.",
    )
    signed_name = Text("Name of who signs", missing="Enter the name of who signs.", max_length=160)
    path = Text("The drawing", max_length=60_000)
    witness_name = Text("Witness, if the name is typed", max_length=160, hint="Name and role of who was there")

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["scan"] = Scan(figure("consent", "most_scan_bytes").value)
