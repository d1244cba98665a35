"""The selection page: answers with their author, overrides between two people, the decision."""

from glimmer.actions import outcomes, selection
from glimmer.guidance import selection_rules
from tests.support.cast import all_met, an_episode, phq9
from tests.support.reading import text_of, today


def answers(**changes: str) -> dict[str, str]:
    typed = {}
    for rule in selection_rules():
        if not rule.derived:
            typed |= {f"rule_{rule.id}": changes.get(rule.id, "met"), f"rule_{rule.id}_evidence": "letter of 3 May"}
    return typed


def overridable() -> str:
    return next(rule.id for rule in selection_rules() if rule.overridable and not rule.only_if)


def test_no_rule_is_answered_beforehand(as_, cast):
    episode = an_episode(cast, at="selection")
    page = as_("maya").get(f"/episodes/{episode.pk}/selection").content.decode()
    assert 'type="radio"' in page
    assert " checked" not in page


def test_answers_are_saved_with_their_author_and_shown_again(as_, cast):
    episode = an_episode(cast, at="selection")
    rule = next(rule for rule in selection_rules() if not rule.derived)
    typed = {f"rule_{rule.id}": "not_met", f"rule_{rule.id}_evidence": "ECG of 3 May", "seen": episode.revision}
    browser = as_("maya")
    assert browser.post(f"/episodes/{episode.pk}/selection/answers", typed).status_code == 302
    page = browser.get(f"/episodes/{episode.pk}/selection")
    assert "Answered by Maya Okafor" in text_of(page)
    assert "ECG of 3 May" in page.content.decode()


def test_saving_nothing_says_so(as_, cast):
    episode = an_episode(cast, at="selection")
    response = as_("maya").post(f"/episodes/{episode.pk}/selection/answers", {"seen": episode.revision})
    assert response.status_code == 422
    assert "Nothing was changed" in text_of(response)


def test_unknown_hard_rule_keeps_the_patient_from_being_eligible(as_, cast):
    episode = an_episode(cast, at="selection")
    response = as_("idris").post(
        f"/episodes/{episode.pk}/selection/decision", {"decision": "eligible", "seen": episode.revision}
    )
    assert response.status_code == 422
    assert "This patient cannot be called eligible yet." in text_of(response)
    assert "not known" in text_of(response)


def test_override_counts_only_after_another_psychiatrist_agreed(as_, cast):
    episode = an_episode(cast, at="selection")
    outcomes.record_score(episode, phq9(21), "baseline", today(), by=cast.maya)
    rule = overridable()
    selection.answer_rules(episode, {**all_met(), rule: ("not_met", "one trial only")}, by=cast.maya)
    episode.refresh_from_db()
    path = f"/episodes/{episode.pk}/selection"
    proposed = as_("idris").post(
        f"{path}/overrides", {"rule": rule, "reason": "Not tolerated", "seen": episode.revision}
    )
    assert proposed.status_code == 302
    override = episode.selection_overrides.get()
    episode.refresh_from_db()
    own = as_("idris").post(f"/selection-overrides/{override.pk}/agree", {"seen": episode.revision})
    assert own.status_code == 422
    assert "A second clinician has to agree" in text_of(own)
    assert as_("una").post(f"/selection-overrides/{override.pk}/agree", {"seen": episode.revision}).status_code == 302
    episode.refresh_from_db()
    decided = as_("idris").post(f"{path}/decision", {"decision": "eligible", "seen": episode.revision})
    assert decided.status_code == 302


def test_not_eligible_without_a_reason_is_refused(as_, cast):
    episode = an_episode(cast, at="selection")
    response = as_("idris").post(
        f"/episodes/{episode.pk}/selection/decision", {"decision": "not_eligible", "seen": episode.revision}
    )
    assert "Give the reason. The referrer is told it." in text_of(response)
