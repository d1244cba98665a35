"""Taking a training case: a virtual patient with a date now, to be treated on the real pages."""

from datetime import datetime

from glimmer.actions.act import acting
from glimmer.actions.ports import port
from glimmer.guidance.training_cases import training_cases
from glimmer.records.staff import Staff
from glimmer.records.training import TRAINING, TrainingRun, purpose
from glimmer.vocabulary.problems import RuleRefused

NOT_HERE = (
    "This is not the training clinic, so no virtual patient may lie in its beds. "
    "Whoever runs Glimmer starts one with: glimmer serve --training"
)


def begin_case(case_id: str, *, by: Staff, at: datetime | None = None) -> TrainingRun:
    """Make the virtual patient of a case, with a date that is due now, and return the run."""
    with acting(by, "session.run", verb="begin_case", at=at) as act:
        if purpose() != TRAINING:
            raise RuleRefused(NOT_HERE)
        case = training_cases().get(case_id)
        if case is None:
            raise RuleRefused("There is no such case. Choose one of the list.")
        appointment = port("make_training_patient")(act.at)
        run = TrainingRun.objects.create(
            appointment=appointment, case_id=case.id, case_version=case.version, started_by=by, started_at=act.at
        )
        act.about(run)
        act.note(case=case.id, version=case.version, appointment=appointment.pk)
    return run
