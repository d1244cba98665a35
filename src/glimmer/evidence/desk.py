"""A desk for questions that take longer than a page waits: asked again, it says how far it is, and then the answer.

It stands in a process of its own, which answers one question a line (`serve`). One question is worked on at a time;
the rest wait in order, and one that nobody asks for any more is dropped. Answers are kept, so that going back is quick.
"""

import json
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, TextIO

from glimmer.vocabulary.problems import Problem

Told = Callable[[int, int], None]
Work = Callable[[Mapping[str, Any], Told], Mapping[str, Any]]

# How long a question is waited for before it is said how far it is: short ones are answered at once.
WAIT_SECONDS = 1.0
# A page asks again every second or two; whoever has not for so long has closed it.
FORGOTTEN_SECONDS = 20.0
FAILED = "The model failed at this question ({kind}). Change a number, or tell the person who runs Glimmer."
MOST_ANSWERS = 48
MOST_WAITING = 12


class Dropped(Exception):
    """Nobody asks for this question any more."""


class Desk:
    """Answers questions by `work(asked, told)`, in one thread; `told(done, of)` says how far it is."""

    def __init__(self, work: Work, wait_seconds: float = WAIT_SECONDS, forgotten: float = FORGOTTEN_SECONDS) -> None:
        self._work, self._wait, self._forgotten = work, wait_seconds, forgotten
        self._changed = threading.Condition()
        self._answers: OrderedDict[str, dict[str, Any]] = OrderedDict()
        self._waiting: OrderedDict[str, float] = OrderedDict()
        self._now = ""
        self._done = (0, 0)
        threading.Thread(target=self._work_on, daemon=True).start()

    def ask(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Return {"state": "answered", "answer": ...}, {"state": "refused", "says": why}, or how far it is.

        How far: {"state": "working", "done": 0 to 1, "before": questions of others that come first}. A question that
        failed is refused with "failed_by", the kind of error. What was refused is tried again when it is asked again.
        """
        key = json.dumps(asked, sort_keys=True)
        until = time.monotonic() + self._wait
        with self._changed:
            while True:
                if key in self._answers:
                    return self._found(key)
                self._note(key)
                left = until - time.monotonic()
                if left <= 0 or not self._changed.wait(left):
                    return self._found(key) if key in self._answers else self._how_far(key)

    def _found(self, key: str) -> dict[str, Any]:
        self._answers.move_to_end(key)
        said = self._answers[key]
        if said["state"] == "refused":
            # It is tried again when it is asked again: what was lacking may be there by then.
            del self._answers[key]
        return said

    def _note(self, key: str) -> None:
        is_new = key not in self._waiting
        self._waiting[key] = time.monotonic()
        if is_new:
            while len(self._waiting) > MOST_WAITING:
                # The newest of those that nobody works on gives way: the oldest has waited longest.
                del self._waiting[list(self._waiting)[-2]]
            self._changed.notify_all()

    def _how_far(self, key: str) -> dict[str, Any]:
        if key == self._now:
            done, of = self._done
            return {"state": "working", "done": done / of if of else 0.0, "before": 0}
        order = list(self._waiting)
        return {"state": "working", "done": 0.0, "before": order.index(key) if key in order else len(order)}

    def _next(self) -> str:
        with self._changed:
            while True:
                long_ago = time.monotonic() - self._forgotten
                for key in [one for one, last in self._waiting.items() if last < long_ago]:
                    del self._waiting[key]
                if self._waiting:
                    self._now, self._done = next(iter(self._waiting)), (0, 0)
                    return self._now
                self._changed.wait()

    def _tell(self, done: int, of: int) -> None:
        self._done = (done, of)
        with self._changed:
            if self._waiting.get(self._now, 0.0) < time.monotonic() - self._forgotten:
                raise Dropped

    def _work_on(self) -> None:
        while True:
            key = self._next()
            said: dict[str, Any] | None
            try:
                said = {"state": "answered", "answer": self._work(json.loads(key), self._tell)}
            except Dropped:
                said = None
            except Problem as refused:
                said = {"state": "refused", "says": str(refused)}
            except Exception as fault:
                # To the page it is a sentence: a failure that looked like a slow start would be asked again for ever.
                kind = type(fault).__name__
                said = {"state": "refused", "says": FAILED.format(kind=kind), "failed_by": kind}
            with self._changed:
                self._waiting.pop(key, None)
                self._now = ""
                if said is not None:
                    self._answers[key] = said
                while len(self._answers) > MOST_ANSWERS:
                    self._answers.popitem(last=False)
                self._changed.notify_all()


def serve(questions: TextIO, answers: TextIO, work: Work) -> None:
    """Answer each line of `questions` until they end; the first word is {"state": "ready"}. Nothing is logged."""
    desk = Desk(work)
    say(answers, {"state": "ready"})
    for line in questions:
        try:
            said = desk.ask(json.loads(line))
        except Exception as fault:
            said = {"failed": type(fault).__name__}
        say(answers, said)


def say(answers: TextIO, what: object) -> None:
    """Write one answer as a line of JSON; what is no number or text becomes {"failed": kind of error}."""
    try:
        line = json.dumps(what, allow_nan=False)
    except (TypeError, ValueError) as fault:
        line = json.dumps({"failed": type(fault).__name__})
    answers.write(line + "\n")
    answers.flush()
