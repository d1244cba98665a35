"""Whatever is sent to whichever form, the answer is a page in words: never a fault of ours."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glimmer.actions import followup, outcomes, plan
from glimmer.actions.baseline_tests import record_result
from glimmer.actions.consent_talk import ask_question
from glimmer.actions.controlled import open_page
from glimmer.actions.correspondence import add_care_contact, send_letter
from glimmer.actions.meeting import put_on_the_list
from glimmer.actions.own_link import invite_to_own_pages
from glimmer.actions.psychotherapy import TherapyDetails, plan_therapy
from glimmer.actions.readings import chart_messages
from glimmer.actions.selection_rules import propose_rules
from glimmer.actions.sending import EMAIL, post_message, to_patient
from glimmer.actions.treatment_history import TrialDetails, record_trial
from glimmer.actions.urgent import raise_urgent
from glimmer.config.bedside import facts_of
from glimmer.gateway.message import read_message
from glimmer.gateway.sink import Received
from glimmer.records.conversations import newest_consent
from glimmer.records.models import QuarantineGroup
from tests.actions.test_selection_rules import version
from tests.support.cast import Cast, an_episode, an_order, first_appointment, phq9
from tests.support.monitor_line import vitals
from tests.support.reading import next_monday, today
from tests.support.register import product
from tests.web.test_audit_of_pages import an_invoice

# Values that have broken forms before, beside any text that hypothesis thinks of.
NASTY = [
    "",
    " ",
    "0",
    "-1",
    "1e309",
    "NaN",
    "None",
    "true",
    "9" * 400,
    "\x00",
    "٣",
    "<b>",
    "'; --",
    "2026-02-30",
    "25:61",
]
VALUES = st.one_of(
    st.sampled_from(NASTY), st.text(max_size=60), st.sampled_from(["yes", "no", "accepted", "given", "1"])
)


@pytest.fixture
def places(cast: Cast) -> dict[str, int]:
    """One record of each kind that an address can name."""
    episode = an_episode(cast, at="session", first_day=next_monday())
    undecided = an_episode(cast, at="selection", patient=1)
    prescribed = plan.prescribe_plan(an_episode(cast, at="plan", patient=2), an_order(), by=cast.idris)
    outcomes.record_score(episode, phq9(5, 1), "follow_up", today(), by=cast.maya)
    talk = TherapyDetails("therapy", False, cast.tomos, datetime.now(UTC) + timedelta(days=9), "Room 1")
    member = plan_therapy(undecided, talk, by=cast.bea)
    letter = followup.write_letter(episode, "course_summary", by=cast.bea)
    gone = followup.sign_letter(followup.write_letter(episode, "course_summary", by=cast.bea), by=cast.idris)
    tried = TrialDetails("antidepressant", "Sertraline", "no_response", "patient")
    return {
        "result_id": record_result(undecided, "ecg", today(), "normal", by=cast.maya).pk,
        "call_id": raise_urgent(undecided, "urgent", "A trial", by=cast.bea).pk,
        "case_id": put_on_the_list(undecided, next_monday(), "Treat?", by=cast.bea).pk,
        "version_id": propose_rules(version(), "Another age", by=cast.priya).pk,
        "trial_id": record_trial(undecided, tried, by=cast.maya).pk,
        "therapy_id": member.session_id,
        "member_id": member.pk,
        "episode_id": undecided.pk,
        "plan_id": prescribed.pk,
        "appointment_id": first_appointment(episode).pk,
        "score_id": episode.scores.get(occasion="baseline").pk,
        "task_id": episode.tasks.get().pk,
        "letter_id": letter.pk,
        "invoice_id": an_invoice(cast, undecided).pk,
        "contact_id": add_care_contact(undecided, "team", "North team", by=cast.bea).pk,
        "dispatch_id": send_letter(gone, 0, "post", digest=gone.pdf_digest, by=cast.bea).pk,
        "override_id": 1,
        "group_id": a_group(),
        "page_id": a_register_page(cast),
        "consent_id": newest_consent(episode).pk,
        "question_id": ask_question(undecided, "Why?", "", by=cast.maya).pk,
        "outbox_id": a_message(undecided.patient),
        "link_id": invite_to_own_pages(undecided, "email", by=cast.bea).pk,
    }


def a_message(patient) -> int:
    """Return the number of a message that waits."""
    with transaction.atomic():
        to = to_patient(patient, EMAIL)
        return post_message("letter_ready", to, {}, once="x", at=datetime.now(UTC), patient=patient).pk


def a_register_page(cast: Cast) -> int:
    """Return the number of a page of the controlled drugs register with nothing on it yet."""
    return open_page(product(), by=cast.maya).pk


def a_group() -> int:
    """Return the number of a group of device messages that waits."""
    raw = vitals("1", "bay-9-monitor", "G000009", 131)
    at = datetime.now(UTC)
    chart_messages([facts_of(Received(raw, read_message(raw, at), at, ""))])
    return QuarantineGroup.objects.get().pk


def field_names(browser: Client, address: str) -> list[str]:
    """Return the names of the fields of a form by sending it empty and reading what comes back."""
    page = browser.post(address, {}).content.decode()
    return sorted(set(re.findall(r'name="([\w-]+)"', page)) - {"csrfmiddlewaretoken"})


FORMS = [
    ("bea", "/referrals/new"),
    ("maya", "/episodes/{episode_id}/referral/items"),
    ("maya", "/episodes/{episode_id}/triage"),
    ("maya", "/episodes/{episode_id}/selection/answers"),
    ("idris", "/episodes/{episode_id}/selection/overrides"),
    ("idris", "/episodes/{episode_id}/selection/decision"),
    ("maya", "/episodes/{episode_id}/treatment-history/trials"),
    ("maya", "/episodes/{episode_id}/treatment-history/illness"),
    ("idris", "/selection-rules/{version_id}/approve"),
    ("idris", "/selection-rules/built-in/approve"),
    ("idris", "/protocols/sc-racemic-step-up/1/approve"),
    ("idris", "/protocols/sc-racemic-step-up/1/retire"),
    ("maya", "/episodes/{episode_id}/medicines"),
    ("priya", "/episodes/{episode_id}/medicines/settle"),
    ("maya", "/episodes/{episode_id}/baseline-tests"),
    ("maya", "/baseline-results/{result_id}/withdraw"),
    ("bea", "/episodes/{episode_id}/urgent"),
    ("idris", "/urgent-calls/{call_id}/steps"),
    ("tomos", "/episodes/{episode_id}/safety-plan"),
    ("bea", "/episodes/{episode_id}/meeting/put"),
    ("tomos", "/meeting-cases/{case_id}/views"),
    ("idris", "/meeting-cases/{case_id}/conclude"),
    ("maya", "/trials/{trial_id}/correct"),
    ("maya", "/trials/{trial_id}/withdraw"),
    ("maya", "/episodes/{episode_id}/consent/record"),
    ("maya", "/episodes/{episode_id}/consent/withdraw"),
    ("maya", "/episodes/{episode_id}/consent/information"),
    ("maya", "/episodes/{episode_id}/consent/questions"),
    ("maya", "/patient-questions/{question_id}/answer"),
    ("bea", "/episodes/{episode_id}/communication-needs"),
    ("maya", "/episodes/{episode_id}/purposes"),
    ("bea", "/episodes/{episode_id}/purposes/withdraw"),
    ("maya", "/consents/{consent_id}/sign"),
    ("idris", "/episodes/{episode_id}/plan/prescribe"),
    ("idris", "/plans/{plan_id}/countersign"),
    ("bea", "/plans/{plan_id}/book"),
    ("bea", "/plans/{plan_id}/book-one"),
    ("bea", "/plans/{plan_id}/dates/book"),
    ("bea", "/plans/{plan_id}/dates/limits"),
    ("maya", "/episodes/{episode_id}/priority/set"),
    ("bea", "/appointments/{appointment_id}/absence"),
    ("bea", "/appointments/{appointment_id}/absence/withdraw"),
    ("bea", "/calendar/planning/make"),
    ("gil", "/calendar/feeds/make"),
    ("gil", "/calendar/opening/hours"),
    ("gil", "/calendar/opening/days"),
    ("gil", "/calendar/opening/bays"),
    ("gil", "/calendar/rota/add"),
    ("gil", "/calendar/skills"),
    ("bea", "/appointments/{appointment_id}/move"),
    ("bea", "/appointments/{appointment_id}/cancel"),
    ("maya", "/appointments/{appointment_id}/paper/open"),
    ("maya", "/episodes/{episode_id}/outcomes/phq9/scores"),
    ("maya", "/scores/{score_id}/correct"),
    ("idris", "/episodes/{episode_id}/outcomes/course"),
    ("idris", "/episodes/{episode_id}/maintenance/decision"),
    ("bea", "/episodes/{episode_id}/psychotherapy/plan"),
    ("bea", "/episodes/{episode_id}/psychotherapy/join"),
    ("bea", "/therapy-sessions/{therapy_id}/move"),
    ("bea", "/therapy-sessions/{therapy_id}/cancel"),
    ("tomos", "/therapy-places/{member_id}/attendance"),
    ("tomos", "/therapy-places/{member_id}/note"),
    ("idris", "/therapy-places/{member_id}/open"),
    ("idris", "/episodes/{episode_id}/follow-up/decision"),
    ("bea", "/episodes/{episode_id}/letters"),
    ("idris", "/letters/{letter_id}/sign"),
    ("bea", "/letters/{letter_id}/send"),
    ("bea", "/letters/{letter_id}/set-aside"),
    ("bea", "/letter-dispatches/{dispatch_id}/sent-in-error"),
    ("bea", "/episodes/{episode_id}/contacts/new"),
    ("bea", "/contacts/{contact_id}/end"),
    ("bea", "/letter-templates/discharge/change"),
    ("bea", "/episodes/{episode_id}/funding/route"),
    ("bea", "/episodes/{episode_id}/funding/charges"),
    ("bea", "/episodes/{episode_id}/funding/charges/new"),
    ("bea", "/episodes/{episode_id}/funding/invoices"),
    ("bea", "/invoices/{invoice_id}/credit"),
    ("bea", "/invoices/{invoice_id}/payments"),
    ("gil", "/prices/charges"),
    ("gil", "/prices/costs"),
    ("idris", "/letter-templates/discharge/shipped-1/approve"),
    ("idris", "/tasks/{task_id}"),
    ("idris", "/tasks/{task_id}/take"),
    ("idris", "/tasks/{task_id}/put-back"),
    ("idris", "/tasks/{task_id}/hand-over"),
    ("bea", "/episodes/{episode_id}/tasks/new"),
    ("maya", "/quarantine/{group_id}/propose"),
    ("maya", "/quarantine/{group_id}/discard"),
    ("maya", "/quarantine/{group_id}/reopen"),
    ("maya", "/controlled-drugs/open"),
    ("maya", "/controlled-drugs/{page_id}/in"),
    ("maya", "/controlled-drugs/{page_id}/out"),
    ("maya", "/controlled-drugs/{page_id}/count"),
    ("maya", "/controlled-drugs/{page_id}/settle"),
    ("maya", "/controlled-drugs/{page_id}/footnote"),
    ("bea", "/sign-in"),
    ("wilf", "/safety/sign/alarms"),
    ("bea", "/outbox/{outbox_id}/withdraw"),
    ("bea", "/episodes/{episode_id}/own/links/{link_id}/withdraw"),
    ("bea", "/episodes/{episode_id}/own/end"),
    ("bea", "/episodes/{episode_id}/own/invite"),
]


def test_nonsense_in_every_field_of_every_form_gives_words_and_no_fault(as_, places):
    for name, path in FORMS:
        send_nonsense(as_(name), path.format(**places))


def send_nonsense(browser: Client, address: str) -> None:
    fields = field_names(browser, address)
    assert fields, address

    # Few for each of a hundred forms: every run draws others.
    @settings(max_examples=6, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.fixed_dictionaries(dict.fromkeys(fields, VALUES)))
    def send(typed: dict[str, Any]) -> None:
        response = browser.post(address, typed)
        assert response.status_code in {200, 302, 400, 403, 409, 422}, f"{address}: {response.status_code}"
        if response.status_code in {409, 422}:
            page = response.content.decode()
            assert "There is a problem" in page or "Somebody else was here first" in page, address

    send()


KINDS = (
    "trial_id",
    "version_id",
    "result_id",
    "call_id",
    "case_id",
    "therapy_id",
    "member_id",
    "episode_id",
    "plan_id",
    "appointment_id",
    "score_id",
    "task_id",
    "letter_id",
    "contact_id",
    "invoice_id",
    "dispatch_id",
    "group_id",
    "page_id",
    "question_id",
    "consent_id",
    "outbox_id",
    "link_id",
)


@pytest.mark.parametrize("path", ["/", "/patients", "/calendar", "/quarantine"])
def test_nonsense_in_an_address_gives_a_page(as_, path):
    browser = as_("maya")

    @settings(max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(
        st.dictionaries(st.sampled_from(["page", "for", "step", "week", "words", "nhs_number", "birth_date"]), VALUES)
    )
    def open_it(asked: dict[str, str]) -> None:
        assert browser.get(path, asked).status_code in {200, 422}

    open_it()
