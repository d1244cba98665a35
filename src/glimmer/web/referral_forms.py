"""The forms of the referral pages. The items of the minimum set come from guidance, so the form is built from it."""

from collections.abc import Iterable
from typing import Any

from glimmer.actions.referral import AlreadyHere
from glimmer.guidance import referral_items
from glimmer.records.episodes import ReferralItem
from glimmer.vocabulary.nhs_number import parse_nhs_number
from glimmer.vocabulary.problems import BadInput, Problem
from glimmer.web.forms import Choice, Day, Form, LongText, Text, Upload

STATES = (
    ("present", "Present"),
    ("none", "Explicitly none"),
    ("missing", "Missing"),
)
MOST_BYTES_OF_A_BUNDLE = 6_000_000


class _WithItems(Form):
    """A form with one question for each item of the referral minimum set."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        for item in referral_items():
            self.fields[f"item_{item.id}"] = Choice(
                item.title,
                STATES,
                missing=f"{item.title}: choose present, explicitly none or missing.",
                inline=True,
                small=True,
                size="xs",
                hint=item.help,
            )
            self.fields[f"item_{item.id}_text"] = LongText(f"What the referral says: {item.title}", rows=2)

    def items(self) -> dict[str, tuple[str, str]]:
        """Return each item's state and text."""
        data = self.cleaned_data
        return {item.id: (data[f"item_{item.id}"], data[f"item_{item.id}_text"]) for item in referral_items()}

    def item_fields(self) -> list[tuple[Any, Any]]:
        """Return the two fields of each item, for the page."""
        return [(self[f"item_{item.id}"], self[f"item_{item.id}_text"]) for item in referral_items()]

    def complain(self, problem: Problem) -> None:
        """Put what the action says about an item at that item's field."""
        if isinstance(problem, BadInput) and f"item_{problem.field}" in self.fields:
            problem.field = f"item_{problem.field}_text" if "enter what" in str(problem) else f"item_{problem.field}"
        super().complain(problem)


class _Arrives(Form):
    """A form that may find the patient or the document here already."""

    already: int | None = None

    def complain(self, problem: Problem) -> None:
        """Remember the journey that is open already, so that the page can link to it."""
        if isinstance(problem, AlreadyHere):
            self.already = problem.episode_id
        super().complain(problem)


class ReferralForm(_Arrives, _WithItems):
    """Who is referred, by whom, why, and the minimum set."""

    name = "referral"
    nhs_number = Text(
        "NHS number",
        missing="Enter the NHS number. It has 10 digits, such as 999 000 0018.",
        max_length=20,
        width="10",
        inputmode="numeric",
        hint="10 digits, such as 999 000 0018. It is on the referral letter.",
    )
    family_name = Text("Family name", missing="Enter the patient's family name.", max_length=80)
    given_name = Text("Given name", missing="Enter the patient's given name.", max_length=80)
    birth_date = Day("Date of birth", missing="Enter the date of birth.", hint="For example, 27 3 1981")
    sex = Choice(
        "Sex",
        [("female", "Female"), ("male", "Male"), ("other", "Other"), ("unknown", "Not known")],
        missing="Choose the sex, or not known.",
        inline=True,
        hint="As it bears on treatment, such as a pregnancy test",
    )
    address = LongText("Address (optional)", max_length=400)
    postcode = Text("Postcode (optional)", max_length=10, width="10")
    telephone = Text("Telephone (optional)", max_length=30, width="20")
    email = Text("Email (optional)", max_length=254, spellcheck=False)
    communication_needs = LongText(
        "Communication needs (optional)", rows=2, max_length=500, hint="Such as large print or an interpreter"
    )
    gp_name = Text("GP's name (optional)", max_length=120)
    gp_practice = Text("GP practice (optional)", max_length=160)
    gp_practice_code = Text("Practice code (optional)", max_length=10, width="10", hint="ODS code, such as Y00001")
    source = Choice(
        "Who refers?",
        [("gp", "A GP"), ("psychiatrist", "A psychiatrist"), ("other", "Somebody else")],
        missing="Choose who refers.",
        inline=True,
    )
    referrer_name = Text("Referrer's name", missing="Enter the name of the person who refers.")
    referrer_organisation = Text("Referrer's organisation (optional)", max_length=160)
    referrer_code = Text("Organisation code (optional)", max_length=10, width="10")
    priority = Choice(
        "Priority",
        [("routine", "Routine"), ("urgent", "Urgent")],
        missing="Choose the priority: routine or urgent.",
        inline=True,
    )
    received_on = Day("Received on", missing="Enter the day on which the referral arrived.")
    reason = LongText("Reason for the referral", missing="Enter the reason for the referral.", rows=4)

    def clean_nhs_number(self) -> str:
        """Return the ten digits, or say what is wrong with them next to the field."""
        try:
            return parse_nhs_number(self.cleaned_data["nhs_number"])
        except BadInput as problem:
            self.complain(problem)
            return ""


class ImportForm(_Arrives):
    """The file of a FHIR R4 bundle."""

    name = "import"
    document = Upload(
        "Referral document",
        missing="Choose the file that holds the referral.",
        most_bytes=MOST_BYTES_OF_A_BUNDLE,
        hint="A FHIR R4 bundle in JSON, at most 6 MB",
    )


class ItemsForm(_WithItems):
    """The minimum set of a referral that is here already."""

    name = "items"

    @staticmethod
    def initial_of(rows: Iterable[ReferralItem]) -> dict[str, str]:
        """Return what is stored: these are answers that a person gave before, not defaults."""
        stored: dict[str, str] = {}
        for row in rows:
            stored |= {f"item_{row.item}": row.state, f"item_{row.item}_text": row.text}
        return stored


class TriageForm(Form):
    """What triage decided."""

    name = "triage"
    decision = Choice(
        "What did triage decide?",
        [
            ("accepted", "Accept", "The patient goes on to selection"),
            ("returned", "Return to the referrer", "Something has to be added first"),
            ("declined", "Decline", "The journey ends here"),
        ],
        missing="Choose what triage decided: accept, return or decline.",
    )
    reason = LongText("Reason", hint="Needed when the referral is returned or declined. The referrer is told it.")
