"""`glimmer protocol`: what a person who writes a protocol reads, and what a script can rely on."""

import json

import pytest
from typer.testing import CliRunner

from glimmer.cli.main import app
from glimmer.guidance.protocol import FOLDER


def run(*words):
    return CliRunner().invoke(app, ["protocol", *words])


@pytest.fixture
def draft(tmp_path):
    """A clinic's own file that extends a shared one; `draft(old, new)` plants a change in it."""

    def write(old="", new=""):
        text = (FOLDER / "intranasal-esketamine.v1.toml").read_text()
        assert old in text
        path = tmp_path / "draft.toml"
        path.write_text(text.replace('id = "intranasal-esketamine"', 'id = "our-esketamine"').replace(old or "\0", new))
        return str(path)

    return write


def test_a_sound_file_is_played_through_and_nothing_is_wrong(draft):
    done = run("check", draft(), "--log")
    assert done.exit_code == 0
    assert "Wrong: nothing" in done.output
    assert "Given: device 3 of 3" in done.output
    assert "the patient left 130 minutes after the start" in done.output


def test_a_fault_is_named_and_ends_with_one(draft):
    done = run("check", draft('value = 2\nunit = "d"', 'value = 9\nunit = "h"'), "--json")
    assert done.exit_code == 1
    told = json.loads(done.output)
    assert told["id"] == "our-esketamine"
    assert told["wrong"][0] == "[shortest_days_between] is given in 'h', but must be in d."
    assert "fewer than the shortest" in told["wrong"][1]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("value = 12", "value = ", "is not valid TOML"),
        ("value = 12", "valu = 12", "missing value"),
        ('extends = "esketamine.v1"', 'extends = "nowhere.v9"', "there is no file shared/nowhere.v9.toml"),
        ('version = "1"', "version = 1", "version must be a text"),
    ],
)
def test_what_is_no_protocol_yet_is_one_sentence(draft, old, new, says):
    done = run("check", draft(old, new))
    assert done.exit_code == 1
    assert "draft.toml is no protocol yet" in done.output
    assert says in done.output
    assert "Traceback" not in done.output


def test_a_text_where_a_number_belongs_is_named_and_nothing_is_played(draft):
    done = run("check", draft("value = 12", 'value = "twelve"'))
    assert (done.exit_code, "[sessions] is 'twelve', but must be a number" in done.output) == (1, True)


def test_a_file_or_protocol_that_is_not_there_is_said():
    assert "There is no file" in run("check", "nowhere.toml").output
    assert "There is no protocol 'nowhere'" in run("check", "nowhere").output


def test_two_versions_are_compared_in_words():
    done = run("compare", "iv-racemic-standard@1", "iv-racemic-standard@2")
    assert done.exit_code == 0
    assert "repeats apart seconds was 300, is 270" in done.output
    assert "A new alarm, pressure-low: Low blood pressure" in done.output
    assert "0 differences" in run("compare", "iv-racemic-slow", "iv-racemic-slow").output


def test_a_route_is_compared_with_another_in_words():
    told = run("compare", "iv-racemic-standard", "intranasal-esketamine").output
    assert "Administration was “infusion”, is “sprays”." in told
    assert "New figure: Container mg is 28 mg per device" in told
    assert "The criterion for leaving cannula_out is gone" in told
