"""The forms of the plan page. Nothing that a prescriber decides is filled in for them."""

from collections.abc import Iterable
from typing import Any

from glimmer.guidance import Protocol
from glimmer.web.forms import Choice, Form, LongText, Number

# What the column of the record can hold; no limit on a dose.
MOST_MG = 99999
DIFFERS = "Only if it is to differ from the protocol"


class PlanForm(Form):
    """An order: protocol, weights, the basis of the dose, and what the monitoring needs to know.

    With `previewing` only what the sum needs must be there. With `typed`, while dose arithmetic is off, the
    prescriber types the dose in mg, and what a sum would need is not asked for.
    """

    name = "plan"
    protocol_id = Choice("Protocol", missing="Choose the protocol.")
    weight_kg = Number("Weight", missing="Enter the weight in kilograms.", unit="kg", decimals=1)
    height_cm = Number("Height", missing="Enter the height in centimetres.", unit="cm", decimals=1)
    basis = Choice(
        "Which weight is the dose worked out from?",
        [("actual", "Actual weight"), ("ideal", "Ideal weight (Devine)")],
        inline=True,
        hint="Not needed where the protocol gives everybody the same dose",
    )
    mg_per_kg = Number("Dose per kilogram (optional)", unit="mg/kg", decimals=3, hint=DIFFERS)
    dose_mg = Number(
        "Fixed dose (optional)",
        unit="mg",
        decimals=1,
        most=MOST_MG,
        hint="Only for a protocol that gives everybody the same dose, and only if it is to differ from the protocol's",
    )
    minutes = Number(
        "Time of the infusion (optional)", unit="minutes", decimals=0, hint="Only if it is to differ from the protocol"
    )
    sessions = Number(
        "Number of sessions (optional)", decimals=0, width="2", hint="Only if it is to differ from the protocol"
    )
    oxygen_scale = Choice(
        "Oxygen scale of the NEWS2 score",
        [
            ("1", "Scale 1", "For everybody else"),
            (
                "2",
                "Scale 2",
                "Only with confirmed hypercapnic respiratory failure and a prescribed target of 88 to 92 %",
            ),
        ],
        missing="Choose the oxygen scale of the NEWS2 score.",
    )
    pregnancy_possible = Choice(
        "Could this patient be or become pregnant?",
        [("yes", "Yes", "A pregnancy test is asked for before each session"), ("no", "No")],
        missing="Choose whether the patient could be or become pregnant.",
    )
    reason = LongText("Reason or remarks", hint="Needed when the order differs from the protocol", rows=2)

    def __init__(
        self, *args: Any, offered: Iterable[Protocol], previewing: bool = False, typed: bool = False, **more: Any
    ) -> None:
        super().__init__(*args, **more)
        field: Any = self.fields["protocol_id"]
        self.offered = offered = tuple(offered)
        field.choices = [(one.id, one.title) for one in offered]
        field.hints = {one.id: in_short(one) for one in offered}
        self.typed = typed
        if typed:
            del self.fields["basis"], self.fields["mg_per_kg"]
            self.fields["dose_mg"] = Number(
                "Dose of each session",
                missing="Enter the dose in mg: dose arithmetic is off, so Glimmer works none out.",
                unit="mg",
                decimals=1,
                most=MOST_MG,
                hint="Work it out as the clinic's paper form says; a second prescriber has to agree",
            )
        self.previewing = previewing
        if previewing and not typed:
            for name in ("oxygen_scale", "pregnancy_possible"):
                self.fields[name].required = False

    def clean(self) -> dict[str, Any]:
        """Ask for the basis where the dose of the chosen protocol depends on the weight."""
        data = super().clean() or self.cleaned_data
        chosen = next((one for one in self.offered if one.id == data.get("protocol_id")), None)
        asked = chosen is not None and chosen.doses_by_weight and not self.previewing and not self.typed
        if asked and not data.get("basis") and "basis" not in self.errors:
            self.add_error("basis", "Choose the weight that the dose is worked out from: actual or ideal.")
        return data


class CountersignForm(Form):
    """Agreeing as second prescriber asks nothing further."""

    name = "countersign"


def in_short(protocol: Protocol) -> str:
    """Return the figures of a protocol in one line, with their sources."""
    dose, minutes, sessions = protocol.dose, protocol.infusion_minutes, protocol.sessions
    over = f" over {minutes.value:g} {minutes.unit}" if minutes else f" as {protocol.given_by.a_treatment}"
    sources = [one.source for one in (dose, minutes, sessions) if one is not None]
    count = f"{sessions.value} session{'s' if sessions.value != 1 else ''}"
    return f"{dose.value:g} {dose.unit}{over}, {count}. Sources: {'; '.join(dict.fromkeys(sources))}"
