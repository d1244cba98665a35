"""The engine in a process of its own: `python -m glimmer.pharmacology.worker` answers one question a line.

It is a process so that no page's process loads numpy, and so that a model that fails, hangs or dies takes nothing of
the bedside with it. It proves itself on the reference values before its first word, and ends with its input.
"""

import json
import sys
from typing import TextIO

from glimmer.pharmacology.beside import answer
from glimmer.pharmacology.self_test import self_test

READY = "ready"


def serve(questions: TextIO, answers: TextIO) -> None:
    """Answer each line of `questions`, {"failed": kind of error} where there is no answer; nothing of it is logged."""
    _say(answers, {"state": READY, "faults": dict(self_test())})
    for line in questions:
        try:
            said = answer(json.loads(line))
        except Exception as fault:
            said = {"failed": type(fault).__name__}
        _say(answers, said)


def _say(answers: TextIO, what: object) -> None:
    answers.write(json.dumps(what) + "\n")
    answers.flush()


if __name__ == "__main__":
    serve(sys.stdin, sys.stdout)
