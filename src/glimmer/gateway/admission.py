"""Who may speak to the gateway at all: addresses at the connection, sending applications (MSH-3) at the message.

This is the outer fence. The inner one is that only a known device at a bay with a live session is charted.
"""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network


class BadAllowList(ValueError):
    """An allow-list cannot be read; the message says which part, and how to write it."""


@dataclass(frozen=True, slots=True)
class Admission:
    """The networks and the senders that are let in; where one is empty, all are."""

    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    senders: frozenset[str] = frozenset()

    def admits(self, host: str) -> bool:
        """Say whether a connection from this address is taken."""
        if not self.networks:
            return True
        try:
            address = ip_address(host.partition("%")[0])
        except ValueError:
            return False
        if isinstance(address, IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        return any(address.version == network.version and address in network for network in self.networks)

    def refusal(self, sender: str) -> str:
        """Return why messages of this sender are not taken, in words, or ""."""
        if not self.senders or any(fnmatchcase(sender, pattern) for pattern in self.senders):
            return ""
        named = f"The sender {sender[:100]} (MSH-3)" if sender else "A sender without a name (MSH-3)"
        return f"{named} is not on the list of those whose messages Glimmer takes (GLIMMER_GATEWAY_ALLOWED_SENDERS)."


def admission(networks: str = "", senders: str = "") -> Admission:
    """Read two comma-separated lists: networks as 10.1.0.0/16 or 10.1.2.3, senders as in MSH-3, `*` for any signs.

    Raise BadAllowList for what is no network, and for a list of nothing: nobody must be let in by a misprint.
    """
    for text in (networks, senders):
        if text.strip() and not _parts(text):
            raise BadAllowList(f"{text!r} lists nothing. Name who may speak, or leave the setting out to let all in.")
    return Admission(tuple(_network(part) for part in _parts(networks)), frozenset(_parts(senders)))


def _parts(text: str) -> list[str]:
    return [part for piece in text.split(",") if (part := piece.strip())]


def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text)
    except ValueError as problem:
        raise BadAllowList(f"{text} is not a network ({problem}): write it as 10.1.0.0/16 or 10.1.2.3.") from problem
