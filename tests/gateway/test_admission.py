"""Who may speak: addresses at the connection, senders at the message, in words and never charted."""

import asyncio

import pytest

from glimmer.gateway.admission import Admission, BadAllowList, admission
from glimmer.gateway.framing import framed
from glimmer.gateway.hl7 import parse
from tests.support.gateway_story import connected, vitals, with_gateway


@pytest.mark.parametrize(
    ("networks", "host", "admitted"),
    [
        ("", "203.0.113.9", True),
        ("10.1.0.0/16", "10.1.255.1", True),
        ("10.1.0.0/16", "10.2.0.1", False),
        ("10.1.0.0/16, 192.0.2.7", "192.0.2.7", True),
        ("192.0.2.7", "192.0.2.8", False),
        ("10.1.0.0/16", "::ffff:10.1.2.3", True),
        ("10.1.0.0/16", "2001:db8::1", False),
        ("2001:db8::/32", "2001:db8::1", True),
        ("fe80::/10", "fe80::1%eth0", True),
        ("10.1.0.0/16", "", False),
    ],
)
def test_an_address_is_let_in_by_its_network(networks: str, host: str, admitted: bool) -> None:
    assert admission(networks).admits(host) is admitted


@pytest.mark.parametrize("text", ["10.1.0.0/33", "bay-1", "10.1.2.3/16"])
def test_a_misprint_lets_nobody_in_and_is_named(text: str) -> None:
    with pytest.raises(BadAllowList, match=text.replace("/", "/")):
        admission(f"192.0.2.0/24,{text}")


def test_a_connection_from_elsewhere_is_closed_before_anything_is_read() -> None:
    async def story(gateway, sink):
        async with connected(gateway) as device:
            device.sends(framed(vitals("1")))
            assert await device.is_cut_off()
        assert gateway.counts.refused_addresses == 1
        assert gateway.counts.received == 0

    assert with_gateway(story, admission=admission("192.0.2.0/24")).stored == []


def test_a_message_of_another_sender_is_kept_refused_and_answered_in_words() -> None:
    async def story(gateway, sink):
        async with connected(gateway) as device:
            device.sends(framed(vitals("1")), framed(vitals("2", modes="|")))
            async with asyncio.timeout(10):
                first = parse((await device.reader.readuntil(b"\x1c\r"))[1:-2])
                second = parse((await device.reader.readuntil(b"\x1c\r"))[1:-2])
        assert (first.first("MSA").text(1), second.first("MSA").text(1)) == ("CR", "AR")
        assert first.first("ERR").text(8).startswith("The sender MON (MSH-3) is not on the list")
        assert gateway.counts.refused_senders == 2

    kept = with_gateway(story, admission=Admission(senders=frozenset({"CENTRAL"}))).stored
    assert [received.raw for received in kept] == [vitals("1"), vitals("2", modes="|")]
    for received in kept:
        assert received.message.readings == ()
        assert "GLIMMER_GATEWAY_ALLOWED_SENDERS" in received.message.quarantine


def test_a_sender_on_the_list_is_taken() -> None:
    async def story(gateway, sink):
        async with connected(gateway) as device:
            device.sends(framed(vitals("1")))
            assert await device.hears() == [("CA", "1")]

    (kept,) = with_gateway(story, admission=admission(senders="CENTRAL, MON")).stored
    assert kept.message.readings


def test_a_sender_may_be_named_with_a_star_as_in_a_dialect():
    listed = admission(senders="HARBOUR*, MON-1")
    assert [listed.refusal(sender) == "" for sender in ("HARBOUR-4", "HARBOUR", "MON-1")] == [True] * 3
    assert [listed.refusal(sender) == "" for sender in ("harbour-4", "MON-12", "OLD HARBOUR", "")] == [False] * 4


@pytest.mark.parametrize("lists", [{"senders": ", ,"}, {"networks": ","}])
def test_a_list_of_nothing_lets_nobody_in_by_mistake(lists):
    with pytest.raises(BadAllowList, match="lists nothing"):
        admission(**lists)
