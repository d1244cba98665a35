"""Prove what the bedside promises by brute force: `python -m soak [--short] [JOB ...]`; writes build/soak.json.

A job's rows are dicts of job, claim (what must hold), aim, measured (in words, with the numbers), met and note. The
short form runs with the tests: the same code with fewer rounds.
"""

import sys

from bench.jobs import JobFolder

SOAK = JobFolder(
    package="soak",
    columns=("job", "claim", "aim", "measured", "met", "note"),
    numbers=frozenset(),
    doing="Soaking",
)

if __name__ == "__main__":
    sys.exit(SOAK.main(__doc__.split("\n")[0]))
