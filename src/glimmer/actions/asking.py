"""How an action asks a model in a process of its own, which may need a while: answered, working, refused or away."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from glimmer.actions.ports import port

LOG = logging.getLogger(__name__)
NOT_YET = (
    "The model is being started, which takes up to a minute after Glimmer itself was started. "
    "The page asks again by itself; without its script, press the button again."
)
WORKING = "It is being worked out. The page asks again by itself; without its script, press the button again."


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of a question: `answer`, or a sentence in `says` and how far it is.

    `state`: "answered", "working", "starting" or "refused". `done` is 0 to 1, `before` how many questions come first.
    """

    state: str
    answer: Mapping[str, Any] | None = None
    says: str = ""
    done: float = 0.0
    before: int = 0

    @property
    def is_coming(self) -> bool:
        """Whether asking again will help."""
        return self.state in ("working", "starting")


def ask_model(name: str, question: Mapping[str, Any]) -> Asked:
    """Return what the model behind the port `name` says to a question; whatever goes wrong is a sentence."""
    try:
        said = port(name)(question)
    except Exception as away:
        LOG.info("no answer of a model", extra={"model": name, "kind": type(away).__name__})
        return Asked("starting", says=NOT_YET)
    if said.get("state") == "answered":
        return Asked("answered", said["answer"])
    if said.get("state") == "refused":
        return Asked("refused", says=str(said["says"]))
    return Asked("working", says=WORKING, done=float(said.get("done", 0.0)), before=int(said.get("before", 0)))
