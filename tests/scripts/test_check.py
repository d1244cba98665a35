"""`make check` finds risky code, and says plainly whether anybody was asked about known weaknesses."""

import json
import subprocess
import sys
from pathlib import Path

from scripts.check import CHECKS, judged

ROOT = Path(__file__).resolve().parents[2]


def answer(*packages: dict) -> str:
    return json.dumps({"dependencies": list(packages), "fixes": []})


SOUND = {"name": "django", "version": "5.2.9", "vulns": []}
WEAK = {"name": "jinja2", "version": "3.0", "vulns": [{"id": "CVE-2024-1", "fix_versions": ["3.1"]}]}
UNKNOWN = {"name": "ours", "skip_reason": "Dependency not found on PyPI"}


def test_known_weakness_fails_and_is_named():
    assert judged(answer(SOUND, WEAK)) == (
        False,
        "FAILED: jinja2 3.0: CVE-2024-1. Raise the version in pyproject.toml and lock again.",
    )


def test_sound_packages_pass_and_what_is_not_known_is_counted():
    assert judged(answer(SOUND)) == (True, "ok")
    assert judged(answer(SOUND, UNKNOWN)) == (True, "ok, but of 1 nothing is known")


def test_no_answer_is_never_called_ok():
    for silence in ("", "Traceback", "{}", answer(UNKNOWN)):
        is_clean, says = judged(silence)
        assert (is_clean, says.startswith("NOT ASKED")) == (True, True)


def test_scan_finds_a_query_that_is_put_together_from_words(tmp_path: Path):
    risky = tmp_path / "risky.py"
    risky.write_text('def find(cursor, name):\n    cursor.execute(f"SELECT * FROM staff WHERE name = {name}")\n')
    tool, *options = CHECKS["security"]
    command = [Path(sys.executable).parent / tool, *options[: options.index("-r")], "-r", str(risky)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert "B608" in done.stdout
