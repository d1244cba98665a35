"""The team's lists from the record: each in one query, and each line with its reason."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from glimmer.actions import followup, outcomes, tasks
from glimmer.actions.correspondence import send_letter, set_letter_aside
from glimmer.actions.team_lists import lists_without_names, team_list
from glimmer.actions.urgent import raise_urgent
from glimmer.care.worklists import TeamList
from glimmer.records.models import Episode
from glimmer.vocabulary.problems import NotAllowed
from tests.support.cast import an_episode, phq9

NOW = datetime.now(UTC)


@pytest.fixture
def episode(cast):
    return an_episode(cast, at="session")


def said(by, which, at=NOW, **more):
    return {line.episode.pk: [one.says for one in line.reasons] for line in team_list(by, which, at, **more).rows}


def test_waiting_journeys_are_found_by_step_role_and_own(cast, episode):
    other = an_episode(cast, at="referral", patient=1)
    assert set(said(cast.maya, TeamList.WAITING)) == {episode.pk, other.pk}
    assert set(said(cast.maya, TeamList.WAITING, step="referral")) == {other.pk}
    assert set(said(cast.idris, TeamList.WAITING, mine=True)) == {episode.pk}
    assert said(cast.una, TeamList.WAITING, mine=True) == {}
    other.refresh_from_db()
    assert other.pk in said(cast.maya, TeamList.WAITING, waiting_on=other.waiting_on)


def test_contact_is_due_then_overdue_until_something_new_is_decided(cast, episode):
    followup.decide_followup(episode, "review", timezone.localdate() + timedelta(days=3), "Look.", by=cast.idris)
    assert list(said(cast.maya, TeamList.DUE)) == [episode.pk]
    late = NOW + timedelta(days=5)
    assert any("Contact was due" in says for says in said(cast.maya, TeamList.OVERDUE, late)[episode.pk])
    again = timezone.localtime(late).date() + timedelta(days=60)
    followup.decide_followup(episode, "review", again, "Later.", by=cast.idris, at=late)
    assert not any("Contact" in says for says in said(cast.maya, TeamList.OVERDUE, late).get(episode.pk, []))


def test_letter_is_overdue_until_it_is_signed_sent_or_set_aside(cast):
    episode = an_episode(cast, at="session")
    letter = followup.write_letter(episode, "course_summary", by=cast.bea)
    late = NOW + timedelta(days=4)
    assert "Letter unsigned" in said(cast.bea, TeamList.OVERDUE, late)[episode.pk][0]
    letter = followup.sign_letter(letter, by=cast.idris)
    assert "Letter not sent" in said(cast.bea, TeamList.OVERDUE, late)[episode.pk][0]
    send_letter(letter, 0, "post", digest=letter.pdf_digest, by=cast.bea)
    assert said(cast.bea, TeamList.OVERDUE, late) == {}
    spare = followup.write_letter(episode, "course_summary", by=cast.bea)
    set_letter_aside(spare, "Twice", by=cast.bea)
    assert said(cast.bea, TeamList.OVERDUE, late) == {}


def test_unwell_are_told_to_those_who_read_scores_and_urgent_calls_to_all(cast, episode):
    outcomes.record_score(episode, phq9(21, item9=1), "follow_up", timezone.localdate(), by=cast.maya)
    assert said(cast.maya, TeamList.UNWELL)[episode.pk] == [
        "An answer about suicide waits",
        "Last PHQ-9 21: severe",
    ]
    assert said(cast.bea, TeamList.UNWELL) == {}
    raise_urgent(episode, "urgent", "Has a plan", by=cast.bea)
    assert said(cast.bea, TeamList.UNWELL)[episode.pk] == ["An urgent call is open"]


def test_answer_about_suicide_stays_on_the_list_after_the_journey_has_ended(cast, episode):
    outcomes.record_score(episode, phq9(21, item9=1), "follow_up", timezone.localdate(), by=cast.maya)
    Episode.objects.filter(pk=episode.pk).update(closed_at=NOW, closed_by=cast.idris, closed_because="Discharged")
    assert said(cast.maya, TeamList.UNWELL) == {episode.pk: ["An answer about suicide waits"]}
    assert said(cast.bea, TeamList.UNWELL) == {}
    episode.tasks.update(done_at=NOW, done_by=cast.maya, did="Spoke with her")
    assert said(cast.maya, TeamList.UNWELL) == {}


def test_every_line_has_a_reason_and_a_list_takes_as_many_queries_for_many_as_for_few(
    cast, episode, django_assert_max_num_queries
):
    for number in (1, 2, 3):
        other = an_episode(cast, at="session", patient=number)
        tasks.add_task(other, "Ring", "nurse", NOW + timedelta(days=1), by=cast.bea)
        followup.write_letter(other, "course_summary", by=cast.bea)
    for which in TeamList:
        for at in (NOW, NOW + timedelta(days=40)):
            with django_assert_max_num_queries(3):
                found = team_list(cast.maya, which, at)
            assert all(line.reasons for line in found.rows), which
    assert team_list(cast.maya, TeamList.OVERDUE, NOW + timedelta(days=40)).total == 3


def test_file_for_managers_names_nobody(cast, episode):
    outcomes.record_score(episode, phq9(21, item9=1), "follow_up", timezone.localdate(), by=cast.maya)
    tasks.add_task(episode, "Ring Amina", "nurse", NOW + timedelta(hours=3), by=cast.bea)
    written = lists_without_names(cast.gil, NOW + timedelta(days=2))
    assert written.splitlines()[0] == "List,Step,State,Waits for,Reasons,Days since anything changed"
    assert "overdue,session" in written
    patient = Episode.objects.get(pk=episode.pk).patient
    for told in ("Amina", "SAMPLE", "Sample", patient.nhs_number, patient.local_number, "PHQ", "suicide", "21"):
        assert told not in written, told
    for nobody in (cast.maya, cast.ness, cast.idris):
        with pytest.raises(NotAllowed):
            lists_without_names(nobody, NOW)
