"""Compiled loops are never those of an older file, whichever of the files that they are made of was changed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import glimmer
from glimmer import COMPILED_IN, kernel_cache

PACKAGE = Path(glimmer.__file__).parent


def test_loops_are_looked_for_only_where_they_are_known_to_be():
    with_loops = {
        file.parent.relative_to(PACKAGE).as_posix()
        for file in PACKAGE.rglob("*.py")
        if "from numba import njit" in file.read_text(encoding="utf-8")
    }
    assert with_loops <= set(COMPILED_IN)


@pytest.fixture
def package(tmp_path):
    for folder in COMPILED_IN:
        shutil.copytree(PACKAGE / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


@pytest.mark.parametrize("file", ["evidence/capacity/lists.py", "evidence/economics/chance.py"])
def test_each_change_of_a_file_has_a_folder_of_its_own(package, file):
    before = kernel_cache(package)
    assert kernel_cache(package) == before
    os.utime(package / file, ns=(1, 1))
    assert kernel_cache(package) != before


def test_a_loop_follows_the_file_that_it_calls(package):
    """Two files as numba sees them: the caller stays as it is, and what it calls is changed."""
    folder = package / "evidence" / "capacity"
    (folder / "callee.py").write_text("from numba import njit\n@njit(cache=True)\ndef one():\n    return 1\n")
    (folder / "caller.py").write_text(
        "from numba import njit\nfrom callee import one\n@njit(cache=True)\ndef two():\n    return 2 * one()\n"
    )

    def answer() -> str:
        environment = {**os.environ, "NUMBA_CACHE_DIR": str(kernel_cache(package)), "PYTHONPATH": str(folder)}
        command = [sys.executable, "-c", "from caller import two; print(two())"]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.strip()

    assert answer() == "2"
    (folder / "callee.py").write_text("from numba import njit\n@njit(cache=True)\ndef one():\n    return 50\n")
    assert answer() == "100"


def test_a_folder_that_somebody_named_is_kept(tmp_path):
    command = [sys.executable, "-c", "import glimmer, os; print(os.environ['NUMBA_CACHE_DIR'])"]
    for named, kept in ((str(tmp_path), str(tmp_path)), ("/of/another/kernels-0", str(kernel_cache(PACKAGE)))):
        done = subprocess.run(
            command, env={**os.environ, "NUMBA_CACHE_DIR": named}, capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == kept
