"""`glimmer staff` and `glimmer audit` as an operator mistypes them."""

import json
import re

import pytest
from django.test import Client
from django.utils import timezone
from typer.testing import CliRunner

from glimmer.actions.second_factor import add_app, renew_recovery_codes
from glimmer.cli.main import app
from glimmer.records.access_sign_in import person_identified
from glimmer.records.audit import AuditLine
from glimmer.records.models import Staff
from glimmer.records.sign_in import factors_of, recovery_codes_of
from glimmer.vocabulary.one_time_codes import code_at, step_of

pytestmark = pytest.mark.django_db
PASSWORD = ("--password", "three or four words")


@pytest.mark.parametrize(
    ("username", "name", "says"),
    [
        ("", "Nia", "must have a name"),
        ("nia jones", "Nia", "no blanks"),
        ("nia", "  ", "must have a name"),
        ("nia", "N\nJ", "line break"),
        ("n" * 61, "Nia", "at most 60"),
        ("WILF", "Nia", "already a member of staff"),
    ],
)
def test_nobody_is_added_without_a_name_of_their_own_that_can_be_read(username, name, says):
    Staff.objects.create(username="wilf", name="Dr Wilf Tarrant", role="nurse")
    answer = CliRunner().invoke(app, ["staff", "add", username, "--name", name, "--role", "nurse", *PASSWORD])
    assert answer.exit_code == 1
    assert says in answer.output
    assert Staff.objects.count() == 1


def test_an_empty_audit_trail_is_said_to_be_empty():
    assert CliRunner().invoke(app, ["audit", "verify"]).output == "The audit trail is whole: it is empty.\n"


def retiring(*words: str) -> tuple[int, str]:
    answer = CliRunner().invoke(app, ["staff", "retire", *words])
    assert answer.exception is None or isinstance(answer.exception, SystemExit), answer.exception
    return answer.exit_code, answer.output


@pytest.fixture
def people() -> None:
    for username, name, role in (
        ("bea", "Bea Larkspur", "administrator"),
        ("gil", "Gil Thackeray", "manager"),
        ("maya", "Maya Okafor", "nurse"),
    ):
        Staff.objects.create(username=username, name=name, role=role)


def test_a_person_who_has_left_is_retired_by_a_named_colleague_and_listed_as_such(people):
    code, says = retiring("maya", "--because", "Left the clinic", "--as", "bea")
    assert (code, says.startswith("Maya Okafor is retired")) == (0, True)
    rows = json.loads(CliRunner().invoke(app, ["staff", "list", "--json"]).output)
    assert [row["username"] for row in rows] == ["bea", "gil", "maya"]
    today = timezone.localdate().isoformat()
    assert rows[2]["retired"] == f"retired {today} by Bea Larkspur, administrator: Left the clinic"
    assert rows[2]["retired"] in CliRunner().invoke(app, ["staff", "list"]).output
    assert AuditLine.objects.get(action="retire_staff").actor_name == "Bea Larkspur, administrator"
    again = CliRunner().invoke(app, ["staff", "add", "maya", "--name", "M", "--role", "nurse", *PASSWORD])
    assert "already a member of staff" in again.output, "a name that stands in the log is nobody else's"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["bea", "--because", "Left", "--as", "gil"], "Bea Larkspur is the last administrator who can sign in"),
        (["gil", "--because", "Left", "--as", "gil"], "Nobody retires themselves"),
        (["maya", "--because", "", "--as", "gil"], "Say why"),
        (["nia", "--because", "Left", "--as", "gil"], "no member of staff with the user name nia"),
        (["bea", "--because", "Left", "--as", "maya"], "does not include this"),
        (["maya", "--because", "Left", "--as", "nia"], "Name who retires them with --as"),
    ],
)
def test_nobody_is_retired_by_mistake(people, words, says):
    code, told = retiring(*words)
    assert (code, Staff.objects.filter(is_active=False).count()) == (1, 0)
    assert not AuditLine.objects.exclude(action="refused.retire_staff").exists()
    assert says in told


def test_a_clinic_without_anybody_is_told_how_to_begin():
    assert "glimmer staff add" in CliRunner().invoke(app, ["staff", "list"]).output


def handing_out(*words: str) -> tuple[int, str]:
    answer = CliRunner().invoke(app, ["staff", *words])
    assert answer.exception is None or isinstance(answer.exception, SystemExit), answer.exception
    return answer.exit_code, answer.output


def password_in(says: str) -> str:
    found = re.search(r"\b[a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4}\b", says)
    assert found, says
    return found[0]


def test_person_who_came_back_is_reinstated_and_begins_as_somebody_new(people):
    maya = Staff.objects.get(username="maya")
    secret = b"a secret of 20 bytes"
    add_app(secret, code_at(secret, step_of(timezone.now())), "phone", by=maya)
    renew_recovery_codes(by=maya)
    retiring("maya", "--because", "Leave", "--as", "bea")
    code, says = handing_out("reinstate", "maya", "--because", "Back", "--as", "gil")
    maya.refresh_from_db()
    assert (code, maya.is_active, maya.retired_at, maya.retired_because) == (0, True, None, "")
    assert maya.check_password(password_in(says))
    assert maya.password_until > timezone.now()
    assert not factors_of(maya).exists()
    assert not recovery_codes_of(maya).exists()
    line = AuditLine.objects.get(action="reinstate_staff")
    assert (line.actor_name, line.details["because"]) == ("Gil Thackeray, manager", "Back")
    assert password_in(says) not in str(list(AuditLine.objects.values_list("details", flat=True)))


def test_person_who_lost_the_phone_is_reset_and_whatever_they_had_open_ends(people):
    maya = Staff.objects.get(username="maya")
    browser = Client()
    browser.force_login(maya)
    code, says = handing_out("reset", "maya", "--because", "Lost the phone", "--as", "bea")
    assert (code, browser.get("/").status_code) == (0, 302)
    assert Staff.objects.get(username="maya").check_password(password_in(says))
    entered = Client().post("/sign-in", {"username": "maya", "password": password_in(says)})
    assert entered["Location"] == "/sign-in/password"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["reset", "bea", "--because", "Lost", "--as", "bea"], "Nobody resets their own sign-in"),
        (["reset", "maya", "--because", " ", "--as", "bea"], "Say why"),
        (["reset", "bea", "--because", "Lost", "--as", "maya"], "does not include this"),
        (["reset", "nia", "--because", "Lost", "--as", "bea"], "no member of staff"),
        (["reinstate", "maya", "--because", "Back", "--as", "bea"], "can sign in already"),
        (["reinstate", "maya", "--because", "Back", "--as", "maya"], "does not include this"),
    ],
)
def test_no_sign_in_is_handed_out_by_mistake(people, words, says):
    before = list(Staff.objects.order_by("pk").values_list("password", "is_active"))
    code, output = handing_out(*words)
    assert (code, says in output) == (1, True), output
    assert list(Staff.objects.order_by("pk").values_list("password", "is_active")) == before


def test_password_that_is_typed_for_somebody_new_is_judged_and_is_theirs_to_change():
    words = ["add", "nia.reed", "--name", "Nia Reed", "--role", "nurse", "--password"]
    assert "mostly a name" in handing_out(*words, "nia.reed.1234")[1]
    assert handing_out(*words, "three blue kettles")[0] == 0
    assert Staff.objects.get().password_until > timezone.now()


def test_identity_is_linked_by_a_colleague_to_one_person_and_taken_away(people, settings):
    assert "names no OpenID provider" in handing_out("link", "maya", "--identity", "555", "--as", "bea")[1]
    issuer = "https://identity.example"
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"oidc_issuer": issuer})
    assert handing_out("link", "maya", "--identity", "555", "--as", "bea")[0] == 0
    assert person_identified(issuer, "555").username == "maya"
    assert person_identified("https://other.example", "555") is None
    assert "own identity" in handing_out("link", "gil", "--identity", "555", "--as", "gil")[1]
    code, says = handing_out("link", "gil", "--identity", "555", "--as", "bea")
    assert (code, "linked to somebody else" in says) == (1, True)
    handing_out("link", "maya", "--identity", "", "--as", "bea")
    assert person_identified(issuer, "555") is None
    assert AuditLine.objects.filter(action="link_identity").count() == 2


def test_token_for_another_system_is_printed_once_listed_and_revoked(people):
    def service(*words: str) -> str:
        return CliRunner().invoke(app, ["service", *words]).output

    assert service("list") == "No other system reads anything here.\n"
    made = service("add", "Trust monitoring", "--scope", "status.read", "--days", "90", "--as", "bea")
    token = re.search(r"glimmer_service_\S{43}", made)[0]
    listed = service("list")
    assert ("Trust monitoring: status.read, never used" in listed, token in listed) == (True, False)
    number = json.loads(service("list", "--json"))[0]["number"]
    assert "is revoked" in service("revoke", str(number), "--because", "No longer used", "--as", "gil")
    assert json.loads(service("list", "--json"))[0]["state"] == "revoked"
    assert "Name what it may read" in service("add", "X", "--scope", "all", "--days", "9", "--as", "bea")
    assert "There is no token 999" in service("revoke", "999", "--because", "x", "--as", "bea")
