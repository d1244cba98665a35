"""The team's view of a patient's own pages: inviting, where the link stands, ending devices, and what was sent."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from glimmer.actions.own_link import end_own_devices, invite_to_own_pages, withdraw_own_link
from glimmer.care.own import device_state, link_state
from glimmer.guidance import figure
from glimmer.guidance.own_words import draft_languages, own_words
from glimmer.records.access import NotFound, access_episode
from glimmer.records.access_own import access_own_devices, access_own_entries, access_own_link, access_own_links
from glimmer.records.episodes import Episode
from glimmer.records.own import language_of, link_facts
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.permissions import may
from glimmer.web.forms import Choice, Form, Text, attempt
from glimmer.web.gate import StaffRequest, page
from glimmer.web.pages import done, show

MOST_SHOWN = 100
LANGUAGES = (("en", "English"), ("cy", "Welsh (a draft: not yet checked by a Welsh speaker)"))


class InviteForm(Form):
    """How the link goes out, and in which language."""

    name = "invite"
    channel = Choice(
        "How is the link sent?", (("email", "By e-mail"), ("text", "By text message")), missing="Choose how it is sent."
    )
    language = Choice("In which language?", LANGUAGES, missing="Choose the language.")


class WithdrawForm(Form):
    """Why a link is taken back."""

    name = "withdraw"
    because = Text("Why is it taken back?", missing="Say why the link is taken back.", max_length=200)


class EndForm(Form):
    """Why devices are ended."""

    name = "end"
    because = Text(
        "Why?",
        missing="Say why, such as: the telephone was lost.",
        max_length=200,
        hint="Such as: the telephone was lost",
    )


@page("own.view")
def own_team(request: StaffRequest, episode_id: int) -> HttpResponse:
    """Show where the invitation stands and what the patient sent."""
    return _shown(request, access_episode(request.staff, episode_id))


@page("own.invite", methods=("POST",))
def invite_post(request: StaffRequest, episode_id: int) -> HttpResponse:
    """Invite the patient with a one-time link."""
    episode = access_episode(request.staff, episode_id)
    form = InviteForm(request.POST)

    def invite(data: dict[str, Any]) -> None:
        invite_to_own_pages(episode, data["channel"], data["language"], by=request.staff)

    if attempt(form, invite):
        return done(request, "The link is in the outbox. An older one no longer works.", "own_team", episode_id)
    return _shown(request, episode, invite=form)


@page("own.invite", methods=("POST",))
def withdraw_post(request: StaffRequest, episode_id: int, link_id: int) -> HttpResponse:
    """Take back a link that was not used."""
    link = access_own_link(request.staff, episode_id, link_id)
    if link is None:
        raise NotFound("There is no such link. Go back to the patient's own pages and choose again.")
    form = WithdrawForm(request.POST)
    if attempt(form, lambda data: withdraw_own_link(link, data["because"], by=request.staff)):
        return done(request, "The link no longer opens anything.", "own_team", episode_id)
    return _shown(request, access_episode(request.staff, episode_id), withdraw=form)


@page("own.invite", methods=("POST",))
def end_post(request: StaffRequest, episode_id: int) -> HttpResponse:
    """End every device of the patient."""
    episode = access_episode(request.staff, episode_id)
    form = EndForm(request.POST)
    if attempt(form, lambda data: end_own_devices(episode, data["because"], by=request.staff)):
        return done(request, "The patient's pages are closed everywhere.", "own_team", episode_id)
    return _shown(request, episode, end=form)


def _shown(request: StaffRequest, episode: Episode, **posted: Form) -> HttpResponse:
    now, role = timezone.now(), Role(request.staff.role)
    links = [(link, link_state(link_facts(link), now)) for link in access_own_links(request.staff, episode)[:20]]
    devices = [(one, device_state(one.facts, now)) for one in access_own_devices(request.staff, episode)[:20]]
    sees_entries = may(role, "outcome.view")
    made: dict[str, Form] = {
        "invite": InviteForm(initial={"language": language_of(episode.patient)}),
        "withdraw": WithdrawForm(),
        "end": EndForm(),
        **posted,
    }
    return show(
        request,
        "own_team.html",
        title="The patient's own pages",
        here="patients",
        episode=episode,
        forms=list(posted.values()),
        links=links,
        devices=devices,
        open_devices=[one for one, state in devices if state != "ended"],
        sees_entries=sees_entries,
        entries=list(access_own_entries(request.staff, episode)[:MOST_SHOWN]) if sees_entries else [],
        most_shown=MOST_SHOWN,
        words=own_words("en"),
        drafts=draft_languages(),
        hours=figure("own", "link_valid_for").value,
        invites=may(role, "own.invite") and episode.closed_at is None,
        ends=may(role, "own.invite"),
        made=made,
        trail=[("Patients", "patients"), ("Journey", "journey", episode.pk)],
    )
