"""The forms of take-home ketamine and of stock between premises."""

from collections.abc import Iterable, Sequence
from typing import Any

from glimmer.actions.supplies import HandedOut, Order
from glimmer.care.controlled import Batch
from glimmer.care.supplies import COLLECTORS, Collection, Happened
from glimmer.records.controlled import RegisterPage
from glimmer.web.controlled_forms import SignedForm, WitnessedForm, batch_choices, batch_of
from glimmer.web.forms import Choice, Day, LongText, Number, Pick, Text

YES_NO = [("yes", "Yes"), ("no", "No")]


class PrescribeForm(SignedForm):
    """A prescription for the drug to be taken at home, signed with the prescriber's password."""

    name = "prescribe"
    page = Pick("Product", missing="Choose the product.", hint="As in the controlled drugs register")
    dose_mg = Number("Each dose", unit="mg", missing="Enter the dose.", decimals=2, least=0.01, most=9999)
    every_days = Number(
        "Taken every so many days", missing="Enter how often: 1 is daily.", decimals=0, least=1, most=90
    )
    days = Number("For how many days", missing="Enter for how many days.", decimals=0, least=1, most=365)
    total_ml = Number("Total quantity", unit="mL", missing="Enter the total.", decimals=0, least=1, most=99_999)
    directions = Text(
        "The dose in words, for the label", missing="Write the dose.", max_length=300, width="",
        hint="Clear by itself; “as directed” alone is no dose",
    )  # fmt: skip
    starts_on = Day("Starts on", missing="Enter the day on which it starts.")
    reason = LongText("Reason, where it is early, long, or not of the plan", rows=2, max_length=2000)

    def __init__(self, *args: Any, pages: Iterable[RegisterPage], **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["page"].choices = [  # type: ignore[attr-defined]
            (str(one.pk), f"{one}, {one.premises}") for one in pages
        ]

    @property
    def order(self) -> Order:
        """What was entered."""
        data = self.cleaned_data
        return Order(
            float(data["dose_mg"]),
            data["every_days"],
            data["days"],
            float(data["total_ml"]),
            data["directions"],
            data["starts_on"],
            data["reason"],
        )


class SupplyForm(WitnessedForm):
    """Bottles handed out on a prescription, signed by two."""

    name = "supply"
    bottles = Number("How many bottles", missing="Enter how many.", decimals=0, least=1, most=50)
    of_batch = Pick("Batch", missing="Choose the batch that is printed on what you hold.")
    collector = Choice("Who collects it?", list(COLLECTORS.items()), missing="Say who collects it.")
    collector_name = Text("Name, and of a professional the address", max_length=200, width="")
    asked = Choice("Was proof of identity asked for?", YES_NO, missing="Say whether it was asked for.", inline=True)
    shown = Choice("Was it shown?", YES_NO, missing="Say whether it was shown.", inline=True)
    note = LongText("Why it is supplied without, or anything else", rows=2, max_length=1000)

    def __init__(self, *args: Any, batches: Sequence[Batch], **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["of_batch"].choices = batch_choices(batches)  # type: ignore[attr-defined]

    @property
    def handed_out(self) -> HandedOut:
        """What was entered."""
        data = self.cleaned_data
        who = Collection(
            data["collector"], data["collector_name"], data["asked"] == "yes", data["shown"] == "yes", data["note"]
        )
        return HandedOut(data["bottles"], batch_of(data["of_batch"]), who)


class BackForm(WitnessedForm):
    """What the patient brought back and two people destroyed."""

    name = "destroyed"
    kind = Happened.DESTROYED
    ml = Number("How much", unit="mL", missing="Enter how much.", decimals=0, least=1, most=99_999)
    note = LongText("How, and what the patient said", missing="Say in a sentence how.", rows=2, max_length=2000)


class LostForm(SignedForm):
    """What the patient says is lost or stolen."""

    name = "lost"
    kind = Happened.LOST
    ml = Number("How much", unit="mL", missing="Enter how much.", decimals=0, least=1, most=99_999)
    note = LongText("What the patient said", missing="Say in a sentence how.", rows=2, max_length=2000)


class CancelForm(SignedForm):
    """Why a prescription no longer stands."""

    name = "cancel"
    note = LongText("Why", missing="Say why it is cancelled.", rows=2, max_length=2000)


class SendForm(WitnessedForm):
    """Stock for a page of the same product at other premises."""

    name = "send"
    asked = ("to_page", "amount", "of_batch", "note")
    to_page = Pick("To which premises", missing="Choose where it goes.")
    amount = Number("How many containers", missing="Enter how many.", decimals=0, least=1, most=10_000)
    of_batch = Pick("Batch", missing="Choose the batch that is printed on what you hold.")
    note = LongText("Who carries it, and why", missing="Say who carries it, and why.", rows=2, max_length=2000)

    def __init__(self, *args: Any, pages: Iterable[RegisterPage], batches: Sequence[Batch], **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["to_page"].choices = [(str(one.pk), one.premises) for one in pages]  # type: ignore[attr-defined]
        self.fields["of_batch"].choices = batch_choices(batches)  # type: ignore[attr-defined]


class ArriveForm(WitnessedForm):
    """What arrived of it."""

    asked = ("arrived", "note")
    arrived = Number("How many arrived", missing="Enter how many arrived.", decimals=0, least=0, most=10_000)
    note = LongText("What happened to the difference, where there is one", rows=2, max_length=2000)
