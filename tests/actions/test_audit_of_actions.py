"""Every verb of the clinic leaves its line in the audit, and none can be added that does not."""

import ast
import importlib
import inspect
from datetime import time, timedelta
from functools import cache
from pathlib import Path

import pytest
from django.utils import timezone

import glimmer.actions
from glimmer.actions import booking, consent, consent_talk, followup, outcomes, plan, referral, selection, tasks
from glimmer.actions.consent_signing import Signature, print_consent, sign_consent
from glimmer.actions.correspondence import add_care_contact, end_care_contact, send_letter
from glimmer.actions.wishes import Wish, decide_purpose, record_needs, withdraw_purpose
from glimmer.care.communication import Needs
from glimmer.records.audit import AuditLine, broken_at
from glimmer.records.conversations import newest_consent
from glimmer.records.models import (
    Appointment,
    CareContact,
    Episode,
    Letter,
    PatientQuestion,
    Score,
    SelectionOverride,
    Task,
)
from glimmer.vocabulary.problems import NotAllowed, Problem, RuleRefused
from tests.support.bundles import a_bundle, as_bytes
from tests.support.cast import (
    a_conversation,
    a_handover,
    all_met,
    an_episode,
    an_order,
    bay,
    complete_items,
    details,
    from_the_gp,
    phq9,
)

ROOM = Path(glimmer.actions.__file__).parent

# Public functions that take `by` and only read: they ask for a permission, and there is nothing to audit.
READS = {"bays", "read_bundle", "letter_pdf", "worklist", "find_patients", "tasks_for", "counts", "sees_patients"} | {
    "writes_notes", "groups", "access_group", "messages_to_decide", "people_on_paper",
    "unusual_looks", "searches", "episode_to_open",
    "witnesses", "sessions_to_account_for", "waiting_incidents", "incidents_of",
    "long_term_worklist", "checks_of", "reviews_of", "letter_as_data", "inbox", "inbox_count",
    "receipt_pdf", "statement_pdf", "service_cost", "weigh_service",
    "clinic_now", "waiting_now", "ask_capacity", "ask_rollout", "ask_sites",
    "people_on_the_rota", "shifts_between", "search_slots",
    "team_list", "lists_without_names", "reads_in_full",
    # These enter what exactly was shown, at the bedside without holding anything back.
    "predicted_levels", "expected_exposure",
    "waiting_list", "unrecorded_dates", "who_could_take", "newest_run", "planned_dates", "feeds_of",
}  # fmt: skip
# Functions whose work another verb does, with that verb's line.
BY_WAY_OF = {
    "break_glass_at_the_bedside": "break_glass",
    "amend_item": "amend_items",
    "accept_planned": "book_dates",
    "import_bundle": "record_referral",
}

# Who may do what, written by hand and not read from the table of permissions.
JOURNEY_ROLES = {
    "record_referral": {"administrator", "nurse", "psychiatrist"},
    "amend_items": {"administrator", "nurse", "psychiatrist"},
    "triage": {"nurse", "psychiatrist"},
    "answer_rules": {"nurse", "psychiatrist"},
    "propose_override": {"psychiatrist"},
    "agree_override": {"psychiatrist"},
    "decide_selection": {"psychiatrist"},
    "record_consent": {"nurse", "psychiatrist"},
    "withdraw_consent": {"nurse", "psychiatrist"},
    "give_information": {"nurse", "psychiatrist"},
    "record_needs": {"administrator", "nurse", "pharmacist", "psychiatrist", "therapist"},
    "decide_purpose": {"nurse", "psychiatrist"},
    "withdraw_purpose": {"administrator", "nurse", "pharmacist", "psychiatrist", "therapist"},
    "sign_consent": {"nurse", "psychiatrist"},
    "print_consent": {"administrator", "nurse", "pharmacist", "psychiatrist", "therapist"},
    "ask_question": {"nurse", "pharmacist", "psychiatrist", "therapist"},
    "answer_question": {"nurse", "psychiatrist"},
    "prescribe_plan": {"psychiatrist"},
    "countersign_plan": {"psychiatrist"},
    "book_course": {"administrator", "nurse", "psychiatrist"},
    "book_appointment": {"administrator", "nurse", "psychiatrist"},
    "move_appointment": {"administrator", "nurse", "psychiatrist"},
    "cancel_appointment": {"administrator", "nurse", "psychiatrist"},
    "record_score": {"nurse", "psychiatrist", "therapist"},
    "correct_score": {"nurse", "psychiatrist", "therapist"},
    "take_task": {"administrator", "nurse", "pharmacist", "psychiatrist", "therapist"},
    "put_back_task": {"administrator", "nurse", "pharmacist", "psychiatrist", "therapist"},
    "hand_over_task": {"administrator", "nurse", "pharmacist", "psychiatrist", "therapist"},
    "add_task": {"administrator", "nurse", "pharmacist", "psychiatrist", "therapist"},
    "finish_task": {"psychiatrist"},
    "decide_followup": {"psychiatrist"},
    "write_letter": {"administrator", "nurse", "psychiatrist"},
    "sign_letter": {"psychiatrist"},
    "add_care_contact": {"administrator", "nurse", "psychiatrist"},
    "end_care_contact": {"administrator", "nurse", "psychiatrist"},
    "send_letter": {"administrator", "nurse", "psychiatrist"},
}


def public_functions():
    """Yield (name, function, its syntax tree) of every public function that the room itself defines."""
    for path in sorted(ROOM.glob("*.py")):
        # act.py and looking.py are the shapes of a verb and of a look, not verbs.
        if path.name in {"__init__.py", "act.py", "looking.py"}:
            continue
        module = importlib.import_module(f"glimmer.actions.{path.stem}")
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                yield node.name, getattr(module, node.name), node


def calls_of(node, *names):
    return [
        call
        for call in ast.walk(node)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in names
    ]


def verb_of(call):
    """The verb that a call writes to the audit: acting(..., verb=...), attend(session, permission, verb, ...)
    the pump's own _pump(session, verb, ...), which attends, or the quarantine's _deciding(group, verb, ...)."""
    for keyword in call.keywords:
        if keyword.arg == "verb":
            return keyword.value.value if isinstance(keyword.value, ast.Constant) else None
    place = {"attend": 2, "_pump": 1, "_deciding": 1}.get(call.func.id)
    return call.args[place].value if place is not None and isinstance(call.args[place], ast.Constant) else ""


@cache
def verbs():
    # Read once: over a hundred tests each ask for one of them.
    return {
        name: call
        for name, _, node in public_functions()
        if name != "attend"
        for call in calls_of(node, "acting", "attend", "_pump", "_deciding")
    }


def test_room_holds_the_verbs_that_this_test_believes_it_holds():
    found = set(verbs())
    assert set(JOURNEY_ROLES) <= found
    assert len(found) >= 35


@pytest.mark.parametrize("name", sorted(verbs()))
def test_verb_writes_its_own_name_to_the_audit(name):
    assert verb_of(verbs()[name]) == name


def test_function_that_takes_a_person_is_a_verb_or_only_reads():
    # attend, append and opened_session are shapes that the session's verbs share; signed only builds a letter's facts,
    # and sessions_for only reads.
    known = set(verbs()) | READS | set(BY_WAY_OF) | {"attend", "append", "opened_session", "sessions_for", "signed"}
    unknown = {
        name
        for name, function, _ in public_functions()
        if "by" in inspect.signature(function).parameters and name not in known
    }
    assert unknown == set()


@pytest.fixture
def world(cast):
    """One patient on the way, and something of every kind that a verb can be done to."""
    return World(cast)


class World:
    """Walks one patient through every verb of the journey; `acts` holds each verb with fitting arguments."""

    def __init__(self, cast):
        self.cast = cast
        self.today = timezone.localdate()
        self.acts = {}

    def walk(self):
        """Do every verb of the journey once, by somebody who may; return the names in order."""
        for name, act, person in self.story():
            self.acts[name] = act
            act(person)
        return list(self.acts)

    def episode(self):
        return Episode.objects.order_by("pk").first()

    def story(self):
        cast, episode = self.cast, self.episode
        order = an_order(mg_per_kg=0.8, reason="Partial response before.")
        override = SelectionOverride.objects.order_by("pk").first
        appointment = Appointment.objects.order_by("pk").first
        yield (
            "record_referral",
            lambda by: referral.record_referral(details(), from_the_gp(), complete_items(), by=by),
            cast.bea,
        )
        yield "amend_items", lambda by: referral.amend_items(episode(), {"email": ("none", "")}, by=by), cast.bea
        yield "triage", lambda by: referral.triage(episode(), "accepted", by=by), cast.maya
        answers = {**all_met(), "two_antidepressants": ("not_met", "one")}
        yield "answer_rules", lambda by: selection.answer_rules(episode(), answers, by=by), cast.maya
        yield (
            "propose_override",
            lambda by: selection.propose_override(episode(), "two_antidepressants", "Allergy.", by=by),
            cast.idris,
        )
        yield "agree_override", lambda by: selection.agree_override(override(), by=by), cast.una
        form = phq9(20, item9=1)
        yield (
            "record_score",
            lambda by: outcomes.record_score(episode(), form, "baseline", self.today, by=by),
            cast.tomos,
        )
        yield (
            "correct_score",
            lambda by: outcomes.correct_score(Score.objects.order_by("pk").first(), phq9(21), "Misread.", by=by),
            cast.maya,
        )
        task = Task.objects.order_by("pk").first
        yield "take_task", lambda by: tasks.take_task(task(), by=by), cast.una
        yield "put_back_task", lambda by: tasks.put_back_task(task(), by=by), cast.una
        yield "hand_over_task", lambda by: tasks.hand_over_task(task(), "psychiatrist", "Mine ends.", by=by), cast.una
        later = timezone.now() + timedelta(days=1)
        yield "add_task", lambda by: tasks.add_task(episode(), "Ring", "nurse", later, by=by), cast.bea
        yield "finish_task", lambda by: outcomes.finish_task(Task.objects.first(), "Spoke.", by=by), cast.una
        yield "decide_selection", lambda by: selection.decide_selection(episode(), "eligible", by=by), cast.idris
        told = a_handover()
        yield (
            "give_information",
            lambda by: consent_talk.give_information(episode(), told, by=by, at=timezone.now() - timedelta(days=2)),
            cast.maya,
        )
        yield "ask_question", lambda by: consent_talk.ask_question(episode(), "Why?", "", by=by), cast.tomos
        yield (
            "answer_question",
            lambda by: consent_talk.answer_question(PatientQuestion.objects.first(), "So.", by=by),
            cast.idris,
        )
        yield "record_consent", lambda by: consent.record_consent(episode(), a_conversation(), by=by), cast.maya
        yield "record_needs", lambda by: record_needs(episode(), Needs(("large_print",)), by=by), cast.bea
        wish = Wish("registry", "given", True)
        yield "decide_purpose", lambda by: decide_purpose(episode(), wish, by=by), cast.maya
        yield "withdraw_purpose", lambda by: withdraw_purpose(episode(), "registry", by=by), cast.bea
        drawn = Signature("drawn", "Amina Sample", "M1 1L2 2")
        yield "sign_consent", lambda by: sign_consent(newest_consent(episode()), drawn, by=by), cast.maya
        yield "print_consent", lambda by: print_consent(newest_consent(episode()), by=by), cast.bea
        yield "prescribe_plan", lambda by: plan.prescribe_plan(episode(), order, by=by), cast.idris
        yield "countersign_plan", lambda by: plan.countersign_plan(episode().plans.first(), by=by), cast.una
        yield (
            "book_course",
            lambda by: booking.book_course(episode().plans.first(), self.today, time(23), bay(), by=by),
            cast.bea,
        )
        yield (
            "move_appointment",
            lambda by: booking.move_appointment(appointment(), appointment().starts_at, bay(2), by=by),
            cast.bea,
        )
        yield (
            "cancel_appointment",
            lambda by: booking.cancel_appointment(appointment(), "Cold.", by=by),
            cast.bea,
        )
        yield (
            "book_appointment",
            lambda by: booking.book_appointment(
                episode().plans.first(), 1, Appointment.objects.order_by("pk")[0].starts_at, bay(), by=by
            ),
            cast.bea,
        )
        yield "withdraw_consent", lambda by: consent.withdraw_consent(episode(), by=by), cast.maya
        yield "write_letter", lambda by: followup.write_letter(episode(), "discharge", by=by), cast.bea
        yield "sign_letter", lambda by: followup.sign_letter(Letter.objects.first(), by=by), cast.idris
        yield "add_care_contact", lambda by: add_care_contact(episode(), "team", "North team", by=by), cast.bea
        yield "end_care_contact", lambda by: end_care_contact(CareContact.objects.first(), by=by), cast.bea
        yield (
            "send_letter",
            lambda by: send_letter(Letter.objects.first(), 0, "post", digest=Letter.objects.first().pdf_digest, by=by),
            cast.bea,
        )
        yield (
            "decide_followup",
            lambda by: followup.decide_followup(episode(), "discharge", None, "Does not go on.", by=by),
            cast.idris,
        )


def test_every_verb_of_the_journey_leaves_one_line_with_the_person_and_the_patient(world):
    for name, act, person in world.story():
        before = AuditLine.objects.count()
        act(person)
        assert AuditLine.objects.count() == before + 1, name
        line = AuditLine.objects.order_by("-pk").first()
        assert (line.action, line.actor_id, line.actor_name) == (name, person.pk, str(person))
        assert line.patient_id == world.episode().patient_id
        assert line.subject
        assert line.subject_id
        world.acts[name] = act
    assert set(world.acts) == set(JOURNEY_ROLES)
    assert broken_at() is None


def test_audit_holds_no_words_about_the_patient(world):
    world.walk()
    kept = " ".join(str(line.details) for line in AuditLine.objects.all())
    for words in ("Amina", "Sample", "9990000018", "Partial response", "Allergy", "Does not go on", "Misread"):
        assert words not in kept


def test_role_without_the_permission_is_refused_each_verb_and_leaves_a_line_that_says_so(world):
    world.walk()
    before = AuditLine.objects.order_by("-pk")[0].pk
    people = {person.role: person for person in world.cast.all}
    tried = []
    for name, roles in JOURNEY_ROLES.items():
        for role, person in people.items():
            if role not in roles:
                with pytest.raises(NotAllowed):
                    world.acts[name](person)
                tried.append((f"refused.{name}", person.pk, "NotAllowed"))
    left = AuditLine.objects.filter(pk__gt=before).order_by("pk")
    assert [(line.action, line.actor_id, line.details["because"]) for line in left] == tried


def test_rule_that_says_no_leaves_one_line_about_the_patient_and_nothing_else(cast):
    episode = an_episode(cast, at="selection")
    before, revision = AuditLine.objects.order_by("-pk")[0].pk, Episode.objects.get(pk=episode.pk).revision
    with pytest.raises(RuleRefused):
        selection.decide_selection(episode, "eligible", by=cast.idris)
    (line,) = AuditLine.objects.filter(pk__gt=before)
    assert (line.action, line.details) == ("refused.decide_selection", {"because": "RuleRefused"})
    assert (line.actor, line.patient_id) == (cast.idris, episode.patient_id)
    assert Episode.objects.get(pk=episode.pk).revision == revision
    assert broken_at() is None


def test_role_with_the_permission_is_never_refused_for_its_role(world):
    world.walk()
    people = {person.role: person for person in world.cast.all}
    for name, roles in JOURNEY_ROLES.items():
        for role in roles:
            try:
                world.acts[name](people[role])
            except NotAllowed:
                pytest.fail(f"{role} may {name}, but was refused")
            except Problem:
                pass  # The journey has ended by now: refused by a rule, which asks later than the permission.


def test_person_whose_sign_in_was_closed_can_do_nothing(world):
    world.walk()
    world.cast.idris.is_active = False
    for act in world.acts.values():
        with pytest.raises(NotAllowed, match="closed"):
            act(world.cast.idris)


def test_verb_that_fails_leaves_neither_its_work_nor_a_line(cast, monkeypatch):
    episode = an_episode(cast, at="selection")
    lines, revision = AuditLine.objects.count(), Episode.objects.get(pk=episode.pk).revision

    def full_disk(**fields):
        raise OSError("no space left")

    monkeypatch.setattr("glimmer.actions.act.append_audit", full_disk)
    with pytest.raises(OSError, match="no space"):
        selection.answer_rules(episode, all_met(), by=cast.maya)
    assert AuditLine.objects.count() == lines
    assert Episode.objects.get(pk=episode.pk).revision == revision
    assert not episode.selection_answers.exists()


def test_bundle_is_imported_under_the_verb_that_records_a_referral(cast):
    referral.import_bundle(as_bytes(a_bundle()), by=cast.bea)
    line = AuditLine.objects.exclude(action="sign_function").get()
    assert (line.action, line.details["how"]) == ("record_referral", "fhir")
