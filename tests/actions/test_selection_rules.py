"""Versions of the selection rules: proposed, approved by a named clinician, compared; cases keep theirs."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, transaction

from glimmer.actions.outcomes import correct_score, record_score
from glimmer.actions.selection import agree_override, answer_rules, decide_selection, propose_override, selection_sheet
from glimmer.actions.selection_rules import approve_rules, compare_past, propose_rules, read_sheet
from glimmer.actions.treatment_history import TrialDetails, record_trial
from glimmer.care.selection_compare import differences_in_words
from glimmer.guidance import built_in_sheet
from glimmer.records.guidance import sheet_in_force
from glimmer.records.models import GuidanceApproval, GuidanceVersion
from glimmer.records.selection import standing_decision
from glimmer.vocabulary.problems import BadInput, ChangedMeanwhile, NotAllowed, RuleRefused
from tests.support.cast import all_met, an_episode, phq9

FIRST = built_in_sheet()


def figure_line(name, value):
    head, found, rest = FIRST.text.partition(f"[figures.{name}]\nvalue = ")
    assert found
    return head + found + str(value) + rest[rest.index("\n") :]


def version(number="2", figure="adult_from", value=21):
    """Return the text of another version: one figure changed."""
    return figure_line(figure, value).replace('version = "1"', f'version = "{number}"', 1)


def put_in_force(cast, document):
    row = propose_rules(document, "A trial of it", by=cast.priya)
    approve_rules(row.version, row.digest, "Agreed in the meeting", by=cast.idris)
    return read_sheet(document)


def ready(cast, patient=0):
    """Return an episode in which everything is answered and the baseline is there."""
    episode = an_episode(cast, at="selection", patient=patient)
    record_score(episode, phq9(20), "baseline", datetime.now(UTC).date() - timedelta(days=3), by=cast.maya)
    answer_rules(episode, all_met(), by=cast.maya)
    return episode


def test_sheet_that_glimmer_brings_never_changes_under_its_version():
    """Decisions pin it. Whoever has to change it makes another version."""
    assert (FIRST.version, FIRST.digest[:12]) == ("1", "d9a178ea9ffa")


def test_proposal_counts_for_nothing_until_a_named_clinician_approves_it(cast):
    row = propose_rules(version(), "Trials took from 21", by=cast.priya)
    assert sheet_in_force() == FIRST
    with pytest.raises(NotAllowed):
        approve_rules(row.version, row.digest, "I like it", by=cast.priya)
    approve_rules(row.version, row.digest, "Agreed", by=cast.una)
    assert sheet_in_force().value("adult_from") == 21
    assert sheet_in_force().rule("adult").asks == "The patient is 21 or older"


def test_approval_needs_a_registration_a_reason_and_the_very_content(cast):
    row = propose_rules(version(), "Trials took from 21", by=cast.priya)
    with pytest.raises(BadInput, match="not the rules that you looked at"):
        approve_rules(row.version, FIRST.digest, "Agreed", by=cast.idris)
    with pytest.raises(BadInput):
        approve_rules(row.version, row.digest, " ", by=cast.idris)
    cast.idris.registration = ""
    with pytest.raises(RuleRefused, match="registration"):
        approve_rules(row.version, row.digest, "Agreed", by=cast.idris)
    assert not GuidanceApproval.objects.filter(kind="selection").exists()


def test_version_is_used_once_and_approved_once_at_a_time(cast):
    put_in_force(cast, version())
    with pytest.raises(BadInput, match="already"):
        propose_rules(version(value=25), "Again", by=cast.priya)
    with pytest.raises(BadInput, match="already"):
        propose_rules(version(number="1"), "Again", by=cast.priya)
    row = GuidanceVersion.objects.get()
    with pytest.raises(RuleRefused, match="in force already"):
        approve_rules(row.version, row.digest, "Again", by=cast.una)
    with pytest.raises(DatabaseError, match="can only be added to"), transaction.atomic():
        GuidanceVersion.objects.update(document="")


def test_clinic_can_go_back_to_an_earlier_version(cast):
    put_in_force(cast, version())
    approve_rules(FIRST.version, FIRST.digest, "Back again", by=cast.una)
    assert sheet_in_force().digest == FIRST.digest
    assert GuidanceVersion.objects.get(version="1").document == FIRST.text


def test_decided_case_keeps_its_version_and_an_open_one_is_judged_by_the_new_one(cast):
    decided, waiting = ready(cast), ready(cast, patient=1)
    decide_selection(decided, "eligible", by=cast.idris)
    put_in_force(cast, version(figure="adult_from", value=99))
    decided.refresh_from_db()
    waiting.refresh_from_db()
    assert standing_decision(decided) == "eligible"
    assert selection_sheet(decided).rules.version == "1"
    assert selection_sheet(decided).verdict.allowed
    assert selection_sheet(waiting).rules.version == "2"
    assert [one.rule.id for one in selection_sheet(waiting).judgement.stopping] == ["adult"]
    assert waiting.needs == "Settle 1 hard rule"
    with pytest.raises(RuleRefused):
        decide_selection(waiting, "eligible", by=cast.idris)


def test_decision_pins_the_version_in_force(cast):
    sheet = put_in_force(cast, version(value=20))
    episode = ready(cast)
    assert decide_selection(episode, "eligible", by=cast.idris).guidance_version == sheet.label


def test_comparison_names_the_decisions_that_would_differ_and_no_other(cast):
    older, younger = ready(cast), ready(cast, patient=9)  # born 1984 and 1975
    for episode in (older, younger):
        decide_selection(episode, "eligible", by=cast.idris)
    age = younger.selection_decisions.get().decided_at.year - 1975
    compared = compare_past(FIRST, read_sheet(version(value=age - 2)))
    assert {one.case.episode_id: one.verdict_differs for one in compared} == {older.pk: True, younger.pk: False}
    assert [one.stops_only_in_second for one in compared if one.differs] == [("adult",)]
    assert standing_decision(older) == "eligible"


def test_comparison_reads_everything_as_it_was_at_the_decision(cast):
    """Answers, overrides and scores from afterwards do not count, and what was true then does."""
    episode = ready(cast)
    answer_rules(episode, {"no_stroke": ("not_met", "Lacunar, 2011")}, by=cast.maya)
    agree_override(propose_override(episode, "no_stroke", "Cardiology agrees", by=cast.idris), by=cast.una)
    decide_selection(episode, "eligible", by=cast.idris)
    score = episode.scores.get(occasion="baseline")
    correct_score(score, phq9(11), "Slip", by=cast.maya)
    answer_rules(episode, {"no_stroke": ("met", "No stroke after all"), "capacity": ("unknown", "")}, by=cast.maya)
    (same,) = compare_past(FIRST, FIRST)
    assert (same.may_by_first, same.may_by_second, same.differs) == (True, True, False)
    assert same.case.answers["no_stroke"].answer == "not_met"
    assert same.case.overrides["no_stroke"].complete
    assert same.case.baseline_phq9 == 20


def test_override_agreed_after_the_decision_is_not_counted_for_it(cast):
    episode = ready(cast)
    answer_rules(episode, {"no_stroke": ("not_met", "Lacunar, 2011")}, by=cast.maya)
    proposed = propose_override(episode, "no_stroke", "Cardiology agrees", by=cast.idris)
    decide_selection(episode, "not_eligible", "Nobody agreed", by=cast.idris)
    proposed.agreed_by, proposed.agreed_at = cast.una, datetime.now(UTC) + timedelta(days=1)
    proposed.save()
    (same,) = compare_past(FIRST, FIRST)
    assert not same.may_by_first


def test_confirmed_answer_follows_the_history_and_a_clinicians_own_words_do_not(cast):
    confirmed, own_words = ready(cast), ready(cast, patient=1)
    for episode in (confirmed, own_words):
        for name in ("Sertraline", "Venlafaxine"):
            tried = TrialDetails(
                "antidepressant",
                name,
                "no_response",
                "referral",
                dose=100,
                unit="mg/day",
                weeks=7,
                in_present_episode=True,
            )
            record_trial(episode, tried, by=cast.maya)
    answer_rules(confirmed, {"two_antidepressants": ("met", "")}, by=cast.maya)
    for episode in (confirmed, own_words):
        decide_selection(episode, "eligible", by=cast.idris)
    compared = compare_past(FIRST, read_sheet(version(figure="weeks_wanted", value=8)))
    assert {one.case.episode_id: one.stops_only_in_second for one in compared} == {
        confirmed.pk: ("two_antidepressants",),
        own_words.pk: (),
    }


def test_rule_that_was_never_asked_is_told_apart(cast):
    episode = ready(cast)
    decide_selection(episode, "eligible", by=cast.idris)
    new = (
        version(value=18)
        .replace('id = "no_past_misuse"', 'id = "no_past_gambling"')
        .replace('kind = "caution"\nif_not = "Ask about craving', 'kind = "hard"\nif_not = "Ask about craving')
    )
    (one,) = compare_past(FIRST, read_sheet(new))
    assert one.verdict_differs
    assert one.never_asked == ("no_past_gambling",)


def test_difference_is_said_in_words():
    changed = version(figure="weeks_wanted", value=8).replace("minimum_mg_per_day = 50", "minimum_mg_per_day = 100", 1)
    words = differences_in_words(FIRST, read_sheet(changed))
    assert words[0] == "Weeks wanted: from 6 to 8 wk at an adequate dose."
    assert any("8 weeks or more each" in line for line in words)
    assert words[-1] == "Sertraline: least dose from 50 to 100 mg a day."
    assert differences_in_words(FIRST, FIRST) == ()


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('version = "1"', "version = 1", "version must be a short text"),
        ("value = 18", 'value = "18"', "must be a number above 0"),
        ("[figures.weeks_wanted]", "[figures.weeks_asked]", "missing weeks_wanted"),
        ('kind = "hard"', 'kind = "soft"', "kind"),
        ("{adult_from} or older", "{grown_up} or older", "names the figure 'grown_up'"),
        ("minimum_mg_per_day = 50", "minimum_mg_per_day = 0", "above 0"),
        ('counts_as = "citalopram"', 'counts_as = "citalopran"', "not in the sheet"),
        ("[[rules]]", "[[rules", "not valid TOML"),
        ('source = "Spravato EU leaflet"', 'source = ""', "source"),
    ],
)
def test_document_that_cannot_be_judged_by_is_refused_in_words(cast, old, new, says):
    with pytest.raises(BadInput, match=says):
        propose_rules(FIRST.text.replace(old, new, 1), "A slip", by=cast.priya)
    assert not GuidanceVersion.objects.exists()


def test_same_version_proposed_at_the_same_moment_is_stored_once(cast, monkeypatch):
    """The other had not committed when this one looked: the database lets one through and says so in words."""
    propose_rules(version(), "First", by=cast.priya)
    monkeypatch.setattr("glimmer.actions.selection_rules.sheet_of_version", lambda number: None)
    with pytest.raises(ChangedMeanwhile):
        propose_rules(version(), "Second", by=cast.una)
