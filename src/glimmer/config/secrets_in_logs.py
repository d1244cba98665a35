"""Keeping secret addresses out of the log: a link to a patient's own pages, the feed of a calendar."""

import logging
import re
from typing import Any

_SECRET = re.compile(r"(/own/in/|/calendar/feeds/)[^\s/?#&\"'<>)\[\]]+")
_BLANK = r"\1[not logged]"


class BlankSecrets(logging.Filter):
    """Blanks what follows the prefix of a secret address in a record's words, and hands on no request for one.

    Whoever opens such an address is let in by it, so a log that many may read must not hold it; and Django writes the
    path of every request that it answers with a 4xx or 5xx.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Blank the record in place; let every record through."""
        if isinstance(record.msg, str):
            record.msg = _blanked(record.msg)
        if isinstance(record.args, tuple):
            record.args = tuple(_blanked(one) for one in record.args)
        elif isinstance(record.args, dict):
            record.args = {name: _blanked(one) for name, one in record.args.items()}
        said = record.getMessage()
        if _SECRET.search(said) and _blanked(said) != said:
            # It stands in something that is no text, such as a problem that was raised.
            record.msg, record.args = _blanked(said), ()
        if _SECRET.search(str(getattr(getattr(record, "request", None), "path", ""))):
            record.request = None
        return True


def _blanked(value: Any) -> Any:
    return _SECRET.sub(_BLANK, value) if isinstance(value, str) else value
