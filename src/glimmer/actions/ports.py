"""Work that an action needs from a room further out: plugged in by `config` at the start.

The page that uploads a bundle and the command that imports one use the same reader; the page that
signs a letter and the test that reads it use the same renderer; the command that serves the gateway alone runs the same
parts as the pages' process. None of these rooms imports the other.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass
class Ports:
    """The plugged-in functions. An unplugged one raises RuntimeError: a wiring fault, not a user's."""

    read_referral_bundle: Callable[[bytes], Any] | None = None
    render_letter: Callable[[dict[str, Any]], bytes] | None = None
    letter_document: Callable[[dict[str, Any], int], dict[str, Any]] | None = None
    render_invoice: Callable[[dict[str, Any]], bytes] | None = None
    render_consent: Callable[[dict[str, Any]], bytes] | None = None
    render_record: Callable[..., bytes] | None = None
    serve_gateway: Callable[[], None] | None = None
    bedside_sink: Callable[[], Any] | None = None
    read_device_message: Callable[[bytes, datetime], Any] | None = None
    render_sheets: Callable[[dict[str, Any]], bytes] | None = None
    begin_care_identity: Callable[[str], dict[str, str]] | None = None
    finish_care_identity: Callable[[str, dict[str, str]], Mapping[str, Any]] | None = None
    care_identity_keys: Callable[[], dict[str, Any]] | None = None
    read_questionnaire: Callable[[bytes], Any] | None = None
    render_access_list: Callable[[dict[str, Any]], bytes] | None = None
    sender: Callable[[], Any] | None = None
    predict: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None
    weigh: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None
    plan_capacity: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None
    plan_sites: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None
    make_training_patient: Callable[[datetime], Any] | None = None


PORTS = Ports()


def port(name: str) -> Callable[..., Any]:
    """Return the function plugged in under `name`."""
    found = getattr(PORTS, name)
    if found is None:
        raise RuntimeError(f"Nothing is plugged into the port {name}. See glimmer.config.wiring.")
    return found
