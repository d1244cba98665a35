"""Every address of a patient with every role: of the own clinic, of another one, and behind broken glass."""

import pytest
from django.test import Client
from django.urls import get_resolver
from django.urls.converters import IntConverter

from glimmer.actions import clinics
from glimmer.records.audit import AuditLine
from glimmer.records.models import BrokenGlass, Clinic, Patient, Staff
from glimmer.vocabulary.people import Role
from tests.web.test_audit_of_pages import NAME, routes, world  # noqa: F401
from tests.web.test_routes_roles import roles_of

# By these keys an address leads to one patient.
OF_ONE_PATIENT = {
    "episode_id",
    "session_id",
    "appointment_id",
    "letter_id",
    "score_id",
    "task_id",
    "plan_id",
    "consent_id",
    "contact_id",
    "dispatch_id",
    "invoice_id",
    "payment_id",
}


@pytest.fixture
def elsewhere(cast) -> Clinic:
    """A second clinic, in which one person of each role works and nobody else."""
    clinic = Clinic.objects.create(name="Riverside", opened_at="2026-11-01T08:00Z")
    for role in Role:
        person = Staff.objects.create(username=f"river-{role.value}", name=f"River {role.label}", role=role.value)
        clinics.join_clinic(person, clinic, by=cast.gil)
    return clinic


# Keys of one patient of which `world` has none: tests/test_row_access.py looks at their access functions.
NOT_MADE_HERE = {
    "trial_id",
    "result_id",
    "signature_id",
    "question_id",
    "override_id",
    "call_id",
    "case_id",
    "prescription_id",
    "outbox_id",
    "link_id",
    "entry_id",
    "own_letter_id",
    "decision_id",
    "therapy_id",
    "member_id",
}
OF_NO_PATIENT = {
    "factor_id", "version_id", "page_id", "entry", "message_id", "group_id", "report_id", "glass_id", "patient_id",
    "transfer_id", "feed_id", "closure_id", "shift_id", "skill_id", "day_id",
}  # fmt: skip


def test_every_key_of_an_address_is_known_here_so_that_no_new_one_goes_unlooked_at():
    patterns = [pattern.pattern for _, pattern in routes(get_resolver().url_patterns)]
    keys = {name for one in patterns for name, kind in one.converters.items() if isinstance(kind, IntConverter)}
    assert keys <= OF_ONE_PATIENT | NOT_MADE_HERE | OF_NO_PATIENT


def a_person_of(role: str) -> Client:
    browser = Client(raise_request_exception=False)
    browser.force_login(Staff.objects.get(username=f"river-{role}"))
    return browser


def ways(world):  # noqa: F811
    """Return (route, method, address, whose roles) of every address that leads to one patient."""
    found = []
    keys = {**world, "plan_id": world["episode"].plans.get().pk, "consent_id": world["episode"].consents.get().pk}
    for route, pattern in routes(get_resolver().url_patterns):
        names = set(pattern.pattern.converters)
        if names & OF_ONE_PATIENT and names <= set(keys):
            address = "/" + route
            for name in names:
                address = address.replace(f"<int:{name}>", str(keys[name]))
            found += [
                (pattern.name, method, address, roles_of(pattern.name)) for method in pattern.callback.gate.methods
            ]
    assert len(found) > 50
    return found


def test_person_of_another_clinic_gets_nothing_of_the_patient_by_any_address(world, elsewhere):  # noqa: F811
    wrong = []
    for role in ("nurse", "psychiatrist", "therapist", "pharmacist", "administrator", "manager", "researcher"):
        browser = a_person_of(role)
        for name, method, address, roles in ways(world):
            answer = browser.generic(method, address)
            if answer.status_code != (404 if role in roles else 403):
                wrong.append(f"{role}: {method} {address} ({name}): {answer.status_code}")
    assert wrong == []


def test_lists_name_nobody_of_another_clinic(world, elsewhere, cast):  # noqa: F811
    for address in ("/", "/?for=all", "/patients", "/patients?words=quill", "/calendar", "/board"):
        assert NAME.upper() not in a_person_of("nurse").get(address).content.decode(), address
    assert not AuditLine.objects.filter(actor__username="river-nurse", patient_id=world["episode"].patient_id).exists()
    assert not AuditLine.objects.filter(actor__username="river-nurse", action__startswith="read.").exists()


def test_alarms_and_values_of_the_board_are_shown_to_all_clinicians_without_the_name(world, elsewhere):  # noqa: F811
    shown = a_person_of("nurse").get("/board").content.decode()
    assert f"/break-glass?session={world['session_id']}" in shown
    assert f'href="/sessions/{world["session_id"]}"' not in shown
    assert "glimmer-bay__values" in shown


@pytest.mark.parametrize("role", ["nurse", "pharmacist"])
def test_broken_glass_opens_what_the_role_may_see_for_this_patient_alone(world, elsewhere, role):  # noqa: F811
    person = Staff.objects.get(username=f"river-{role}")
    patient = Patient.objects.get(pk=world["episode"].patient_id)
    clinics.break_glass(patient.nhs_number, patient.birth_date, "emergency", "Collapsed in our hall.", by=person)
    browser, wrong = a_person_of(role), []
    for name, method, address, roles in ways(world):
        if method == "GET" and name not in {"live_session", "replay_frame"}:
            status = browser.get(address).status_code
            if status != (200 if role in roles else 403):
                wrong.append(f"{address} ({name}): {status}")
    assert wrong == []
    line = AuditLine.objects.filter(action="read.journey", actor=person).get()
    assert (line.patient_id, line.details["why"]) == (patient.pk, "broken glass")


def test_glass_is_broken_on_the_page_and_leads_to_the_record(world, elsewhere):  # noqa: F811
    patient, browser = Patient.objects.get(pk=world["episode"].patient_id), a_person_of("nurse")
    born = {f"birth_date-{part}": getattr(patient.birth_date, part) for part in ("day", "month", "year")}
    why = {"reason": "covering", "words": "On call for both clinics tonight."}
    asked = {"nhs_number": patient.nhs_number, **born, **why}
    answer = browser.post("/break-glass", asked)
    assert answer.headers["Location"] == f"/episodes/{world['episode_id']}"
    assert NAME.upper() in browser.get(answer.headers["Location"]).content.decode()
    glass = BrokenGlass.objects.get()
    assert (glass.until - glass.at).total_seconds() == 4 * 3600


@pytest.mark.parametrize("change", [{"nhs_number": "9990000034"}, {"birth_date-year": 1950}])
def test_number_and_birth_date_have_to_fit_and_neither_is_confirmed_alone(world, elsewhere, change):  # noqa: F811
    patient, browser = Patient.objects.get(pk=world["episode"].patient_id), a_person_of("nurse")
    born = {f"birth_date-{part}": getattr(patient.birth_date, part) for part in ("day", "month", "year")}
    asked = {"nhs_number": patient.nhs_number, **born, "reason": "other", "words": "Asked for it.", **change}
    answer = browser.post("/break-glass", asked)
    assert answer.status_code == 422
    assert "nobody with this NHS number and this date of birth" in answer.content.decode()
    assert not BrokenGlass.objects.exists()
    assert AuditLine.objects.order_by("-pk")[0].action == "refused.break_glass"


def test_glass_at_the_bedside_asks_for_the_reason_alone_and_leads_to_the_session(world, elsewhere):  # noqa: F811
    browser = a_person_of("nurse")
    address = f"/break-glass?session={world['session_id']}"
    assert "NHS number" not in browser.get(address).content.decode()
    answer = browser.post(address, {"reason": "emergency", "words": "Alone in the room."})
    assert answer.headers["Location"] == f"/sessions/{world['session_id']}"
    assert browser.get(answer.headers["Location"]).status_code == 200
