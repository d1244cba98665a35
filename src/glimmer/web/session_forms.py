"""The forms of the session page: what is asked at the bedside, and what to say when it is left out.

Each form carries `form_token`, made anew for every rendering: the same press that reaches the server twice
is stored once.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, time, timedelta
from typing import Any, ClassVar
from uuid import uuid4

from django import forms
from django.utils import timezone

from glimmer.actions.observing import HIGHEST_DISSOCIATION
from glimmer.actions.session import Observation, SyringeDetails
from glimmer.guidance.figures import figure
from glimmer.guidance.protocol import Check, Protocol
from glimmer.vocabulary.parameters import FORMS, Parameter
from glimmer.web.forms import Choice, Day, Form, LongText, Number, Pick, Several, Text, TimeOfDay

YES_NO = (("yes", "Yes"), ("no", "No"))
TICKED = "yes"
OTHER = "other"

LEVELS_OF_CONSCIOUSNESS = (
    ("A", "A: alert"),
    ("C", "C: newly confused", "Dissociation counts here too; say below if you attribute it to the drug"),
    ("V", "V: responds to voice"),
    ("P", "P: responds to pain"),
    ("U", "U: unresponsive"),
)
TYPED_VITAL_SIGNS = (
    Parameter.SYSTOLIC,
    Parameter.DIASTOLIC,
    Parameter.PULSE,
    Parameter.SPO2,
    Parameter.RESPIRATORY_RATE,
    Parameter.TEMPERATURE,
)


# What is typed at the syringe while dose arithmetic is off, and worked out while it is on.
TYPED_BY_HAND = {
    "drug_volume_ml": ("Volume of the drug", "mL", 2),
    "final_concentration_mg_per_ml": ("Final strength in the syringe", "mg/mL", 2),
    "rate_ml_per_hour": ("Pump rate", "mL/h", 1),
}


class Hidden(forms.CharField):
    """A value that the page carries for the person: never shown, never trusted."""

    widget = forms.HiddenInput

    def __init__(self, *, max_length: int = 200) -> None:
        super().__init__(required=False, max_length=max_length)


class PressForm(Form):
    """A form that stores one press of its button once."""

    form_token = Hidden(max_length=40)

    @property
    def token(self) -> str:
        """A number for the press that the person is about to make."""
        return uuid4().hex


class AnswersForm(PressForm):
    """Yes or no to some of a protocol's questions, each with room for a note. Nothing is chosen beforehand."""

    name: ClassVar[str] = "answers"

    def __init__(self, *args: Any, asked: Iterable[Check], **more: Any) -> None:
        super().__init__(*args, **more)
        self.asked = tuple(asked)
        for check in self.asked:
            self.fields[check.id] = Choice(check.asks, YES_NO, hint=check.help, inline=True, small=True)
            self.fields[note_of(check.id)] = Text(f"Note on: {check.asks}", max_length=300)

    @property
    def rows(self) -> list[tuple[Check, forms.BoundField, forms.BoundField]]:
        """Each question with its answer field and its note field."""
        return [(check, self[check.id], self[note_of(check.id)]) for check in self.asked]

    def answers(self) -> dict[str, tuple[str, str]]:
        """Return what was answered, `{check id: (answer, note)}`; what was left open is not in it."""
        data = self.cleaned_data
        return {check.id: (data[check.id], data[note_of(check.id)]) for check in self.asked if data.get(check.id)}

    def clean(self) -> dict[str, Any]:
        """Refuse a note without an answer: it would be lost."""
        data = super().clean() or self.cleaned_data
        for check in self.asked:
            if data.get(note_of(check.id)) and not data.get(check.id) and check.id not in self.errors:
                self.add_error(check.id, f"Choose yes or no as well as writing a note: {check.asks}")
        return data


def note_of(check_id: str) -> str:
    """Return the name of the note field that stands beside the answer to a check."""
    return f"{check_id}-note"


class ReasonForm(PressForm):
    """Why something is done. `about` names what it is done to (a check, a criterion, the number of an entry)."""

    name: ClassVar[str] = "reason"
    about = Hidden()
    reason = Text("Reason", missing="Say why. A few words are enough.", max_length=500, width="")


class PlainForm(PressForm):
    """A button with nothing to fill in."""

    name: ClassVar[str] = "press"


class PrepareForm(PressForm):
    """The syringe as it is drawn up. The working is shown before it is saved: `worked` says for which entries."""

    name: ClassVar[str] = "prepare"
    worked = Hidden()
    batch = Text("Batch number", missing="Enter the batch number printed on the vial.", max_length=40, width="20")
    expires_on = Day(
        "Expiry date", missing="Enter the expiry date printed on the vial.", hint="As printed, for example 31 10 2027"
    )

    def __init__(self, *args: Any, protocol: Protocol, typed: bool = False, **more: Any) -> None:
        super().__init__(*args, **more)
        self.typed = typed
        self.pump = protocol.given_by.pump
        must_dilute = protocol.must_dilute_at_or_above_mg_per_ml
        strengths = [
            (f"{one:g}", f"{one:g} mg/mL", "Must be diluted before use" if must_dilute and one >= must_dilute else "")
            for one in protocol.vial_concentrations_mg_per_ml
        ]
        self.fields["vial_concentration_mg_per_ml"] = Choice(
            "Strength printed on the vial",
            [strength if strength[2] else strength[:2] for strength in strengths],
            missing="Choose the strength that is printed on the vial in your hand.",
        )
        if self.pump:
            self.fields["total_volume_ml"] = Number(
                "Total volume in the syringe",
                unit="mL",
                least=1,
                decimals=1,
                missing="Enter the total volume that you made up, in mL.",
                hint="Drug and diluent together",
            )
        if typed:
            by_hand = _typed_by_hand()
            self.fields |= by_hand if self.pump else {"drug_volume_ml": by_hand["drug_volume_ml"]}
        self.order_fields(["vial_concentration_mg_per_ml", "batch", "expires_on", "drug_volume_ml", "total_volume_ml"])

    @property
    def entries(self) -> str:
        """The entries that the working depends on, as the page carries them."""
        data = self.cleaned_data
        made_up = f" in {data.get('total_volume_ml')} mL" if self.pump else ""
        return f"{data.get('vial_concentration_mg_per_ml')} mg/mL{made_up}"

    @property
    def is_worked(self) -> bool:
        """True when the person has seen the working of these very entries, or there is none because it is off."""
        return self.typed or self.cleaned_data.get("worked") == self.entries

    def details(self) -> SyringeDetails:
        """Return the entries as the action takes them."""
        data = self.cleaned_data
        return SyringeDetails(
            vial_concentration_mg_per_ml=float(data["vial_concentration_mg_per_ml"]),
            total_volume_ml=float(data["total_volume_ml"]) if self.pump else None,
            batch=data["batch"],
            expires_on=data["expires_on"],
            **{name: float(data[name]) for name in TYPED_BY_HAND if data.get(name) is not None},
        )


def _typed_by_hand() -> dict[str, Number]:
    return {
        name: Number(label, unit=unit, least=0, decimals=decimals, missing=f"Enter the {label.lower()}, in {unit}.")
        for name, (label, unit, decimals) in TYPED_BY_HAND.items()
    }


class SecondCheckForm(PressForm):
    """A second person confirms that what was made ready is as written."""

    name: ClassVar[str] = "second-check"
    prepared_seq = Hidden()

    def __init__(self, *args: Any, protocol: Protocol, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["confirmed"] = Several(
            "Second check",
            [(TICKED, protocol.given_by.check)],
            missing="Tick the box once you have compared everything. "
            "If something differs, do not tick it: prepare again.",
        )


class StepForm(PressForm):
    """One more step was given; `number` is the one that the page showed."""

    name: ClassVar[str] = "give-step"
    number = Hidden(max_length=4)


class CompleteForm(PressForm):
    """The whole volume was given."""

    name: ClassVar[str] = "complete"
    volume_ml = Number(
        "Volume given, as the pump shows it", unit="mL", least=0, hint="Leave empty if it cannot be read"
    )


class ObservationForm(PressForm):
    """One round of observations. What was not measured stays empty."""

    name: ClassVar[str] = "observation"
    measured_at = TimeOfDay("Time measured", hint="Leave empty for now")
    consciousness = Choice("Level of consciousness", LEVELS_OF_CONSCIOUSNESS, small=True)
    attributed_to_drug = Several(
        "If not alert",
        [(TICKED, "I attribute this to the expected effect of the drug")],
        hint="NEWS2 still counts it; the attribution is recorded with your name",
    )
    on_oxygen = Choice("Breathing", [("air", "Air"), ("oxygen", "Oxygen")], inline=True, small=True)
    dissociation = Number(
        "Dissociation (CADSS total)",
        decimals=0,
        least=0,
        most=HIGHEST_DISSOCIATION,
        width="2",
        hint=f"Scored by the clinician, 0 to {HIGHEST_DISSOCIATION}: going home is judged on it",
    )
    note = Text("Note", max_length=500, width="")

    def __init__(self, *args: Any, protocol: Protocol, **more: Any) -> None:
        super().__init__(*args, **more)
        minutes = [(f"{minute}", round_in_words(minute)) for minute in protocol.observation_minutes]
        self.fields["due_minute"] = Pick(
            "Which round", [*minutes, ("extra", "Extra round")], missing="Choose the round."
        )
        for parameter in TYPED_VITAL_SIGNS:
            form = FORMS[parameter]
            low, high = figure("plausibility", parameter.value).value
            self.fields[parameter.value] = Number(
                form.name, unit=form.shown_unit, least=low, most=high, decimals=form.decimals, width="4"
            )
        scale: Mapping[str, str] = figure("session", "moaas_scale").value
        levels = [(level, f"{level}: {words}") for level, words in sorted(scale.items(), reverse=True)]
        self.fields["sedation"] = Choice("Sedation (MOAA/S)", levels, small=True)
        self.fields["measured_at"].help_text = "Leave empty for now, or enter the time, such as 10:40"

    def clean(self) -> dict[str, Any]:
        """Ask for air or oxygen where there is anything to score: an open answer must not count as air."""
        data = super().clean() or self.cleaned_data
        measured = any(data.get(p.value) is not None for p in TYPED_VITAL_SIGNS) or data.get("consciousness")
        if measured and not data.get("on_oxygen") and "on_oxygen" not in self.errors:
            self.add_error("on_oxygen", "Choose air or oxygen: the NEWS2 score depends on it.")
        return data

    def observation(self, now: datetime) -> Observation:
        """Return the round as the action takes it; `now` decides to which day a typed time belongs."""
        data = self.cleaned_data
        values = {p: float(data[p.value]) for p in TYPED_VITAL_SIGNS if data.get(p.value) is not None}
        return Observation(
            values=values,
            measured_at=moment_of(data["measured_at"], now),
            due_minute=None if data["due_minute"] == "extra" else int(data["due_minute"]),
            consciousness=data["consciousness"],
            attributed_to_drug=TICKED in data["attributed_to_drug"],
            sedation=int(data["sedation"]) if data["sedation"] else None,
            on_oxygen=data["on_oxygen"] == "oxygen",
            dissociation=data["dissociation"],
            note=data["note"],
        )


def round_in_words(minute: int) -> str:
    """Return the name of a planned round: `15 min before the start`, `At the start`, `20 min`."""
    if minute < 0:
        return f"{-minute} min before the start"
    return "At the start" if minute == 0 else f"{minute} min after the start"


def moment_of(clock_time: time | None, now: datetime) -> datetime | None:
    """Return the newest moment, not after `now`, at which the clinic's clock showed `clock_time`; None for none."""
    if clock_time is None:
        return None
    today = timezone.localtime(now)
    moment = today.replace(hour=clock_time.hour, minute=clock_time.minute, second=0, microsecond=0)
    # A few minutes ahead is a mistake to complain about; many hours ahead means yesterday evening.
    return moment - timedelta(days=1) if moment - today > timedelta(hours=12) else moment


class SideEffectForm(PressForm):
    """A side effect, how severe, and how it came to be known."""

    name: ClassVar[str] = "side-effect"
    other_symptom = Text("If another, which", max_length=80, width="20")
    severity = Choice(
        "Severity",
        [("mild", "Mild"), ("moderate", "Moderate"), ("severe", "Severe")],
        missing="Choose how severe it is.",
        inline=True,
        small=True,
    )
    elicited = Choice(
        "How it came to be known",
        [("reported", "Patient said so"), ("asked", "Patient was asked"), ("observed", "Seen by staff")],
        missing="Choose how you came to know of it.",
        inline=True,
        small=True,
    )
    note = Text("Note", max_length=500, width="")

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        known = [*figure("session", "emergency_symptoms").value, *figure("session", "side_effects").value]
        choices = [(name, name.capitalize()) for name in known]
        self.fields["symptom"] = Pick("Symptom", [*choices, (OTHER, "Another")], missing="Choose the symptom.")
        self.order_fields(["symptom", "other_symptom", "severity", "elicited", "note"])

    def clean(self) -> dict[str, Any]:
        """Ask for the name of a symptom that is not in the list."""
        data = super().clean() or self.cleaned_data
        if data.get("symptom") == OTHER and not data.get("other_symptom") and "other_symptom" not in self.errors:
            self.add_error("other_symptom", "Name the symptom.")
        return data

    @property
    def symptom(self) -> str:
        """The symptom by its name, chosen or typed."""
        data = self.cleaned_data
        return str(data["other_symptom"] if data["symptom"] == OTHER else data["symptom"])


class NoteForm(PressForm):
    """Free text about the session."""

    name: ClassVar[str] = "note"
    text = LongText("Note", missing="Write the note, then save it.", max_length=2000, rows=3)


class AcknowledgeForm(PressForm):
    """A named person takes charge of an alarm."""

    name: ClassVar[str] = "acknowledge"
    key = Hidden()
    did = Text("What you did", max_length=300, width="")


class DischargeForm(PressForm):
    """The patient leaves."""

    name: ClassVar[str] = "discharge"
    escorted_by = Text(
        "Who takes the patient home",
        missing="Say who takes the patient home, or how they travel.",
        max_length=200,
        hint="Name of the adult, or how the patient travels alone",
        width="20",
    )
    advice_given = Choice(
        "Written advice given",
        YES_NO,
        missing="Say whether the written advice was given.",
        inline=True,
        hint="No driving or machinery until tomorrow after sleep, whom to call",
    )
