"""`glimmer evidence update`: one page for people, JSON for programs, a file for the model; a sentence for a mistake."""

import builtins
import json

import numpy as np
import pytest
from typer.testing import CliRunner

from glimmer.cli.main import app
from glimmer.registry.posterior import load_posterior
from glimmer.registry.simulated import simulate_registry, truth_by_evidence


def run(*words: str) -> tuple[int, str, str]:
    answer = CliRunner().invoke(app, ["evidence", "update", *words])
    assert answer.exception is None or isinstance(answer.exception, SystemExit), answer.exception
    return answer.exit_code, answer.stdout, answer.stderr


def test_a_made_up_registry_gives_one_page_a_file_of_draws_and_its_rows(tmp_path):
    out, rows = tmp_path / "draws.npz", tmp_path / "rows.csv"
    made = ("--simulated", "--sites", "2", "--courses", "30", "--draws", "50", "--no-scenarios")
    code, page, _ = run(*made, "--out", str(out), "--rows-out", str(rows))
    assert code == 0
    assert page.startswith("SIMULATED")
    assert "before the registry" in page
    posterior = load_posterior(out)
    assert posterior.provenance["registry_digest"] == simulate_registry(1, truth_by_evidence(), 2, 30).digest
    # The rows that were written are read again, keep their mark, and give the same draws.
    code, answer, _ = run(str(rows), "--draws", "50", "--no-scenarios", "--json", "--out", str(tmp_path / "again.json"))
    said = json.loads(answer)
    assert (code, said["says"], said["draws"]) == (0, "SIMULATED", {})
    again = load_posterior(tmp_path / "again.json")
    assert np.array_equal(again.draws["session_cost"], posterior.draws["session_cost"])


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "Name a registry file, or ask for a made-up one"),
        (("rows.csv", "--simulated"), "one of the two"),
        (("none.csv",), "There is no file none.csv"),
        (("--simulated", "--out", "draws.txt"), "neither .json nor .npz"),
        (("--simulated", "--sites", "1", "--courses", "5"), "an update needs at least 10"),
    ],
)
def test_a_mistake_gets_a_sentence_and_no_trace(words, says):
    code, _, error = run(*words)
    assert code == 1
    assert says in error
    assert "Traceback" not in error


def test_without_the_extra_it_says_what_to_install(monkeypatch):
    """The packages of an extra are looked for by name; here the search finds none, as in a plain installation."""
    from glimmer.registry import engine

    def absent(name: str) -> builtins.object:
        raise ModuleNotFoundError(f"No module named {name!r}")

    monkeypatch.setattr(engine.importlib, "import_module", absent)
    code, _, error = run("--simulated", "--sites", "1", "--courses", "40", "--no-scenarios")
    assert code == 1
    assert "uv sync --extra bayes" in error
