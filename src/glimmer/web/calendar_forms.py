"""The forms of dates: a course booked, one date moved, cancelled or opened."""

from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any

from django.utils import timezone

from glimmer.records.plans import Bay
from glimmer.web.forms import Choice, Day, Form, LongText, Number, Pick, TimeOfDay


def bay_choices(bays: Iterable[Bay]) -> list[tuple[str, str]]:
    """Return the bays as the choices of a list."""
    return [(str(bay.pk), bay.name) for bay in bays]


def moment_of(day: date, at_time: time) -> datetime:
    """Return the aware moment of a day and a time on the clinic's wall clock."""
    return datetime.combine(day, at_time, tzinfo=timezone.get_current_timezone())


class _InBay(Form):
    """A form that asks for a bay of this clinic."""

    bay = Pick("Bay", missing="Choose a bay.")

    def __init__(self, *args: Any, bays: list[tuple[str, str]], **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["bay"].choices = bays  # type: ignore[attr-defined]


class _WithReason(_InBay):
    """A form of dates that rules may stand against: a reason overrides what can be overridden."""

    because = LongText(
        "Reason to book it all the same",
        rows=2,
        max_length=500,
        hint="Only where something stands against the date, such as the hours or the staff.",
    )


class MoveForm(_WithReason):
    """Another day, time or bay."""

    name = "move"
    field_order = ["day", "starts_at", "bay", "because"]
    day = Day("Day", missing="Enter the day.")
    starts_at = TimeOfDay("Time", missing="Enter the time, such as 09:30.")


class BookForm(_WithReason):
    """When a course begins, at which time of day, and where."""

    name = "book"
    field_order = ["first_day", "at_time", "bay", "because"]
    first_day = Day("Day of the first session", missing="Enter the day of the first session.")
    at_time = TimeOfDay("Time of day", missing="Enter the time of day, such as 09:30.")


class BookOneForm(MoveForm):
    """One session of the course that has no date."""

    name = "book-one"
    field_order = ["number", "day", "starts_at", "bay", "because"]
    number = Number("Session", missing="Enter the number of the session.", decimals=0, least=1, most=99, width="2")


class CancelForm(Form):
    """Why a date is cancelled."""

    name = "cancel"
    whose = Choice(
        "Who cancels", [("patient", "The patient"), ("clinic", "The clinic")], missing="Say who cancels the date."
    )
    reason = LongText("Reason for cancelling", missing="Give the reason for cancelling.", rows=2)


class OpenForm(Form):
    """Opening a session asks nothing further."""

    name = "open"


class AbsenceBackForm(Form):
    """What was entered about a date that was not held is taken back; the press is all."""

    name = "absence_back"


class AbsenceForm(Form):
    """A patient did not come."""

    name = "absence"
    words = LongText("What is known", rows=2, max_length=500, hint="For instance: rang, nobody answered.")
