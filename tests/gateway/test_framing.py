"""Frames out of a stream: however the network cuts it, whole messages and nothing but whole messages."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glimmer.gateway.framing import BEGAN_ANEW, BROKE_OFF, DAMAGED, HEAD, JUNK, Frame, MllpDecoder, framed

ONE, TWO = b"MSH|^~\\&|A\rPID|||1\r", b"MSH|^~\\&|B\rPID|||2\r"


def fed(*packets: bytes) -> list[Frame]:
    decoder = MllpDecoder()
    return [frame for packet in packets for frame in decoder.feed(packet)]


def test_whole_message_in_one_packet():
    assert fed(framed(ONE)) == [Frame(ONE)]


def test_two_messages_in_one_packet_stay_two():
    assert fed(framed(ONE) + framed(TWO)) == [Frame(ONE), Frame(TWO)]


def test_message_cut_at_every_place_is_the_same_message():
    stream = framed(ONE) + framed(TWO)
    for cut in range(len(stream) + 1):
        assert fed(stream[:cut], stream[cut:]) == [Frame(ONE), Frame(TWO)], cut


def test_message_that_arrives_byte_by_byte():
    assert fed(*(bytes([b]) for b in framed(ONE) + framed(TWO))) == [Frame(ONE), Frame(TWO)]


def test_one_and_a_half_messages_then_the_rest():
    stream = framed(ONE) + framed(TWO)
    half = len(framed(ONE)) + 7
    decoder = MllpDecoder()
    assert decoder.feed(stream[:half]) == [Frame(ONE)]
    assert decoder.waiting
    assert decoder.feed(stream[half:]) == [Frame(TWO)]
    assert not decoder.waiting


@pytest.mark.parametrize("between", [b"\r", b"\n", b"\r\n", b" \r\n\x00"])
def test_line_ends_between_messages_are_nothing(between):
    assert fed(framed(ONE) + between + framed(TWO) + between) == [Frame(ONE), Frame(TWO)]


@pytest.mark.parametrize("end", [b"\x1c\r", b"\x1c\n", b"\x1c\r\n"])
def test_the_end_may_be_followed_by_any_line_end(end):
    assert fed(b"\x0b" + ONE + end + framed(TWO)) == [Frame(ONE), Frame(TWO)]


def test_junk_before_and_between_messages_is_reported_and_costs_no_message():
    frames = fed(b"hello" + framed(ONE) + b"GET / HTTP/1.1\r\n" + framed(TWO))
    assert [f.data for f in frames] == [b"hello", ONE, b"GET / HTTP/1.1\r\n", TWO]
    assert [f.problem for f in frames] == [JUNK, "", JUNK, ""]
    assert [f.answerable for f in frames] == [False, True, False, True]


def test_hl7_without_framing_is_reported_when_the_line_falls_silent():
    decoder = MllpDecoder()
    assert decoder.feed(ONE) == []
    assert decoder.give_up() == [Frame(ONE, JUNK, answerable=False)]


def test_half_a_message_then_silence_is_a_fragment_and_the_next_message_is_whole():
    decoder = MllpDecoder()
    assert decoder.feed(framed(ONE)[:9]) == []
    assert decoder.give_up() == [Frame(ONE[:8], BROKE_OFF)]
    assert decoder.feed(framed(TWO)) == [Frame(TWO)]


def test_a_message_that_begins_inside_another_is_not_joined_to_it():
    assert fed(framed(ONE)[:12] + framed(TWO)) == [Frame(ONE[:11], BEGAN_ANEW), Frame(TWO)]


def test_an_end_mark_inside_a_message_spoils_that_message_alone():
    broken = ONE[:6] + b"\x1c" + ONE[6:]
    frames = fed(framed(broken) + framed(TWO))
    assert frames == [Frame(broken, DAMAGED), Frame(TWO)]


def test_a_message_over_the_limit_is_cut_to_its_head_and_the_next_one_is_taken():
    long = ONE + b"x" * 10_000_000
    stream = framed(long) + framed(TWO)
    packets = [stream[i : i + 65_536] for i in range(0, len(stream), 65_536)]
    first, second = fed(*packets)
    assert first.data == long[:HEAD]
    assert first.problem == "The message is longer than 1000000 bytes, which is the most that is taken at once."
    assert second == Frame(TWO)


def test_memory_stays_flat_under_an_endless_message():
    decoder = MllpDecoder(limit_bytes=100_000)
    decoder.feed(b"\x0b" + ONE)
    biggest = 0
    for _ in range(1000):
        assert decoder.feed(b"y" * 10_000) == []
        biggest = max(biggest, len(decoder._buffer))
    assert biggest <= 110_000


def test_endless_junk_is_reported_in_pieces_and_not_kept():
    decoder = MllpDecoder()
    frames = [f for _ in range(100) for f in decoder.feed(b"z" * 10_000)]
    assert frames
    assert all(f.problem == JUNK and len(f.data) <= HEAD for f in frames)
    assert len(decoder._buffer) <= 2 * HEAD


BODY = st.binary(min_size=1, max_size=60).map(lambda b: b.replace(b"\x0b", b"?").replace(b"\x1c", b"?"))


@given(st.lists(BODY, max_size=6), st.lists(st.integers(0, 500), max_size=12))
def test_any_messages_cut_anywhere_come_out_unchanged_and_in_order(bodies, cuts):
    stream = b"".join(framed(b) for b in bodies)
    places = sorted({0, len(stream), *(c for c in cuts if c < len(stream))})
    packets = [stream[a:b] for a, b in itertools.pairwise(places)]
    assert fed(*packets) == [Frame(b) for b in bodies]


@given(st.binary(max_size=200), BODY)
def test_after_any_junk_a_whole_message_is_found(junk, body):
    decoder = MllpDecoder()
    decoder.feed(junk)
    decoder.give_up()
    assert decoder.feed(framed(body)) == [Frame(body)]
