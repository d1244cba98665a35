"""`glimmer instruments`: what there is, and the official wording that a clinic imports."""

import json

import pytest
from typer.testing import CliRunner

from glimmer.cli.main import app
from glimmer.records.models import Staff, WordingPack
from tests.support.shared_data import shared_data

pytestmark = pytest.mark.django_db


def run(*words: str) -> tuple[int, str]:
    answer = CliRunner().invoke(app, ["instruments", *words])
    assert answer.exception is None or isinstance(answer.exception, SystemExit), answer.exception
    return answer.exit_code, answer.output


def test_list_names_each_instrument_with_its_range_and_wording() -> None:
    code, says = run("list", "--json")
    found = {one["id"]: one for one in json.loads(says)}
    assert (code, len(found)) == (0, 17)
    assert (found["phq9"]["range"], found["eq5d5l"]["range"], found["phq9"]["wording"]) == ([0, 27], None, [])
    assert "no wording" in run("list")[1]


@pytest.mark.parametrize(("folder", "name"), [("PHQ-9", "phq9"), ("GAD7", "gad7")])
def test_published_wording_is_imported(folder: str, name: str) -> None:
    Staff.objects.create(username="maya", name="Maya", role="nurse")
    file = next((shared_data("questionnaires") / "derived-from-reproschema" / folder).glob("*.json"))
    words = (str(file), "--instrument", name, "--language", "en", "--permission", "Free to use", "--as", "maya")
    code, says = run("import", *words)
    assert code == 0, says
    pack = WordingPack.objects.get(instrument=name)
    assert f"{len(pack.items)} questions" in says
    assert [len(item["answers"]) for item in pack.items] == [4] * len(pack.items)
    assert run("import", *words)[0] == 1
    assert f"{name:<14} {name}-1" in run("list")[1]


def test_file_that_is_not_there_is_said(tmp_path) -> None:  # type: ignore[no-untyped-def]
    Staff.objects.create(username="maya", name="Maya", role="nurse")
    nowhere = str(tmp_path / "none.json")
    code, says = run("import", nowhere, "--instrument", "phq9", "--permission", "x", "--as", "maya")
    assert (code, "none.json" in says.replace("\n", "")) == (1, True)


def test_value_set_of_the_example_is_imported_once() -> None:
    Staff.objects.create(username="maya", name="Maya", role="nurse")
    words = ("value-set", "docs/examples/eq5d5l-england-2018.toml", "--as", "maya")
    code, says = run(*words)
    assert (code, "England 2018 is here, in force from 2018-01-01: -0.285 to 1." in says) == (0, True), says
    assert run(*words)[0] == 1
