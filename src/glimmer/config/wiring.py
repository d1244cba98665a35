"""What rooms need from each other without importing each other: plugged in here, once, when Django starts."""

from typing import Any

from glimmer.actions.ports import PORTS


def plug() -> None:
    """Plug the reader of referral bundles and the renderer of letters into the actions' ports.

    Both are fetched when first used: a command that renders no letter does not load a typesetter.
    """
    PORTS.read_referral_bundle = _read_referral_bundle
    PORTS.render_letter = _render_letter


def _read_referral_bundle(raw: bytes) -> Any:
    from glimmer.exchange.fhir.referral import read_referral_bundle

    return read_referral_bundle(raw)


def _render_letter(content: dict[str, Any]) -> bytes:
    from glimmer.exchange.letters import render_letter

    return render_letter(content)
