"""`glimmer clinics`: a second clinic is opened, people and journeys move, and each move is in the audit."""

import pytest
from typer.testing import CliRunner

from glimmer.cli.main import app
from glimmer.records.audit import AuditLine
from glimmer.records.models import Staff

pytestmark = pytest.mark.django_db


def run(*words: str) -> tuple[int, str]:
    answer = CliRunner().invoke(app, ["clinics", *words])
    assert answer.exception is None or isinstance(answer.exception, SystemExit), answer.exception
    return answer.exit_code, answer.output


def test_clinic_is_opened_and_people_come_and_go_each_with_a_line() -> None:
    for username, role in (("gil", "manager"), ("maya", "nurse")):
        Staff.objects.create(username=username, name=username.title(), role=role)
    assert run("list") == (0, "This clinic: gil, maya\n")
    for words in (
        ["open", "Riverside", "--as", "gil"],
        ["join", "maya", "Riverside", "--as", "gil"],
        ["leave", "maya", "This clinic", "--as", "gil"],
    ):
        assert run(*words)[0] == 0, words
    assert run("list") == (0, "This clinic: gil\nRiverside: maya\n")
    told = AuditLine.objects.filter(actor__username="gil").order_by("pk").values_list("action", flat=True)
    assert list(told) == ["open_clinic", "join_clinic", "leave_clinic"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["join", "maya", "Nowhere", "--as", "gil"], "There is no clinic"),
        (["join", "nobody", "This clinic", "--as", "gil"], "no member of staff"),
        (["join", "gil", "This clinic", "--as", "gil"], "Nobody lets themselves"),
        (["open", "Riverside", "--as", "maya"], "does not include this"),
        (["share", "99", "This clinic", "--because", "x", "--as", "gil"], "no journey"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(words: list[str], says: str) -> None:
    for username, role in (("gil", "manager"), ("maya", "nurse")):
        Staff.objects.create(username=username, name=username.title(), role=role)
    code, told = run(*words)
    assert (code, says in told) == (1, True)
