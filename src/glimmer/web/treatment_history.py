"""The treatment history: what was tried, what it comes to and why, and how far the illness has resisted."""

from typing import Any

from django.http import HttpResponse

from glimmer.actions.treatment_history import correct_trial, record_illness, record_trial, withdraw_trial
from glimmer.care.staging import SEVERITIES, maudsley_stage
from glimmer.care.treatment_history import judge_trial
from glimmer.records.access import access_episode, access_trial
from glimmer.records.access_journey import access_trials
from glimmer.records.episodes import Episode
from glimmer.records.selection import selection_sheet
from glimmer.records.treatment_history import TreatmentTrial, newest_illness_view, trials_of
from glimmer.records.treatment_history import illness_of as stored_illness
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.permissions import may
from glimmer.web.forms import Form, attempt
from glimmer.web.gate import StaffRequest, page
from glimmer.web.pages import done, show
from glimmer.web.treatment_history_forms import (
    CorrectTrialForm,
    IllnessForm,
    TrialForm,
    WithdrawTrialForm,
    initial_of,
)


@page("patient.view")
def treatment_history(request: StaffRequest, episode_id: int) -> HttpResponse:
    """Show every trial with what it comes to and why."""
    return _page(request, access_episode(request.staff, episode_id))


@page("selection.record", methods=("POST",))
def trial_post(request: StaffRequest, episode_id: int) -> HttpResponse:
    """Store one treatment that was tried."""
    episode = access_episode(request.staff, episode_id)
    form = TrialForm(request.POST, drugs=selection_sheet(episode).rules.antidepressants)
    if attempt(form, lambda data: record_trial(episode, form.details(), by=request.staff, seen=data["seen"])):
        return done(request, "The treatment was added to the history.", "treatment_history", episode_id)
    return _page(request, episode, trial_form=form)


@page("selection.record", methods=("POST",))
def illness_post(request: StaffRequest, episode_id: int) -> HttpResponse:
    """Store how long the present episode has lasted and how severe it is."""
    episode = access_episode(request.staff, episode_id)
    form = IllnessForm(request.POST)

    def record(data: dict[str, Any]) -> None:
        record_illness(episode, data["months"], data["severity"], by=request.staff, seen=data["seen"])

    if attempt(form, record):
        return done(request, "The present episode was described.", "treatment_history", episode_id)
    return _page(request, episode, illness_form=form)


@page("selection.record", methods=("GET", "POST"))
def trial_correct(request: StaffRequest, trial_id: int) -> HttpResponse:
    """Put a right entry in the place of a wrong one."""
    trial = access_trial(request.staff, trial_id)
    drugs = selection_sheet(trial.episode).rules.antidepressants
    if request.method != "POST":
        return _correction(request, trial, correct_form=CorrectTrialForm(drugs=drugs, initial=initial_of(trial, drugs)))
    form = CorrectTrialForm(request.POST, drugs=drugs)

    def correct(data: dict[str, Any]) -> None:
        correct_trial(trial, form.details(), data["reason"], by=request.staff, seen=data["seen"])

    if attempt(form, correct):
        return done(
            request, "The entry was corrected. The old one stays on record.", "treatment_history", trial.episode_id
        )
    return _correction(request, trial, correct_form=form)


@page("selection.record", methods=("POST",))
def trial_withdraw(request: StaffRequest, trial_id: int) -> HttpResponse:
    """Say that an entry does not belong here."""
    trial = access_trial(request.staff, trial_id)
    form = WithdrawTrialForm(request.POST)
    if attempt(form, lambda data: withdraw_trial(trial, data["reason"], by=request.staff, seen=data["seen"])):
        return done(request, "The entry was withdrawn. It stays on record.", "treatment_history", trial.episode_id)
    drugs = selection_sheet(trial.episode).rules.antidepressants
    correct_form = CorrectTrialForm(drugs=drugs, initial=initial_of(trial, drugs))
    return _correction(request, trial, correct_form=correct_form, withdraw_form=form)


def _correction(request: StaffRequest, trial: TreatmentTrial, **forms: Form) -> HttpResponse:
    shown: dict[str, Any] = {"withdraw_form": WithdrawTrialForm(), **forms}
    return show(
        request,
        "treatment_trial.html",
        title="Correct an entry of the treatment history",
        here="patients",
        episode=trial.episode,
        step="selection",
        forms=list(shown.values()),
        trial=trial,
        trail=[("Patients", "patients"), ("Treatment history", "treatment_history", trial.episode_id)],
        **shown,
    )


def _page(request: StaffRequest, episode: Episode, **forms: Form) -> HttpResponse:
    rules = selection_sheet(episode).rules
    rows = trials_of(episode)
    judged = [judge_trial(rules, row.facts) for row in rows]
    newest = newest_illness_view(episode)
    began = {"months": newest.months, "severity": newest.severity} if newest else {}
    shown: dict[str, Any] = {
        "trial_form": forms.get("trial_form") or TrialForm(drugs=rules.antidepressants),
        "illness_form": forms.get("illness_form") or IllnessForm(initial=began),
    }
    everything = list(access_trials(request.staff, episode))
    counting = {row.pk for row in rows}
    return show(
        request,
        "treatment_history.html",
        title="Treatment history",
        here="patients",
        episode=episode,
        step="selection",
        forms=list(shown.values()),
        rows=list(zip(rows, judged, strict=True)),
        replaced=[row for row in everything if row.pk not in counting],
        stage=maudsley_stage(stored_illness(episode), judged),
        illness=newest,
        severities=SEVERITIES,
        rules=rules,
        writes=episode.closed_at is None and may(Role(request.staff.role), "selection.record"),
        trail=[("Patients", "patients"), ("Journey", "journey", episode.pk), ("Selection", "selection", episode.pk)],
        **shown,
    )
