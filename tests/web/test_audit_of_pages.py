"""No page about a patient leaves without its line in the audit: every address there is, asked for by every role."""

import re
from datetime import UTC, datetime

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.urls import get_resolver

from glimmer.actions import controlled, correspondence, followup, funding, invoices, looking, outcomes, session
from glimmer.actions.readings import MessageFacts, chart_messages
from glimmer.care.funding import Funding, Route
from glimmer.records.audit import AuditLine, broken_at
from glimmer.records.funding import CHARGES, price_list_on
from glimmer.records.models import Episode, InboundMessage, Patient, QuarantineGroup, Score, Task
from glimmer.vocabulary.people import Role
from glimmer.vocabulary.permissions import may
from glimmer.web import gate
from tests.support.cast import an_episode, first_appointment, phq9
from tests.support.kept import kept
from tests.support.reading import today

# An amount that stands nowhere by chance.
PENCE = 713_37
NAME = "Quillfeather"


def an_invoice(cast, episode):
    """Let the patient pay for a bottle themselves, and invoice it."""
    if price_list_on(CHARGES, today()) is None:
        funding.set_prices(CHARGES, {"oral_bottle": PENCE}, today(), "For this test", by=cast.gil)
    funding.record_route(episode, Funding(Route.SELF_PAY), by=cast.bea)
    charged = funding.add_charge(episode, "oral_bottle", today(), by=cast.bea)
    return invoices.issue_invoice(episode, [charged.pk], by=cast.bea)


@pytest.fixture
def world(cast):
    """One patient with something of every kind, and the keys that stand in the addresses."""
    return something_of_every_kind(cast)


@kept
def something_of_every_kind(cast):
    episode = an_episode(cast, at="session")
    Patient.objects.filter(pk=episode.patient_id).update(family_name=NAME)
    outcomes.record_score(episode, phq9(20, item9=2), "follow_up", today(), by=cast.maya)
    letter = followup.write_letter(episode, "course_summary", by=cast.bea)
    gone = followup.sign_letter(followup.write_letter(episode, "course_summary", by=cast.bea), by=cast.idris)
    opened = session.open_session(first_appointment(episode), by=cast.maya)
    chart_messages(
        [
            MessageFacts(
                "MON", "1", "1", "vitals", datetime.now(UTC), b"MSH|", "unknown-1",
                ((episode.patient.nhs_number, "NHS", "NH"),),
            )
        ]
    )  # fmt: skip
    bill = an_invoice(cast, episode)
    product = controlled.Product("Room 1", "ketamine", "ketamine", "solution", 10, 20, "vial")
    return {
        "episode": episode,
        "episode_id": episode.pk,
        "session_id": opened.pk,
        "appointment_id": first_appointment(episode).pk,
        "letter_id": letter.pk,
        "contact_id": correspondence.add_care_contact(episode, "team", "North team", by=cast.bea).pk,
        "dispatch_id": correspondence.send_letter(gone, 0, "post", digest=gone.pdf_digest, by=cast.bea).pk,
        "invoice_id": bill.pk,
        "payment_id": invoices.record_payment(bill, 100, "card", "", today(), by=cast.bea).pk,
        "score_id": Score.objects.get(occasion="follow_up").pk,
        "task_id": Task.objects.get().pk,
        "message_id": InboundMessage.objects.get().pk,
        "group_id": QuarantineGroup.objects.get().pk,
        "page_id": controlled.open_page(product, by=cast.priya).pk,
        "day": "today",
    }


def pages(world):
    """Yield (route, address, mark) of everything that can be opened."""
    for route, pattern in routes(get_resolver().url_patterns):
        mark = pattern.callback.gate
        keys = {name: str(world.get(name, "iv-racemic-standard")) for name in pattern.pattern.converters}
        address = re.sub(r"<\w+:(\w+)>", lambda found, keys=keys: keys[found[1]], route)
        if "GET" in mark.methods and not (mark.permission is None or pattern.name == "replay_frame"):
            yield pattern.name, "/" + address, mark


def routes(patterns):
    for pattern in patterns:
        if hasattr(pattern, "url_patterns"):
            yield from routes(pattern.url_patterns)
        else:
            yield str(pattern.pattern), pattern


def names_the_patient(line, patient):
    return line.patient_id == patient or patient in line.details.get("patients", ())


def test_every_page_that_shows_a_patient_leaves_a_line_that_names_reader_and_patient(world, cast, monkeypatch):
    """Told by the name in the answer, and for what cannot be searched by the patient's own key in the address."""
    monkeypatch.setattr(gate, "ONE_LOOK_SECONDS", 0.0)
    patient, unaudited, seen = world["episode"].patient_id, [], set()
    about_one = {"episode_id", "session_id", "appointment_id", "letter_id", "score_id", "task_id"}
    addresses = {str(world[name]) for name in about_one}
    for role in Role:
        reader = cast.of(role)
        browser = Client()
        browser.force_login(reader)
        for name, address, mark in pages(world):
            if not may(role, mark.permission):
                continue
            before = AuditLine.objects.order_by("-pk")[0].pk
            answer = browser.get(address)
            shown = b"" if answer.streaming else answer.content
            is_about_one = any(part in addresses for part in address.split("/")[2:]) and "controlled" not in address
            names = NAME.upper().encode() in shown or NAME.encode() in shown
            if answer.status_code == 200 and (names or (is_about_one and name not in {"message", "quarantine_group"})):
                fresh = AuditLine.objects.filter(pk__gt=before, actor=reader)
                seen.add(name)
                if not any(names_the_patient(line, patient) for line in fresh):
                    unaudited.append(f"{role} at {address}")
    assert unaudited == []
    lists, alone = {"home", "patients", "calendar", "board", "quarantine"}, {"journey", "letter_pdf", "sheet", "task"}
    assert lists | alone | {"session", "live_session", "replay"} <= seen
    assert broken_at() is None


def test_line_says_who_saw_what_by_which_page_and_by_what_right(world, as_, cast):
    as_("maya").get(f"/episodes/{world['episode_id']}")
    line = AuditLine.objects.order_by("-pk")[0]
    assert (line.actor, line.action) == (cast.maya, "read.journey")
    assert (line.subject, line.subject_id) == ("Episode", world["episode_id"])
    assert (line.patient_id, line.details) == (world["episode"].patient_id, {"why": "own clinic"})


def test_search_says_by_which_fields_and_whom_it_found_and_never_what_was_typed(world, as_):
    as_("maya").get("/patients", {"words": "quill", "nhs_number": ""})
    as_("maya").get("/patients", {"words": "nobody at all"})
    found, nobody = AuditLine.objects.filter(action="search.patients").order_by("pk")
    assert found.details["asked_by"] == ["words"]
    assert found.details["patients"] == [world["episode"].patient_id]
    assert nobody.details["patients"] == []
    assert "nobody" not in str(nobody.details)


def test_manager_who_sees_no_name_leaves_no_line_about_a_patient(world, as_, cast):
    for address in ("/", "/board", "/calendar", "/counts", "/prices"):
        assert NAME.upper() not in as_("gil").get(address).content.decode()
    assert not AuditLine.objects.filter(actor=cast.gil).exclude(action="set_prices").exists()


def test_form_that_was_saved_leaves_its_own_line_and_one_that_came_back_was_seen(world, as_, cast):
    score = {"occasion": "follow_up"}
    before = AuditLine.objects.order_by("-pk")[0].pk
    assert as_("maya").post(f"/episodes/{world['episode_id']}/outcomes/phq9/scores", score).status_code == 422
    seen = Episode.objects.get(pk=world["episode_id"]).revision
    letter = {"kind": "discharge", "seen": seen}
    assert as_("bea").post(f"/episodes/{world['episode_id']}/letters", letter).status_code == 302
    told = AuditLine.objects.filter(pk__gt=before).order_by("pk").values_list("actor__username", "action")
    assert list(told) == [("maya", "read.score"), ("bea", "write_letter")]


def test_refused_page_and_unknown_record_leave_a_line_that_says_what_was_tried(world, as_, cast):
    before = AuditLine.objects.order_by("-pk")[0].pk
    assert as_("ness").get(f"/episodes/{world['episode_id']}").status_code == 403
    assert as_("maya").get("/letters/987654").status_code == 404
    refused, missing = AuditLine.objects.filter(pk__gt=before).order_by("pk")
    assert (refused.actor, refused.action) == (cast.ness, "refused.journey")
    assert refused.details == {"because": "NotAllowed", "episode_id": world["episode_id"]}
    assert (missing.actor, missing.action) == (cast.maya, "refused.letter")
    assert missing.details == {"because": "NotFound", "letter_id": 987654}


def away(**fields):
    raise OperationalError("database or disk is full")


def test_ordinary_page_is_not_shown_when_its_line_cannot_be_written(world, as_, monkeypatch):
    monkeypatch.setattr(looking, "append_audit", away)
    one = f"/episodes/{world['episode_id']}", f"/letters/{world['letter_id']}.pdf"
    for address in (*one, "/patients?words=quill", "/"):
        answer = as_("maya").get(address)
        assert answer.status_code == 503
        assert NAME.upper() not in answer.content.decode()
        assert "cannot be shown now" in answer.content.decode()


def test_bedside_is_shown_even_when_its_line_cannot_be_written(world, as_, monkeypatch, caplog):
    monkeypatch.setattr(looking, "append_audit", away)
    number = world["session_id"]
    for address in ("/board", f"/sessions/{number}", f"/sessions/{number}/drug", f"/live/sessions/{number}"):
        answer = as_("maya").get(address)
        assert answer.status_code == 200, address
        if not answer.streaming:
            assert NAME.upper() in answer.content.decode(), address
    assert "read.session" in caplog.text
    assert NAME not in caplog.text


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="asks how long SQLite waits")
def test_bedside_waits_a_moment_for_a_busy_database_and_leaves_its_patience_as_it_was(world, as_, monkeypatch):
    waited = []

    def look(**fields):
        with connection.cursor() as cursor:
            waited.append(cursor.execute("PRAGMA busy_timeout").fetchone()[0])

    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 20000")
    monkeypatch.setattr(looking, "append_audit", look)
    as_("maya").get(f"/sessions/{world['session_id']}")
    look()
    assert waited == [looking.BEDSIDE_PATIENCE_MS, 20_000]


def test_stream_that_is_cut_and_begins_again_is_one_look_and_another_person_is_another(world, as_):
    gate._LOOKS.clear()
    for name in ("maya", "maya", "jo", "maya"):
        as_(name).get(f"/live/sessions/{world['session_id']}")
    lines = AuditLine.objects.filter(action="read.live_session").order_by("pk")
    assert [line.actor.username for line in lines] == ["maya", "jo"]
