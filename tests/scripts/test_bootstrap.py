"""The first command says in one plain sentence what is missing, and does nothing when nothing is to do."""

import os
import shutil
import subprocess
import sys

import pytest

from tests.support.shared_data import REPOSITORY

# Port 9 of this machine: nothing listens there, so it stands for a network that is down.
NO_NETWORK = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "0", "PIP_CONFIG_FILE": os.devnull}


@pytest.fixture
def clone(tmp_path):
    """A folder with what the bootstrap reads, whose name holds a space as people's folders do."""
    folder = tmp_path / "my clone"
    (folder / "scripts").mkdir(parents=True)
    for name in ("scripts/bootstrap", "scripts/uv.txt", "pyproject.toml", "uv.lock"):
        shutil.copy(REPOSITORY / name, folder / name)
    return folder


def stub(path, lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n" + lines + "\n")
    path.chmod(0o755)
    return path


def bootstrap(clone, **environment):
    command = ["sh", str(clone / "scripts" / "bootstrap"), "dev"]
    kept = {"PATH": "/usr/bin:/bin", "HOME": str(clone)}
    return subprocess.run(command, env=kept | environment, capture_output=True, text=True)


@pytest.mark.parametrize("lines", ["exit 127", "exit 1"], ids=["stub of a version manager", "too old"])
def test_named_python_that_does_not_serve_is_refused_in_one_sentence(clone, lines):
    python = stub(clone / "python3", lines)
    ended = bootstrap(clone, GLIMMER_PYTHON=str(python))
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"GLIMMER_PYTHON={python} is not a working Python 3.11 to 3.14.")
    assert ended.stderr.count("\n") == 1


def test_version_manager_stubs_are_passed_over_and_a_dead_network_is_explained(clone):
    stubs = stub(clone / "stubs" / "python3", "exit 127").parent
    for name in ("python3.11", "python3.12", "python3.13", "python3.14", "python"):
        stub(stubs / name, "exit 127")
    managed = clone / "managed" / "versions" / "3.11.99" / "bin" / "python3"
    managed.parent.mkdir(parents=True)
    managed.symlink_to(os.path.realpath(sys.executable))
    ended = bootstrap(clone, PATH=f"{stubs}:/usr/bin:/bin", PYENV_ROOT=str(clone / "managed"), **NO_NETWORK)
    assert ended.returncode == 1
    assert ended.stdout.startswith("Setting up Glimmer with /")
    assert ended.stderr.startswith("The installer uv could not be fetched from PyPI (")
    assert "Check the network connection and type the same command again" in ended.stderr
    assert ended.stderr.count("\n") == 1
    assert not (clone / ".venv").exists()


def test_nothing_is_done_when_the_environment_was_made_from_the_same_lock(clone):
    made_from = subprocess.run(
        "cat uv.lock pyproject.toml scripts/uv.txt | cksum", shell=True, cwd=clone, capture_output=True, text=True
    ).stdout
    stub(clone / ".venv" / "bin" / "python", "exit 0")
    (clone / ".venv" / ".made-for-dev").write_text(made_from)
    ended = bootstrap(clone, **NO_NETWORK)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    assert not (clone / ".glimmer").exists()


def test_environment_is_made_again_when_the_lock_changed(clone):
    stub(clone / ".venv" / "bin" / "python", "exit 0")
    (clone / ".venv" / ".made-for-dev").write_text("1 2\n")
    ended = bootstrap(clone, **NO_NETWORK)
    assert ended.returncode == 1
    assert "Setting up Glimmer" in ended.stdout


def test_pinned_installer_has_a_digest_for_every_file():
    pinned = (REPOSITORY / "scripts" / "uv.txt").read_text()
    assert pinned.count("==") == 1
    assert pinned.count("--hash=sha256:") >= 10
