"""Long-term safety: the patients for whom a check is due, and one patient's checks, findings and decisions."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from glimmer.actions.long_term import (
    checks_of,
    long_term_overview,
    long_term_worklist,
    record_long_term_check,
    review_long_term,
    reviews_of,
)
from glimmer.care.long_term import DECISIONS
from glimmer.guidance.long_term import Domain, Question, long_term_domain, long_term_domains
from glimmer.records.access import NotFound, access_episode
from glimmer.records.episodes import Episode
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.permissions import may
from glimmer.web.forms import Choice, Day, Form, LongText, Number, attempt
from glimmer.web.gate import StaffRequest, page
from glimmer.web.pages import done, show

ANSWERS = [("yes", "Yes"), ("no", "No"), ("unknown", "Not known")]
MOST = 99_999


class CheckForm(Form):
    """The questions of one domain."""

    done_on = Day("Done on", missing="Enter the day on which it was done.")
    note = LongText("Anything to say about it", rows=2, max_length=2000)

    def __init__(self, *args: Any, domain: Domain, **more: Any) -> None:
        super().__init__(*args, name=domain.id, **more)
        for asked in domain.questions:
            self.fields[asked.id] = _field(asked)
        self.asked = [asked.id for asked in domain.questions]

    @property
    def answers(self) -> dict[str, Any]:
        """What was answered, numbers as numbers."""
        answers = {name: self.cleaned_data[name] for name in self.asked}
        return {name: value if isinstance(value, str) else _number(value) for name, value in answers.items()}


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _field(asked: Question) -> Any:
    missing = "" if asked.optional else f"Answer this: {asked.asks}"
    if asked.kind == "yes_no":
        return Choice(asked.asks, ANSWERS, missing=missing, inline=True)
    return Number(asked.asks, unit=asked.unit, missing=missing, least=0, most=MOST)


class ReviewForm(Form):
    """What follows from a finding."""

    decision = Choice("What follows?", list(DECISIONS.items()), missing="Choose what follows.")
    reason = LongText("Reason", missing="Give the reason.", rows=2, max_length=2000)


@page("long_term.view")
def long_term_list(request: StaffRequest) -> HttpResponse:
    """List the patients in treatment for whom something is due, overdue or held."""
    rows = long_term_worklist(request.staff, timezone.now())
    return show(request, "long_term/list.html", title="Long-term safety", here="patients", rows=rows)


@page("long_term.view")
def long_term(request: StaffRequest, episode_id: int) -> HttpResponse:
    """Show one patient's checks with what is due and what holds the next session."""
    return _shown(request, access_episode(request.staff, episode_id))


@page("long_term.record", methods=("POST",))
def long_term_check(request: StaffRequest, episode_id: int, domain_id: str) -> HttpResponse:
    """Take one check."""
    episode, domain = access_episode(request.staff, episode_id), _domain(domain_id)
    form = CheckForm(request.POST, domain=domain)
    holds: list[str] = []

    def record(data: dict[str, Any]) -> None:
        check = record_long_term_check(
            episode, domain.id, form.answers, data["done_on"], data["note"], by=request.staff
        )
        holds.extend(check.holds)

    if attempt(form, record):
        says = f"{domain.title}: the check was saved."
        if holds:
            says += f" The next session waits until a psychiatrist has reviewed it. {domain.held}"
        return done(request, says, "long_term", episode_id)
    return _shown(request, episode, form)


@page("long_term.review", methods=("POST",))
def long_term_review(request: StaffRequest, episode_id: int, domain_id: str) -> HttpResponse:
    """Take a psychiatrist's decision."""
    episode, domain = access_episode(request.staff, episode_id), _domain(domain_id)
    form = ReviewForm(request.POST, name=f"review-{domain.id}")

    def review(data: dict[str, Any]) -> None:
        review_long_term(episode, domain.id, data["decision"], data["reason"], by=request.staff)

    if attempt(form, review):
        return done(request, "The decision was recorded.", "long_term", episode_id)
    return _shown(request, episode, form)


def _domain(domain_id: str) -> Domain:
    found = long_term_domain(domain_id)
    if found is None:
        raise NotFound("There is no such check in the schedule. Go back to the page and choose one of those shown.")
    return found


def _shown(request: StaffRequest, episode: Episode, posted: Any = None) -> HttpResponse:
    made: dict[str, Any] = {}
    for domain in long_term_domains():
        made[domain.id] = CheckForm(domain=domain)
        made[f"review-{domain.id}"] = ReviewForm(name=f"review-{domain.id}")
    if posted is not None:
        made[posted.auto_id.removesuffix("-%s")] = posted
    role, now = Role(request.staff.role), timezone.now()
    return show(
        request,
        "long_term/patient.html",
        title="Long-term safety",
        here="patients",
        episode=episode,
        overview=long_term_overview(episode, now),
        checks=checks_of(request.staff, episode),
        reviews=reviews_of(request.staff, episode),
        titles={domain.id: domain.title for domain in long_term_domains()},
        asks={(domain.id, asked.id): asked for domain in long_term_domains() for asked in domain.questions},
        made=made,
        decisions=DECISIONS,
        forms=[posted] if posted is not None else [],
        is_open=episode.closed_at is None,
        can={name for name in ("record", "review") if may(role, f"long_term.{name}")},
        trail=[("Patients", "patients"), ("Journey", "journey", episode.pk)],
    )
