"""The gateway over a real socket: stored before acknowledged, in order, never twice, never silent, never down."""

import asyncio
import logging
from collections.abc import Sequence

import pytest

from glimmer.gateway.framing import BROKE_OFF, JUNK, framed
from glimmer.gateway.hl7 import parse
from glimmer.gateway.server import COULD_NOT_STORE, Gateway, Limits, Outcome
from tests.support.gateway_story import Memory, connected, until, vitals, with_gateway
from tests.support.shared_data import shared_data


def test_message_is_stored_and_answered():
    async def story(gateway, sink):
        async with connected(gateway) as device:
            device.sends(framed(vitals("1")))
            assert await device.hears() == [("CA", "1")]
            assert [r.message.control_id for r in sink.stored] == ["1"]

    sink = with_gateway(story)
    assert sink.stored[0].raw == vitals("1")
    assert sink.stored[0].peer.startswith("127.0.0.1:")
    assert sink.threads == {"gateway-writer"}


def test_no_answer_before_the_store_has_returned():
    async def story(gateway, sink):
        sink.gate.clear()
        async with connected(gateway) as device:
            device.sends(framed(vitals("1")))
            await until(lambda: bool(sink.threads))
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await device.reader.read(1)
            sink.gate.set()
            assert await device.hears() == [("CA", "1")]

    with_gateway(story)


def test_all_real_messages_are_stored_and_answered_as_they_ask():
    wanted = {
        "ihe-pcd01-acme-episodic-nibp-ucum": [("CA", "0104ef190d604db188c3")],
        "ihe-pcd01-philips-physiological-monitor": [("CA", "HP0122182658686QQ000CND119C0WS61")],
        "ihe-pcd04-bbraun-occlusion-start": [("CA", "6346172845752460251")],
        "ihe-pcd04-mindray-low-spo2-alarm-start": [("CA", "1")],
        "draeger-acm-PCD04_alarm": [("CA", "0")],
        "ihe-pcd10-infusion-pump-delivery-start": [("CA", "6358051206735492253")],
        "ihe-pcd03-infusion-order-dopamine": [("CR", "1")],
        "draeger-acm-ACK_watchdog": [],
        "ihe-pcd03-accept-ack": [],
    }

    async def story(gateway, sink):
        async with connected(gateway) as device:
            for name, answers in wanted.items():
                device.sends(framed(shared_data("hl7", f"{name}.hl7").read_bytes()))
                if answers:
                    assert await device.hears() == answers
            await until(lambda: len(sink.stored) == len(wanted))

    with_gateway(story)


def test_pipelined_messages_are_answered_in_their_order():
    async def story(gateway, sink):
        async with connected(gateway) as device:
            device.sends(b"".join(framed(vitals(str(n))) for n in range(200)))
            assert await device.hears(200) == [("CA", str(n)) for n in range(200)]

    with_gateway(story)


def test_messages_that_wait_share_one_commit():
    async def story(gateway, sink):
        sink.gate.clear()
        async with connected(gateway) as device:
            device.sends(framed(vitals("first")))
            await until(lambda: bool(sink.threads))
            device.sends(*(framed(vitals(str(n))) for n in range(50)))
            await until(lambda: gateway.counts.received == 51)
            sink.gate.set()
            assert len(await device.hears(51)) == 51

    sink = with_gateway(story)
    assert [len(batch) for batch in sink.batches] == [1, 50]


def test_repeated_message_is_answered_again_and_stored_once():
    async def story(gateway, sink):
        async with connected(gateway) as device:
            device.sends(framed(vitals("7")) * 3)
            assert await device.hears(3) == [("CA", "7")] * 3
        async with connected(gateway) as device:
            device.sends(framed(vitals("7")))
            assert await device.hears() == [("CA", "7")]

    assert len(with_gateway(story).stored) == 1


def test_control_id_that_a_device_uses_again_for_a_new_value_costs_no_reading():
    async def story(gateway, sink):
        async with connected(gateway) as device:
            device.sends(framed(vitals("1", saturation=97)), framed(vitals("1", saturation=88)))
            assert await device.hears(2) == [("CA", "1")] * 2

    assert [r.message.readings[0].value for r in with_gateway(story).stored] == [97.0, 88.0]


def test_what_cannot_be_stored_is_asked_for_again_and_the_gateway_goes_on(caplog):
    async def story(gateway, sink):
        sink.broken = lambda _: True
        async with connected(gateway) as device:
            device.sends(framed(vitals("1")), framed(vitals("2", modes="|")))
            assert await device.hears(2) == [("CE", "1"), ("AE", "2")]
            sink.broken = lambda _: False
            device.sends(framed(vitals("1")))
            assert await device.hears() == [("CA", "1")]

    with caplog.at_level(logging.INFO, logger="glimmer.gateway"):
        sink = with_gateway(story)
    assert [r.message.control_id for r in sink.stored] == ["1"]
    assert "9990000018" not in caplog.text
    assert "Traceback" not in caplog.text


def test_one_message_that_cannot_be_stored_does_not_cost_the_others_of_its_batch():
    async def story(gateway, sink):
        sink.gate.clear()
        sink.broken = lambda received: received.message.control_id == "13"
        async with connected(gateway) as device:
            device.sends(framed(vitals("first")))
            await until(lambda: bool(sink.threads))
            device.sends(*(framed(vitals(str(n))) for n in range(10, 16)))
            await until(lambda: gateway.counts.received == 7)
            sink.gate.set()
            answers = dict(reversed(a) for a in await device.hears(7))
            assert answers == {"first": "CA", "10": "CA", "11": "CA", "12": "CA", "13": "CE", "14": "CA", "15": "CA"}

    with_gateway(story)


def test_the_words_of_a_failure_reach_the_device():
    async def story(gateway, sink):
        sink.broken = lambda _: True
        async with connected(gateway) as device:
            device.sends(framed(vitals("1")))
            async with asyncio.timeout(10):
                answer = await device.reader.readuntil(b"\x1c\r")
            assert parse(answer[1:-2]).first("ERR").text(8) == COULD_NOT_STORE

    with_gateway(story)


def test_ten_megabyte_message_is_refused_and_the_connection_stays_usable():
    async def story(gateway, sink):
        async with connected(gateway) as device:
            device.sends(framed(vitals("big", filler="x" * 10_000_000)))
            assert await device.hears() == [("CR", "big")]
            device.sends(framed(vitals("after")))
            assert await device.hears() == [("CA", "after")]

    big, after = with_gateway(story).stored
    assert "longer than 1000000 bytes" in big.message.quarantine
    assert len(big.raw) < 20_000
    assert after.message.quarantine == ""


def test_half_a_message_then_silence_is_quarantined_and_asked_for_again():
    async def story(gateway, sink):
        async with connected(gateway) as device:
            device.sends(framed(vitals("1"))[:120])
            assert await device.hears() == [("CE", "1")]
            device.sends(framed(vitals("1")))
            assert await device.hears() == [("CA", "1")]

    half, whole = with_gateway(story, limits=Limits(half_message_seconds=0.2)).stored
    assert (half.message.quarantine, half.message.readings) == (BROKE_OFF, ())
    assert [r.value for r in whole.message.readings] == [97.0]


def test_half_a_message_and_a_broken_connection_is_quarantined():
    async def story(gateway, sink):
        async with connected(gateway) as device:
            device.sends(framed(vitals("1"))[:120])
        await until(lambda: len(sink.stored) == 1)

    (half,) = with_gateway(story).stored
    assert half.message.quarantine == BROKE_OFF


def test_junk_is_quarantined_without_an_answer_and_the_message_after_it_is_taken():
    async def story(gateway, sink):
        async with connected(gateway) as device:
            device.sends(b"GET / HTTP/1.1\r\n\r\n" + framed(vitals("1")))
            assert await device.hears() == [("CA", "1")]

    junk, _ = with_gateway(story).stored
    assert junk.message.quarantine == JUNK
    assert junk.raw == b"GET / HTTP/1.1\r\n\r\n"


def test_silent_connection_is_closed():
    async def story(gateway, sink):
        async with connected(gateway) as device:
            assert await device.is_cut_off()

    with_gateway(story, limits=Limits(idle_seconds=0.2, half_message_seconds=0.2))


def test_more_devices_than_allowed_are_turned_away_and_the_others_stay():
    async def story(gateway, sink):
        async with connected(gateway) as first, connected(gateway) as second:
            first.sends(framed(vitals("1")))
            second.sends(framed(vitals("2")))
            await first.hears()
            await second.hears()
            async with connected(gateway) as third:
                assert await third.is_cut_off()
            first.sends(framed(vitals("3")))
            assert await first.hears() == [("CA", "3")]

    with_gateway(story, limits=Limits(connections=2))


def test_full_queue_stops_the_reading_and_loses_nothing():
    async def story(gateway, sink):
        sink.gate.clear()
        async with connected(gateway) as device:
            stream = b"".join(framed(vitals(str(n), filler="x" * 2000)) for n in range(3000))

            async def send() -> None:
                device.sends(stream)
                await device.writer.drain()

            sending = asyncio.create_task(send())
            await until(lambda: gateway.counts.received >= 20)
            taken = gateway.counts.received
            await asyncio.sleep(0.3)
            # With the store held back the gateway takes no more than one read beyond its bound.
            assert gateway.counts.received == taken < 1000
            sink.gate.set()
            assert await device.hears(3000) == [("CA", str(n)) for n in range(3000)]
            await sending

    assert len(with_gateway(story, limits=Limits(queued_messages=20)).stored) == 3000


def test_stop_stores_and_answers_what_was_already_taken():
    async def story(gateway, sink):
        sink.gate.clear()
        async with connected(gateway) as device:
            device.sends(*(framed(vitals(str(n))) for n in range(20)))
            await until(lambda: gateway.counts.received == 20)
            stopping = asyncio.create_task(gateway.stop())
            await asyncio.sleep(0.05)
            sink.gate.set()
            assert await device.hears(20) == [("CA", str(n)) for n in range(20)]
            await stopping

    assert len(with_gateway(story).stored) == 20


def test_listener_hears_of_each_commit_after_it_and_its_failure_harms_nobody():
    heard: list[str] = []

    def listener(outcomes: Sequence[Outcome]) -> None:
        heard.extend(o.status for o in outcomes)
        raise ValueError("the page went away")

    async def story(gateway, sink):
        async with connected(gateway) as device:
            device.sends(framed(vitals("1")), framed(vitals("2")))
            assert len(await device.hears(2)) == 2

    with_gateway(story, on_stored=listener)
    assert heard == ["charted", "charted"]


def test_sixteen_devices_at_once_each_get_their_own_answers():
    async def story(gateway, sink):
        async def one(number: int) -> None:
            async with connected(gateway) as device:
                for turn in range(20):
                    device.sends(framed(vitals(f"{number}-{turn}")))
                    assert await device.hears() == [("CA", f"{number}-{turn}")]

        await asyncio.gather(*(one(n) for n in range(16)))

    assert len(with_gateway(story).stored) == 320


def test_taken_port_is_an_error_that_can_be_told():
    async def story(gateway, sink):
        other = Gateway(Memory(), port=gateway.address[1])
        with pytest.raises(OSError, match="address"):
            await other.start()
        await other.stop()

    with_gateway(story)
