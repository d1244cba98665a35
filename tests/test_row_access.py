"""Pages and exchanges reach records through access functions alone: no other query stands in their rooms."""

import ast
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.db.models import QuerySet

from glimmer.care.session.log import SessionLog

SOURCE = Path(__file__).resolve().parents[1] / "src" / "glimmer"
ROOMS = ("web", "exchange")
MANAGERS = {"objects", "_default_manager", "_base_manager"}
SHORTCUTS = {"get_object_or_404", "get_list_or_404", "aget_object_or_404", "aget_list_or_404"}
QUERY_METHODS = {name for name in dir(QuerySet) if not name.startswith("_")} | {"raw"}


def backward_relations() -> set[str]:
    """Return the names by which a record reaches the many that point at it: `episode.scores`, `referral.items`."""
    return {
        relation.get_accessor_name()
        for model in apps.get_app_config("records").get_models()
        for relation in model._meta.related_objects
        if relation.get_accessor_name() and not relation.one_to_one
    }


def queries_in(source: str, backward: set[str]) -> list[str]:
    """Return the lines of a module that ask the database past the access functions, as `number: what`."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr in MANAGERS | {"cursor"}:
            found.append((node.lineno, ast.unparse(node)))
        elif isinstance(node, ast.Name) and node.id in SHORTCUTS:
            found.append((node.lineno, node.id))
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in QUERY_METHODS
            and isinstance(node.func.value, ast.Attribute)
            and node.func.value.attr in backward
            and not (node.func.value.attr == "log" and hasattr(SessionLog, node.func.attr))
        ):
            found.append((node.lineno, ast.unparse(node.func)))
    return [f"{number}: {what}" for number, what in sorted(found)]


def test_backward_relations_are_those_of_the_records():
    assert {"scores", "plans", "consents", "sessions", "letters", "tasks", "items", "triage_decisions"} <= (
        backward_relations()
    )


@pytest.mark.parametrize(
    "offence",
    [
        "Patient.objects.filter(nhs_number=number)",
        "[row for row in episode.scores.filter(replaced_by=None)]",
        "bedside.session.episode.scores.order_by('pk')",
        "stored.items.select_related('recorded_by')",
        "episode.plans.last()",
        "Staff._default_manager.get(pk=1)",
        "get_object_or_404(Episode, pk=1)",
        "connection.cursor().execute('SELECT 1')",
        "Episode.objects.raw('SELECT 1')",
    ],
)
def test_query_past_the_access_functions_is_found(offence):
    assert queries_in(f"def view(request):\n    return {offence}\n", backward_relations())


@pytest.mark.parametrize(
    "innocent",
    [
        "access_scores(by, episode).filter(replaced_by=None)",
        "answers.items()",
        "rows.values()",
        "found.plan.episode.patient.name",
        "connections.all(initialized_only=True)",
        "log.series.get(parameter)",
        "self.log.latest(parameter)",
    ],
)
def test_what_is_no_query_of_its_own_is_left_alone(innocent):
    assert queries_in(f"def view(request):\n    return {innocent}\n", backward_relations()) == []


@pytest.mark.parametrize("room", ROOMS)
def test_room_asks_the_database_through_access_functions_only(room):
    backward = backward_relations()
    offenders = [
        f"{path.relative_to(SOURCE)}:{line}"
        for path in sorted((SOURCE / room).rglob("*.py"))
        for line in queries_in(path.read_text(), backward)
    ]
    assert offenders == [], "Add an access_... function to records/access.py or records/access_journey.py."


def test_templates_ask_the_database_nothing():
    asks = re.compile(
        rf"\.({'|'.join(sorted(backward_relations()))})\.({'|'.join(sorted(QUERY_METHODS))})\b|\.objects\b"
    )
    offenders = [
        f"{path.relative_to(SOURCE)}: {found[0]}"
        for path in (SOURCE / "web" / "templates").rglob("*.html")
        for found in asks.finditer(path.read_text())
    ]
    assert offenders == []


# One row that is no single patient's, or that everybody with the permission may see whatever the clinic.
OF_NO_CLINIC = {
    "access_message", "access_register_page", "access_transfer", "access_incident", "access_own_factor",
    "access_glass", "access_patient_for_list",
    "access_shift", "access_other_day", "access_closure", "access_skill",
}  # fmt: skip
# What keeps a row to those who may see its patient: the scope itself, or a function that has it.
SCOPES = {
    "reached",
    "in_reach",
    "access_episode",
    "access_episodes",
    "access_prescriptions",
    "access_drug_sessions",
    "access_outbox",
}


def functions_that_hand_out_one_row():
    """Yield (name, names called) of each access function that takes the key of a row."""
    for path in sorted((SOURCE / "records").glob("access*.py")):
        for node in ast.parse(path.read_text()).body:
            if not isinstance(node, ast.FunctionDef) or not node.name.startswith("access_"):
                continue
            if any(argument.arg.endswith("_id") for argument in node.args.args):
                calls = (call.func for call in ast.walk(node) if isinstance(call, ast.Call))
                yield node.name, {func.id for func in calls if isinstance(func, ast.Name)}


def test_every_function_that_hands_out_one_row_keeps_it_to_those_who_may_see_the_patient():
    found = dict(functions_that_hand_out_one_row())
    assert {"access_session", "access_letter", "access_consent", "access_urgent_call"} <= set(found)
    assert {name for name, calls in found.items() if not calls & SCOPES} <= OF_NO_CLINIC
