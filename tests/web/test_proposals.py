"""What Glimmer proposes on the pages: interactions of listed medicines, the next step after a course, letters due."""

from datetime import timedelta

from django.utils import timezone

from glimmer.actions import followup
from glimmer.actions.referral import amend_item
from tests.support.cast import an_episode
from tests.support.reading import text_of


def test_a_listed_interaction_is_named_with_its_action_on_selection_and_plan(as_, cast):
    episode = an_episode(cast, at="referral")
    amend_item(episode, "current_medicines", "present", "Phenelzine 45 mg; Diazepam 5 mg at night", by=cast.maya)
    for page in ("selection", "plan"):
        shown = text_of(as_("idris").get(f"/episodes/{episode.pk}/{page}"))
        assert "phenelzine" in shown.lower()
        assert "diazepam" in shown.lower()
        assert "Read the list yourself as well" in shown


def test_a_list_without_known_interactions_claims_nothing_more(as_, cast):
    episode = an_episode(cast, at="referral")
    amend_item(episode, "current_medicines", "present", "Paracetamol as needed", by=cast.maya)
    amend_item(episode, "psychiatric_medicines", "none", "", by=cast.maya)
    shown = text_of(as_("idris").get(f"/episodes/{episode.pk}/selection"))
    assert "No name on our list of interactions was found" in shown


def test_nothing_is_proposed_before_a_session_is_over(cast):
    episode = an_episode(cast, at="session")
    assert followup.followup_proposal(episode, timezone.now()) is None


def test_a_decision_calls_for_its_letter_until_it_is_signed(cast):
    episode = an_episode(cast, at="consent")
    now = timezone.now()
    decided = episode.selection_decisions.get().decided_at
    assert [due.kind for due in followup.letters_due(episode, decided)] == [
        "referral_outcome",
        "patient_decision",
    ]
    assert not followup.letters_due(episode, decided)[0].overdue
    assert followup.letters_due(episode, decided + timedelta(days=400))[0].overdue
    letter = followup.write_letter(episode, "referral_outcome", by=cast.idris)
    assert followup.letters_due(episode, now)
    followup.sign_letter(letter, by=cast.idris)
    assert [due.kind for due in followup.letters_due(episode, now)] == ["patient_decision"]
    followup.sign_letter(followup.write_letter(episode, "patient_decision", by=cast.idris), by=cast.idris)
    assert followup.letters_due(episode, now) == ()
