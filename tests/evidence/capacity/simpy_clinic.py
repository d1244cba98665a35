"""The same clinic as a SimPy model, written to be read: every patient is a process that waits, comes, and goes on.

It shares no code with the compiled simulation but the clinic's own hours and rota, and draws its own chances.
"""

import math
import random
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any

import simpy

from glimmer.evidence.capacity import Clinic, Pathway

DAY, WEEK = 1440.0, 10080.0
Process = Generator[Any, Any, Any]
COUNTED = ("referrals", "starts", "course", "later course", "maintenance", "missed", "gave up", "relapses", "waited")


@dataclass
class Person:
    """A patient: how urgent, whether they will go on to a course, and the event of their giving up."""

    urgent: bool
    will_go: bool
    referred: float
    gives_up: simpy.Event
    waits: bool = True


@dataclass
class Call:
    """Somebody who can be called in: for an assessment, or for a session of a kind."""

    person: Person
    kind: str
    order: int
    event: simpy.Event


class SimpyClinic:
    """One future of a clinic with known inputs; `counted` holds what happened after `run`."""

    def __init__(self, clinic: Clinic, pathway: Pathway, values: Mapping[str, float], days: int, seed: int) -> None:
        self.env, self.chance = simpy.Environment(), random.Random(seed)
        self.clinic, self.pathway, self.values, self.days = clinic, pathway, values, days
        self.free = {"chairs": clinic.chairs, "nurses": 0, "doctors": 0, "assessors": 0}
        self.closes, self.order = 0.0, count()
        self.calls: list[Call] = []
        self.counted: dict[str, float] = dict.fromkeys(
            ("referrals", "starts", "course", "later course", "maintenance", "missed", "gave up", "relapses", "waited"),
            0.0,
        )
        self.waiting, self.in_care, self.chair_minutes = 0, 0, 0.0

    def run(self) -> dict[str, float]:
        """Run all days and return what happened."""
        self.env.process(self.hours())
        self.env.process(self.referrals())
        self.env.run(until=self.days * DAY)
        return self.counted | {"waiting": self.waiting, "in care": self.in_care, "chair minutes": self.chair_minutes}

    def hours(self) -> Process:
        """Open and close, and let people come on duty and go home; who goes home finishes the patient in hand."""
        on_duty = {"nurses": 0, "doctors": 0, "assessors": 0}
        for number in range(self.days):
            day = self.clinic.begins + timedelta(days=number)
            hours, shifts = self.clinic.hours_on(day), self.clinic.shifts_on(day)
            turns = {minute for shift in shifts for minute in (shift.begins, shift.ends)}
            turns |= {hours.opens, hours.closes} if hours else set()
            for minute in sorted(turns):
                yield self.env.timeout(number * DAY + minute - self.env.now)
                self.closes = 0.0
                if hours is not None and hours.opens <= minute < hours.closes:
                    self.closes = number * DAY + hours.closes
                here = [shift for shift in shifts if shift.begins <= minute < shift.ends]
                for who in on_duty:
                    people = sum(getattr(shift, who) for shift in here)
                    places = people * self.clinic.nurse_share if who == "nurses" else people
                    self.free[who] += places - on_duty[who]
                    on_duty[who] = places
                self.call_in()

    def referrals(self) -> Process:
        """Let people be referred one after the other."""
        while True:
            yield self.env.timeout(self.chance.expovariate(self.values["referrals_per_week"] / WEEK))
            self.counted["referrals"] += 1
            self.env.process(self.patient())

    def happens(self, name: str) -> bool:
        """Throw the dice for a share among the inputs."""
        return self.chance.random() < self.values[name]

    def patient(self) -> Process:
        """From referral to the last session."""
        urgent, accepted, will_go = self.happens("urgent_share"), self.happens("accepted"), self.happens("goes_on")
        if not accepted:
            return
        person = Person(urgent, will_go, self.env.now, self.env.event())
        self.env.process(self.patience(person))
        self.env.process(self.worsening(person))
        self.waiting += 1
        yield from self.assessment(person)
        if not person.waits or not person.will_go:
            person.waits = False
            return
        self.waiting += 1
        yield self.midnight(self.pathway.preparation_days)
        for course in range(1, self.pathway.courses_at_most + 1):
            responds = yield from self.course(person, course)
            if not responds:
                return
            relapses = yield from self.maintenance(person)
            if not relapses:
                return
            self.counted["relapses"] += 1
            if course == self.pathway.courses_at_most or not self.happens("returns"):
                return
            person.urgent = False
            yield self.midnight(self.pathway.relapse_wait_days)

    def patience(self, person: Person) -> Process:
        """Let somebody give up who waits for too long."""
        if self.values["gives_up_per_week"] > 0:
            yield self.env.timeout(self.chance.expovariate(self.values["gives_up_per_week"] / WEEK))
            if person.waits:
                person.waits = False
                self.counted["gave up"] += 1
                person.gives_up.succeed()

    def worsening(self, person: Person) -> Process:
        """Let somebody who waits become urgent, and stand at the end of those who are."""
        if self.values["worsens_per_week"] > 0:
            yield self.env.timeout(self.chance.expovariate(self.values["worsens_per_week"] / WEEK))
            if person.waits and not person.urgent:
                person.urgent = True
                for call in self.calls:
                    if call.person is person:
                        call.order = next(self.order)

    def assessment(self, person: Person) -> Process:
        """Wait for an assessment and have it; whoever misses it waits for another date."""
        while True:
            call = self.ask(person, "assessment")
            yield call.event | person.gives_up
            if not person.waits:
                if call in self.calls:
                    self.calls.remove(call)
                else:
                    self.release("assessors")
                self.waiting -= 1
                return
            if self.happens("did_not_attend"):
                self.counted["missed"] += 1
                yield self.env.timeout(self.pathway.no_show_minutes)
                self.release("assessors")
                yield self.midnight(self.pathway.rebook_days) | person.gives_up
                if not person.waits:
                    self.waiting -= 1
                    return
                continue
            self.waiting -= 1
            yield self.env.timeout(self.pathway.assessment_minutes * self.around(self.pathway.assessment_spread))
            self.release("assessors")
            return

    def course(self, person: Person, course: int) -> Process:
        """Have the sessions of a course; return whether the patient responds and goes on to maintenance."""
        pathway, taken = self.pathway, 0
        while taken < pathway.course_sessions:
            is_first = course == 1 and taken == 0
            kind = "course" if taken else "urgent start" if person.urgent else "start"
            attended = person.waits or not is_first
            attended = attended and (yield from self.session(person, kind))
            if is_first and not person.waits:
                self.waiting -= 1
                return False
            if not attended:
                yield self.midnight(
                    pathway.course_days[(taken - 1) % len(pathway.course_days)] if taken else pathway.rebook_days
                )
                continue
            taken += 1
            self.counted["course" if course == 1 else "later course"] += 1
            yield from self.take_time(pathway.course, person, first=course == 1 and taken == 1, begins=taken == 1)
            if taken < pathway.course_sessions:
                if self.happens("leaves_course"):
                    self.in_care -= 1
                    return False
                yield self.midnight(pathway.course_days[(taken - 1) % len(pathway.course_days)])
        if not self.happens("response"):
            self.in_care -= 1
            return False
        return True

    def maintenance(self, person: Person) -> Process:
        """Be kept well until relapse (return True) or until the patient stops (False)."""
        values, spacing, taken = self.values, self.pathway.maintenance_days, 0
        shape, scale = values["relapse_shape_ketamine"], values["relapse_scale_ketamine_days"]
        on_it = scale * values["maintenance_hazard_ratio"] ** (-1 / shape)
        relapse = self.env.now + DAY * self.chance.weibullvariate(on_it, shape)
        days = spacing[0]
        while True:
            due = self.midnight_after(days)
            if relapse < due:
                yield self.env.timeout(
                    max(math.floor(relapse / DAY), math.floor(self.env.now / DAY) + 1) * DAY - self.env.now
                )
                self.in_care -= 1
                return True
            yield self.env.timeout(due - self.env.now)
            if not (yield from self.session(person, "maintenance")):
                days = self.pathway.rebook_days
                continue
            taken += 1
            self.counted["maintenance"] += 1
            yield from self.take_time(self.pathway.maintenance, person)
            if self.happens("leaves_maintenance"):
                self.in_care -= 1
                return False
            days = spacing[min(taken, len(spacing) - 1)]

    def session(self, person: Person, kind: str) -> Process:
        """Wait to be called in for a session; return whether the patient is there."""
        call = self.ask(person, kind)
        yield (call.event | person.gives_up) if person.waits else call.event
        if not call.event.triggered:
            self.calls.remove(call)
            return False
        if not self.happens("did_not_attend"):
            return True
        self.counted["missed"] += 1
        self.chair_minutes += self.pathway.no_show_minutes
        yield self.env.timeout(self.pathway.no_show_minutes)
        self.release("chairs", "nurses", "doctors")
        return False

    def take_time(self, needs: Any, person: Person, *, first: bool = False, begins: bool = False) -> Process:
        """Take chair, nurse's place and doctor for their minutes."""
        if first:
            self.waiting -= 1
            person.waits = False
            self.counted["starts"] += 1
            self.counted["waited"] += (self.env.now - person.referred) / DAY
        if begins:
            self.in_care += 1
        factor = self.around(self.pathway.session_spread)
        self.chair_minutes += min(needs.chair_minutes * factor, self.days * DAY - self.env.now)
        self.env.process(self.later("doctors", needs.doctor_minutes * factor))
        self.env.process(self.later("nurses", needs.nurse_minutes * factor))
        yield self.env.timeout(needs.chair_minutes * factor)
        self.release("chairs")

    def later(self, who: str, minutes: float) -> Process:
        """Set somebody free after some minutes."""
        yield self.env.timeout(minutes)
        self.release(who)

    def ask(self, person: Person, kind: str) -> Call:
        """Stand in line to be called in."""
        call = Call(person, kind, next(self.order), self.env.event())
        self.calls.append(call)
        self.call_in()
        return call

    def release(self, *who: str) -> None:
        """Set chairs or people free and look who can be called in."""
        for one in who:
            self.free[one] += 1
        self.call_in()

    def call_in(self) -> None:
        """Call whoever can be seen to the end of the day's hours: courses, urgent starts, maintenance, other starts."""
        now = self.env.now
        rank = {"course": 0, "urgent start": 1, "maintenance": 2, "start": 3}
        for call in self.calls:
            if call.kind == "start" and call.person.urgent:
                call.kind = "urgent start"
        sessions = sorted((one for one in self.calls if one.kind in rank), key=lambda one: (rank[one.kind], one.order))
        for call in sessions:
            needs = self.pathway.maintenance if call.kind == "maintenance" else self.pathway.course
            if (
                min(self.free[who] for who in ("chairs", "nurses", "doctors")) > 0
                and now + needs.chair_minutes <= self.closes
            ):
                self.call(call, "chairs", "nurses", "doctors")
        for call in sorted(
            (one for one in self.calls if one.kind == "assessment"), key=lambda one: (not one.person.urgent, one.order)
        ):
            if self.free["assessors"] > 0 and now + self.pathway.assessment_minutes <= self.closes:
                self.call(call, "assessors")

    def call(self, call: Call, *who: str) -> None:
        """Call somebody in."""
        for one in who:
            self.free[one] -= 1
        self.calls.remove(call)
        call.event.succeed()

    def around(self, spread: float) -> float:
        """Return how much longer or shorter than planned something takes."""
        return self.chance.uniform(1 - spread, 1 + spread)

    def midnight_after(self, days: int) -> float:
        """Return the first midnight of an open day, so many days from now."""
        number = math.floor(self.env.now / DAY) + max(days, 1)
        while number < self.days and self.clinic.hours_on(self.clinic.begins + timedelta(days=number)) is None:
            number += 1
        return number * DAY

    def midnight(self, days: int) -> simpy.Event:
        """Return the event of that midnight."""
        return self.env.timeout(self.midnight_after(days) - self.env.now)
