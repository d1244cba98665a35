"""`glimmer pharmacology`: levels for programs and for people; a model file by its path; refusals in words."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from glimmer.cli.main import app
from glimmer.guidance import kinetics

WORDS = ("predict", "--model", "otto2021", "--dose-mg", "35", "--weight-kg", "70", "--at", "10,40,120")


def run(*words: str) -> tuple[int, str]:
    answer = CliRunner().invoke(app, ["pharmacology", *words])
    assert answer.exception is None or isinstance(answer.exception, SystemExit), answer.exception
    return answer.exit_code, answer.output


def test_levels_after_an_infusion_as_json() -> None:
    code, says = run(*WORDS, "--minutes", "40", "--json")
    found = json.loads(says)
    # The published reference values of this model.
    assert found["typical"] == pytest.approx([56.095322, 158.041733, 55.105604], abs=1e-6)
    assert (code, found["unit"], found["evidence"], found["version"]) == (0, "ng/mL", "source", "otto2021-1")
    assert [len(row) for row in found["band"]] == [3, 3, 3]


def test_model_by_path_is_read_like_those_that_are_shipped(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text((kinetics.FOLDER / "otto2021.toml").read_text().replace('id = "otto2021"', 'id = "own"'))
    own = ("predict", "--model", str(file), *WORDS[3:], "--minutes", "40", "--json")
    assert json.loads(run(*own)[1])["typical"] == json.loads(run(*WORDS, "--minutes", "40", "--json")[1])["typical"]


def test_answer_for_people_says_that_it_is_predicted() -> None:
    code, says = run(*WORDS, "--minutes", "40")
    assert (code, "Predicted, not measured" in says, "158.04" in says) == (0, True, True)


def test_second_model_always_stands_beside_the_first_and_never_beside_itself_or_another_output() -> None:
    # The reference values of Kamp 2020 at 40 and 120 minutes.
    found = json.loads(run(*WORDS, "--minutes", "40", "--json")[1])["second"]
    assert found["typical"][1:] == pytest.approx([253.051835, 49.906191], abs=1e-6)
    assert "The second model, Kamp 2020 (memory), says:" in " ".join(run(*WORDS, "--minutes", "40")[1].split())
    assert json.loads(run(*WORDS, "--output", "norketamine", "--json")[1])["second"] is None
    own = ("predict", "--model", "kamp2020", *WORDS[3:], "--json")
    assert json.loads(run(*own)[1])["second"] is None


def test_models_are_listed_with_their_marks() -> None:
    rows = json.loads(run("models", "--json")[1])
    assert {row["id"]: row["evidence"] for row in rows}["otto2021_racemic"] == "proposal"
    assert {row["fault"] for row in rows} == {""}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--model", "nobody"), "no model and no file nobody"),
        (("--at", "10,x"), "minutes with commas"),
        (("--at", "10,10"), "ascend"),
        (("--weight-kg", "20"), "No curve is drawn"),
        (("--age", "12"), "No curve is drawn"),
        (("--output", "caffeine"), "no output 'caffeine'"),
        (("--dose-mg", "-1"), "not below 0"),
        (("--share", "0.5"), "needs both"),
        (("--minutes", "-4"), "infusion lasts"),
        (("--draws", "-1"), "people drawn"),
    ],
)
def test_wrong_question_is_answered_in_words(words: tuple[str, ...], says: str) -> None:
    code, answer = run(*WORDS, *words)
    assert (code, says in " ".join(answer.split())) == (1, True), answer


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("volume_l = 133", "volume_l = 0", "above 0"),
        ('into = "norketamine"', 'into = "nowhere"', "must exist"),
        ("l_per_h = 157", "l_per_h = 157, l_per_min = 2", "not both"),
        ("[0.02261, 0.026048, 0, 0]", "[0.03, 0.026048, 0, 0]", "both sides"),
        ('evidence = "source"', 'evidence = "hearsay"', "evidence"),
        ("compartments = [", "compartments = 3\nothers = [", "list of tables"),
        ("[people]", "[people", "not valid TOML"),
    ],
)
def test_file_that_is_no_model_is_refused_in_words(tmp_path: Path, old: str, new: str, says: str) -> None:
    text = (kinetics.FOLDER / "otto2021.toml").read_text()
    assert old in text
    file = tmp_path / "spoilt.toml"
    file.write_text(text.replace(old, new))
    code, answer = run("predict", "--model", str(file), *WORDS[3:])
    assert (code, says in " ".join(answer.split())) == (1, True), answer
