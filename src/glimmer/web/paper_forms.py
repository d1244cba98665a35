"""The form of a sheet of paper: each printed row with the same name, so that the eye goes from one to the other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any, ClassVar

from django import forms
from django.utils import timezone

from glimmer.actions.downtime import EVENT_ROWS, OBSERVATION_ROWS, WrittenRow
from glimmer.actions.observing import HIGHEST_DISSOCIATION, HIGHEST_SEDATION
from glimmer.care.session.events import (
    CheckRecorded,
    InfusionChecked,
    InfusionCompleted,
    InfusionPaused,
    InfusionPrepared,
    InfusionResumed,
    InfusionStarted,
    InfusionStopped,
    LeavingChecked,
    NoteWritten,
    ObservationRecorded,
    SideEffectRecorded,
    What,
)
from glimmer.care.session.paper import ON_THIS_SHEET
from glimmer.guidance.figures import figure
from glimmer.guidance.protocol import Check, Protocol
from glimmer.records.staff import Staff
from glimmer.vocabulary.parameters import FORMS, Parameter
from glimmer.vocabulary.readings import Reading
from glimmer.web.forms import Day, Form, Number, Pick, Text, TimeOfDay
from glimmer.web.session_forms import LEVELS_OF_CONSCIOUSNESS, TYPED_VITAL_SIGNS, YES_NO, round_in_words

HAPPENED = (
    ("started", "Infusion started"),
    ("paused", "Infusion paused (why)"),
    ("resumed", "Infusion resumed"),
    ("stopped", "Infusion stopped for good (why)"),
    ("completed", "Infusion complete (mL by the pump)"),
    ("mild", "Side effect, mild (which)"),
    ("moderate", "Side effect, moderate (which)"),
    ("severe", "Side effect, severe (which)"),
    ("note", "Note"),
)
NEEDS_WORDS = {"paused", "stopped", "mild", "moderate", "severe", "note"}


def people_choices(people: Sequence[Staff]) -> list[tuple[str, str]]:
    """Return the members of staff as the choices of a list."""
    return [(str(person.pk), str(person)) for person in people]


class FromPaperForm(Form):
    """When a session began and ended on paper, and whose handwriting it is."""

    name: ClassVar[str] = "from-paper"
    written_by = Pick("Whose handwriting is it", missing="Choose who wrote the sheet.")
    opened_at = TimeOfDay("Session began", missing="Enter when the session began, such as 09:30.")
    left_at = TimeOfDay("Patient left", hint="Leave empty if the patient is still here")
    escorted_by = Text("Who took the patient home", max_length=200, hint="If the patient has left", width="20")

    def __init__(self, *args: Any, people: Sequence[Staff], **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["written_by"].choices = people_choices(people)  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Cells:
    """One row of the sheet on the page: its printed name and its fields."""

    row: str
    fields: tuple[forms.BoundField, ...]


class PaperForm(Form):
    """The rows of one sheet. Rows that are in the log already have no fields; empty rows are nothing."""

    name: ClassVar[str] = "paper"
    written_by = Pick("Whose handwriting are these rows", missing="Choose who wrote these rows.")
    checks_time = TimeOfDay("Checks before answered at")
    leaving_time = TimeOfDay("Criteria for leaving answered at")
    drawn_time = TimeOfDay("Drawn up at")
    checked_time = TimeOfDay("Checked at")
    checked_by = Pick("Checked by")
    batch = Text("Batch number", max_length=40, width="10")
    expires_on = Day("Expiry date", missing="")
    strength = Pick("Strength on the vial")
    drug_volume = Number("Drug volume", unit="mL", least=0, decimals=2)
    total_volume = Number("Total volume", unit="mL", least=1, decimals=1)
    rate = Number("Rate", unit="mL/h", least=0, decimals=1)

    def __init__(
        self,
        *args: Any,
        protocol: Protocol,
        checks: Sequence[Check],
        people: Sequence[Staff],
        day: datetime,
        known: Sequence[str],
        **more: Any,
    ) -> None:
        super().__init__(*args, **more)
        self.protocol, self.day, self.known = protocol, timezone.localtime(day), set(known)
        self.checks = [(f"C{number}", check) for number, check in enumerate(checks, 1)]
        self.leaving = [(f"L{number}", check) for number, check in enumerate(protocol.leaving, 1)]
        self.people = {str(person.pk): person for person in people}
        for name in ("written_by", "checked_by"):
            self.fields[name].choices = people_choices(people)  # type: ignore[attr-defined]
        strengths = [(f"{one:g}", f"{one:g} mg/mL") for one in protocol.vial_concentrations_mg_per_ml]
        self.fields["strength"].choices = strengths  # type: ignore[attr-defined]
        self._add_event_rows()
        self._add_observation_rows()
        for row, check in (*self.checks, *self.leaving):
            if row not in self.known:
                self.fields[row] = Pick(f"{row}: {check.asks}", YES_NO)

    def _add_event_rows(self) -> None:
        for number in range(1, EVENT_ROWS + 1):
            row = f"E{number}"
            if row not in self.known:
                self.fields[f"{row}-time"] = TimeOfDay(f"{row}: time")
                self.fields[f"{row}-what"] = Pick(f"{row}: what happened", HAPPENED)
                self.fields[f"{row}-words"] = Text(f"{row}: words", max_length=500, width="")

    def _add_observation_rows(self) -> None:
        levels = [(code, code) for code, *_ in LEVELS_OF_CONSCIOUSNESS]
        minutes = [(str(minute), round_in_words(minute)) for minute in sorted(self.protocol.observation_minutes)]
        for number in range(1, OBSERVATION_ROWS + 1):
            row = f"O{number}"
            if row in self.known:
                continue
            self.fields[f"{row}-time"] = TimeOfDay(f"{row}: time")
            self.fields[f"{row}-minute"] = Pick(f"{row}: round", [*minutes, ("extra", "Extra round")])
            for parameter in TYPED_VITAL_SIGNS:
                low, high = figure("plausibility", parameter.value).value
                form = FORMS[parameter]
                self.fields[f"{row}-{parameter.value}"] = Number(
                    f"{row}: {form.name.lower()}", unit=form.shown_unit, least=low, most=high, decimals=form.decimals
                )
            self.fields[f"{row}-oxygen"] = Pick(f"{row}: air or oxygen", [("air", "Air"), ("oxygen", "O2")])
            self.fields[f"{row}-level"] = Pick(f"{row}: level of consciousness", levels)
            self.fields[f"{row}-moaas"] = Number(f"{row}: MOAA/S", decimals=0, least=0, most=HIGHEST_SEDATION)
            self.fields[f"{row}-cadss"] = Number(f"{row}: CADSS", decimals=0, least=0, most=HIGHEST_DISSOCIATION)

    def cells(self, letter: str) -> list[Cells]:
        """Return the rows of the page whose printed name begins with `letter` and that are not in the log yet."""
        found: dict[str, list[forms.BoundField]] = {}
        for name in self.fields:
            row = name.partition("-")[0]
            if row[:1] == letter and row[1:].isdigit():
                found.setdefault(row, []).append(self[name])
        return [Cells(row, tuple(fields)) for row, fields in found.items()]

    def clean(self) -> dict[str, Any]:
        """Ask for the time of each row that says something, and for the words of what needs them."""
        data = super().clean() or self.cleaned_data
        for row in sorted({name.partition("-")[0] for name in self.fields if "-" in name}):
            told = {name: data.get(name) for name in self.fields if name.startswith(f"{row}-")}
            if any(value not in (None, "") for value in told.values()):
                self._complete(row, told)
        for row, _ in (*self.checks, *self.leaving):
            time_field = "checks_time" if row[0] == "C" else "leaving_time"
            if data.get(row) and not data.get(time_field) and time_field not in self.errors:
                self.add_error(time_field, "Enter the time at which these questions were answered on paper.")
        self._complete_syringe(data)
        return data

    def _complete(self, row: str, told: dict[str, Any]) -> None:
        if not told.get(f"{row}-time") and f"{row}-time" not in self.errors:
            self.add_error(f"{row}-time", f"Row {row} has no time. Enter the time that was written.")
        if row[0] == "E":
            what, words = told.get(f"{row}-what"), told.get(f"{row}-words")
            if not what and f"{row}-what" not in self.errors:
                self.add_error(f"{row}-what", f"Row {row}: choose what happened.")
            if what in NEEDS_WORDS and not words:
                self.add_error(f"{row}-words", f"Row {row}: enter the words that were written.")
            return
        measured = any(told.get(f"{row}-{p.value}") is not None for p in TYPED_VITAL_SIGNS)
        is_open = not told.get(f"{row}-oxygen") and f"{row}-oxygen" not in self.errors
        if is_open and (measured or told.get(f"{row}-level")):
            self.add_error(f"{row}-oxygen", f"Row {row}: choose air or oxygen. NEWS2 depends on it.")

    def _complete_syringe(self, data: dict[str, Any]) -> None:
        pump = ("total_volume", "rate") if self.protocol.given_by.pump else ()
        names = ("drawn_time", "batch", "expires_on", "strength", "drug_volume", *pump)
        told = [name for name in names if data.get(name)]
        if told and len(told) < len(names):
            for name in set(names) - set(told) - set(self.errors):
                self.add_error(name, f"{self.fields[name].label} of the syringe is missing. Enter what was written.")
        if data.get("checked_time") and not data.get("checked_by"):
            self.add_error("checked_by", "Choose who checked the syringe.")

    # What the rows say

    def rows(self) -> list[WrittenRow]:
        """Return the rows that were filled in, as the action takes them."""
        data = self.cleaned_data
        person = self.people[data["written_by"]]
        rows = [WrittenRow(row, when, what, person) for row, when, what in self._written()]
        if data.get("checked_time") and "S2" not in self.known:
            second = self.people[data["checked_by"]]
            rows.append(WrittenRow("S2", self._moment(data["checked_time"]), InfusionChecked(ON_THIS_SHEET), second))
        return rows

    def _written(self) -> Iterator[tuple[str, datetime, What]]:
        data = self.cleaned_data
        for row, check in self.checks:
            if data.get(row):
                yield row, self._moment(data["checks_time"]), CheckRecorded(check.id, data[row])
        if data.get("drawn_time") and "S1" not in self.known:
            yield "S1", self._moment(data["drawn_time"]), self._syringe(data)
        for cells in (*self.cells("E"), *self.cells("O")):
            clock_time = data.get(f"{cells.row}-time")
            if clock_time:
                when = self._moment(clock_time)
                yield cells.row, when, self._event(cells.row, when)
        for row, check in self.leaving:
            if data.get(row):
                yield row, self._moment(data["leaving_time"]), LeavingChecked(check.id, data[row])

    def _moment(self, clock_time: time) -> datetime:
        return self.day.replace(hour=clock_time.hour, minute=clock_time.minute, second=0, microsecond=0)

    def _syringe(self, data: dict[str, Any]) -> InfusionPrepared:
        strength, drug = float(data["strength"]), float(data["drug_volume"])
        # What no pump gives is neither diluted nor run at a rate.
        total, rate = drug, 0.0
        if self.protocol.given_by.pump:
            total, rate = float(data["total_volume"]), float(data["rate"])
        dose = round(strength * drug, 3)
        return InfusionPrepared(
            drug=self.protocol.drug,
            batch=data["batch"],
            expires_on=data["expires_on"].isoformat(),
            vial_concentration_mg_per_ml=strength,
            dose_mg=dose,
            drug_volume_ml=drug,
            total_volume_ml=total,
            final_concentration_mg_per_ml=round(dose / total, 4),
            rate_ml_per_hour=rate,
        )

    def _event(self, row: str, when: datetime) -> What:
        data = self.cleaned_data
        if row[0] == "O":
            return self._observation(row, when)
        what, words = data[f"{row}-what"], data[f"{row}-words"]
        if what in ("mild", "moderate", "severe"):
            return SideEffectRecorded(words, what, "observed")
        if what == "completed":
            return InfusionCompleted(_volume(words))
        return {
            "started": lambda: InfusionStarted(),
            "paused": lambda: InfusionPaused(words),
            "resumed": lambda: InfusionResumed(words),
            "stopped": lambda: InfusionStopped(words),
            "note": lambda: NoteWritten(words),
        }[what]()

    def _observation(self, row: str, when: datetime) -> ObservationRecorded:
        data = self.cleaned_data
        values = {p: data.get(f"{row}-{p.value}") for p in TYPED_VITAL_SIGNS}
        minute = data.get(f"{row}-minute")
        sedation, dissociation = data.get(f"{row}-moaas"), data.get(f"{row}-cadss")
        return ObservationRecorded(
            readings=tuple(_reading(p, value, when) for p, value in values.items() if value is not None),
            due_minute=int(minute) if minute not in (None, "", "extra") else None,
            consciousness=data.get(f"{row}-level") or "",
            sedation=sedation,
            on_oxygen=data.get(f"{row}-oxygen") == "oxygen",
            dissociation=dissociation,
        )


def _reading(parameter: Parameter, value: Any, when: datetime) -> Reading:
    return Reading(parameter, float(value), when, "manual")


def _volume(words: str) -> float | None:
    try:
        return float(words.lower().replace("ml", "").replace(",", ".").strip())
    except ValueError:
        return None
