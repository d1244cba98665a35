"""Reading a page as a person does, and typing dates as a form wants them."""

import re
from datetime import date, timedelta
from html import unescape
from typing import Any

from django.utils import timezone


def text_of(response: Any) -> str:
    """Return a page's words on one line, without its markup."""
    words = re.sub(r"<script.*?</script>|<svg.*?</svg>|<[^>]+>", " ", response.content.decode(), flags=re.DOTALL)
    return " ".join(unescape(words).split())


def day(value: date, name: str) -> dict[str, str]:
    """Return a date as the three inputs of a form."""
    return {f"{name}-day": str(value.day), f"{name}-month": str(value.month), f"{name}-year": str(value.year)}


def today() -> date:
    """Return the clinic's own day."""
    return timezone.localdate()


def next_monday() -> date:
    """Return the Monday of the coming week: an open day that has not passed."""
    return today() + timedelta(days=7 - today().weekday())
