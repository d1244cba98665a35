"""The demo's patients, each walked by the product's own actions to where they stand today."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import accumulate, cycle, islice
from random import Random

from django.utils import timezone

from glimmer.actions import (
    booking,
    consent,
    consent_signing,
    consent_talk,
    followup,
    outcomes,
    plan,
    referral,
    selection,
    wishes,
)
from glimmer.actions.treatment_history import TrialDetails, record_illness, record_trial
from glimmer.cli.demo.bedside_history import Course, play_session
from glimmer.cli.demo.clinic import DemoClinic, due_now, gp_of
from glimmer.cli.demo.moods import answers_adding_up_to, course_of_totals
from glimmer.cli.demo.people import DemoPatient
from glimmer.guidance import information, protocol, referral_items, selection_rules
from glimmer.records.conversations import newest_consent, newest_information
from glimmer.records.models import Appointment, Bay, Episode, Plan

SLOTS = (time(8, 30), time(11, 30), time(14, 30))
LEFT_OPEN = timedelta(days=8)
# Longer than one session before and one after.
LEFT_TO_NOW = timedelta(hours=4)
LEAD_MINUTES = 40
"""From the start of an appointment to the start of the infusion."""

MEDICINES = (
    "Sertraline 150 mg in the morning",
    "Venlafaxine modified release 225 mg, lithium carbonate 600 mg at night",
    "Mirtazapine 45 mg at night, vortioxetine 20 mg",
    "Escitalopram 20 mg, quetiapine 150 mg at night",
)
REASONS = (
    "Depressive episode of three years. Sertraline and venlafaxine at full dose for ten weeks each, without lasting "
    "benefit. Cognitive behavioural therapy completed.",
    "Recurrent depression, present episode eighteen months. Escitalopram, duloxetine and lithium augmentation tried. "
    "Asks about ketamine.",
    "Long-standing depression with short remissions. Mirtazapine, vortioxetine and interpersonal therapy tried.",
)
TRIED_BEFORE = {"Sertraline": 150, "Venlafaxine": 225, "Escitalopram": 20, "Mirtazapine": 45, "Duloxetine": 90}
"""What the demo's patients took before, in mg a day."""

QUESTIONS = (
    (
        "If it helps, how long does that last?",
        "Days to weeks for most people; some stay well longer. It can be repeated.",
    ),
    ("May I drive to work on the next day?", "Yes, after a night's sleep and if you feel well. Not on the day itself."),
)

SIGNATURE = "M40 120L70 40L100 150L120 90L150 110L180 80L210 130L260 60L330 120L420 90L520 100"
"""How everybody in the demo signs: nobody's hand."""


@dataclass
class Diary:
    """Which bay is taken when, so that no two of the demo's sessions share a place.

    The hours around `now` are left to the sessions that run while a visitor looks, at whatever time that is.
    """

    now: datetime
    taken: set[tuple[date, time, int]] = field(default_factory=set)

    def place(self, day: date, bays: list[Bay]) -> tuple[datetime, Bay]:
        """Take the first free working-day slot on or after `day`; return its start and its bay."""
        while True:
            for slot in SLOTS if day.weekday() < 5 else ():
                if self._is_now(day, slot):
                    continue
                for bay in bays:
                    if (day, slot, bay.position) not in self.taken:
                        self.taken.add((day, slot, bay.position))
                        return timezone.make_aware(datetime.combine(day, slot)), bay
            day += timedelta(days=1)

    def _is_now(self, day: date, slot: time) -> bool:
        return abs(timezone.make_aware(datetime.combine(day, slot)) - self.now) < LEFT_TO_NOW


@dataclass
class Journey:
    """One patient on their way. `clock` moves forward; each step is done at its own time in the past."""

    clinic: DemoClinic
    diary: Diary
    person: DemoPatient
    clock: datetime
    missing: tuple[str, ...] = ()
    responds: bool = True
    always_responds: bool = False
    protocol_id: str = "iv-racemic-oxford-weekly"
    episode: Episode = field(init=False)
    totals: list[int] = field(default_factory=list)

    def later(self, days: float, hour: int = 10) -> datetime:
        """Move the clock on by `days`, to an hour of that day, never past now; return it."""
        moved = timezone.localtime(self.clock + timedelta(days=days)).replace(hour=hour, minute=7)
        self.clock = min(moved, self.clinic.now - timedelta(minutes=90))
        return self.clock

    def refer(self) -> None:
        """The GP's referral arrives and is typed in."""
        name, practice, code = gp_of(self.person)
        person, index = self.person, int(self.person.nhs_number[-4:])
        details = referral.PatientDetails(
            nhs_number=person.nhs_number,
            family_name=person.family_name,
            given_name=person.given_name,
            birth_date=person.birth_date,
            sex=person.sex,
            address=person.address,
            postcode=person.postcode,
            telephone=person.telephone,
            email=person.email,
            gp_name=name,
            gp_practice=practice,
            gp_practice_code=code,
        )
        source = referral.ReferralDetails(
            source="gp",
            referrer_name=name,
            reason=REASONS[index % len(REASONS)],
            referrer_organisation=practice,
            referrer_code=code,
            priority="urgent" if index % 9 == 0 else "routine",
            received_on=timezone.localtime(self.clock).date(),
        )
        self.episode = referral.record_referral(
            details, source, self._items(index), by=self.clinic.administrator, at=self.clock
        )

    def _items(self, index: int) -> dict[str, tuple[str, str]]:
        items = {}
        for item in referral_items():
            if item.id in self.missing:
                continue
            text = MEDICINES[index % len(MEDICINES)] if "medicine" in item.id else "Seen with the referral."
            items[item.id] = ("none", "") if "admission" in item.id and index % 2 else ("present", text)
        return items

    def triage(self, decision: str = "accepted", reason: str = "") -> None:
        """Triage by the nurse."""
        referral.triage(self.episode, decision, reason, by=self.clinic.nurse, at=self.later(2))

    def baseline(self) -> None:
        """The first PHQ-9."""
        chance = self.clinic.chance
        total = chance.randint(17, 22)
        rules = protocol(self.protocol_id)
        gaps = cycle(rules.days_between.value)
        days = list(accumulate(islice(gaps, int(rules.sessions.value) - 1), initial=0))
        self.totals = course_of_totals(total, days, responds=self.responds, chance=chance)
        at = self.later(12)
        outcomes.record_score(
            self.episode,
            outcomes.Form("phq9", answers_adding_up_to(total, chance, item_nine=chance.choice((0, 0, 1)))),
            "baseline",
            timezone.localtime(at).date(),
            by=self.clinic.nurse,
            at=at,
        )
        self._answer_tasks(at + timedelta(hours=1))

    def _answer_tasks(self, at: datetime) -> None:
        """What an answer to item 9 asked for was done on the day, but for the newest ones, which wait still."""
        if self.clinic.now - at < LEFT_OPEN:
            return
        for task in self.episode.tasks.filter(done_at__isnull=True):
            did = "Spoke with the patient by telephone: passing thoughts, no plan; safety plan gone through."
            outcomes.finish_task(task, did, by=self.clinic.psychiatrist, at=at)

    def history(self) -> None:
        """What was tried before, copied from the referral: two antidepressants long enough, and a talking therapy."""
        # Chance of its own, so that the rest of the demo stays as it was.
        chance, at = Random(self.episode.pk), self.clock
        first, second = chance.sample(sorted(TRIED_BEFORE), 2)
        for drug in (first, second):
            self._tried("antidepressant", drug, at, dose=TRIED_BEFORE[drug], weeks=chance.choice((8, 12, 26)))
        self._tried("therapy", "Cognitive behavioural therapy", at, sessions=chance.choice((8, 12, 16)))
        months, severity = chance.choice((9, 18, 30, 54)), chance.choice(("moderate", "severe"))
        record_illness(self.episode, months, severity, by=self.clinic.psychiatrist, at=at)

    def _tried(
        self,
        kind: str,
        name: str,
        at: datetime,
        dose: int | None = None,
        weeks: int | None = None,
        sessions: int | None = None,
    ) -> None:
        details = TrialDetails(
            kind,
            name,
            "partial" if sessions else "no_response",
            "referral",
            dose=None if dose is None else Decimal(dose),
            unit="" if dose is None else "mg/day",
            weeks=None if weeks is None else Decimal(weeks),
            sessions=sessions,
            in_present_episode=True,
        )
        record_trial(self.episode, details, by=self.clinic.nurse, at=at)

    def answer_rules(self, *, leave: int = 0, not_met: str = "") -> None:
        """The psychiatrist answers the selection rules, all but the last `leave` of them."""
        self.history()
        rules = list(selection_rules())
        answers = {
            rule.id: ("not_met", "Seen in the referral; discussed.") if rule.id == not_met else ("met", "")
            for rule in rules[: len(rules) - leave]
        }
        selection.answer_rules(self.episode, answers, by=self.clinic.psychiatrist, at=self.later(0.2, 11))

    def decide(self, decision: str = "eligible", reason: str = "") -> None:
        """The psychiatrist's decision on selection."""
        selection.decide_selection(self.episode, decision, reason, by=self.clinic.psychiatrist, at=self.later(3, 15))

    def inform(self, *, answered: bool = True) -> None:
        """The information, given at the clinic, and a question that the patient asked then."""
        told = consent_talk.Handover(self.protocol_id, consent_talk.FREE, ("talk", "printed"), "not_needed")
        nurse = self.clinic.nurse
        consent_talk.give_information(self.episode, told, by=nurse, at=self.later(2, 11))
        asks, says = QUESTIONS[int(self.person.nhs_number[-3:]) % 2]
        asked = consent_talk.ask_question(self.episode, asks, "The patient", by=nurse, at=self.later(0, 11))
        if answered:
            consent_talk.answer_question(asked, says, by=nurse, at=self.later(0, 12))

    def consent(self, decision: str = "given") -> None:
        """The information, and after some days the decision."""
        self.inform()
        shown = information()
        consent.record_consent(
            self.episode,
            consent.Conversation(
                decision=decision,
                information_version=shown.version,
                understands=True,
                retains=True,
                weighs=True,
                communicates=True,
                points_covered=tuple(
                    point.id for point in consent_talk.information_offered(newest_information(self.episode)).points
                ),
                reason="" if decision == "given" else "Prefers to try another medicine first.",
                interpreter="not_needed",
            ),
            by=self.clinic.psychiatrist,
            at=self.later(5, 14),
        )
        if decision == "given":
            self._signs_and_wishes()

    def _signs_and_wishes(self) -> None:
        """The signature under the consent, and what the patient says to the register; two in seven say no."""
        nurse, name = self.clinic.nurse, f"{self.person.given_name} {self.person.family_name}"
        signed = consent_signing.Signature("drawn", name, path=SIGNATURE)
        standing = newest_consent(self.episode)
        if standing is not None:
            consent_signing.sign_consent(standing, signed, by=nurse, at=self.later(0, 14))
        said = "refused" if int(self.person.nhs_number[-3:]) % 7 < 2 else "given"
        wishes.decide_purpose(self.episode, wishes.Wish("registry", said, True), by=nurse, at=self.later(0, 14))

    def prescribe(self) -> Plan:
        """The plan: protocol, weight, dose."""
        chance = self.clinic.chance
        order = plan.PlanOrder(
            protocol_id=self.protocol_id,
            weight_kg=round(chance.uniform(56, 92), 1),
            height_cm=float(chance.randint(158, 188)),
            basis="actual",
            oxygen_scale=1,
            pregnancy_possible=self.person.sex == "female" and self._age() < 50,
        )
        return plan.prescribe_plan(self.episode, order, by=self.clinic.psychiatrist, at=self.later(1, 15))

    def _age(self) -> int:
        return (self.clinic.now.date() - self.person.birth_date).days // 365

    def book(
        self, prescribed: Plan, first_day: date, sessions: int | None = None, bays: list[Bay] | None = None
    ) -> list[Appointment]:
        """Book `sessions` dates (default: the whole course) from `first_day`, in free places of `bays`."""
        rules, day, booked = protocol(prescribed.protocol_id), first_day, []
        gaps = list(rules.days_between.value)
        for number in range(1, (sessions or prescribed.sessions) + 1):
            starts_at, bay = self.diary.place(day, bays or self.clinic.busy_bays)
            booked.append(
                booking.book_appointment(
                    prescribed, number, starts_at, bay, by=self.clinic.administrator, at=self.clock
                )
            )
            day = timezone.localtime(starts_at).date() + timedelta(days=gaps[(number - 1) % len(gaps)])
        return booked

    def book_from(self, prescribed: Plan, number: int, day: date) -> Appointment:
        """Book session `number` in the first free place on or after a day."""
        starts_at, bay = self.diary.place(day, self.clinic.busy_bays)
        return booking.book_appointment(
            prescribed, number, starts_at, bay, by=self.clinic.administrator, at=min(self.clock, self.clinic.now)
        )

    def score_before(self, number: int, at: datetime) -> None:
        """The PHQ-9 before session `number`."""
        chance = self.clinic.chance
        outcomes.record_score(
            self.episode,
            outcomes.Form("phq9", answers_adding_up_to(self.totals[number - 1], chance)),
            "before_session",
            timezone.localtime(at).date(),
            number,
            by=self.clinic.nurse,
            at=at,
        )

    def treat(self, appointment: Appointment) -> None:
        """One whole session in the past."""
        start = appointment.starts_at + timedelta(minutes=LEAD_MINUTES)
        self.score_before(appointment.number, appointment.starts_at)
        play_session(self.clinic, appointment, Course(start, self.clinic.now, 60, 5))
        self.clock = start + timedelta(hours=3)

    def treat_now(self, prescribed: Plan, number: int, bay: Bay, minutes_ago: float) -> None:
        """A session that is running now: its infusion was started `minutes_ago`."""
        start = self.clinic.now - timedelta(minutes=minutes_ago)
        opened = start - timedelta(minutes=LEAD_MINUTES)
        appointment = booking.book_appointment(
            prescribed, number, opened, bay, by=self.clinic.administrator, at=min(self.clock, opened)
        )
        self.score_before(number, opened)
        # A pump that speaks less than once a minute would be called silent beside the predicted level.
        play_session(self.clinic, appointment, Course(start, self.clinic.now, 20, 2))

    def expect_now(self, prescribed: Plan, number: int, bay: Bay) -> None:
        """The patient is here for session `number`, which nobody has opened yet: everything before it is in place."""
        starts_at = due_now(self.clinic.now)
        booking.book_appointment(
            prescribed, number, starts_at, bay, by=self.clinic.administrator, at=min(self.clock, starts_at)
        )
        self.score_before(number, starts_at)

    def finish(self) -> None:
        """The PHQ-9 after the course."""
        at = self.later(5)
        outcomes.record_score(
            self.episode,
            outcomes.Form("phq9", answers_adding_up_to(self.totals[-1], self.clinic.chance)),
            "after_course",
            timezone.localtime(at).date(),
            by=self.clinic.nurse,
            at=at,
        )

    def follow_up(self, decision: str, days_ahead: int = 28) -> None:
        """The decision after the course, and a letter about it."""
        at = self.later(2, 15)
        next_on = None if decision == "discharge" else (self.clinic.now + timedelta(days=days_ahead)).date()
        reason = {
            "review": "Better, and wishes to see how long it lasts.",
            "repeat": "Good response to each infusion; a further course is planned.",
            "discharge": "Course completed; care goes on with the referrer.",
        }[decision]
        doctor = self.clinic.psychiatrist
        followup.decide_followup(self.episode, decision, next_on, reason, by=doctor, at=at)
        # Written after the decision, so that the letter says what comes next.
        kind = "discharge" if decision == "discharge" else "course_summary"
        letter = followup.write_letter(self.episode, kind, by=doctor, at=at + timedelta(minutes=20))
        followup.sign_letter(letter, by=doctor, at=at + timedelta(minutes=25))
