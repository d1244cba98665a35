"""The patients' own pages: who is let in, what they send and what they see."""

import re
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from glimmer.actions.correspondence import send_letter
from glimmer.actions.followup import sign_letter, write_letter
from glimmer.actions.plan import prescribe_plan
from glimmer.actions.slowing import TRIES as TRIES_OF_LINK
from glimmer.guidance.mechanism import mechanism
from glimmer.records.audit import AuditLine, broken_at
from glimmer.records.models import OwnDevice, OwnEntry, OwnLink, PurposeConsent, Task
from glimmer.web.own.realm import device_cookie
from tests.support.cast import an_episode, an_order
from tests.support.own import born, invited, let_in, pause, phq9_answers, text

PAGES = (
    "", "/mood", "/sleep", "/effects", "/words", "/next", "/questions/phq9", "/after", "/how", "/chart", "/letters",
    "/consents", "/everything", "/everything.html", "/help",
)  # fmt: skip


@pytest.fixture
def episode(cast):
    return an_episode(cast, at="selection")


@pytest.fixture
def booked(cast):
    return an_episode(cast, at="session", patient=1)


@pytest.fixture
def amina(episode, cast):
    return let_in(episode, cast.bea)


@pytest.fixture
def bertram(booked, cast):
    return let_in(booked, cast.bea)


# Coming in


def test_looking_at_a_link_spends_nothing_and_the_birth_date_opens_it_once(episode, cast):
    link, secret = invited(episode, cast.bea)
    scanner = Client()
    assert scanner.get(f"/own/in/{secret}").status_code == 200
    browser = Client()
    answer = browser.post(f"/own/in/{secret}", born(episode))
    assert (answer.status_code, answer.headers["Location"]) == (302, "/own")
    assert "To do now" in text(browser.get("/own"))
    assert scanner.post(f"/own/in/{secret}", born(episode)).status_code == 410
    link.refresh_from_db()
    assert link.used_at is not None
    line = AuditLine.objects.get(action="open_own_pages")
    assert (line.actor, line.actor_name, line.patient_id) == (None, "the patient", episode.patient_id)


def test_address_and_message_hold_nothing_of_the_patient_and_the_database_not_the_secret(episode, cast):
    link, secret = invited(episode, cast.bea)
    patient = episode.patient
    for known in (patient.given_name, patient.family_name, patient.nhs_number, patient.birth_date.isoformat()):
        assert known not in secret + link.message.subject + link.message.words
    assert secret not in link.digest + link.message.words + link.message.sealed_link
    page = text(Client().get(f"/own/in/{secret}"))
    assert patient.given_name not in page
    assert Client().get(f"/own/in/{secret}").headers["Referrer-Policy"] == "same-origin"


def test_wrong_birth_date_is_refused_slowly_and_closes_the_link(episode, cast):
    link, secret = invited(episode, cast.bea)
    browser = Client()
    for _ in range(TRIES_OF_LINK):
        answer = browser.post(f"/own/in/{secret}", born(episode, **{"born-year": 1950}))
        assert answer.status_code == 422
        assert "not the date of birth" in text(answer)
    assert browser.post(f"/own/in/{secret}", born(episode)).status_code == 410
    link.refresh_from_db()
    assert link.withdrawn_because == "Too many wrong dates of birth."
    assert AuditLine.objects.filter(action="own_pages_refused").count() == TRIES_OF_LINK


@pytest.mark.parametrize("typed", [{}, {"born-day": "x"}, {"born-day": "31", "born-month": "2", "born-year": "1984"}])
def test_birth_date_that_is_no_date_says_so_and_counts_as_no_try(episode, cast, typed):
    _, secret = invited(episode, cast.bea)
    for _ in range(TRIES_OF_LINK + 1):
        answer = Client().post(f"/own/in/{secret}", typed)
        assert answer.status_code == 422
    assert "Enter a day, a month and a year" in text(answer)


def test_newer_link_voids_the_older_and_an_expired_one_opens_nothing(episode, cast):
    _, first = invited(episode, cast.bea)
    link, second = invited(episode, cast.bea)
    assert Client().post(f"/own/in/{first}", born(episode)).status_code == 410
    OwnLink.objects.filter(pk=link.pk).update(
        made_at=timezone.now() - timedelta(hours=80), expires_at=timezone.now() - timedelta(hours=8)
    )
    assert Client().post(f"/own/in/{second}", born(episode)).status_code == 410


def test_staff_sign_in_opens_none_of_it_and_the_patients_cookie_nothing_of_staff(episode, cast, as_, amina):
    for page in PAGES:
        answer = as_("idris").get(f"/own{page}")
        if page != "/help":
            assert (answer.status_code, answer.headers["Location"]) == (302, "/own/again"), page
    for address in ("/", "/patients", f"/episodes/{episode.pk}", f"/episodes/{episode.pk}/outcomes"):
        answer = amina.get(address)
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/sign-in")


def test_asking_for_a_fresh_link_says_the_same_to_everybody(episode, cast):
    invited(episode, cast.bea)
    known = Client().post("/own/again", {"address": episode.patient.email.upper()})
    by_text = Client().post("/own/again", {"address": "+44 1632 960100"})
    unknown = Client().post("/own/again", {"address": "nobody@example.org"})

    def plain(answer):
        return re.sub(r'value="[^"]*"|nonce="[^"]*"', "", text(answer))

    assert plain(known) == plain(unknown) == plain(by_text)
    assert OwnLink.objects.filter(made_by__isnull=True).count() == 2
    stranger = an_episode(cast, at="referral", patient=1)
    Client().post("/own/again", {"address": stranger.patient.email})
    assert not OwnLink.objects.filter(patient=stranger.patient).exists(), "who was never invited gets no link"


# A pause, an end, a full disk


def test_pause_asks_for_the_birth_date_and_what_was_written_is_kept_and_sent(episode, amina):
    pause()
    answer = amina.post("/own/words", {"words": "A bad night & <tears>", "token": "a1"})
    assert answer.status_code == 423
    assert 'value="A bad night &amp; &lt;tears&gt;"' in text(answer)
    assert "116 123" in text(answer)
    assert not OwnEntry.objects.exists()
    wrong = amina.post("/own/words", {"words": "A bad night", "token": "a1", **born(episode, **{"born-year": 1950})})
    assert wrong.status_code == 423
    assert "A bad night" in text(wrong)
    right = amina.post("/own/words", {"words": "A bad night & <tears>", "token": "a1", **born(episode)})
    assert right.status_code == 302
    assert OwnEntry.objects.get().content["text"] == "A bad night & <tears>"
    assert amina.get("/own/chart").status_code == 200


def test_page_after_a_pause_leads_back_where_it_was_and_nowhere_else(episode, amina):
    pause()
    asked = amina.get("/own/chart")
    assert asked.status_code == 423
    assert 'name="next" value="/own/chart"' in text(asked)
    assert 'action="/own/not-safe"' in text(asked)
    assert amina.post("/own/unlock", {"next": "/own/chart", **born(episode)}).headers["Location"] == "/own/chart"
    pause()
    elsewhere = amina.post("/own/unlock", {"next": "https://elsewhere.example/own", **born(episode)})
    assert elsewhere.headers["Location"] == "/own"


def test_lost_telephone_is_closed_at_once_and_what_was_written_stays_on_the_page(episode, cast, as_, amina):
    assert as_("maya").post(f"/episodes/{episode.pk}/own/end", {"because": "Telephone lost"}).status_code == 302
    assert amina.get("/own").headers["Location"] == "/own/again"
    answer = amina.post("/own/words", {"words": "My own words", "token": "a1"})
    assert answer.status_code == 401
    assert "My own words" in text(answer)
    assert not OwnEntry.objects.exists()


def test_full_disk_says_so_keeps_the_words_and_shows_whom_to_call(amina, monkeypatch):
    def full(*given, **named):
        raise OperationalError("database or disk is full")

    monkeypatch.setattr("glimmer.actions.own_act.append_audit", full)
    answer = amina.post("/own/words", {"words": "My own words", "token": "a1"})
    assert answer.status_code == 503
    assert 'name="words" value="My own words"' in text(answer)
    assert "116 123" in text(answer)
    monkeypatch.undo()
    assert amina.post("/own/words", {"words": "My own words", "token": "a1"}).status_code == 302
    assert OwnEntry.objects.count() == 1


# What is sent


def test_mood_is_one_tap_and_a_second_press_of_the_same_form_is_stored_once(amina, episode):
    page = text(amina.get("/own/mood"))
    token = re.search(r'name="token" value="(\w+)"', page)[1]
    for _ in range(2):
        assert amina.post("/own/mood", {"value": "7", "token": token}).headers["Location"] == "/own?sent=mood"
    entry = OwnEntry.objects.get()
    assert (entry.content, entry.day, entry.late) == ({"value": 7, "words": ""}, timezone.localdate(), False)
    assert (entry.episode, entry.patient) == (episode, episode.patient)
    line = AuditLine.objects.get(action="send_mood")
    assert (line.actor, line.actor_name, line.patient_id) == (None, "the patient", episode.patient_id)
    assert "How is your mood today" not in text(amina.get("/own"))


def test_entry_for_an_earlier_day_is_marked_as_entered_later(amina, episode, as_):
    amina.post("/own/mood", {"value": "2", "day": "3", "words": "Could not write", "token": "m1"})
    entry = OwnEntry.objects.get()
    assert entry.day == timezone.localdate() - timedelta(days=3)
    shown = text(as_("tomos").get(f"/episodes/{episode.pk}/own"))
    assert "Entered later" in shown
    assert "Could not write" in shown


@pytest.mark.parametrize(
    ("page", "typed", "says"),
    [
        ("/mood", {"value": "11"}, "Tap one of the numbers"),
        ("/mood", {"value": "3", "day": "8"}, "one of the days shown"),
        ("/mood", {"value": "3", "words": "x" * 4001}, "too long"),
        ("/sleep", {"hours": "25", "rested": "no"}, "from 0 to 24"),
        ("/sleep", {"hours": "6"}, "how rested"),
        ("/effects", {"how_bad": "mild"}, "at least one"),
        ("/effects", {"which": ["nausea"]}, "how bad"),
        ("/words", {"words": "  "}, "Write something"),
        ("/words", {"goal": "\x00"}, "cannot be stored"),
        ("/next", {"way": "by broom"}, "who takes you home"),
        ("/questions/phq9", {"item_1": "1"}, "Choose an answer"),
        ("/questions/phq9", {**{f"item_{n}": "none" for n in range(1, 10)}}, "Answer at least 7"),
        ("/questions/phq9", {**{f"item_{n}": "9" for n in range(1, 10)}}, "at least 7"),
    ],
)
def test_what_cannot_be_stored_is_said_in_words_and_nothing_is_lost(amina, page, typed, says):
    answer = amina.post(f"/own{page}", {**typed, "token": "x1"})
    assert answer.status_code == 422
    assert says in text(answer)
    assert not OwnEntry.objects.exists()
    for name in ("words", "hours"):
        if typed.get(name, "").strip():
            assert typed[name] in text(answer)


def test_severe_side_effect_question_and_missing_escort_each_raise_a_task_for_a_nurse(amina):
    amina.post("/own/effects", {"which": ["bladder", "nausea"], "how_bad": "severe", "token": "e1"})
    amina.post("/own/effects", {"which": ["nausea"], "how_bad": "mild", "token": "e2"})
    amina.post("/own/next", {"question": "May I eat?", "token": "q1"})
    amina.post("/own/next", {"way": "escort_no", "token": "w1"})
    amina.post("/own/next", {"way": "escort_yes", "words": "My sister", "token": "w2"})
    tasks = Task.objects.order_by("pk")
    assert [(one.kind, one.owner_role) for one in tasks] == [
        ("side_effect", "nurse"),
        ("own_question", "nurse"),
        ("no_escort", "nurse"),
    ]


def test_preparation_states_the_figures_of_the_protocol_that_the_session_runs_under(bertram):
    page = text(bertram.get("/own/next"))
    assert "Eat a light breakfast" in page
    assert "at least 60 minutes" in page
    assert "at least 120 minutes" in page
    bertram.post("/own/next", {"way": "escort_yes", "words": "My sister, by car", "token": "w1"})
    assert "You told us: Somebody comes with me" in text(bertram.get("/own/next"))


def test_goals_and_words_stay_as_written_and_can_be_changed_and_taken_back(episode, amina, as_):
    amina.post("/own/words", {"goal": "Walk the dog", "token": "g1"})
    amina.post("/own/words", {"words": "It is <b>grey</b>", "token": "w1"})
    goal, words = OwnEntry.objects.order_by("pk")
    amina.post(f"/own/words/{goal.pk}", {"state": "reached", "token": "g2"})
    amina.post(f"/own/words/{goal.pk}", {"state": "reached", "token": "g2"})
    shown = text(as_("maya").get(f"/episodes/{episode.pk}/own"))
    assert "It is &lt;b&gt;grey&lt;/b&gt;" in shown
    assert "Goal (reached)" in shown
    amina.post(f"/own/words/{words.pk}", {"state": "taken_back", "token": "w2"})
    assert "&lt;b&gt;grey" not in text(as_("maya").get(f"/episodes/{episode.pk}/own"))
    assert "&lt;b&gt;grey" not in text(amina.get("/own/words"))
    assert OwnEntry.objects.count() == 4


def test_patient_changes_nothing_of_another_patient(cast, amina):
    other = an_episode(cast, at="referral", patient=1)
    theirs = let_in(other, cast.bea)
    theirs.post("/own/words", {"words": "Mine", "token": "w1"})
    answer = amina.post(f"/own/words/{OwnEntry.objects.get().pk}", {"state": "taken_back", "token": "w2"})
    assert answer.status_code == 422
    assert "Mine" in text(theirs.get("/own/words"))
    for page in PAGES:
        assert "Mine" not in text(amina.get(f"/own{page}"))


def test_consent_to_a_purpose_is_withdrawn_by_the_patient_and_recorded_as_theirs(episode, cast, amina, as_):
    from glimmer.actions.wishes import Wish, decide_purpose

    decide_purpose(episode, Wish("teaching", "given", True), by=cast.maya)
    assert "You agreed that we may use your words" in text(amina.get("/own/words"))
    for _ in range(2):
        assert amina.post("/own/consents/teaching/withdraw").status_code == 302
    newest = PurposeConsent.objects.order_by("-pk")[0]
    assert (newest.decision, newest.from_patient, newest.recorded_by) == ("withdrawn", True, None)
    assert PurposeConsent.objects.count() == 2
    assert "not used for teaching" in text(amina.get("/own/words"))
    assert "the patient" in text(as_("maya").get(f"/episodes/{episode.pk}/consent"))


def test_chart_draws_what_the_clinic_and_the_patient_entered_with_a_table(bertram):
    amina = bertram
    for ago, value in ((2, 3), (1, 5), (0, 6)):
        amina.post("/own/mood", {"value": value, "day": ago, "token": f"m{ago}"})
    amina.post("/own/questions/phq9", phq9_answers())
    page = text(amina.get("/own/chart"))
    assert page.count("<svg") == 2
    assert page.count("<polyline") == 2
    assert "<td>the clinic</td>" in page
    assert "<td>me</td>" in page


def test_everything_held_is_handed_out_as_data_and_to_read_and_leaves_a_line(bertram, booked):
    amina, episode = bertram, booked
    amina.post("/own/words", {"words": "My own words", "token": "w1"})
    held = amina.get("/own/everything.json").json()
    assert held["you"]["nhs_number"] == episode.patient.nhs_number
    assert held["sent"][0]["content"]["text"] == "My own words"
    assert held["scores"][0]["entered_by"] == "the clinic"
    page = text(amina.get("/own/everything.html"))
    assert "My own words" in page
    assert AuditLine.objects.filter(action="download_everything").count() == 2


def test_letter_is_handed_out_once_it_was_sent_to_the_patient_and_to_nobody_else(bertram, booked, cast, amina):
    letter = write_letter(booked, "discharge", by=cast.bea)
    signed = sign_letter(letter, by=cast.idris)
    assert "No letter" in text(bertram.get("/own/letters"))
    assert bertram.get(f"/own/letters/{letter.pk}").status_code == 404
    place = next(number for number, one in enumerate(signed.recipients) if one["as"] == "patient")
    send_letter(signed, place, "handed", by=cast.bea, digest=signed.pdf_digest)
    assert f"/own/letters/{letter.pk}" in text(bertram.get("/own/letters"))
    handed = bertram.get(f"/own/letters/{letter.pk}")
    assert handed.content == bytes(signed.pdf)
    assert AuditLine.objects.get(action="read_own_letter").patient_id == booked.patient_id
    assert amina.get(f"/own/letters/{letter.pk}").status_code == 404


def test_signing_out_ends_the_device(amina):
    assert amina.post("/own/out").headers["Location"] == "/own/again"
    assert OwnDevice.objects.get().ended_because == "The patient signed out."


def test_language_is_remembered_for_the_patient_and_before_anybody_is_let_in(amina, episode, cast):
    assert amina.post("/own/language", {"language": "cy", "next": "/own/mood"}).headers["Location"] == "/own/mood"
    page = text(amina.get("/own/mood"))
    assert '<html lang="cy"' in page
    assert "Sut mae eich hwyliau?" in page
    link, _ = invited(episode, cast.bea, language="cy")
    assert link.message.language == "cy"
    browser = Client()
    browser.post("/own/language", {"language": "cy", "next": "/own/again"})
    assert "Gofyn am ddolen newydd" in text(browser.get("/own/again"))


def test_preparation_in_welsh_is_marked_as_a_draft_and_the_english_stands_with_it(bertram):
    bertram.post("/own/language", {"language": "cy", "next": "/own"})
    for address, welsh, english in (
        ("/next", "frecwast ysgafn", "light breakfast"),
        ("/after", "DVLA", "Do not drive"),
    ):
        page = text(bertram.get(f"/own{address}"))
        assert page.index(welsh) < page.index("Drafft yw") < page.index(english)
    bertram.post("/own/language", {"language": "en", "next": "/own"})
    page = text(bertram.get("/own/next"))
    assert "light breakfast" in page
    assert "frecwast" not in page


@pytest.mark.parametrize("language", ["en", "cy"])
def test_every_page_has_its_words_in_both_languages_and_is_light(bertram, language):
    amina = bertram
    amina.post("/own/language", {"language": language, "next": "/own"})
    for page in PAGES:
        answer = amina.get(f"/own{page}")
        assert answer.status_code == 200, page
        shown = text(answer)
        assert f'<html lang="{language}"' in shown
        assert len(re.findall(r"<link rel=\"stylesheet\"|<script [^>]*src=", shown)) == 2, page
        assert len(answer.content) < 24_000, page
        assert answer.headers["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize(("language", "title"), [("en", "What nobody knows yet"), ("cy", "nad oes neb yn ei wybod")])
def test_patient_reads_how_it_is_thought_to_work_in_plain_words(amina, language, title):
    amina.post("/own/language", {"language": language, "next": "/own"})
    page = text(amina.get("/own/how"))
    assert title in page
    for one in (*mechanism().for_patients, *mechanism().unknown_to_patients):
        assert one.plain in page
    assert ('lang="en">' in page.split("<main")[1]) == (language == "cy")
    assert "BDNF" not in page


def test_cookie_is_for_this_host_alone_and_no_script(amina, settings):
    cookie = amina.cookies["own"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"https": True})
    assert device_cookie() == "__Host-own"


def test_forged_form_is_refused_with_the_words_to_copy_and_whom_to_call(amina):
    amina.handler.enforce_csrf_checks = True
    answer = amina.post("/own/words", {"words": "My own words", "token": "w1"})
    assert answer.status_code == 403
    assert "My own words" in text(answer)
    assert "116 123" in text(answer)
    assert not OwnEntry.objects.exists()


# The team


def test_team_invites_sees_where_it_stands_and_takes_it_back(episode, cast, as_):
    page = f"/episodes/{episode.pk}/own"
    assert "has not been invited" in text(as_("bea").get(page))
    assert as_("bea").post(f"{page}/invite", {"channel": "", "language": "en"}).status_code == 422
    assert as_("bea").post(f"{page}/invite", {"channel": "email", "language": "en"}).status_code == 302
    link = OwnLink.objects.get()
    assert "waits to be opened" in text(as_("maya").get(page))
    assert as_("bea").post(f"{page}/links/{link.pk}/withdraw", {"because": "Wrong address"}).status_code == 302
    assert "taken back" in text(as_("bea").get(page))
    assert as_("bea").post(f"{page}/links/{link.pk}/withdraw", {"because": "Again"}).status_code == 422
    assert AuditLine.objects.get(action="invite_to_own_pages").patient_id == episode.patient_id
    assert "Welsh is a draft" in text(as_("bea").get(page))


def test_score_of_the_patient_is_marked_on_the_outcomes_page_and_in_the_history(episode, amina, as_):
    amina.post("/own/questions/phq9", phq9_answers())
    assert "The patient" in text(as_("tomos").get(f"/episodes/{episode.pk}/outcomes"))
    assert "The patient" in text(as_("tomos").get(f"/episodes/{episode.pk}"))
    assert broken_at() is None


def test_administrator_sees_the_invitation_and_not_what_was_sent(episode, amina, as_):
    amina.post("/own/words", {"words": "My own words", "token": "w1"})
    assert "My own words" not in text(as_("bea").get(f"/episodes/{episode.pk}/own"))


def test_pages_without_a_plan_show_no_figures_and_no_fault(cast, amina):
    for page in PAGES:
        assert amina.get(f"/own{page}").status_code == 200, page
    planned = an_episode(cast, at="plan", patient=3)
    prescribe_plan(planned, an_order(), by=cast.idris)
    assert let_in(planned, cast.bea).get("/own/next").status_code == 200
