"""Work that an action needs from a room further out: plugged in by `config` at the start.

The page that uploads a bundle and the command that imports one use the same reader; the page that
signs a letter and the test that reads it use the same renderer. Neither room imports the other.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass
class Ports:
    """The plugged-in functions. An unplugged one raises RuntimeError: a wiring fault, not a user's."""

    read_referral_bundle: Callable[[bytes], Any] | None = None
    render_letter: Callable[[dict[str, Any]], bytes] | None = None


PORTS = Ports()


def port(name: str) -> Callable[..., Any]:
    """Return the function plugged in under `name`."""
    found = getattr(PORTS, name)
    if found is None:
        raise RuntimeError(f"Nothing is plugged into the port {name}. See glimmer.config.wiring.")
    return found
