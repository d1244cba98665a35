"""The forms of psychotherapy: planning a session, joining a group, attendance, the note, and opening it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone

from glimmer.actions.psychotherapy import TherapyDetails
from glimmer.care.psychotherapy import ATTENDANCE
from glimmer.guidance.psychotherapy import therapy_kinds
from glimmer.records.staff import Staff
from glimmer.web.forms import Choice, Day, Form, LongText, Pick, Text, TimeOfDay


class PlanForm(Form):
    """A session as it is planned."""

    name = "therapy"
    kind = Choice("What kind of session?", missing="Choose what kind of session it is.")
    is_group = Choice(
        "With one patient, or as a group?",
        [("no", "With this patient alone"), ("yes", "As a group, which others can join")],
        missing="Choose whether it is a group.",
    )
    therapist = Pick("Who leads it?", missing="Choose who leads the session.")
    day = Day("Day of the session", missing="Enter the day of the session.")
    at_time = TimeOfDay("Begins at", missing="Enter the time at which it begins.")
    by_video = Choice("Where?", [("no", "At a place"), ("yes", "By video")], missing="Choose where it is.")
    place = Text("Place", max_length=120, hint="Room and house; not needed by video")

    def __init__(self, *args: Any, people: Sequence[Staff], **more: Any) -> None:
        super().__init__(*args, **more)
        self.people = {str(one.pk): one for one in people}
        self.fields["therapist"].choices = [(key, str(one)) for key, one in self.people.items()]  # type: ignore[attr-defined]
        self.fields["kind"].choices = [(one.id, f"{one.title}, {one.minutes} minutes") for one in therapy_kinds()]  # type: ignore[attr-defined]

    def details(self) -> TherapyDetails:
        """Return the session as typed, in the clinic's own time."""
        data = self.cleaned_data
        return TherapyDetails(
            kind=data["kind"],
            is_group=data["is_group"] == "yes",
            therapist=self.people[data["therapist"]],
            starts_at=timezone.make_aware(datetime.combine(data["day"], data["at_time"])),
            place=data["place"],
            by_video=data["by_video"] == "yes",
        )


class MoveForm(Form):
    """Another time or place for a session."""

    name = "move"
    day = Day("Day of the session", missing="Enter the day of the session.")
    at_time = TimeOfDay("Begins at", missing="Enter the time at which it begins.")
    by_video = Choice("Where?", [("no", "At a place"), ("yes", "By video")], missing="Choose where it is.")
    place = Text("Place", max_length=120, hint="Room and house; not needed by video")

    @property
    def starts_at(self) -> datetime:
        """The new time, in the clinic's own."""
        return timezone.make_aware(datetime.combine(self.cleaned_data["day"], self.cleaned_data["at_time"]))


class JoinForm(Form):
    """A group with a free place."""

    name = "join"
    group = Pick("Group", missing="Choose a group.")

    def __init__(self, *args: Any, groups: Sequence[tuple[str, str]], **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["group"].choices = list(groups)  # type: ignore[attr-defined]


class AttendanceForm(Form):
    """Whether the patient came."""

    name = "attendance"
    attendance = Choice("Did the patient come?", list(ATTENDANCE.items()), missing="Choose whether the patient came.")
    reason = Text("Reason", max_length=300, hint="Needed for a cancellation")


class CancelForm(Form):
    """Why a session is cancelled for everybody."""

    name = "cancel"
    reason = Text("Reason", max_length=300, missing="Give the reason for cancelling.")


class NoteForm(Form):
    """The note, what the team reads of it, and for a new version why."""

    name = "note"
    text = LongText(
        "Note", rows=8, max_length=20_000, missing="Write the note.", hint="Read by the therapists of the clinic"
    )
    for_team = LongText(
        "Summary for the team", rows=3, max_length=2_000, hint="Read by everybody who treats the patient"
    )
    because = Text("Why is it amended?", max_length=300, hint="For a new version; the one before stays")
    version = 0

    @property
    def revision(self) -> int | str:
        """The version of the note that the page shows, in the place of the episode's revision: notes stand apart."""
        return str(self.data["seen"]) if self.is_bound and not self.stale and self.data.get("seen") else self.version


class OpenForm(Form):
    """Why somebody has to read the notes."""

    name = "open"
    because = Text(
        "Why do you have to read these notes?", max_length=300, missing="Say why you have to read these notes."
    )
