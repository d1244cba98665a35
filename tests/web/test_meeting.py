"""A case from the list to its conclusion: papers, views under their own names, dissent, and an action with an owner."""

from datetime import timedelta

import pytest
from django.utils import timezone

from glimmer.actions.meeting import conclude, give_view, put_on_the_list
from glimmer.actions.outcomes import record_score
from glimmer.actions.selection import answer_rules, decide_selection
from glimmer.records.clearance import clearance
from glimmer.records.models import MeetingConclusion
from glimmer.vocabulary.problems import BadInput, NotAllowed, RuleRefused
from tests.support.cast import all_met, an_episode, phq9
from tests.support.reading import next_monday, text_of


@pytest.fixture
def case(cast):
    return put_on_the_list(an_episode(cast, at="selection"), next_monday(), "Is the risk too high?", by=cast.bea)


def test_meeting_from_the_list_to_an_action_with_an_owner(as_, cast, case):
    episode = case.episode
    assert "Is the risk too high?" in text_of(as_("tomos").get("/meetings"))
    page = f"/episodes/{episode.pk}/meeting"
    assert "hard rules stand against treatment" in text_of(as_("tomos").get(page))
    for name, view in (("tomos", "for"), ("priya", "against"), ("maya", "for")):
        sent = as_(name).post(f"/meeting-cases/{case.pk}/views", {"view": view, "says": f"Because, says {name}"})
        assert sent.status_code == 302
    episode.refresh_from_db()
    day = next_monday()
    advice = {
        "advice": "treat", "says": "Benefit outweighs", "action": "Ask cardiology", "action_owner": "nurse",
        "action_due": day.isoformat(), "seen": episode.revision,
    }  # fmt: skip
    refused = as_("idris").post(f"/meeting-cases/{case.pk}/conclude", advice)
    assert "Write down the dissent" in text_of(refused)
    concluded = as_("idris").post(f"/meeting-cases/{case.pk}/conclude", advice | {"dissent": "Priya: interactions"})
    assert concluded.status_code == 302
    shown = text_of(as_("maya").get(page))
    for part in ("Treat", "Dissent: Priya: interactions", "Against, Priya Quill (pharmacist)", "Because, says tomos"):
        assert part in shown
    task = episode.tasks.get(kind="meeting")
    assert (task.owner_role, task.says) == ("nurse", "From the meeting: Ask cardiology")
    assert "Nobody waits for a meeting." in text_of(as_("maya").get("/meetings"))


def test_newest_view_of_a_member_counts_and_the_earlier_one_stays(cast, case):
    give_view(case, "against", "Not yet", by=cast.tomos)
    give_view(case, "for", "Heard the nurse", by=cast.tomos)
    with pytest.raises(RuleRefused) as problem:
        conclude(case, "treat", "Yes", by=cast.idris)
    assert problem.value.reasons[0].startswith("1 members have given a view")
    assert case.views.count() == 2


def test_meeting_concludes_once_and_takes_no_view_afterwards(cast, case):
    for person in (cast.tomos, cast.priya, cast.maya):
        give_view(case, "for", "Yes", by=person)
    conclude(case, "treat", "Yes", by=cast.idris)
    with pytest.raises(RuleRefused, match="has concluded"):
        conclude(case, "do_not_treat", "No", by=cast.una)
    with pytest.raises(RuleRefused, match="has concluded"):
        give_view(case, "against", "Late", by=cast.jo)
    assert MeetingConclusion.objects.count() == 1


def test_whoever_treats_against_the_advice_says_why_and_the_plan_says_it_again(as_, cast, case):
    episode = case.episode
    record_score(episode, phq9(20), "baseline", timezone.localdate() - timedelta(days=3), by=cast.maya)
    answer_rules(episode, all_met(), by=cast.maya)
    for person in (cast.tomos, cast.priya, cast.maya):
        give_view(case, "against", "No", by=person)
    conclude(case, "do_not_treat", "Too soon after the move", by=cast.idris)
    assert "advised otherwise: do not treat" in text_of(as_("una").get(f"/episodes/{episode.pk}/selection"))
    with pytest.raises(BadInput, match="advised otherwise: do not treat"):
        decide_selection(episode, "eligible", by=cast.una)
    decide_selection(episode, "eligible", "The move is behind him since Monday.", by=cast.una)
    assert any("advised otherwise" in one for one in clearance(episode, timezone.now()).cautions)


def test_patient_waits_for_one_meeting_at_a_time(cast, case):
    with pytest.raises(RuleRefused, match="waits for a meeting already"):
        put_on_the_list(case.episode, next_monday(), "Again?", by=cast.bea)


def test_advice_is_written_by_a_psychiatrist_and_half_an_action_is_refused(as_, cast, case):
    with pytest.raises(NotAllowed):
        conclude(case, "treat", "Yes", by=cast.maya)
    with pytest.raises(BadInput):
        give_view(case, "maybe", "Hm", by=cast.maya)
    half = as_("idris").post(
        f"/meeting-cases/{case.pk}/conclude", {"advice": "later", "says": "Wait", "action": "Ask cardiology"}
    )
    assert "An action says what, who and by when." in text_of(half)
