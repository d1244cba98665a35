"""No alarm knows of a predicted level: a session replays alike with the engine at work and with it removed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from glimmer.care.session.given import given_of
from glimmer.care.session.log import fold
from glimmer.monitoring.state import as_received, session_state
from glimmer.pharmacology.beside import answer
from tests.monitoring.golden.write import read, seen

FOLDER = Path(__file__).parent / "golden"
ROOT = Path(__file__).parents[2]
REPLAYED = ("hypertensive.v3", "pump.v3")
# Really removed: whoever asks for one of these, however deep, gets what a missing file gives.
REMOVED = ("glimmer.pharmacology", "glimmer.guidance.kinetics", "glimmer.care.session.given", "numpy", "scipy", "numba")
REPLAY = """
import json, sys
from importlib.abc import MetaPathFinder
from pathlib import Path

removed = {removed!r}

class Removed(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if any(name == one or name.startswith(one + ".") for one in removed):
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Removed())
from glimmer.monitoring.state import as_received, session_state
from tests.monitoring.golden.write import read, seen
for name in {replayed!r}:
    events, moments = read(Path({folder!r}) / (name + ".jsonl"))
    print(json.dumps([seen(session_state(as_received(events, now), now)) for now, _ in moments]))
assert not any(name == one or name.startswith(one + ".") for name in sys.modules for one in removed)
"""


@pytest.fixture(scope="module")
def without() -> list[list[dict]]:
    """What is seen of each session where the engine is not there at all."""
    script = REPLAY.format(removed=REMOVED, replayed=REPLAYED, folder=str(FOLDER))
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("index", range(len(REPLAYED)))
def test_alarms_are_the_same_with_the_engine_and_without_it(without: list[list[dict]], index: int) -> None:
    events, moments = read(FOLDER / f"{REPLAYED[index]}.jsonl")
    drawn = 0
    for (now, _), then in zip(moments, without[index], strict=True):
        received = as_received(events, now)
        given = given_of(fold(received), now)
        if given is not None:
            doses = [[one.since, one.until, one.mg] for one in given.flows]
            asked = {"drug": "racemic", "weight_kg": 70, "age_years": 42, "doses": doses, "until_min": 180}
            drawn += bool(answer({"kind": "levels", **asked})["high"])
        assert json.loads(json.dumps(seen(session_state(received, now)))) == then
    assert drawn > 5
    assert any(moment["alarms"] for moment in without[index])
