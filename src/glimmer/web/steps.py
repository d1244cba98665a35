"""The steps of the journey as pages show them: built from `care.journey`, stated there once."""

from dataclasses import dataclass

from glimmer.care.journey import STEPS
from glimmer.records.episodes import Episode
from glimmer.records.staff import Staff
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.permissions import may

# A step's slug, the route of its page, and the permission that its page asks for.
PAGES = {
    "referral": ("referral", "patient.view"),
    "selection": ("selection", "patient.view"),
    "consent": ("consent", "patient.view"),
    "plan": ("plan", "patient.view"),
    "session": ("sessions", "patient.view"),
    "outcomes": ("outcomes", "outcome.view"),
    "follow-up": ("followup", "patient.view"),
}


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step: its name, its page, and whether it is done, the present one or still to come."""

    slug: str
    title: str
    purpose: str
    route: str
    status: str


def step_rows(staff: Staff, episode: Episode) -> tuple[StepRow, ...]:
    """Return the steps of one journey; a page that the person may not open has no route."""
    slugs = [step.slug for step in STEPS]
    present = slugs.index(episode.step) if episode.step in slugs else len(slugs)
    return tuple(
        StepRow(
            slug=step.slug,
            title=step.title,
            purpose=step.purpose,
            route=PAGES[step.slug][0] if may(Role(staff.role), PAGES[step.slug][1]) else "",
            status=_status(number, present, closed=episode.closed_at is not None),
        )
        for number, step in enumerate(STEPS)
    )


def _status(number: int, present: int, *, closed: bool) -> str:
    if number < present:
        return "done"
    if number == present:
        return "ended" if closed else "now"
    return "not reached" if closed else "to come"
