"""How much the gateway takes on, and what it has done: the bounds, and the counts that show them at work."""

from dataclasses import dataclass

from glimmer.gateway.framing import DEFAULT_LIMIT


@dataclass(frozen=True, slots=True)
class Limits:
    """How much the gateway takes on. All proposals of ours; seconds, bytes and messages.

    Beyond `messages_per_second` on one connection, and beyond `queued_messages` or `queued_bytes` on all together,
    sockets are not read for a while: the network holds the sender back, and nothing is dropped. A hub that speaks
    for two hundred bays once a second stays far below. `unread_seconds` is how long a device may leave our answers
    unread, and `keepalive_seconds` after how much silence the network is asked whether the device is still there.
    `handshakes` may be open at once, each for `handshake_seconds`, before a device is through TLS.
    `batch_wait_seconds` is waited before a commit only while fewer messages wait than devices are connected.
    """

    message_bytes: int = DEFAULT_LIMIT
    connections: int = 600
    messages_per_second: int = 1_000
    queued_messages: int = 2_000
    queued_bytes: int = 32_000_000
    batch_messages: int = 256
    batch_wait_seconds: float = 0.001
    half_message_seconds: float = 10.0
    idle_seconds: float = 600.0
    unread_seconds: float = 60.0
    keepalive_seconds: int = 30
    handshakes: int = 64
    handshake_seconds: float = 10.0
    retry_seconds: float = 5.0


@dataclass(slots=True)
class Counts:
    """What the gateway has done since it was started.

    `refused_connections` were too many, `refused_addresses` came from elsewhere, `refused_senders` are messages.
    `slowed` counts how often a connection was held back for its rate, `queue_full` how often all were.
    Of `failed_handshakes` each is counted once more below it, by its reason: a device that took too long, left in the
    midst, showed no certificate, one of another authority or an expired one, speaks an older TLS or none at all, or
    refused us (as a rule because it does not trust the gateway's certificate). `handshakes_full` counts how often
    devices had to wait because as many were open as may be.
    """

    received: int = 0
    stored: int = 0
    not_stored: int = 0
    commits: int = 0
    refused_connections: int = 0
    refused_addresses: int = 0
    refused_senders: int = 0
    failed_handshakes: int = 0
    handshakes_too_slow: int = 0
    handshakes_left: int = 0
    handshakes_without_certificate: int = 0
    handshakes_wrong_certificate: int = 0
    handshakes_expired_certificate: int = 0
    handshakes_old_tls: int = 0
    handshakes_plain_text: int = 0
    handshakes_refused_by_device: int = 0
    handshakes_failed_otherwise: int = 0
    handshakes_full: int = 0
    slowed: int = 0
    queue_full: int = 0
    half_messages: int = 0
    closed_idle: int = 0
    closed_unread: int = 0
