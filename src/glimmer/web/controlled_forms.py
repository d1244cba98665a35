"""The forms of the controlled drugs register. Each is signed by two people with their own passwords, there and then."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from glimmer.actions.controlled import Draft, Product
from glimmer.care.controlled import Batch, Kind
from glimmer.guidance.protocol import protocols
from glimmer.records.controlled import RegisterPage
from glimmer.records.staff import Staff
from glimmer.web.calendar_forms import moment_of
from glimmer.web.forms import Choice, Day, Form, LongText, Number, Pick, Secret, Text, TimeOfDay

MOST_CONTAINERS = 10_000
# What is written on the page itself; taking for a patient and putting back are written from the session.
IN = (Kind.OPENING, Kind.RECEIPT, Kind.TRANSFER_IN)
OUT = (Kind.DESTRUCTION, Kind.SENT_BACK, Kind.TRANSFER_OUT)


class SignedForm(Form):
    """A form that its author signs with their password; the witness is named and signs as well where one is needed."""

    password = Secret("Your password again", missing="Enter your password: it is your signature.")


class WitnessedForm(SignedForm):
    """A form that two people sign."""

    witness = Pick("Second person, who was there", missing="Choose the second person. They sign with their password.")
    witness_password = Secret(
        "Second person's password", missing="The second person enters their own password here.", autocomplete="off"
    )

    def __init__(self, *args: Any, people: Iterable[Staff], **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["witness"].choices = [(str(one.pk), str(one)) for one in people]  # type: ignore[attr-defined]
        signed = ("password", "witness", "witness_password")
        self.order_fields([name for name in self.fields if name not in signed] + list(signed))


class WhenForm(WitnessedForm):
    """When it happened; left out, it is now."""

    day = Day("Day, if not today", hint="An entry is made on the same day, at the latest on the day after.")
    at_time = TimeOfDay("Time, if not now", hint="For example 14:30")

    @property
    def happened_at(self) -> datetime | None:
        """The time that was entered, or None for now."""
        day, at_time = self.cleaned_data["day"], self.cleaned_data["at_time"]
        return moment_of(day, at_time) if day and at_time else None

    def clean(self) -> dict[str, Any]:
        """Refuse a day without a time, and a time without a day."""
        data = super().clean() or self.cleaned_data
        if bool(data.get("day")) != bool(data.get("at_time")):
            self.add_error("at_time", "Enter both the day and the time, or neither for now.")
        return data


class InForm(WhenForm):
    """Stock that came in."""

    name = "in"
    kind = Choice("What came in", [(kind.value, kind.label) for kind in IN], missing="Choose where it came from.")
    amount = Number("How many containers", missing="Enter how many.", decimals=0, least=1, most=MOST_CONTAINERS)
    batch = Text("Batch number", missing="Enter the batch number that is printed on the container.", max_length=40)
    expires_on = Day("Expiry date", missing="Enter the expiry date. For a month, enter its last day.")
    party = Text(
        "From whom: name and address", missing="Enter the name and address, or the last book.", max_length=300, width=""
    )
    note = Text("Invoice or order number, if there is one", max_length=200)

    @property
    def draft(self) -> Draft:
        """What was entered."""
        data = self.cleaned_data
        return Draft(
            Kind(data["kind"]),
            data["amount"],
            self.happened_at,
            data["batch"],
            data["expires_on"],
            data["party"],
            note=data["note"],
        )


class OutForm(WhenForm):
    """Stock that went out, but not to a patient."""

    name = "out"
    kind = Choice("What became of it", [(kind.value, kind.label) for kind in OUT], missing="Choose what became of it.")
    amount = Number("How many containers", missing="Enter how many.", decimals=0, least=1, most=MOST_CONTAINERS)
    of_batch = Pick("Batch", missing="Choose the batch that is printed on what you hold.")
    party = Text("To whom: name and address", max_length=300, width="", hint="Not needed for destruction")
    authority = Text(
        "By whose authority", max_length=200, hint="The authorised witness of a destruction; who signed for a transfer"
    )
    note = LongText("How and why", missing="Say how and why in a sentence.", rows=2, max_length=2000)

    def __init__(self, *args: Any, batches: Sequence[Batch], **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["of_batch"].choices = batch_choices(batches)  # type: ignore[attr-defined]

    @property
    def draft(self) -> Draft:
        """What was entered."""
        data = self.cleaned_data
        batch, expires_on = batch_of(data["of_batch"])
        return Draft(
            Kind(data["kind"]),
            data["amount"],
            self.happened_at,
            batch,
            expires_on,
            data["party"],
            data["authority"],
            note=data["note"],
        )


class CountForm(WitnessedForm):
    """What two people counted in the cupboard."""

    name = "count"
    counted = Number(
        "How many containers are there", missing="Enter what you counted.", decimals=0, least=0, most=99_999
    )
    note = LongText("Anything to say about it", rows=2, max_length=2000)

    @property
    def draft(self) -> Draft:
        """What was entered."""
        return Draft(Kind.CHECK, counted=self.cleaned_data["counted"], note=self.cleaned_data["note"])


class SettleForm(WitnessedForm):
    """What explains a difference between count and book."""

    name = "settle"
    of_batch = Pick("Which batch the difference is of", missing="Choose the batch.")
    note = LongText(
        "What happened, and the number of the incident report",
        missing="Say what explains the difference, or that nothing does, and name the incident report.",
        rows=3,
        max_length=2000,
    )

    def __init__(self, *args: Any, batches: Sequence[Batch], **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["of_batch"].choices = batch_choices(batches)  # type: ignore[attr-defined]


class FootnoteForm(SignedForm):
    """What was wrong with an earlier entry. The entry itself stays as it is."""

    name = "footnote"
    about = Number("Entry number", missing="Enter the number of the entry.", decimals=0, least=1, most=9_999_999)
    note = LongText("What is wrong with it, and what is right", missing="Say what is wrong and what is right.", rows=2)

    @property
    def draft(self) -> Draft:
        """What was entered."""
        return Draft(Kind.FOOTNOTE, about=self.cleaned_data["about"], note=self.cleaned_data["note"])


class OpenPageForm(Form):
    """What a new page is for, as on the label."""

    name = "open-page"
    premises = Text(
        "Premises", missing="Enter the name of the premises: each has a register of its own.", max_length=200
    )
    drug = Pick("Drug", missing="Choose the drug.", hint="As the protocols name it: a session takes only its own drug")
    drug_class = Text(
        "Class in the register",
        missing="Enter the class.",
        max_length=60,
        width="20",
        hint="A stereoisomer stands with its parent: esketamine is in the class of ketamine",
    )
    form = Text("Form", missing="Enter the form, such as solution for injection.", max_length=60)
    strength_mg_per_ml = Number(
        "Strength", unit="mg/mL", missing="Enter the strength.", decimals=2, least=0.01, most=9999
    )
    container_ml = Number(
        "One container holds", unit="mL", missing="Enter the size.", decimals=2, least=0.01, most=9999
    )
    container = Text("Container", missing="Enter what it is: vial, ampoule, bottle.", max_length=20, width="10")

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        drugs = sorted({one.drug for one in protocols()})
        self.fields["drug"].choices = [(drug, drug) for drug in drugs]  # type: ignore[attr-defined]

    @property
    def product(self) -> Product:
        """What was entered."""
        data = {name: value for name, value in self.cleaned_data.items() if name != "seen"}
        return Product(**data)


class TakeForm(WitnessedForm):
    """Containers taken out for a session: which product and batch, and how many."""

    name = "take"
    stock = Pick("Product and batch", missing="Choose what is printed on what you hold.")
    containers = Number("How many containers", missing="Enter how many.", decimals=0, least=1, most=20)

    def __init__(self, *args: Any, stock: Sequence[tuple[str, str]], **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["stock"].choices = list(stock)  # type: ignore[attr-defined]


class PutBackForm(WitnessedForm):
    """Unopened containers put back into the cupboard."""

    name = "put-back"
    containers = Number("How many unopened containers", missing="Enter how many.", decimals=0, least=1, most=20)
    note = Text("Why", missing="Say why they were not needed.", max_length=200, width="")


class AccountForm(WitnessedForm):
    """What became of the drug, in mL as drawn from the container."""

    name = "account"
    given_ml = Number(
        "Given to the patient", unit="mL", missing="Enter how much was given.", decimals=2, least=0, most=999,
        hint="As drawn from the container, before dilution",
    )  # fmt: skip
    discarded_ml = Number(
        "Discarded", unit="mL", missing="Enter how much was discarded.", decimals=2, least=0, most=999,
        hint="What stayed in the container and in the syringe and line",
    )  # fmt: skip
    explanation = LongText(
        "Only where they do not add up although both have checked: what happened", rows=2, max_length=2000,
        hint="It is then written as it is, and an incident for the accountable officer is opened",
    )  # fmt: skip


def batch_choices(batches: Iterable[Batch]) -> list[tuple[str, str]]:
    """Return the batches as the choices of a list."""
    return [(batch_key(batch, expires), f"{batch}, expires {_day(expires)}") for batch, expires in batches]


def batch_key(batch: str, expires_on: date | None) -> str:
    """Return a batch as the value of a choice."""
    return f"{expires_on.isoformat() if expires_on else ''}|{batch}"


def batch_of(key: str) -> Batch:
    """Return the batch of such a value."""
    expires, _, batch = key.partition("|")
    return batch, date.fromisoformat(expires) if expires else None


def stock_choices(pages: Iterable[tuple[RegisterPage, dict[Batch, int]]]) -> list[tuple[str, str]]:
    """Return the product and batch of everything in stock as the choices of a list."""
    return [
        (f"{page.pk}|{batch_key(batch, expires)}", f"{page}, batch {batch}, expires {_day(expires)}: {held} in stock")
        for page, batches in pages
        for (batch, expires), held in batches.items()
    ]


def _day(day: date | None) -> str:
    return f"{day.day} {day:%b %Y}" if day else "not known"
