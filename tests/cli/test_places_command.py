"""`glimmer bays` and `glimmer devices`: how a real clinic says what stands where, before anything can be connected."""

import json

import pytest
from django.utils import timezone
from typer.testing import CliRunner

from glimmer.cli.main import app
from glimmer.records.audit import AuditLine, broken_at
from glimmer.records.inflow import places_of
from glimmer.records.models import Bay, Device, Staff
from tests.support.bedside import a_ward

pytestmark = pytest.mark.django_db


def glimmer(*words: str) -> tuple[int, str]:
    answer = CliRunner().invoke(app, list(words))
    assert answer.exception is None or isinstance(answer.exception, SystemExit), answer.exception
    return answer.exit_code, answer.output


def test_a_clinic_says_which_bays_it_has_and_what_stands_there():
    assert glimmer("bays", "add", "Bay 1") == (0, "Bay 1 is a bay of this clinic. It is number 1 on the board.\n")
    assert glimmer("bays", "add", "  Window ")[0] == 0
    code, says = glimmer("devices", "add", "MON-0815", "--kind", "monitor", "--bay", "Window")
    assert (code, says.splitlines()[0]) == (0, "The monitor MON-0815 stands in Window.")
    assert "connected it to a session" in says, "that it is known is not enough to be charted, and the answer says so"

    bays = json.loads(glimmer("bays", "list", "--json")[1])
    assert bays == [
        {"bay": "Bay 1", "position": 1, "devices": []},
        {"bay": "Window", "position": 2, "devices": ["MON-0815"]},
    ]
    devices = json.loads(glimmer("devices", "list", "--json")[1])
    row = {"device": "MON-0815", "kind": "monitor", "bay": "Window", "connected_to_session": None, "retired": ""}
    assert devices == [row]
    assert "MON-0815" in glimmer("devices", "list")[1]
    assert places_of(["MON-0815"], timezone.now())["MON-0815"].bay == "Window", "the gateway knows it by that name"


def test_what_is_added_and_moved_is_in_the_audit_trail():
    for words in (
        ("bays", "add", "Bay 1"),
        ("bays", "add", "Bay 2"),
        ("devices", "add", "PUMP-1", "--kind", "pump", "--bay", "Bay 1"),
        ("devices", "move", "PUMP-1", "--bay", "Bay 2"),
    ):
        assert glimmer(*words)[0] == 0
    assert Device.objects.get().bay.name == "Bay 2"
    bays, device = {bay.name: bay.pk for bay in Bay.objects.all()}, Device.objects.get().pk
    lines = AuditLine.objects.filter(subject__in=["Bay", "Device"]).order_by("pk")
    assert list(lines.values_list("actor_name", "action", "subject_id")) == [
        ("command line", "add_bay", bays["Bay 1"]),
        ("command line", "add_bay", bays["Bay 2"]),
        ("command line", "add_device", device),
        ("command line", "move_device", device),
    ]
    assert lines[3].details == {"from_bay": bays["Bay 1"], "to_bay": bays["Bay 2"]}
    assert broken_at() is None


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["bays", "add", "   "], "must have a name"),
        (["bays", "add", "Bay\n1"], "cannot be read"),
        (["bays", "add", "B" * 41], "at most 40"),
        (["bays", "add", "bay 1"], "already a bay named Bay 1"),
        (["devices", "add", "M1", "--kind", "toaster", "--bay", "Bay 1"], "monitor or pump"),
        (["devices", "add", "M1", "--kind", "monitor", "--bay", "Bay 9"], "There is no bay 'Bay 9'. There are: Bay 1."),
        (["devices", "add", "", "--kind", "monitor", "--bay", "Bay 1"], "must have a name"),
        (["devices", "add", "M" * 121, "--kind", "monitor", "--bay", "Bay 1"], "at most 120"),
        (["devices", "add", "MON-1", "--kind", "pump", "--bay", "Bay 1"], "already a device MON-1"),
        (["devices", "add", "mon-1", "--kind", "pump", "--bay", "Bay 1"], "already a device MON-1"),
        (["devices", "move", "MON-2", "--bay", "Bay 1"], "no device 'MON-2'"),
        (["devices", "move", "MON-1", "--bay", "Bay 1"], "stands in Bay 1 already"),
    ],
    ids=lambda value: " ".join(value)[:30] if isinstance(value, list) else "",
)
def test_a_mistake_changes_nothing_and_is_named(words, says):
    glimmer("bays", "add", "Bay 1")
    glimmer("devices", "add", "MON-1", "--kind", "monitor", "--bay", "Bay 1")
    before = AuditLine.objects.count(), Bay.objects.count(), list(Device.objects.values())
    code, told = glimmer(*words)
    assert code == 1
    assert says in told
    assert (AuditLine.objects.count(), Bay.objects.count(), list(Device.objects.values())) == before


def test_a_device_that_is_charted_is_not_moved_away_from_its_patient():
    ward = a_ward()
    session, device = ward.open(), ward.monitor
    glimmer("bays", "add", "Elsewhere")
    code, says = glimmer("devices", "move", device.identifier, "--bay", "Elsewhere")
    assert code == 1
    assert f"connected to session {session.pk}" in says
    assert Device.objects.get(pk=device.pk).bay == ward.bay
    assert f"connected to session {session.pk}" in glimmer("devices", "list")[1]


def test_a_clinic_without_bays_is_told_to_add_one_first():
    code, says = glimmer("devices", "add", "MON-1", "--kind", "monitor", "--bay", "Bay 1")
    assert code == 1
    assert "glimmer bays add" in says
    assert "glimmer bays add" in glimmer("bays", "list")[1]
    assert "glimmer devices add" in glimmer("devices", "list")[1]


def a_manager() -> str:
    return Staff.objects.create(username="gil", name="Gil Thackeray", role="manager").username


def test_a_device_is_retired_by_a_named_person_shown_as_such_and_taken_into_use_again():
    ward, manager = a_ward(), a_manager()
    name = ward.monitor.identifier
    code, says = glimmer("devices", "retire", name, "--because", "Sent for repair", "--as", manager)
    assert code == 0
    assert says.startswith(f"{name} is retired. Nothing that it sends is charted.")
    (row,) = [row for row in json.loads(glimmer("devices", "list", "--json")[1]) if row["device"] == name]
    today = timezone.localdate().isoformat()
    assert row["retired"] == f"retired {today} by Gil Thackeray, manager: Sent for repair"
    assert row["retired"] in glimmer("devices", "list")[1]
    assert name not in glimmer("bays", "list")[1]
    assert places_of([name], timezone.now())[name].is_retired
    for words in (["move", name, "--bay", ward.bay.name], ["add", name, "--kind", "monitor", "--bay", ward.bay.name]):
        code, says = glimmer("devices", *words)
        assert (code, "was retired" in says, "devices reinstate" in says) == (1, True, True)
    assert glimmer("devices", "reinstate", name, "--because", "Mended", "--as", manager)[0] == 0
    assert "retired" not in glimmer("devices", "list")[1]
    assert list(AuditLine.objects.filter(subject="Device").values_list("action", "actor_name")) == [
        ("retire_device", "Gil Thackeray, manager"),
        ("reinstate_device", "Gil Thackeray, manager"),
    ]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["NOWHERE", "--because", "Broken", "--as", "gil"], "no device 'NOWHERE'"),
        (["MON-1", "--because", " ", "--as", "gil"], "Say why the device is retired."),
        (["MON-1", "--because", "Broken", "--as", "nobody"], "no member of staff with the user name nobody"),
        (["MON-1", "--because", "Broken", "--as", "ness"], "does not include this"),
    ],
)
def test_a_mistake_retires_nothing(words, says):
    a_manager()
    Staff.objects.create(username="ness", name="Ness Abernathy", role="researcher")
    glimmer("bays", "add", "Bay 1")
    glimmer("devices", "add", "MON-1", "--kind", "monitor", "--bay", "Bay 1")
    code, told = glimmer("devices", "retire", *words)
    assert (code, Device.objects.get().retired_at) == (1, None)
    assert says in told


def test_a_device_at_a_patient_is_not_retired():
    ward, manager = a_ward(), a_manager()
    session = ward.open()
    code, says = glimmer("devices", "retire", ward.monitor.identifier, "--because", "Broken", "--as", manager)
    assert code == 1
    assert f"is connected to session {session.pk}" in says
