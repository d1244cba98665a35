"""Messages are posted with the act, sent after it, once, again where it failed, and never lost."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.db import transaction

from glimmer.actions import delivery, sending
from glimmer.actions.act import acting
from glimmer.actions.delivery import HOLD, PAUSES, KeptHere, Parcel, SendingFailed, deliver_due, forget_links, words_of
from glimmer.actions.sending import (
    EMAIL,
    TEXT,
    Recipient,
    post_message,
    retry_message,
    to_patient,
    withdraw_message,
    withdraw_posted,
)
from glimmer.records.audit import AuditLine
from glimmer.records.models import OutboxMessage, SendingTry
from glimmer.vocabulary.problems import BadInput, NotAllowed, RuleRefused
from tests.support.cast import an_episode

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
WHEN = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)


@dataclass
class Post:
    """A sender that keeps what it was handed, and fails as often as it is told."""

    name: str = "post"
    keeps: bool = False
    sent: list[Parcel] = field(default_factory=list)
    fails: list[Exception] = field(default_factory=list)

    def send(self, parcel: Parcel) -> None:
        if self.fails:
            raise self.fails.pop(0)
        self.sent.append(parcel)


class Stopped(BaseException):
    """The process is stopped in the middle of sending."""


@pytest.fixture
def patient(cast):
    return an_episode(cast, at="referral").patient


def reminder(patient, *, once="reminder:1", channel=EMAIL, **more):
    with transaction.atomic():
        return post_message(
            "appointment_reminder", to_patient(patient, channel), {"when": WHEN}, once=once, patient=patient,
            **{"at": NOW, **more},
        )  # fmt: skip


def deliver(post, after=timedelta(0)):
    return deliver_due(lambda: NOW + after, post)


def test_message_goes_out_with_the_time_of_the_clinic_and_no_word_about_the_patient(patient):
    reminder(patient)
    post = Post()
    assert deliver(post) == 1
    (sent,) = post.sent
    assert (sent.channel, sent.address) == (EMAIL, "amina.sample@example.org")
    assert "Tuesday 1 December, 09:30" in sent.words
    assert "Amina" not in sent.subject + sent.words
    assert OutboxMessage.objects.get().state == "sent"


def test_time_and_words_are_in_the_language_of_the_patient(patient):
    message = reminder(patient, language="cy")
    assert "Dydd Mawrth 1 Rhagfyr, 09:30" in message.words
    assert message.words.startswith("Helo")


def test_text_message_has_the_short_words_and_a_plain_number(patient):
    message = reminder(patient, channel=TEXT)
    assert message.address == "01632960100"
    assert len(message.words) < 160


def test_same_cause_is_stored_and_sent_once(patient):
    first, second = reminder(patient), reminder(patient)
    assert first.pk == second.pk
    post = Post()
    assert (deliver(post), deliver(post), len(post.sent)) == (1, 0, 1)


def test_act_that_fails_posts_nothing(cast, patient):
    def book() -> None:
        with acting(cast.bea, "calendar.book", episode=patient.episodes.get()) as act:
            to = to_patient(patient, EMAIL)
            post_message("letter_ready", to, {}, once="letter:1", at=act.at, asked_by=act.by, patient=patient)
            raise OSError("disk full")

    with pytest.raises(OSError, match="full"):
        book()
    assert not OutboxMessage.objects.exists()


def test_message_outside_a_transaction_is_refused(patient, monkeypatch):
    monkeypatch.setattr(sending, "connection", SimpleNamespace(in_atomic_block=False))
    with pytest.raises(RuntimeError, match="transaction"):
        post_message("letter_ready", to_patient(patient, EMAIL), {}, once="letter:1", at=NOW)


def test_sender_is_woken_only_once_the_act_is_on_disk(patient, django_capture_on_commit_callbacks):
    delivery._AWAKE.clear()
    with django_capture_on_commit_callbacks(execute=True):
        reminder(patient)
        assert not delivery._AWAKE.is_set()
    assert delivery._AWAKE.is_set()


def test_reminder_waits_for_its_day_and_is_of_no_use_afterwards(patient):
    reminder(patient, not_before=WHEN - timedelta(days=2), not_after=WHEN)
    post = Post()
    assert deliver(post) == 0
    assert deliver_due(lambda: WHEN, post) == 0
    assert (OutboxMessage.objects.get().state, SendingTry.objects.get().says) == (
        "failed",
        "It was too late to send it.",
    )
    assert post.sent == []
    reminder(patient, once="reminder:2", not_before=WHEN - timedelta(days=2), not_after=WHEN)
    assert deliver_due(lambda: WHEN - timedelta(days=2), post) == 1


def test_message_of_a_cancelled_cause_is_withdrawn_and_what_went_out_stays(patient):
    reminder(patient, once="reminder:1:a")
    deliver(Post())
    reminder(patient, once="reminder:1:b")
    reminder(patient, once="reminder:12:a")
    with transaction.atomic():
        assert withdraw_posted("reminder:1:", because="Cancelled.", at=NOW) == 1
    assert dict(OutboxMessage.objects.values_list("once", "state")) == {
        "reminder:1:a": "sent",
        "reminder:1:b": "withdrawn",
        "reminder:12:a": "waiting",
    }


def test_failure_is_tried_again_after_longer_and_longer_pauses_and_then_shown(patient, cast):
    reminder(patient)
    post, after = Post(fails=[SendingFailed("The server is away.")] * (len(PAUSES) + 1)), timedelta(0)
    for pause in PAUSES:
        assert deliver(post, after) == 1
        assert deliver(post, after + timedelta(minutes=pause, seconds=-1)) == 0
        after += timedelta(minutes=pause)
    assert deliver(post, after) == 1
    message = OutboxMessage.objects.get()
    assert (message.state, message.tries.count()) == ("failed", len(PAUSES) + 1)
    assert deliver(post, after + timedelta(days=9)) == 0
    retry_message(message, by=cast.bea, at=NOW)
    assert deliver(post) == 1
    assert OutboxMessage.objects.get().state == "sent"
    line = AuditLine.objects.get(action="retry_message")
    assert (line.subject_id, line.patient_id, line.actor) == (message.pk, patient.pk, cast.bea)


def test_final_failure_is_not_tried_again(patient):
    reminder(patient)
    assert deliver(Post(fails=[SendingFailed("No such address.", is_final=True)])) == 1
    assert OutboxMessage.objects.get().state == "failed"


def test_fault_of_a_sender_is_a_failure_without_its_words_and_holds_up_nobody_else(patient, caplog):
    reminder(patient, once="a")
    reminder(patient, once="b")
    post = Post(fails=[ValueError("amina.sample@example.org")])
    assert deliver(post) == 2
    assert len(post.sent) == 1
    assert SendingTry.objects.get(outcome="failed").says == "The sender failed (ValueError)."
    assert "amina" not in caplog.text


def test_process_stopped_while_sending_loses_nothing_and_the_record_says_so(patient):
    reminder(patient)
    with pytest.raises(Stopped):
        deliver(Post(fails=[Stopped()]))  # type: ignore[list-item]
    post = Post()
    assert deliver(post, HOLD - timedelta(seconds=1)) == 0, "somebody may still be at work on it"
    assert deliver(post, HOLD) == 1
    first, second = SendingTry.objects.order_by("number")
    assert (first.ended_at, first.outcome) == (None, "")
    assert (second.number, second.outcome) == (2, "sent")
    assert post.sent[0].number == 2


def test_both_tries_of_a_message_carry_the_same_identifier(patient):
    reminder(patient)
    seen = []

    class Breaks(Post):
        def send(self, parcel):
            seen.append(parcel.identifier)
            super().send(parcel)

    post = Breaks(fails=[SendingFailed("Away.")])
    deliver(post)
    deliver(post, timedelta(minutes=1))
    assert len(seen) == 2
    assert len(set(seen)) == 1


def test_hold_that_a_wrong_clock_wrote_is_not_waited_for(patient):
    message = reminder(patient)
    OutboxMessage.objects.filter(pk=message.pk).update(held_until=NOW + timedelta(days=400))
    assert deliver(Post()) == 1


def test_message_withdrawn_while_it_was_on_its_way_stays_withdrawn(patient):
    message = reminder(patient)

    class Withdraws(Post):
        def send(self, parcel):
            with transaction.atomic():
                withdraw_posted(message.once, because="Cancelled.", at=NOW)

    deliver(Withdraws())
    assert OutboxMessage.objects.get().state == "withdrawn"
    assert SendingTry.objects.get().outcome == "sent"


def test_link_is_sealed_until_it_is_sent_and_then_forgotten(patient):
    with transaction.atomic():
        fields = {"link": "https://example.org/own/in#abc", "until": WHEN}
        message = post_message("own_link", to_patient(patient, EMAIL), fields, once="own:1", at=NOW, patient=patient)
    assert "abc" not in message.words + message.sealed_link
    post = Post()
    deliver(post)
    assert "https://example.org/own/in#abc" in post.sent[0].words
    assert OutboxMessage.objects.get().sealed_link == ""


def test_kept_link_can_be_read_until_it_has_run_out(patient):
    with transaction.atomic():
        fields = {"link": "https://example.org/own/in#abc", "until": WHEN}
        to = to_patient(patient, EMAIL)
        post_message("own_link", to, fields, once="own:1", at=NOW, patient=patient, not_after=WHEN)
    deliver(KeptHere())
    message = OutboxMessage.objects.get()
    assert message.state == "kept"
    assert "#abc" in words_of(message)
    forget_links(WHEN - timedelta(seconds=1))
    assert "#abc" in words_of(OutboxMessage.objects.get())
    forget_links(WHEN)
    assert OutboxMessage.objects.get().sealed_link == ""


@pytest.mark.parametrize(
    ("fields", "to"),
    [
        ({"reference": "Amina 7"}, Recipient(EMAIL, "gp@example.org", "Dr Ada Quince")),
        ({"reference": "9990000018"}, Recipient(EMAIL, "gp@example.org", "Dr Ada Quince")),
    ],
)
def test_message_that_would_say_whom_it_is_about_is_not_posted(patient, fields, to):
    with pytest.raises(RuleRefused, match="whom it is about"), transaction.atomic():
        post_message("letter_for_recipient", to, fields, once="l", at=NOW, patient=patient)
    assert not OutboxMessage.objects.exists()


@pytest.mark.parametrize(
    "to",
    [
        Recipient(EMAIL, "no address"),
        Recipient(EMAIL, "a@example.org\nBcc: b@example.org"),
        Recipient(TEXT, "12"),
        Recipient("pigeon", "a@example.org"),
    ],
)
def test_address_that_cannot_be_one_is_refused_in_words(db, to):
    with pytest.raises(BadInput), transaction.atomic():
        post_message("letter_ready", to, {}, once="l", at=NOW)


def test_patient_without_an_address_is_said_so(patient):
    patient.email = ""
    with pytest.raises(BadInput, match="No e-mail address"):
        to_patient(patient, EMAIL)


@pytest.mark.parametrize(("kind", "fields"), [("newsletter", {}), ("letter_ready", {"name": "Amina"})])
def test_kind_or_field_that_does_not_exist_is_our_fault(patient, kind, fields):
    with pytest.raises(RuntimeError), transaction.atomic():
        post_message(kind, to_patient(patient, EMAIL), fields, once="l", at=NOW)


def test_only_who_may_withdraws_and_tries_again(cast, patient):
    message = reminder(patient)
    for person in (cast.tomos, cast.gil, cast.priya):
        with pytest.raises(NotAllowed):
            withdraw_message(message, "No.", by=person)
    with pytest.raises(BadInput):
        withdraw_message(message, " ", by=cast.maya)
    withdraw_message(message, "Told by telephone.", by=cast.maya)
    with pytest.raises(RuleRefused):
        withdraw_message(message, "Again.", by=cast.maya)
    with pytest.raises(RuleRefused):
        retry_message(message, by=cast.maya)
    assert deliver(Post()) == 0


def test_patient_who_is_called_like_a_month_or_the_clinic_is_reminded_too(patient, settings):
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"messages_name": "Hill Clinic"})
    patient.given_name, patient.family_name = "December", "Hill"
    assert "December" in reminder(patient).words


def test_messages_that_ran_out_are_ended_one_by_one_each_in_a_transaction_of_its_own(patient, monkeypatch):
    depths, entered = [], transaction.atomic

    class Counted:
        now = 0

        def __enter__(self):
            Counted.now += 1
            depths.append(Counted.now)
            self.inner = entered()
            return self.inner.__enter__()

        def __exit__(self, *problem):
            Counted.now -= 1
            return self.inner.__exit__(*problem)

    for number in range(3):
        reminder(patient, once=f"reminder:{number}", not_after=NOW + timedelta(minutes=1))
    monkeypatch.setattr(delivery, "transaction", SimpleNamespace(atomic=Counted))
    late = NOW + timedelta(minutes=2)
    post = Post()
    assert deliver_due(lambda: late, post) == 0
    assert depths == [1, 1, 1]
    assert set(OutboxMessage.objects.values_list("state", "tries__says")) == {("failed", "It was too late to send it.")}
