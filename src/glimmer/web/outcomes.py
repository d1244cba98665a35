"""Outcomes: questionnaires entered, corrected, drawn, and judged by stated definitions."""

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from glimmer.actions.course import course_decisions, courses_of, decide_course, trajectory_of
from glimmer.actions.early import early_decision_due
from glimmer.actions.outcomes import correct_score, course_facts, course_outcome, record_score
from glimmer.actions.value_sets import INSTRUMENT as VALUED
from glimmer.actions.value_sets import valued
from glimmer.actions.wording import wording_of
from glimmer.care.early import DECISIONS
from glimmer.care.outcomes import MEASURE, OutcomeSummary
from glimmer.care.trajectory import in_words
from glimmer.guidance.instrument import Instrument, instrument, instruments
from glimmer.records.access import NotFound, access_episode, access_score
from glimmer.records.access_journey import access_scores
from glimmer.records.episodes import Episode
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.permissions import may
from glimmer.web.course_parts import course_parts, why_it_warned
from glimmer.web.forms import Choice as Choose
from glimmer.web.forms import Form, LongText, attempt
from glimmer.web.gate import StaffRequest, page
from glimmer.web.outcome_forms import CorrectionForm, ScoreForm, initial_of
from glimmer.web.pages import done, show
from glimmer.web.score_chart import score_chart


@dataclass(frozen=True, slots=True)
class Choice:
    """One questionnaire that the page can show: how many of it count, and whether it is the one shown."""

    of: Instrument
    count: int
    is_shown: bool


class CourseForm(Form):
    """Whether a course goes on that has changed little."""

    name = "course"
    decision = Choose(
        "Does the course go on?",
        [
            ("continue", DECISIONS["continue"]),
            ("change", DECISIONS["change"]),
            ("stop", DECISIONS["stop"], "The dates that are still open are cancelled"),
        ],
        missing="Choose whether the course goes on.",
    )
    reason = LongText(
        "Reason, and what the patient says", missing="Give the reason for this decision.", max_length=2000
    )


@page("outcome.view")
def outcomes(request: StaffRequest, episode_id: int) -> HttpResponse:
    """Show one questionnaire's scores and their change, and what the definitions say about the course."""
    return _page(request, access_episode(request.staff, episode_id), _named(request.GET.get("form", MEASURE)))


@page("outcome.record", methods=("POST",))
def score_post(request: StaffRequest, episode_id: int, form: str) -> HttpResponse:
    """Record a completed questionnaire."""
    episode = access_episode(request.staff, episode_id)
    of = _named(form)
    typed = ScoreForm(request.POST, of=of, wording=wording_of(of))

    def record(data: dict[str, Any]) -> None:
        record_score(
            episode,
            typed.completed(),
            data["occasion"],
            data["completed_on"],
            data["session_number"],
            by=request.staff,
            seen=data["seen"],
        )

    if attempt(typed, record):
        return done(request, "The score was recorded.", "outcomes", episode_id, query=_query(of))
    return _page(request, episode, of, form=typed)


@page("course.decide", methods=("POST",))
def course_post(request: StaffRequest, episode_id: int) -> HttpResponse:
    """Record whether a course that has changed little goes on."""
    episode = access_episode(request.staff, episode_id)
    typed = CourseForm(request.POST)

    def decide(data: dict[str, Any]) -> None:
        decide_course(episode, data["decision"], data["reason"], by=request.staff, seen=data["seen"])

    if attempt(typed, decide):
        return done(request, "The decision was recorded.", "outcomes", episode_id)
    return _page(request, episode, _named(MEASURE), course_form=typed)


@page("outcome.record", methods=("GET", "POST"))
def score_correct(request: StaffRequest, score_id: int) -> HttpResponse:
    """Correct a score: the wrong one stays, marked, and points to the right one."""
    score = access_score(request.staff, score_id)
    of = instrument(score.instrument)
    typed = request.POST if request.method == "POST" else None
    form = CorrectionForm(typed, of=of, wording=wording_of(of), initial=initial_of(score, of))
    if request.method == "POST" and attempt(
        form, lambda data: correct_score(score, form.completed(), data["reason"], by=request.staff, seen=data["seen"])
    ):
        return done(request, "The score was corrected.", "outcomes", score.episode_id, query=_query(of))
    return show(
        request,
        "score_correct.html",
        title="Correct a score",
        here="patients",
        episode=score.episode,
        step="outcomes",
        forms=[form],
        form=form,
        score=score,
        of=of,
        trail=[("Patients", "patients"), ("Outcomes", "outcomes", score.episode_id)],
    )


def _named(instrument_id: str) -> Instrument:
    if instrument_id not in instruments():
        raise NotFound("There is no such questionnaire. Go back to the patient's outcomes and choose one there.")
    return instrument(instrument_id)


def _query(of: Instrument) -> str:
    return "" if of.id == MEASURE else f"form={of.id}"


def _page(
    request: StaffRequest,
    episode: Episode,
    of: Instrument,
    form: ScoreForm | None = None,
    course_form: CourseForm | None = None,
) -> HttpResponse:
    rows = list(access_scores(request.staff, episode).order_by("completed_on", "pk"))
    counts = Counter(row.instrument for row in rows if row.replaced_by_id is None)
    shown = [row for row in rows if row.instrument == of.id]
    counted = [row for row in shown if row.replaced_by_id is None]
    course = course_outcome(episode)
    form, course_form = form or ScoreForm(of=of, wording=wording_of(of)), course_form or CourseForm()
    days = sorted(day for held in courses_of(episode).values() for day in held)
    parts = course_parts(counted, of, trajectory_of(episode, of.id, at=timezone.now()), days)
    relapse = course.relapse if of.id == MEASURE else None
    return show(
        request,
        "outcomes.html",
        title="Outcomes",
        here="patients",
        episode=episode,
        step="outcomes",
        forms=[form, course_form],
        form=form,
        of=of,
        choices=[Choice(one, counts[one.id], one.id == of.id) for one in _in_order()],
        scores=shown,
        summary=course.summary,
        relapse=relapse,
        chart=score_chart(counted, of, replace(parts.guides, warned=why_it_warned(relapse))),
        parts=parts,
        judged_by=in_words(parts.path.definition) if parts.path else (),
        valued=valued(counted) if of.id == VALUED else (),
        trail=[("Patients", "patients"), ("Journey", "journey", episode.pk)],
        **_decision(request, episode, course.summary, course_form),
    )


def _decision(request: StaffRequest, episode: Episode, summary: OutcomeSummary, form: CourseForm) -> dict[str, Any]:
    """Return what the page shows of stopping or going on: the decisions, and the form where one is due."""
    due = early_decision_due(episode, summary, course_facts(episode))
    return {
        "course_decisions": course_decisions(episode),
        "course_due": due,
        "course_form": form,
        "decides_course": (due or form.is_bound)
        and episode.closed_at is None
        and may(Role(request.staff.role), "course.decide"),
    }


def _in_order() -> list[Instrument]:
    """Return the questionnaires by title, the one that courses are judged by first."""
    return sorted(instruments().values(), key=lambda one: (one.id != MEASURE, one.title.lower()))
