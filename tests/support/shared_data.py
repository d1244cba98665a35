"""Real material that this project did not write, kept beside the repository and never copied into it."""

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
SHARED_DATA = REPOSITORY.parent / "shared" / "data"


def shared_data(*parts: str) -> Path:
    """Return the path of shared material such as `shared_data("hl7")` or `shared_data("hl7", "acme.hl7")`.

    Where it is absent the test is skipped with the reason, but under CI=true it fails:
    a green run must mean that the real messages were read.
    """
    path = SHARED_DATA.joinpath(*parts)
    if path.exists():
        return path
    where = "../shared/data/" + "/".join(parts)
    message = f"The shared test data {where} is not here. Put the shared folder beside the repository to run this test."
    if os.environ.get("CI", "").lower() in {"true", "1"}:
        pytest.fail(message, pytrace=False)
    pytest.skip(message)
