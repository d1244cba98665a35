"""The tests themselves cannot leave this machine."""

import socket

import pytest

from tests.support.network import NetworkBlocked, block_network


@pytest.fixture(autouse=True)
def blocked() -> None:
    block_network()


@pytest.mark.parametrize("address", [("192.0.2.1", 443), ("198.51.100.7", 80), ("2001:db8::1", 443)])
def test_connection_to_another_machine_is_refused_with_its_address(address):
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with socket.socket(family) as connection, pytest.raises(NetworkBlocked, match=address[0]):
        connection.connect(address)


def test_name_of_another_machine_is_not_even_looked_up():
    with pytest.raises(NetworkBlocked, match=r"example\.org"):
        socket.create_connection(("example.org", 80))


def test_connection_to_this_machine_works():
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        accepted, _ = server.accept()
        with accepted:
            accepted.sendall(b"hello")
            assert client.recv(5) == b"hello"
