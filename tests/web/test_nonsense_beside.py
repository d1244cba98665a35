"""Nonsense in the forms beside the journey: incidents, long-term safety, supplies, privacy, signing in."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from glimmer.actions import clinics
from glimmer.actions.incidents import report_incident
from glimmer.actions.supplies import prescribe_take_home
from glimmer.actions.transfers import send_stock
from glimmer.records.calendar import Shift
from glimmer.records.models import Staff
from glimmer.vocabulary.people import Role
from glimmer.web.gate import named_routes
from tests.actions.test_incidents import Draft, Kind
from tests.actions.test_supplies import ORAL, ORDER
from tests.support.bedside import Ward, a_ward
from tests.support.register import BATCH, EXPIRES, a_page
from tests.web.test_nonsense import FORMS, KINDS, NASTY, send_nonsense
from tests.web.test_own_nonsense import OWN_FORMS
from tests.web.test_own_sign_in import an_app
from tests.web.test_second_factor import PASSWORD, has_an_app
from tests.web.test_take_home import browser

KINDS_BESIDE = (
    "report_id", "prescription_id", "transfer_id", "page_id", "episode_id", "glass_id", "factor_id", "shift_id",
)  # fmt: skip
STEPS = ("outcome", "told", "wrote", "card", "lfpse", "officer", "note")
FORMS_BESIDE = [
    ("nurse", "/break-glass"),
    ("privacy", "/privacy"),
    ("privacy", "/privacy/glass/{glass_id}/review"),
    ("nurse", "/incidents/new?kind=near_miss"),
    ("psychiatrist", "/incidents/{report_id}/assess"),
    ("psychiatrist", "/incidents/{report_id}/close"),
    ("psychiatrist", "/incidents/{report_id}/reopen"),
    ("psychiatrist", "/incidents/{report_id}/yellow-card"),
    *(("psychiatrist", f"/incidents/{{report_id}}/{step}") for step in STEPS),
    ("nurse", "/episodes/{episode_id}/long-term/bladder"),
    ("psychiatrist", "/episodes/{episode_id}/long-term/bladder/review"),
    ("psychiatrist", "/episodes/{episode_id}/take-home/prescribe"),
    ("nurse", "/prescriptions/{prescription_id}/supply"),
    ("nurse", "/prescriptions/{prescription_id}/back/returned"),
    ("psychiatrist", "/prescriptions/{prescription_id}/cancel"),
    ("nurse", "/stock-transfers/send/{page_id}"),
    ("nurse", "/stock-transfers/{transfer_id}/receive"),
    ("manager", "/calendar/shifts/{shift_id}/move"),
    ("manager", "/calendar/planning/accept"),
    ("nurse", "/your-sign-in/password"),
    ("nurse", "/your-sign-in/key"),
    ("nurse", "/your-sign-in/app"),
    ("nurse", "/your-sign-in/factors/{factor_id}/remove"),
    ("nurse", "/your-sign-in/recovery-codes"),
    ("nurse", "/your-sign-in/sign-out-everywhere"),
]
# While a sign-in is half done: with the password right and an app to be asked, and with nothing to be asked yet.
FORMS_AT_THE_DOOR = [
    ("has an app", "/sign-in/code"),
    ("has an app", "/sign-in/key"),
    ("has none", "/sign-in/enrol"),
    ("has none", "/sign-in/enrol/key"),
    ("has none", "/sign-in/password"),
]


@pytest.fixture
def ward(db: None) -> Ward:
    found = a_ward(datetime.now(UTC) - timedelta(minutes=2))
    found.patient.address, found.patient.postcode = "1 Sample Street", "EX1 1EX"
    found.patient.save()
    found.psychiatrist.registration = "GMC 0000001"
    found.psychiatrist.save()
    return found


@pytest.fixture
def places(ward: Ward) -> dict[str, int]:
    """One record of each kind that an address can name."""
    report = report_incident(Draft(Kind.ADVERSE_EVENT, "Shook", episode=ward.episode), by=ward.nurse)
    bottles = a_page(ward, vials=4, **ORAL)
    order = replace(ORDER, starts_on=datetime.now(UTC).date())
    prescription = prescribe_take_home(ward.episode, bottles, order, by=ward.psychiatrist)
    here, there = a_page(ward, vials=5), a_page(ward, vials=0)
    transfer = send_stock(
        here, there, 2, (BATCH, EXPIRES), "By courier", seen=1, by=ward.nurse, witness=ward.second_nurse
    )
    return {
        "report_id": report.pk,
        "prescription_id": prescription.pk,
        "transfer_id": transfer.pk,
        "page_id": here.pk,
        "episode_id": ward.episode.pk,
        "glass_id": a_broken_glass(ward),
        "factor_id": an_app(ward.nurse).pk,
        "shift_id": a_shift(ward).pk,
    }


def a_shift(ward: Ward) -> Shift:
    """A shift that can be moved."""
    now = datetime.now(UTC)
    times = {"starts_at": now + timedelta(days=2), "ends_at": now + timedelta(days=2, hours=8)}
    return Shift.objects.create(staff=ward.nurse, entered_by=ward.nurse, entered_at=now, **times)


def a_broken_glass(ward: Ward) -> int:
    """Return the number of a look at a patient of another clinic."""
    manager = Staff.objects.create(username="manages", name="Made Up Manager", role=Role.MANAGER.value)
    riverside = clinics.open_clinic("Riverside", "RX1", by=manager)
    nurse = Staff.objects.create(username="river", name="River Nurse", role=Role.NURSE.value)
    clinics.join_clinic(nurse, riverside, by=manager)
    patient = ward.patient
    return int(clinics.break_glass(patient.nhs_number, patient.birth_date, "covering", "On call.", by=nurse).pk)


def test_nonsense_beside_the_journey_gives_words_and_no_fault(ward: Ward, places: dict[str, int]) -> None:
    officer = Staff.objects.create(username="piers", name="Piers Hollowell", role=Role.PRIVACY_OFFICER.value)
    people = {
        "nurse": ward.nurse,
        "psychiatrist": ward.psychiatrist,
        "privacy": officer,
        "manager": Staff.objects.get(username="manages"),
    }
    for name, path in FORMS_BESIDE:
        send_nonsense(browser(people[name]), path.format(**places))


@pytest.mark.django_db
def test_nonsense_while_a_sign_in_is_half_done_gives_words_and_signs_nobody_in(settings: Any) -> None:
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"second_factor": "all"})
    for name in ("app", "none"):
        Staff.objects.create_staff(name, "Made Up", Role.NURSE, PASSWORD)
    has_an_app(Staff.objects.get(username="app"))
    for who, path in FORMS_AT_THE_DOOR:
        client = Client()
        client.post("/sign-in", {"username": "app" if who == "has an app" else "none", "password": PASSWORD})
        for value in NASTY:
            typed = dict.fromkeys(("code", "name", "password", "again", "answer", "credential"), value)
            assert client.post(path, typed).status_code in {200, 302, 400, 403, 409, 422}, (path, value)
        assert client.get("/").status_code == 302


def test_every_form_is_sent_nonsense() -> None:
    posted = {
        route.example for route in named_routes() if "POST" in route.methods and not route.name.startswith("session")
    }
    tried = {
        path.partition("?")[0].format(**dict.fromkeys((*KINDS, *KINDS_BESIDE), 1))
        for _, path in FORMS + FORMS_BESIDE + FORMS_AT_THE_DOOR
    }
    tried |= {path.format(secret="iv-racemic-standard", entry_id=1) for path in OWN_FORMS}
    # The example address of these names no function, entry, step or domain; what is tried above does.
    name = "iv-racemic-standard"
    by_another_name = {f"/safety/sign/{name}", f"/controlled-drugs/1/{name}", f"/incidents/1/{name}"} | {
        f"/protocols/{name}/{name}/approve",
        f"/protocols/{name}/{name}/retire",
        f"/episodes/1/long-term/{name}",
        f"/episodes/1/outcomes/{name}/scores",
        f"/episodes/1/long-term/{name}/review",
        f"/prescriptions/1/back/{name}",
        f"/letter-templates/{name}/change",
        f"/prices/{name}",
        f"/letter-templates/{name}/{name}/approve",
    }
    # These ask for nothing that could be typed, or take a file (tests of their own).
    without_fields = {
        "/sign-out",
        "/unlock",
        "/referrals/import",
        "/selection-rules/propose",
        "/maintenance-decisions/1/agree",
        "/protocols/propose",
        "/selection-overrides/1/agree",
        "/appointments/1/open",
        "/quarantine/1/confirm",
        "/appointments/1/paper/rows",
        "/outbox/1/retry",
        "/calendar/skills/1/end",
        "/calendar/shifts/1/cancel",
        "/calendar/opening/bays/1/reopen",
        "/calendar/opening/days/1/withdraw",
        "/calendar/feeds/1/revoke",
        f"/training/{name}/begin",
    }
    assert posted - tried - without_fields - by_another_name == set()
