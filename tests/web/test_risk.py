"""The page on risk and safety: an overdue call cannot be missed, and the patient's copy holds the plan alone."""

from datetime import UTC, datetime, timedelta

from glimmer.actions.urgent import raise_urgent
from glimmer.records.urgent import RISK
from tests.support.cast import an_episode
from tests.support.reading import text_of, today


def test_page_shows_an_overdue_call_and_the_patients_copy_leaves_risk_out(as_, cast):
    episode = an_episode(cast, at="selection")
    raise_urgent(episode, "very_urgent", "Tablets at home", by=cast.bea, at=datetime.now(UTC) - timedelta(hours=6))
    shown = text_of(as_("maya").get(f"/episodes/{episode.pk}/risk"))
    assert "Overdue: nobody has seen the patient." in shown
    day = today() + timedelta(days=9)
    sent = {
        **{f"risk_{part}": answers[1] for part, (_, answers) in RISK.items()},
        "plan_warning_signs": "Sleeps less", "plan_services": "Crisis line", "made_with_patient": "yes",
        "copy_given": "no", "review_on": day.isoformat(), "risk_note": "Lives alone",
    }  # fmt: skip
    episode.refresh_from_db()
    assert (
        as_("tomos").post(f"/episodes/{episode.pk}/safety-plan", sent | {"seen": episode.revision}).status_code == 302
    )
    copy = text_of(as_("maya").get(f"/episodes/{episode.pk}/safety-plan/print"))
    assert "Crisis line" in copy
    assert "Lives alone" not in copy
    assert "means at hand" not in copy
