"""The house keeps its shape: imports point inwards, rooms that are pure stay pure, and the papers match the tests."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "glimmer"
PURE_ROOMS = ("guidance", "vocabulary", "care", "monitoring")
LONGEST_FILE_LINES = 500
# A test file repeats its shape and is read one test at a time.
LONGEST_TEST_FILE_LINES = 700
BINARY = {".png", ".ico", ".pdf", ".gif"}


def tracked_files() -> list[Path]:
    """Return what belongs to the project: what git knows, or in an unpacked archive all that was not made here."""
    if shutil.which("git") and (ROOT / ".git").exists():
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        return [path for path in (ROOT / name for name in listed.split("\0") if name) if path.is_file()]
    made = (".venv", ".glimmer", "build", "var", "vendor", "__pycache__")
    return [path for path in ROOT.rglob("*") if path.is_file() and not set(made) & set(path.parts)]


def names_of_tests(path: Path) -> set[str]:
    """Return the test functions of a file, methods of classes as `Class::name`."""
    found = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.ClassDef):
            found |= {f"{node.name}::{part.name}" for part in node.body if isinstance(part, ast.FunctionDef)}
    return {name for name in found if name.split("::")[-1].startswith("test_")}


def test_imports_point_inwards_only():
    checked = subprocess.run([Path(sys.executable).parent / "lint-imports"], cwd=ROOT, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout[checked.stdout.find("Contracts") :]


@pytest.mark.parametrize("room", PURE_ROOMS)
def test_pure_room_never_asks_the_clock_or_chance(room):
    asked = []
    for path in (SOURCE / room).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
            if (
                re.search(r"\b(now|utcnow|today)$|^random\.|^time\.|^secrets\.|uuid[14]$", called)
                and "self" not in called
            ):
                asked.append(f"{path.relative_to(ROOT)}:{node.lineno} {called}")
    assert asked == [], "Time and chance are arguments in these rooms."


def test_no_file_names_a_path_of_somebodys_machine():
    # Put together here so that this file does not match itself.
    machine_path = re.compile(
        "|".join(["/" + "work/", "/" + r"root/\w", "/" + r"home/[a-z]\w*/", r"[A-Z]:\\" + "Users"])
    )
    named = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in tracked_files()
        if path.suffix not in BINARY
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), start=1)
        if machine_path.search(line)
    ]
    assert named == []


def test_nothing_third_party_or_made_here_is_committed():
    folders = ("static/vendor/", ".venv/", "build/", "var/", "node_modules/")
    names = [path.relative_to(ROOT).as_posix() for path in tracked_files()]
    assert [name for name in names if any(folder in "/" + name for folder in folders)] == []
    assert [name for name in names if name.endswith((".hl7", ".sqlite3", ".tgz", ".whl"))] == []


def test_every_file_is_short_enough_to_read():
    long = {
        path.relative_to(ROOT).as_posix(): lines
        for path in tracked_files()
        if path.suffix in {".py", ".js", ".css", ".html", ".jinja"}
        and path.parent.name != "migrations"
        and (lines := len(path.read_text().splitlines()))
        > (LONGEST_TEST_FILE_LINES if "tests" in path.relative_to(ROOT).parts else LONGEST_FILE_LINES)
    }
    assert long == {}, "Split each into a folder of the same name."


def test_decisions_are_numbered_and_say_why():
    decisions = {path.name: path.read_text() for path in (ROOT / "docs" / "decisions").glob("*.md")}
    assert decisions
    assert [name for name in decisions if not re.fullmatch(r"\d{3}-[a-z0-9-]+\.md", name)] == []
    numbers = [name.split("-")[0] for name in decisions]
    assert len(set(numbers)) == len(numbers), sorted(numbers)
    assert [name for name, text in decisions.items() if not re.search(r"\*\*(Why|Rejected)\.", text)] == []


def hazards() -> list[dict]:
    log = ROOT / "docs" / "safety" / "hazards.toml"
    return tomllib.loads(log.read_text())["hazard"] if log.exists() else []


def test_every_control_of_a_hazard_has_a_test_that_exists():
    missing = []
    for hazard in hazards():
        assert hazard["tests"], f"{hazard['id']} has no test"
        for test in hazard["tests"]:
            file, _, name = test.partition("::")
            path = ROOT / file
            if not path.is_file() or name.split("[")[0] not in names_of_tests(path):
                missing.append(f"{hazard['id']}: {test}")
    assert missing == []


def test_hazards_have_an_id_of_their_own_and_all_their_parts():
    ids = [hazard["id"] for hazard in hazards()]
    assert len(set(ids)) == len(ids)
    parts = {"id", "hazard", "cause", "control", "tests", "severity", "likelihood_before", "likelihood_after"}
    assert [hazard["id"] for hazard in hazards() if not parts <= set(hazard)] == []


def test_no_test_name_hides_another_in_its_file():
    hidden = []
    for path in (ROOT / "tests").rglob("test_*.py"):
        seen: set[str] = set()
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                if node.name in seen:
                    hidden.append(f"{path.relative_to(ROOT)}::{node.name}")
                seen.add(node.name)
    assert hidden == []


def test_every_make_target_that_the_readme_names_exists():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z]+)\b", (ROOT / "README.md").read_text()))
    assert {"run", "test"} <= named <= targets
