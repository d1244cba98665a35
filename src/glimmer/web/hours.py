"""How long a sign-in lasts, and since when nobody pressed anything: kept in the browser's session on the server.

Light on purpose: it is plugged in when Django starts (config/apps.py), so that no sign-in is without its hours.
"""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

# Pages that are open when the sign-in ends go on hearing alarms so long: longer than any session lasts.
GRACE = timedelta(hours=4)
# Between two clocks, or one that was put right, a minute or an hour back is no proof of anything; more locks.
LEEWAY_MINUTES = 1
LEEWAY_HOURS = 1


def stamp(sender: Any = None, *, request: HttpRequest, **more: Any) -> None:
    """Note that a person has just signed in: their hours begin, and the session ends by itself after them."""
    now = timezone.now()
    request.session["signed_in_at"] = request.session["acted_at"] = now.timestamp()
    request.session["opened"] = []
    request.session.set_expiry(now + timedelta(hours=settings.ENVIRONMENT.sign_in_hours) + GRACE)


def has_ended(request: HttpRequest) -> bool:
    """Say whether the hours of this sign-in are over, are not known, or lie in the future of a clock put back."""
    since = request.session.get("signed_in_at")
    if since is None:
        return True
    hours = (timezone.now().timestamp() - since) / 3600
    return not -LEEWAY_HOURS <= hours < settings.ENVIRONMENT.sign_in_hours


def is_locked(request: HttpRequest) -> bool:
    """Say whether nobody has pressed anything in this browser for longer than the clinic allows."""
    if has_ended(request):
        return True
    minutes = (timezone.now().timestamp() - request.session.get("acted_at", 0)) / 60
    return not -LEEWAY_MINUTES <= minutes < settings.ENVIRONMENT.idle_minutes
