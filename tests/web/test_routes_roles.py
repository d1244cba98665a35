"""Every address with every role, and with nobody: against one table written by hand (route_roles.toml)."""

import tomllib
from pathlib import Path

import pytest
from django.test import Client

from glimmer.records.models import Staff
from glimmer.vocabulary.people import Role
from glimmer.web.gate import Gate, GateMiddleware, Route, named_routes, page

TABLE = tomllib.loads((Path(__file__).parent / "route_roles.toml").read_text())


# No such link, not let in, or sent to ask for a link.
NOT_LET_IN = {302, 401, 410}


def roles_of(name: str) -> set[str] | str:
    """Return the roles that the table lets in, or "public", or "service" and "patient" for what no staff opens."""
    roles = TABLE["routes"][name]["roles"]
    if roles in ("public", "service", "patient"):
        return str(roles)
    return set(TABLE["groups"][roles] if isinstance(roles, str) else roles)


def a_browser_of(role: str) -> Client:
    """Return a browser in which a person of this role has signed in."""
    # Without a password: hashing one for each role would take most of the run.
    staff, _ = Staff.objects.get_or_create(username=f"walker-{role}", defaults={"name": "Walker", "role": role})
    browser = Client(raise_request_exception=False)
    browser.force_login(staff)
    return browser


def test_table_names_exactly_the_addresses_there_are():
    assert {route.name for route in named_routes()} == set(TABLE["routes"])


def test_table_names_exactly_the_methods_of_each_address():
    for route in named_routes():
        assert set(route.methods) == set(TABLE["routes"][route.name]["methods"]), route.name


@pytest.mark.parametrize("role", list(Role))
def test_role_gets_in_where_the_table_says_and_nowhere_else(role: Role, db):
    browser = a_browser_of(role.value)
    wrong = []
    for route, method in every_way():
        allowed = roles_of(route.name)
        may_enter = allowed == "public" or role.value in allowed
        if route.machine and may_enter:
            continue  # a stream does not end: test_live.py opens it
        status = browser.generic(method, route.example).status_code
        if allowed == "service":
            assert status == 401, f"a person's cookie opened {route.example}"
            continue
        if allowed == "patient":
            # A link, the way to a fresh one, or whom to call: never a page of a patient.
            assert status in NOT_LET_IN, f"{method} {route.example}: a person's cookie opened it"
            continue
        if (status == 403) is may_enter or status >= 500:
            wrong.append(f"{method} {route.example}: {status}, but the table says {'yes' if may_enter else 'no'}")
        if route.name in {"sign_in", "sign_out"}:
            browser = a_browser_of(role.value)
    assert wrong == []


def test_nobody_gets_in_anywhere_but_at_the_door(client, db):
    wrong = []
    for route, method in every_way():
        response = client.generic(method, route.example)
        if roles_of(route.name) == "public":
            fits = response.status_code in {200, 422}
        elif roles_of(route.name) == "patient":
            fits = response.status_code in NOT_LET_IN
        elif route.machine:
            fits = response.status_code == 401
        else:
            fits = response.status_code == 302 and response["Location"].startswith("/sign-in")
        if not fits:
            wrong.append(f"{method} {route.example}: {response.status_code}")
    assert wrong == []


def test_method_that_an_address_does_not_take_is_refused(db):
    browsers = {role.value: a_browser_of(role.value) for role in Role}
    for route in named_routes():
        allowed = roles_of(route.name)
        role = "nurse" if allowed in ("public", "service", "patient") or "nurse" in allowed else sorted(allowed)[0]
        for method in {"GET", "POST"} - set(route.methods):
            response = browsers[role].generic(method, route.example)
            assert response.status_code == 405, route.name
            assert response["Allow"] == ", ".join(route.methods)


def every_way() -> list[tuple[Route, str]]:
    """Return every address with every method that it takes."""
    return [(route, method) for route in named_routes() for method in route.methods]


def test_view_without_a_mark_opens_for_nobody(rf):
    response = GateMiddleware(lambda request: None).process_view(rf.get("/"), lambda request: None, (), {})
    assert response.status_code == 403


def test_permission_that_does_not_exist_fails_when_the_view_is_written():
    with pytest.raises(KeyError):
        page("patient.juggle")


def test_mark_keeps_what_was_said():
    @page("board.view", machine=True)
    def view(request):
        return None

    assert view.gate == Gate("board.view", ("GET",), machine=True)


def test_closed_account_is_signed_out(client, db):
    staff = Staff.objects.create(username="leaver", name="Leaver", role="nurse")
    client.force_login(staff)
    assert client.get("/").status_code == 200
    Staff.objects.filter(pk=staff.pk).update(is_active=False)
    assert client.get("/").status_code == 302


def test_person_whose_role_changed_loses_the_old_pages_at_once(client, db):
    staff = Staff.objects.create(username="mover", name="Mover", role="nurse")
    client.force_login(staff)
    assert client.get("/patients").status_code == 200
    Staff.objects.filter(pk=staff.pk).update(role="researcher")
    assert client.get("/patients").status_code == 403
