"""What the benchmarks and soak jobs begin with."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.live_server import ClinicBuilder
from tests.support.migrated import OFFERED
from tests.support.postgres import RunningPostgres


@pytest.fixture(scope="session")
def offering(
    tmp_path_factory: pytest.TempPathFactory, folder_of_the_run: Path, postgres_of_the_run: RunningPostgres | None
) -> Callable[[str], dict[str, str]]:
    """Return a function that gives the environment of a job which may begin with a copy of this run's clinics.

    The jobs begin on SQLite: where the run is on PostgreSQL, the clinics are made for them.
    """
    shared = folder_of_the_run
    if postgres_of_the_run:
        shared = tmp_path_factory.mktemp("offered")
    on_sqlite = ClinicBuilder(shared, shared, None)

    def environment(kind: str) -> dict[str, str]:
        on_sqlite.template(kind)
        return {**os.environ, OFFERED: str(shared)}

    return environment
