"""The beds of the training clinic: each session that was taken as a case plays that case, and any other stays calm."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from glimmer.care.session.course import Course
from glimmer.config.demo_bedsides import CALM, DemoBedsides, Story
from glimmer.guidance.training_cases import training_cases
from glimmer.records.sessions import TreatmentSession
from glimmer.records.training import TrainingRun


class TrainingBedsides(DemoBedsides):
    """Knows which virtual bedsides there are; who lies in them and what happens comes from the case that was taken."""

    def _tell_stories(self, sessions: list[TreatmentSession], courses: Mapping[int, Course], now: datetime) -> None:
        runs = TrainingRun.objects.filter(appointment__in=[session.appointment_id for session in sessions])
        self._cases = {run.appointment_id: run.case_id for run in runs}

    def _story(self, session: TreatmentSession, course: Course) -> Story:
        case = training_cases().get(self._cases.get(session.appointment_id, ""))
        if case is None or course.started_at is None:
            return Story(CALM, course.started_at, case.seed if case else None)
        return Story(case.script, course.started_at + timedelta(minutes=case.begins_at), case.seed)
