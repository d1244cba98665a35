"""Whether this server may serve this database: also where it was not started by `glimmer serve`, which asks first."""

import logging

from django.db import Error, connections

from glimmer.records.training import TRAINING, purpose

LOG = logging.getLogger("glimmer.purpose")
UNMARKED = (
    "This database is for training: nobody in it is real, and without the mark SIMULATED it is not served. "
    "Serve it with: glimmer serve --training"
)
MARKED = (
    "This database holds a clinic, and GLIMMER_TRAINING would mark its real patients SIMULATED. "
    "Leave GLIMMER_TRAINING out; training is served with: glimmer serve --training"
)


def objection(is_training: bool) -> str:
    """Return why a server that marks everything SIMULATED, or nothing, may not serve this database; empty if it may."""
    is_for_training = purpose() == TRAINING
    if is_for_training == is_training:
        return ""
    return UNMARKED if is_for_training else MARKED


def objection_at_start(is_training: bool) -> str:
    """As `objection`, for a thread of its own; a database that is away objects to a clinic in nothing."""
    try:
        return objection(is_training)
    except Error as problem:
        LOG.error("What the database is for could not be read (%s).", type(problem).__name__)
        return MARKED if is_training else ""
    finally:
        connections.close_all()
