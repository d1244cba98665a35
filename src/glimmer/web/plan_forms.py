"""The forms of the plan page. Nothing that a prescriber decides is filled in for them."""

from typing import Any

from glimmer.guidance import Protocol, protocols
from glimmer.web.forms import Choice, Form, LongText, Number

DIFFERS = "Only if it is to differ from the protocol"


class PlanForm(Form):
    """An order: protocol, weights, the basis of the dose, and what the monitoring needs to know.

    With `previewing` only what the sum needs must be there.
    """

    name = "plan"
    protocol_id = Choice("Protocol", missing="Choose the protocol.")
    weight_kg = Number("Weight", missing="Enter the weight in kilograms.", unit="kg", decimals=1)
    height_cm = Number("Height", missing="Enter the height in centimetres.", unit="cm", decimals=1)
    basis = Choice(
        "Which weight is the dose worked out from?",
        [("actual", "Actual weight"), ("ideal", "Ideal weight (Devine)")],
        missing="Choose the weight that the dose is worked out from: actual or ideal.",
        inline=True,
    )
    mg_per_kg = Number("Dose per kilogram (optional)", unit="mg/kg", decimals=3, hint=DIFFERS)
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

    def __init__(self, *args: Any, previewing: bool = False, **more: Any) -> None:
        super().__init__(*args, **more)
        field: Any = self.fields["protocol_id"]
        offered = protocols()
        field.choices = [(one.id, one.title) for one in offered]
        field.hints = {one.id: in_short(one) for one in offered}
        if previewing:
            for name in ("basis", "oxygen_scale", "pregnancy_possible"):
                self.fields[name].required = False


class CountersignForm(Form):
    """Agreeing as second prescriber asks nothing further."""

    name = "countersign"


def in_short(protocol: Protocol) -> str:
    """Return the figures of a protocol in one line, with their sources."""
    dose, minutes, sessions = protocol.dose_mg_per_kg, protocol.infusion_minutes, protocol.sessions
    return (
        f"{dose.value:g} {dose.unit} over {minutes.value:g} {minutes.unit}, {sessions.value} sessions. "
        f"Sources: {'; '.join(dict.fromkeys((dose.source, minutes.source, sessions.source)))}"
    )
