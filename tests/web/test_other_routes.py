"""The same pages for a drug that no pump gives: prescribed, prepared, given device by device, on paper, replayed."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from glimmer.actions.live import forget_all
from glimmer.records.models import Plan
from tests.support.bedside import Ward, a_ward
from tests.support.cast import an_episode

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_remembered() -> Any:
    forget_all()
    yield
    forget_all()


@pytest.fixture
def ward(db: None) -> Ward:
    return a_ward(datetime.now(UTC) - timedelta(minutes=7), protocol_id="intranasal-esketamine", dose_mg=56)


def client_of(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


def text_of(response: Any) -> str:
    assert response.status_code in (200, 409, 422)
    words = re.sub(r"<script.*?</script>", " ", response.content.decode(), flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", words)).split())


def press(person: Any, session: Any, name: str, **data: Any) -> Any:
    address = reverse(f"session_{name}", args=[session.pk])
    return client_of(person).post(address, {"form_token": uuid4().hex, **data})


def look(person: Any, session: Any) -> str:
    return text_of(client_of(person).get(reverse("session", args=[session.pk])))


def test_devices_are_laid_out_checked_and_used_one_after_the_other(ward: Ward) -> None:
    session = ward.open(connected=False)
    ward.answer_checks(session)
    ward.observe(session)
    page = look(ward.nurse, session)
    assert "Prepare the set of devices" in page
    assert "Nothing was eaten for 2 hours" in page
    entries = {"vial_concentration_mg_per_ml": "140", "batch": "ESK-1", "expires_on-day": "31",
               "expires_on-month": "12", "expires_on-year": "2028"}  # fmt: skip
    worked = text_of(press(ward.nurse, session, "prepare", do="work_out", **entries))
    assert "Drug: 56 mg ÷ 28 mg = 2 devices" in worked
    assert "Total volume" not in worked
    saved = press(ward.nurse, session, "prepare", do="save", worked="140 mg/mL", **entries)
    assert saved.status_code == 302
    assert "number of devices, and they agree" in look(ward.second_nurse, session)
    prepared = max(ward.episode.sessions.get().log.values_list("seq", flat=True))
    press(ward.second_nurse, session, "check_preparation", prepared_seq=prepared, confirmed="yes")
    assert press(ward.nurse, session, "start").status_code == 302
    page = look(ward.nurse, session)
    assert "1 of 2 devices given" in page
    assert re.search(r"Device 2 of 2: not before \d\d:\d\d", page)
    assert "Give no more" in page
    refused = text_of(press(ward.nurse, session, "give_step", number="2"))
    assert "The next device is given 5 minutes after the last" in refused
    for word in ("infusion", "syringe", "start the"):
        said = [page[found.start() - 60 : found.end() + 40] for found in re.finditer(word, page.lower())]
        assert said == []


def test_the_last_device_begins_the_recovery_on_the_page_and_the_board(ward: Ward) -> None:
    session = ward.running(ward.now)
    board = text_of(client_of(ward.nurse).get(reverse("board")))
    assert "Devices being used" in board
    assert press(ward.nurse, session, "give_step", number="2").status_code == 302
    page = look(ward.nurse, session)
    assert "2 of 2 devices given" in page
    assert "stays at least 120 minutes after the nasal dose" in page


def test_a_fixed_dose_is_prescribed_without_a_basis_and_by_weight_not(cast: Any, as_: Any) -> None:
    episode = an_episode(cast, at="plan")
    order = {"weight_kg": "70", "height_cm": "170", "oxygen_scale": "1", "pregnancy_possible": "no",
             "seen": str(episode.revision),
             "reason": "", "do": "prescribe"}  # fmt: skip
    address = reverse("plan_prescribe", args=[episode.pk])
    refused = text_of(as_("idris").post(address, {**order, "protocol_id": "iv-racemic-standard"}))
    assert "Choose the weight that the dose is worked out from" in refused
    preview = text_of(as_("idris").post(address, {**order, "protocol_id": "intranasal-esketamine", "do": "preview"}))
    assert "56 mg : 56 mg, 2 × 28 mg" in preview
    too_much = text_of(
        as_("idris").post(address, {**order, "protocol_id": "intranasal-esketamine", "dose_mg": "84", "reason": "More"})
    )
    assert "A first session is 56 mg at the most" in too_much
    assert as_("idris").post(address, {**order, "protocol_id": "intranasal-esketamine"}).status_code == 302
    plan = Plan.objects.get(episode=episode)
    assert (plan.basis, plan.dose_mg_per_kg, float(plan.dose_mg), plan.infusion_minutes) == ("fixed", None, 56, 5)
    page = text_of(as_("idris").get(reverse("plan", args=[episode.pk])))
    assert "56 mg (the same for every weight) over 5 minutes" in page


def test_a_time_is_no_part_of_an_injection(cast: Any, as_: Any) -> None:
    episode = an_episode(cast, at="plan")
    order = {"weight_kg": "70", "height_cm": "170", "oxygen_scale": "1", "pregnancy_possible": "no",
             "seen": str(episode.revision),
             "basis": "actual", "minutes": "20", "reason": "Slower", "do": "prescribe",
             "protocol_id": "im-racemic-test"}  # fmt: skip
    page = text_of(as_("idris").post(reverse("plan_prescribe", args=[episode.pk]), order))
    assert "an injection takes none" in page


@pytest.mark.parametrize("protocol_id", ["intranasal-esketamine", "sc-racemic-step-up", "iv-racemic-slow"])
def test_every_protocol_has_its_page(as_: Any, protocol_id: str) -> None:
    page = text_of(as_("gil").get(reverse("protocol", args=[protocol_id])))
    assert "Checks before" in page
    assert "Figures" in page
