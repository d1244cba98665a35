"""Outcomes: PHQ-9 scores entered, corrected, drawn, and judged by stated definitions."""

from typing import Any

from django.http import HttpResponse

from glimmer.actions.outcomes import correct_score, outcome_summary, record_score
from glimmer.records.access import access_episode, access_score
from glimmer.records.access_journey import access_scores
from glimmer.records.episodes import Episode
from glimmer.web.forms import attempt
from glimmer.web.gate import StaffRequest, page
from glimmer.web.outcome_forms import CorrectionForm, ScoreForm
from glimmer.web.pages import done, show
from glimmer.web.score_chart import score_chart


@page("outcome.view")
def outcomes(request: StaffRequest, episode_id: int) -> HttpResponse:
    """Show the scores, their change, and what the definitions say about them."""
    return _page(request, access_episode(request.staff, episode_id))


@page("outcome.record", methods=("POST",))
def score_post(request: StaffRequest, episode_id: int) -> HttpResponse:
    """Record a completed PHQ-9."""
    episode = access_episode(request.staff, episode_id)
    form = ScoreForm(request.POST)

    def record(data: dict[str, Any]) -> None:
        record_score(
            episode,
            form.items(),
            data["occasion"],
            data["completed_on"],
            data["session_number"],
            by=request.staff,
            seen=data["seen"],
        )

    if attempt(form, record):
        return done(request, "The score was recorded.", "outcomes", episode_id)
    return _page(request, episode, form=form)


@page("outcome.record", methods=("GET", "POST"))
def score_correct(request: StaffRequest, score_id: int) -> HttpResponse:
    """Correct a score: the wrong one stays, marked, and points to the right one."""
    score = access_score(request.staff, score_id)
    form = CorrectionForm(request.POST if request.method == "POST" else None, initial=ScoreForm.initial_of(score))
    if request.method == "POST" and attempt(
        form, lambda data: correct_score(score, form.items(), data["reason"], by=request.staff, seen=data["seen"])
    ):
        return done(request, "The score was corrected.", "outcomes", score.episode_id)
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
        trail=[("Patients", "patients"), ("Outcomes", "outcomes", score.episode_id)],
    )


def _page(request: StaffRequest, episode: Episode, form: ScoreForm | None = None) -> HttpResponse:
    rows = list(access_scores(request.staff, episode).order_by("completed_on", "pk"))
    counted = [row for row in rows if row.replaced_by_id is None]
    form = form or ScoreForm()
    return show(
        request,
        "outcomes.html",
        title="Outcomes",
        here="patients",
        episode=episode,
        step="outcomes",
        forms=[form],
        form=form,
        scores=rows,
        baseline=next((row.total for row in counted if row.occasion == "baseline"), None),
        summary=outcome_summary(episode),
        chart=score_chart(counted),
        trail=[("Patients", "patients"), ("Journey", "journey", episode.pk)],
    )
