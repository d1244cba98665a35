"""The economics in a process of its own: `python -m glimmer.evidence.economics.worker` answers one question a line.

It is a process so that no page's process loads numpy, and so that a model that fails or hangs takes nothing of the
clinic with it. It runs the model before its first word, which takes a while, and ends with its input.
"""

import json
import sys
from collections.abc import Mapping
from typing import Any, TextIO

from glimmer.evidence.economics.levers import DRAWS, Levers, Prepared, answer, prepare


def serve(questions: TextIO, answers: TextIO, draws: int = DRAWS) -> None:
    """Answer each line of `questions`, {"failed": kind of error} where there is no answer; nothing of it is logged."""
    prepared = prepare(draws=draws)
    _say(answers, {"state": "ready"})
    for line in questions:
        try:
            said = _answered(prepared, json.loads(line))
        except Exception as fault:
            said = {"failed": type(fault).__name__}
        _say(answers, said)


def _answered(prepared: Prepared, asked: Mapping[str, Any]) -> Mapping[str, Any]:
    prices = {name: float(price) for name, price in asked["prices"].items()}
    where = (float(asked[name]) for name in ("danger", "interval_days", "people"))
    return answer(prepared, Levers(prices, *where))


def _say(answers: TextIO, what: object) -> None:
    answers.write(json.dumps(what, allow_nan=False) + "\n")
    answers.flush()


if __name__ == "__main__":
    serve(sys.stdin, sys.stdout)
