"""The page on medicines and tests: written, settled, recorded, withdrawn, and said on the selection page too."""

from tests.support.cast import an_episode
from tests.support.reading import text_of, today


def test_list_is_written_an_alert_shown_with_its_action_and_settled(as_, cast):
    episode = an_episode(cast, at="selection")
    page = f"/episodes/{episode.pk}/medicines-and-tests"
    sent = {"text": "Theophylline 200 mg", "asked": "the patient", "seen": episode.revision}
    assert as_("maya").post(f"/episodes/{episode.pk}/medicines", sent).status_code == 302
    shown = text_of(as_("maya").get(page))
    assert "Do not give ketamine until the prescriber and pharmacist have settled it." in shown
    assert "This stops treatment until it is settled" in shown
    assert "This stops treatment until it is settled" in text_of(as_("idris").get(f"/episodes/{episode.pk}/selection"))
    episode.refresh_from_db()
    settled = {"interaction": "theophylline_ergometrine", "says": "Stopped by the GP", "seen": episode.revision}
    assert as_("priya").post(f"/episodes/{episode.pk}/medicines/settle", settled).status_code == 302
    shown = text_of(as_("maya").get(page))
    assert "Settled by Priya Quill" in shown
    assert "This stops treatment" not in shown


def test_result_is_recorded_shown_with_its_last_day_and_withdrawn(as_, cast):
    episode = an_episode(cast, at="selection")
    day = today()
    sent = {
        "test": "blood_pressure", "done_on-day": day.day, "done_on-month": day.month, "done_on-year": day.year,
        "systolic": "190", "diastolic": "95", "seen": episode.revision,
    }  # fmt: skip
    assert as_("maya").post(f"/episodes/{episode.pk}/baseline-tests", sent).status_code == 302
    page = f"/episodes/{episode.pk}/medicines-and-tests"
    assert "190/95 mmHg, above 180/100." in text_of(as_("maya").get(page))
    row = episode.baseline_results.get()
    episode.refresh_from_db()
    assert "Blood pressure at rest" in text_of(as_("maya").get(f"/baseline-results/{row.pk}/withdraw"))
    gone = as_("maya").post(f"/baseline-results/{row.pk}/withdraw", {"reason": "Slip", "seen": episode.revision})
    assert gone.status_code == 302
    assert "Withdrawn: Slip" in text_of(as_("maya").get(page))
    assert "above 180/100" not in text_of(as_("maya").get(page))


def test_half_a_blood_pressure_comes_back_with_words(as_, cast):
    episode = an_episode(cast, at="selection")
    response = as_("maya").post(
        f"/episodes/{episode.pk}/baseline-tests", {"test": "blood_pressure", "done_on": "2026-11-01", "systolic": "120"}
    )
    assert response.status_code == 422
    assert "Enter both numbers of the blood pressure." in text_of(response)
