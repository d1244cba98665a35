"""The tests before treatment: results recorded and withdrawn."""

from datetime import date, datetime

from django.utils import timezone

from glimmer.actions.act import acting
from glimmer.actions.endings import open_episode
from glimmer.care.baseline_tests import RESULTS
from glimmer.guidance import BaselineTest, baseline_tests, figure
from glimmer.records.baseline_tests import BaselineResult
from glimmer.records.episodes import Episode
from glimmer.records.staff import Staff
from glimmer.vocabulary.problems import BadInput, RuleRefused


def record_result(
    episode: Episode,
    test: str,
    done_on: date,
    result: str = "",
    pressure: tuple[int, int] | None = None,
    note: str = "",
    *,
    by: Staff,
    seen: int | None = None,
    at: datetime | None = None,
) -> BaselineResult:
    """Store one result; `pressure` is systolic and diastolic in mmHg, for the test that measures it."""
    with acting(by, "selection.record", verb="record_result", episode=episode, seen=seen, at=at) as act:
        locked = open_episode(act)
        known = _known(test)
        _check(known, done_on, result, pressure, timezone.localtime(act.at).date())
        systolic, diastolic = pressure if pressure is not None else (None, None)
        stored = BaselineResult.objects.create(
            episode=locked,
            test=test,
            done_on=done_on,
            result="measured" if known.measures == "pressure" else result,
            systolic=systolic,
            diastolic=diastolic,
            note=note.strip(),
            recorded_by=by,
            recorded_at=act.at,
        )
        act.about(stored)
        act.note(test=test)
    return stored


def withdraw_result(
    row: BaselineResult, reason: str, *, by: Staff, seen: int | None = None, at: datetime | None = None
) -> BaselineResult:
    """Take a wrong result back: it stays on record and no longer counts."""
    with acting(by, "selection.record", verb="withdraw_result", episode=row.episode, seen=seen, at=at) as act:
        if not reason.strip():
            raise BadInput("Say what is wrong with this result.", field="reason")
        if row.withdraws_id is not None or BaselineResult.objects.filter(withdraws=row).exists():
            raise RuleRefused("This result was withdrawn already.")
        stored = BaselineResult.objects.create(
            episode=open_episode(act),
            test=row.test,
            done_on=row.done_on,
            result=row.result,
            systolic=row.systolic,
            diastolic=row.diastolic,
            note=reason.strip(),
            withdraws=row,
            recorded_by=by,
            recorded_at=act.at,
        )
        act.about(stored)
        act.note(test=row.test, withdraws=row.pk)
    return stored


def _known(test: str) -> BaselineTest:
    for one in baseline_tests():
        if one.id == test:
            return one
    raise BadInput("Choose the test from the list.", field="test")


def _check(test: BaselineTest, done_on: date, result: str, pressure: tuple[int, int] | None, today: date) -> None:
    if done_on > today:
        raise BadInput("The test cannot have been done after today. Check the date.", field="done_on")
    if test.measures == "pressure":
        _check_pressure(pressure)
        return
    if pressure is not None:
        raise BadInput("Only the blood pressure has two numbers. Leave them out.", field="systolic")
    if result not in RESULTS[test.measures]:
        words = " or ".join(words.lower() for words in RESULTS[test.measures].values())
        raise BadInput(f"The result of this test is {words}.", field="result")


def _check_pressure(pressure: tuple[int, int] | None) -> None:
    if pressure is None:
        raise BadInput("Enter both numbers of the blood pressure.", field="systolic")
    systolic, diastolic = pressure
    (least_high, most_high), (least_low, most_low) = (
        figure("plausibility", name).value for name in ("systolic", "diastolic")
    )
    if not least_high <= systolic <= most_high or not least_low <= diastolic <= most_low or diastolic >= systolic:
        raise BadInput("This blood pressure cannot be right. Check both numbers.", field="systolic")
