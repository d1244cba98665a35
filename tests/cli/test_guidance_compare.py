"""`glimmer guidance compare`: which past decisions would differ, by journey and never by name."""

import json

import pytest
from typer.testing import CliRunner

from glimmer.actions.selection import decide_selection
from glimmer.cli.main import app
from tests.actions.test_selection_rules import put_in_force, ready, version
from tests.support.cast import make_cast


@pytest.fixture
def decided(db):
    cast = make_cast()
    episode = ready(cast)
    decide_selection(episode, "eligible", by=cast.idris)
    return cast, episode


def compare(*arguments):
    return CliRunner().invoke(app, ["guidance", "compare", *arguments])


def test_versions_and_files_are_compared_and_patients_named_by_number_only(decided, tmp_path):
    cast, episode = decided
    put_in_force(cast, version(value=99))
    path = tmp_path / "three.toml"
    path.write_text(version(number="3", value=20), encoding="utf-8")
    told = compare("1", "2").output
    assert "Adult from: from 18 to 99 a." in told
    assert "1 past decisions; the verdict differs in 1." in told
    assert f"{episode.pk:>8}  " in told
    assert "may      may not  +adult" in told
    assert episode.patient.family_name not in told
    assert "the verdict differs in 0" in compare("1", str(path)).output
    row = json.loads(compare("1", str(path), "--all", "--json").output)["differ"][0]
    assert (row["journey"], row["may_by_first"], row["may_by_second"]) == (episode.pk, True, True)


@pytest.mark.parametrize(("name", "says"), [("7", "There is no version '7'"), ("nowhere.toml", "There is no file")])
def test_what_is_not_there_is_said_in_a_sentence(db, name, says):
    done = compare("1", name)
    assert done.exit_code == 1
    assert says in done.output
