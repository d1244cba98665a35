"""Breaking the glass: another clinic's patient is opened for a few hours, with a reason the privacy officer reads."""

from typing import Any

from django.http import HttpResponse

from glimmer.actions.clinics import break_glass as do_break
from glimmer.actions.clinics import break_glass_at_the_bedside, episode_to_open
from glimmer.guidance import figure
from glimmer.records.clinics import REASONS, BrokenGlass
from glimmer.web.forms import Choice, Day, Form, LongText, Text, attempt
from glimmer.web.gate import StaffRequest, page
from glimmer.web.lists import asked_number
from glimmer.web.pages import done, show


class GlassForm(Form):
    """Whose record, and why."""

    name = "glass"
    nhs_number = Text(
        "NHS number", missing="Enter the whole NHS number.", max_length=20, width="10", inputmode="numeric"
    )
    birth_date = Day("Date of birth", missing="Enter the date of birth.")
    reason = Choice("Why do you need this record?", REASONS, missing="Choose why you need this record.")
    words = LongText(
        "In your own words",
        missing="Say in a few words why you need this record.",
        hint="The privacy officer reads this, and the patient may ask for it.",
        rows=3,
    )

    def __init__(self, *args: Any, at_the_bedside: bool = False, **more: Any) -> None:
        super().__init__(*args, **more)
        if at_the_bedside:
            del self.fields["nhs_number"], self.fields["birth_date"]


@page("glass.break", methods=("GET", "POST"), bedside=True)
def break_glass(request: StaffRequest) -> HttpResponse:
    """Ask whose record and why, open it, and go to it; `?session=` is a running session the person stands beside."""
    session = asked_number(request.GET, "session", otherwise=0)
    form = GlassForm(request.POST if request.method == "POST" else None, at_the_bedside=bool(session))
    broken: list[BrokenGlass] = []

    def act(data: dict[str, Any]) -> None:
        why = data["reason"], data["words"]
        if session:
            broken.append(break_glass_at_the_bedside(session, *why, by=request.staff))
        else:
            broken.append(do_break(data["nhs_number"], data["birth_date"], *why, by=request.staff))

    if request.method == "POST" and attempt(form, act):
        return _opened(request, broken[0], session)
    return show(
        request,
        "access/glass.html",
        title="A patient of another clinic",
        here="patients",
        forms=[form],
        form=form,
        hours=figure("access", "glass_open_for").value,
        session=session,
        trail=[("Patients", "patients")],
    )


def _opened(request: StaffRequest, glass: BrokenGlass, session: int) -> HttpResponse:
    says = f"This patient’s record is open to you for {figure('access', 'glass_open_for').value} hours."
    if session:
        return done(request, says, "session", session)
    episode = episode_to_open(glass, by=request.staff)
    return done(request, says, "journey", episode.pk) if episode is not None else done(request, says, "patients")
