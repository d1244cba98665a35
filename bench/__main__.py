"""Run the benchmarks, print one table and write build/bench.json: `python -m bench [--short] [JOB ...]`.

A job's rows are dicts of job, ours, peer, peer_value, ratio, unit, target, target_met and note. Numbers from two
runs cannot be compared; ratios in one can.
"""

import sys

from bench.jobs import JobFolder

BENCH = JobFolder(
    package="bench",
    columns=("job", "ours", "peer", "peer_value", "ratio", "unit", "target", "target_met", "note"),
    numbers=frozenset({"ours", "peer_value", "ratio"}),
    doing="Measuring",
)

if __name__ == "__main__":
    sys.exit(BENCH.main(__doc__.split("\n")[0]))
