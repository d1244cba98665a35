"""The planner's questions: where the clinic stands, what the simulation is asked, and what happens without answer."""

import re
from datetime import time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from glimmer.actions.capacity import INTERVAL, QUESTIONS, capacity_levers, clinic_now, waiting_now
from glimmer.actions.ports import PORTS
from glimmer.actions.waiting import set_priority
from glimmer.care.maintenance import Step
from glimmer.records.calendar import Shift
from glimmer.records.episodes import Episode
from glimmer.records.house import moment_of
from glimmer.records.maintenance import MaintenanceDecision
from glimmer.records.plans import Plan
from tests.support.bedside import a_ward
from tests.support.cast import an_episode, bay
from tests.support.session_page import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def heard(monkeypatch):
    """What the simulation is asked; it is always working."""
    asked = []

    def working(question):
        asked.append(question)
        return {"state": "working", "done": 0.4, "before": 2}

    monkeypatch.setattr(PORTS, "plan_capacity", working)
    return asked


def test_page_holds_the_four_questions_in_the_askers_words_and_says_what_it_is(as_, cast, heard):
    shown = as_("ness").get(reverse("capacity"), {"ends": "relapse"})
    page = text_of(shown)
    assert shown.status_code == 200
    assert "Proposal, not advice" in page
    assert all(words in page for words in QUESTIONS.values())
    assert "an example, to be replaced by your own number" in page


def test_work_under_way_is_a_sentence_with_how_far_it_is(as_, cast, heard):
    page = text_of(as_("ness").get(reverse("capacity_answer"), {"ends": "relapse"}))
    assert 'data-planner-state="working"' in page
    assert 'data-planner-done="40"' in page
    assert "Questions of others that come first: 2." in page


def test_simulation_that_is_away_or_refuses_is_a_sentence_and_not_an_error(as_, cast, monkeypatch):
    def away(_asked):
        raise TimeoutError

    monkeypatch.setattr(PORTS, "plan_capacity", away)
    shown = as_("ness").get(reverse("capacity"), {"ends": "relapse"})
    assert shown.status_code == 200
    assert "The model is being started" in text_of(shown)
    monkeypatch.setattr(PORTS, "plan_capacity", lambda _asked: {"state": "refused", "says": "No nurse is on duty."})
    assert "No nurse is on duty." in text_of(as_("ness").get(reverse("capacity"), {"ends": "relapse"}))


@pytest.mark.parametrize("typed", ["-1", "abc", "1e99", "nan", "", "<script>", "2.5"])
def test_number_that_cannot_be_is_said_at_its_field_and_nothing_is_asked(as_, cast, heard, typed):
    shown = as_("ness").get(reverse("capacity"), {"chairs": typed, "ends": "relapse"})
    page = text_of(shown)
    assert shown.status_code == 422
    assert 'href="#lever-chairs"' in page
    assert "Not worked out:" in page
    assert 'value="<script>"' not in shown.content.decode()
    assert heard == []


def test_only_counts_of_those_who_wait_reach_the_simulation_never_who_they_are(as_, cast, heard):
    waits = an_episode(cast, at="selection")
    an_episode(cast, at="session", patient=1)
    set_priority(waits, "urgent", "Worse since the referral.", by=cast.maya)
    as_("gil").get(reverse("capacity"), {"ends": "relapse"})
    [asked] = heard
    weeks = (timezone.now() - waits.referral.received_at).days // 7
    assert asked["waiting"] == [[weeks, False, 1], [weeks, True, 1]]
    patient = waits.patient
    said = str(asked)
    assert all(one not in said for one in (patient.family_name, patient.given_name, patient.nhs_number))


def test_who_is_treated_or_declined_waits_no_more(cast):
    an_episode(cast, at="referral")
    before = waiting_now(cast.gil)
    assert before.total == 1
    declined = an_episode(cast, at="selection", patient=1)
    assert waiting_now(cast.gil).total == 2
    declined.state = "Not eligible"
    declined.save()
    assert waiting_now(cast.gil).total == 1
    assert waiting_now(cast.gil).longer_than(18) == 0


def test_who_sees_no_counts_begins_with_an_empty_list_and_reads_so(as_, cast, heard):
    an_episode(cast, at="selection")
    page = text_of(as_("maya").get(reverse("capacity"), {"ends": "relapse"}))
    assert "Your role does not see how many wait here" in page
    assert heard[0]["waiting"] is None
    assert waiting_now(cast.maya) is None
    assert clinic_now(cast.maya).referrals is None


def test_who_is_kept_well_today_is_counted_by_weeks_and_never_named(as_, cast, heard):
    ward = a_ward(protocol_id="intranasal-esketamine-maintenance", dose_mg=84, version="1")
    [plan] = ward.episode.plans.all()
    Plan.objects.filter(pk=plan.pk).update(prescribed_at=timezone.now() - timedelta(weeks=9, hours=1))
    assert waiting_now(cast.gil).maintained == {9: 1}
    page = text_of(as_("gil").get(reverse("capacity"), {"ends": "relapse"}))
    assert heard[0]["maintained"] == [(9, 1)]
    assert "1 is in maintenance" in page
    Episode.objects.filter(pk=plan.episode_id).update(closed_at=timezone.now(), closed_by=cast.maya)
    assert waiting_now(cast.gil).kept == 0


def test_whose_maintenance_was_ended_is_kept_well_no_more_and_many_take_no_more_queries(cast):
    wards = [a_ward(protocol_id="intranasal-esketamine-maintenance", dose_mg=84, version="1") for _ in range(2)]
    with CaptureQueriesContext(connection) as for_two:
        assert waiting_now(cast.gil).kept == 2
    plan = wards[0].episode.plans.get()
    MaintenanceDecision.objects.create(
        episode=plan.episode, plan=plan, step=Step.END.value, days=0, reason="Well for a year.", as_proposed=False,
        proposed={}, review_on=timezone.localdate(), decided_by=plan.prescribed_by, decided_at=timezone.now(),
    )  # fmt: skip
    with CaptureQueriesContext(connection) as for_one:
        assert waiting_now(cast.gil).kept == 1
    assert len(for_one) == len(for_two)


def test_referrals_that_were_counted_are_sent_with_their_count_and_those_typed_are_not(as_, cast, heard):
    an_episode(cast, at="selection")
    an_episode(cast, at="selection", patient=1)
    stands = next(one for one in capacity_levers(clinic_now(cast.gil)) if one.name == "referrals")
    as_("gil").get(reverse("capacity"), {"ends": "relapse"})
    shown = text_of(as_("gil").get(reverse("capacity"), {"ends": "relapse", "referrals": "9"}))
    assert [asked["referrals_counted"] for asked in heard] == [[2, 26], None]
    assert heard[0]["referrals"] == stands.value
    assert "your number; 0.1 is where it stands" in shown


def test_box_that_is_not_ticked_begins_with_an_empty_list(as_, cast, heard):
    weeks = (timezone.now() - an_episode(cast, at="selection").referral.received_at).days // 7
    as_("gil").get(reverse("capacity"), {"question": "forecast", "ends": "relapse"})
    as_("gil").get(reverse("capacity"), {"question": "forecast", "from_list": "yes", "ends": "relapse"})
    assert [asked["waiting"] for asked in heard] == [None, [[weeks, False, 1]]]


def test_form_stands_where_the_clinic_stands(as_, cast, heard):
    bay(1), bay(2)
    now = clinic_now(cast.gil)
    by_name = {one.name: one for one in capacity_levers(now)}
    assert by_name["chairs"].value == now.chairs == 2
    assert by_name["chairs"].source == "what stands in this clinic’s records today"
    assert by_name["interval_days"].value == 28
    as_("gil").get(reverse("capacity"), {"ends": "relapse"})
    assert heard[0]["chairs"] == now.chairs
    assert heard[0]["hours"] == {str(day): list(span) for day, span in now.hours.items()}


def test_same_question_is_the_same_words_so_that_its_answer_is_found_again(as_, cast, heard):
    asking = {"question": INTERVAL, "other_interval": "21", "who": "nurse", "ends": "relapse"}
    for _ in range(2):
        as_("ness").get(reverse("capacity_answer"), asking)
    as_("ness").get(reverse("capacity_answer"), {"question": "forecast", "other_interval": "35", "ends": "months"})
    assert heard[0] == heard[1]
    assert heard[0]["other_interval"] == 21
    assert "other_interval" not in heard[2]
    assert heard[2]["who"] == ""
    assert [one["months"] for one in heard] == [None, None, 12]


@pytest.fixture
def answering(monkeypatch):
    """The real simulation, asked in this process with a few draws; its own process is tested where it is started."""
    from glimmer.evidence.capacity import worker

    monkeypatch.setattr(worker, "DRAWS", 8)
    monkeypatch.setattr(worker, "KNEE_DRAWS", 3)
    answer = {"state": "answered"}
    monkeypatch.setattr(
        PORTS, "plan_capacity", lambda asked: answer | {"answer": worker.work(asked, lambda done, of: None)}
    )


@pytest.mark.parametrize("question", list(QUESTIONS))
def test_answer_stands_with_intervals_and_every_picture_has_its_words_and_table(as_, cast, answering, question):
    asked = {"question": question, "years": "1", "referrals": "6", "doctors": "2", "ends": "months", "months": "18"}
    page = text_of(as_("ness").get(reverse("capacity_answer"), asked))
    assert 'data-planner-state="answered"' in page
    assert "Worked out at: Chairs or bays 3 chairs" in page
    assert "Maintenance ends after 18 months" in page
    pictures = page.count('role="img"')
    assert pictures == (3 if question == "forecast" else 2)
    assert page.count("The same as a table") == pictures
    assert page.count('role="img" aria-label=""') == 0
    cells = [cell for cell in re.findall(r"<td>(.*?)</td>", page, re.DOTALL) if "glimmer-planner-span" in cell]
    assert len(cells) >= 20
    assert all(" to " in cell for cell in cells)
    assert ("Beside each other" in page) == (question in ("without", INTERVAL))
    assert ("Chairs and nurses that were tried" in page) == (question == "staff")


def test_nothing_is_worked_out_before_it_is_said_when_maintenance_ends(as_, cast, heard):
    shown = as_("ness").get(reverse("capacity"))
    page = text_of(shown)
    assert shown.status_code == 200
    assert "Nothing is worked out yet." in page
    assert 'name="ends"' in page
    assert not re.search(r'name="ends"[^>]*checked', page)
    refused = as_("ness").get(reverse("capacity"), {"question": "forecast"})
    assert refused.status_code == 422
    assert 'href="#ends-relapse"' in text_of(refused)
    assert 'data-planner-state="wrong"' in text_of(as_("ness").get(reverse("capacity_answer"), {"question": "staff"}))
    assert heard == []


def a_duty(staff, day, begins, ends):
    return Shift.objects.create(
        staff=staff,
        starts_at=moment_of(day, time(begins)),
        ends_at=moment_of(day, time(ends)),
        entered_by=staff,
        entered_at=timezone.now(),
    )


def test_rota_of_the_clinic_is_what_is_simulated_where_there_is_one(as_, cast, heard):
    monday = timezone.localdate() - timedelta(days=timezone.localdate().weekday())
    a_duty(cast.maya, monday, 9, 17), a_duty(cast.jo, monday + timedelta(days=8), 10, 14)
    now = clinic_now(cast.gil)
    assert now.rota_weeks == 2
    page = text_of(as_("gil").get(reverse("capacity"), {"ends": "relapse"}))
    assert "This clinic’s rota: 2 weeks from Monday" in page
    assert re.search(r'value="rota"[^>]*checked', page)
    asked = heard[-1]
    assert [one[0] for one in asked["duties"]] == [cast.maya.pk, cast.jo.pk]
    assert "nurses" not in asked
    assert cast.maya.name in page
    assert cast.maya.name not in str(asked)
    gone = {"question": "without", "who": f"person-{cast.maya.pk}", "ends": "relapse"}
    as_("gil").get(reverse("capacity_answer"), gone)
    assert heard[-1]["who_words"].startswith(cast.maya.name)
    as_("gil").get(reverse("capacity_answer"), {"on_duty": "same", "ends": "relapse", "question": "forecast"})
    assert heard[-1]["duties"] is None
    assert heard[-1]["nurses"] >= 1


def test_who_may_not_see_the_rota_reads_no_names_of_it(as_, cast, heard):
    monday = timezone.localdate() - timedelta(days=timezone.localdate().weekday())
    a_duty(cast.maya, monday, 9, 17)
    page = text_of(as_("ness").get(reverse("capacity"), {"ends": "relapse"}))
    assert cast.maya.name not in page
    assert "This clinic’s rota" in page
