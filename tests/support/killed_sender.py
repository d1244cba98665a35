"""A sender that is killed while it sends, and one that is not: for `GLIMMER_SENDER`, in a process of its own.

python -m tests.support.killed_sender post | deliver MINUTES_AHEAD
"""

import json
import os
import sys
from datetime import timedelta
from typing import Any


class Killed:
    """Dies as a process does that is killed: no handler runs, nothing is written."""

    name, keeps = "killed", False

    def send(self, parcel: Any) -> None:
        """Die."""
        os._exit(9)


class Delivers:
    """Takes every message."""

    name, keeps = "delivers", False

    def send(self, parcel: Any) -> None:
        """Take it."""


def main(what: str, *given: str) -> None:
    """Post one message, or send what is due so many minutes ahead; print what the records hold."""
    import django

    django.setup()
    from django.db import transaction
    from django.utils import timezone

    from glimmer.actions.delivery import deliver_due
    from glimmer.actions.sending import EMAIL, Recipient, post_message
    from glimmer.records.models import OutboxMessage, SendingTry

    if what == "post":
        with transaction.atomic():
            post_message("letter_ready", Recipient(EMAIL, "a@example.org"), {}, once="a", at=timezone.now())
    else:
        deliver_due(lambda: timezone.now() + timedelta(minutes=float(given[0])))
    tries = [(one.sender, one.outcome) for one in SendingTry.objects.order_by("number")]
    print(json.dumps({"states": list(OutboxMessage.objects.values_list("state", flat=True)), "tries": tries}))


if __name__ == "__main__":
    main(*sys.argv[1:])
