"""The cohort engine through its general interface, a model read from a file, beside the peers and the physical limit.

The work: Sick-Sicker, 4 strategies, 75 cycles, 10,000 draws. Drawing the inputs is apart, and so is compiling. The
limit is what one core needs for the multiplications alone: 22 million in about half a millisecond.
"""

import os
from pathlib import Path
from typing import Any

import numpy as np

from bench.economics_peers import NOT_INSTALLED, heormodel_cohort, is_here, pyheor_cohort
from bench.measured import best, fresh_rows, row
from glimmer.evidence.economics.files import read_model
from glimmer.evidence.economics.model import Model

ROOT = Path(__file__).resolve().parents[1]
FILE = ROOT / "docs" / "examples" / "economics" / "sick_sicker.toml"
DRAWS, SHORT_DRAWS = 10_000, 500
PEER_DRAWS, SHORT_PEER_DRAWS = 1_000, 20
SLOW_PEER_DRAWS = 20
AIM_MS, AIM_MB, LIMIT_MS, AIM_OF_LIMIT = 10.0, 200.0, 0.5, 20.0
FRESH = """
from pathlib import Path
from glimmer.evidence.economics.files import read_model
model = read_model(Path({file!r}))
draws = model.inputs.draw({draws}, 1)
def work(): model.run(draws, workers=1)
"""


def rows(*, short: bool = False) -> list[dict[str, Any]]:
    """Return the rows: the aim, the limit, the peers, what doubling the work costs, compile time and memory."""
    count, times = (SHORT_DRAWS, 3) if short else (DRAWS, 40)
    model = read_model(FILE)
    draws = model.inputs.draw(count, 1)
    one = best(lambda: model.run(draws, workers=1), times)
    both = best(lambda: model.run(draws), times)
    drawing = best(lambda: model.inputs.draw(count, 1), 3)
    scale = count / DRAWS
    work = f"Sick-Sicker: {count:,} draws x 4 strategies x 75 cycles"
    busy = f"load {os.getloadavg()[0]:.1f}"
    return [
        row(f"{work}, one thread", one, "the aim", AIM_MS * scale, f"at most {AIM_MS * scale:g} ms",
             one <= AIM_MS * scale, f"drawing the inputs {drawing:.1f} ms more; {busy}"),
        row(f"{work}, all cores", both, "one thread", one, "", None, busy),
        row(f"{work}, one thread", one, "multiplications alone, from the facts", LIMIT_MS * scale,
             f"at most {AIM_OF_LIMIT:g} times the peer", one <= AIM_OF_LIMIT * LIMIT_MS * scale, busy),
        *_peers(work, one, count, model, short=short),
        *_linear(model, count, times),
        *fresh_rows(FRESH.format(file=str(FILE), draws=count), AIM_MB),
    ]  # fmt: skip


def _peers(work: str, ours: float, count: int, model: Model, *, short: bool) -> list[dict[str, Any]]:
    found = []
    for package, cohort, asked, counting in (
        ("heormodel", heormodel_cohort, SHORT_PEER_DRAWS if short else PEER_DRAWS, "half_cycle"),
        ("pyheor", pyheor_cohort, SLOW_PEER_DRAWS, "life_table"),
    ):
        if not is_here(package):
            found.append(row(work, ours, NOT_INSTALLED[package], None, "", None, ""))
            continue
        draws = model.inputs.draw(asked, 1)
        run = cohort(draws)
        theirs = best(run, 1) * count / asked
        same = model.with_settings(counting=counting)
        apart = np.abs(run() / same.run(draws).total("cost") - 1).max()
        found.append(
            row(work, ours, f"{package}, scaled from {asked:,} draws", theirs, "", None, f"costs agree to {apart:.0e}")
        )
    return found


def _linear(model: Model, count: int, times: int) -> list[dict[str, Any]]:
    """Twice the draws and twice the cycles, each measured in turn with the plain work."""
    draws, twice = model.inputs.draw(count, 1), model.inputs.draw(2 * count, 1)
    longer = model.with_cycles(150)
    plain, more_draws, more_cycles = [], [], []
    for _ in range(max(times // 4, 2)):
        plain.append(best(lambda: model.run(draws, workers=1), 1))
        more_draws.append(best(lambda: model.run(twice, workers=1), 1))
        more_cycles.append(best(lambda: longer.run(draws, workers=1), 1))
    return [
        row("Twice the draws", min(more_draws), "once", min(plain), "about twice", None, "one thread, in turns"),
        row("Twice the cycles", min(more_cycles), "once", min(plain), "at most twice", None, "one thread, in turns"),
    ]
