"""The forms of opening, rota, skills and the patient's own limits."""

from collections.abc import Iterable
from datetime import time
from typing import Any

from django.core.exceptions import ValidationError

from glimmer.guidance.skills import skills
from glimmer.records.staff import Staff
from glimmer.web.calendar_forms import _InBay
from glimmer.web.forms import Choice, Day, Form, LongText, Number, Pick, Several, Text, TimeOfDay

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class HoursForm(Form):
    """The week, from a day on."""

    name = "hours"
    from_day = Day("From which day", missing="Enter the day from which these hours hold.")

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        for number, weekday in enumerate(WEEKDAYS):
            self.fields[f"opens_{number}"] = TimeOfDay(f"{weekday}: opens at")
            self.fields[f"closes_{number}"] = TimeOfDay(f"{weekday}: closes at")

    def clean(self) -> dict[str, Any]:
        """Ask for both times of a day or neither."""
        data = super().clean() or {}
        for number, weekday in enumerate(WEEKDAYS):
            if (data.get(f"opens_{number}") is None) != (data.get(f"closes_{number}") is None):
                self.add_error(f"opens_{number}", f"{weekday}: enter both times, or neither for a closed day.")
        return data

    def hours(self) -> dict[int, tuple[time, time]]:
        """Return the hours by weekday."""
        data = self.cleaned_data
        return {
            number: (data[f"opens_{number}"], data[f"closes_{number}"])
            for number in range(7)
            if data.get(f"opens_{number}") is not None
        }


class OtherDayForm(Form):
    """A day that is otherwise than its weekday."""

    name = "other-day"
    day = Day("Day", missing="Enter the day.")
    how = Choice(
        "How is it",
        [("closed", "Closed"), ("open", "Open at other hours")],
        missing="Say whether it is open or closed.",
    )
    opens_at = TimeOfDay("Opens at")
    closes_at = TimeOfDay("Closes at")
    why = Text("Why", missing="Say why, such as: Christmas, audit day.")

    def clean(self) -> dict[str, Any]:
        """Ask for hours where the day is open."""
        data = super().clean() or {}
        if data.get("how") == "open" and (data.get("opens_at") is None or data.get("closes_at") is None):
            self.add_error("opens_at", ValidationError("Enter when the clinic opens and closes on that day."))
        return data


class CloseBayForm(_InBay):
    """A bay out of use from one day to another."""

    name = "close-bay"
    field_order = ["bay", "first_day", "last_day", "why"]
    first_day = Day("First day out of use", missing="Enter the first day.")
    last_day = Day("Last day out of use", missing="Enter the last day.")
    why = Text("Why", missing="Say why, such as: new floor.")


class PressForm(Form):
    """A button that asks nothing further."""

    name = "press"


class _OfStaff(Form):
    staff = Pick("Who", missing="Choose who it is.")

    def __init__(self, *args: Any, people: Iterable[Staff], **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["staff"].choices = [  # type: ignore[attr-defined]
            (str(person.pk), f"{person.name}, {person.role}") for person in people
        ]


class ShiftForm(_OfStaff):
    """A shift, once or on the same weekday of several weeks."""

    name = "shift"
    field_order = ["staff", "day", "starts_at", "ends_at", "weeks"]
    day = Day("First day", missing="Enter the day.")
    starts_at = TimeOfDay("From", missing="Enter when the shift begins, such as 08:30.")
    ends_at = TimeOfDay("Until", missing="Enter when the shift ends, such as 17:00.")
    weeks = Number(
        "For how many weeks",
        missing="Enter for how many weeks: 1 for this day alone.",
        decimals=0,
        least=1,
        most=26,
        width="2",
        hint="The same weekday and times. 1 is this day alone.",
    )


class MoveShiftForm(Form):
    """Another day or other times."""

    name = "move-shift"
    day = Day("Day", missing="Enter the day.")
    starts_at = TimeOfDay("From", missing="Enter when the shift begins, such as 08:30.")
    ends_at = TimeOfDay("Until", missing="Enter when the shift ends, such as 17:00.")


class SkillForm(_OfStaff):
    """A skill, and until when it is valid."""

    name = "skill"
    field_order = ["staff", "skill", "until"]
    skill = Pick("Skill", [(one.id, one.title) for one in skills()], missing="Choose the skill.")
    until = Day("Valid until", hint="Leave empty where it does not run out.")


class FromDayForm(Form):
    """From which day dates are looked for."""

    name = "from"
    first_day = Day("Look from", missing="Enter the day from which to look.")


class LimitsForm(Form):
    """When the patient can come, and how they travel."""

    name = "limits"
    not_weekdays = Several("Days on which the patient cannot come", [(str(n), day) for n, day in enumerate(WEEKDAYS)])
    not_before = TimeOfDay("Not before", hint="The earliest they can be here, such as 10:30.")
    not_after = TimeOfDay("Has to leave by", hint="For instance for the last bus, such as 16:15.")
    needs_escort = Choice(
        "Needs somebody to come with them", [("yes", "Yes"), ("no", "No")], missing="Say whether an escort is needed."
    )
    travel = Text("How they travel", max_length=200, hint="Distance, transport booked, help needed.")


class BookWayForm(Form):
    """One way to hold the course, as it was shown; a reason where something stands against it."""

    name = "way"
    dates = Text("Dates", missing="Choose one of the ways shown.", max_length=2000)
    because = LongText("Reason for booking it all the same", rows=2, max_length=500)


class FeedForm(Form):
    """What a feed shows."""

    name = "feed"
    what = Choice("What it shows", missing="Choose what the feed shows.")

    def __init__(self, *args: Any, bays: list[tuple[str, str]], **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["what"].choices = [  # type: ignore[attr-defined]
            ("own", "My own shifts"),
            *((key, f"Sessions in {name}") for key, name in bays),
        ]
