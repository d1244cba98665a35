"""No test reaches beyond this machine: a connection to any other address fails at once, with its address."""

import ipaddress
import socket
from typing import Any

_real_connect = socket.socket.connect
_real_connect_ex = socket.socket.connect_ex
_real_getaddrinfo = socket.getaddrinfo

_LOCAL_NAMES = {"localhost", "", "0.0.0.0", "::"}


class NetworkBlocked(RuntimeError):
    """A test tried to reach another machine."""


def is_loopback(host: object) -> bool:
    """Say whether `host` is this machine; a name other than localhost is not, since looking it up leaves it."""
    name = host.decode() if isinstance(host, bytes) else host
    if name is None or name in _LOCAL_NAMES:
        return True
    try:
        return ipaddress.ip_address(str(name).split("%")[0]).is_loopback
    except ValueError:
        return False


def _refuse_unless_local(address: Any) -> None:
    # A str or bytes address is a Unix socket: local by nature.
    if isinstance(address, tuple) and not is_loopback(address[0]):
        raise NetworkBlocked(f"Tests may only reach 127.0.0.1, but this one tried {address[0]} port {address[1]}.")


def _connect(self: socket.socket, address: Any) -> None:
    _refuse_unless_local(address)
    return _real_connect(self, address)


def _connect_ex(self: socket.socket, address: Any) -> int:
    _refuse_unless_local(address)
    return _real_connect_ex(self, address)


def _getaddrinfo(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
    _refuse_unless_local((host, port))
    return _real_getaddrinfo(host, port, *args, **kwargs)


def block_network() -> None:
    """Refuse every connection and name look-up that leaves this machine, until the process ends."""
    socket.socket.connect = _connect  # type: ignore[method-assign, assignment]
    socket.socket.connect_ex = _connect_ex  # type: ignore[method-assign, assignment]
    socket.getaddrinfo = _getaddrinfo
