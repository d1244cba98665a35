"""One-time codes: an app on a phone and the clinic work out the same six digits from a shared secret and the time.

RFC 6238 (TOTP) over RFC 4226 (HOTP), with what every such app supports: SHA-1, six digits, 30 seconds.
"""

import base64
import hmac
from datetime import datetime

STEP_SECONDS = 30
DIGITS = 6
# One step to either side: a phone's clock may be off, and a code may be typed in its last second.
LEEWAY_STEPS = 1
SECRET_BYTES = 20
_INT_BITS = 0x7FFFFFFF


def code_at(secret: bytes, step: int, digits: int = DIGITS) -> str:
    """Return the code of time step `step`, with leading noughts (RFC 4226, section 5.3)."""
    digest = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    start = digest[-1] & 0x0F
    number = int.from_bytes(digest[start : start + 4], "big") & _INT_BITS
    return str(number % 10**digits).zfill(digits)


def step_of(now: datetime) -> int:
    """Return the number of the time step that `now`, an aware time, lies in."""
    return int(now.timestamp()) // STEP_SECONDS


def matching_step(secret: bytes, code: str, now: datetime) -> int | None:
    """Return the step near `now` whose code this is, or None. Each candidate is compared in constant time."""
    found = None
    for step in range(step_of(now) - LEEWAY_STEPS, step_of(now) + LEEWAY_STEPS + 1):
        if step >= 0 and hmac.compare_digest(code_at(secret, step).encode(), code.encode()):
            found = step
    return found


def shown_secret(secret: bytes) -> str:
    """Return the secret as apps take it when it is typed: base32 in groups of four."""
    text = base64.b32encode(secret).decode().rstrip("=")
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))
