"""Reading HL7: separators, escapes, character sets, line ends; held against PyPI's `hl7`."""

import hl7 as peer
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glimmer.gateway.hl7 import Hl7Problem, escape, parse
from tests.support.shared_data import shared_data

HEADER = "MSH|^~\\&|MON|WARD|||20260102030405+0000||ORU^R01^ORU_R01|42|P|2.6"


def first_obx(value: str):
    return parse(f"{HEADER}\rOBX|1|ST|1^A||{value}\r".encode()).first("OBX")


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        (r"a\F\b", "a|b"),
        (r"a\S\b", "a^b"),
        (r"a\T\b", "a&b"),
        (r"a\R\b", "a~b"),
        (r"a\E\b", "a\\b"),
        (r"\X4142\c", "ABc"),
        (r"\XC3A9\t\XC3A9\ ", "été"),
        (r"\H\loud\N\ voice", "loud voice"),
        (r"one\.br\two", "one\ntwo"),
        (r"C:\temp", "C:\\temp"),
        (r"C:\temp\F\x", "C:\\temp|x"),
        (r"\Zdd\x", "x"),
    ],
)
def test_escape_is_resolved(sent, meant):
    assert first_obx(sent).text(5) == meant


def test_escaped_separators_do_not_split_the_field():
    segment = first_obx(r"left\S\still left^right")
    assert segment.components(5) == ["left^still left", "right"]


def test_other_separators_are_taken_from_the_header():
    message = parse(b"MSH$*@!%$MON$$$$$$ORU*R01$7$P$2.6\rOBX$1$ST$1*A$$x!F!y*z@w%v")
    segment = message.first("OBX")
    assert segment.components(5) == ["x$y", "z"]
    assert segment.text(5, 1, repetition=2) == "w%v"
    assert segment.subcomponents(5, 1, 2) == ["w", "v"]


def test_fifth_encoding_character_is_accepted():
    message = parse(b"MSH|^~\\&#|A|B||||||1\rOBX|1|ST|1||a\\P\\b")
    assert message.separators.truncation == "#"
    assert message.first("OBX").text(5) == "a#b"


@pytest.mark.parametrize("ending", ["\r", "\n", "\r\n"])
def test_any_line_ending_gives_the_same_segments(ending):
    text = ending.join([HEADER, "PID|||1", "OBX|1|NM|150456^X^MDC||97", ""])
    assert [s.name for s in parse(text.encode()).segments] == ["MSH", "PID", "OBX"]


def test_header_fields_count_from_the_separator():
    header = parse(HEADER.encode()).header
    assert (header.text(3), header.text(4), header.text(9, 2), header.text(10)) == ("MON", "WARD", "R01", "42")


def test_null_is_read_as_empty():
    assert first_obx('""').text(5) == ""


@pytest.mark.parametrize(
    ("charset", "codec"), [("8859/1", "latin-1"), ("UNICODE UTF-8", "utf-8"), ("", "utf-8"), ("8859/15", "iso-8859-15")]
)
def test_character_set_of_the_header_is_used(charset, codec):
    raw = f"{HEADER}||||||{charset}\rPID|||1||Müller^Zoë".encode(codec)
    message = parse(raw)
    assert message.first("PID").text(5, 1) == "Müller"
    assert message.problems == ()


def test_bytes_that_do_not_fit_the_character_set_are_replaced_and_said():
    message = parse(f"{HEADER}\rPID|||1||M".encode() + b"\xfcller")
    assert message.first("PID").text(5) == "M�ller"
    assert message.problems == ("Some characters do not fit the character set UTF-8; names may look wrong.",)


def test_unknown_character_set_is_said():
    message = parse(f"{HEADER}||||||KLINGON\rPID|||1".encode())
    assert message.problems == ("The character set named in MSH-18 is not known here, so the text was read as UTF-8.",)


def test_a_line_that_is_no_segment_is_left_out_and_said():
    message = parse(f"{HEADER}\rthis is not a segment\rPID|||1".encode())
    assert [s.name for s in message.segments] == ["MSH", "PID"]
    assert message.problems == ("Line 2 does not begin with the name of a segment, so it was left out.",)


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"", "empty"),
        (b"\r\n\r\n", "empty"),
        (b"PID|||1", "does not begin with MSH"),
        (b"MSH", "cut off"),
        (b"MSH|^~", "cut off"),
        (b"MSH|^^^^|A", "not usable"),
        (b"MSHAAAAAAAAAA", "cut off"),
        (b"\xff\xfe\x00\x01", "does not begin with MSH"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(raw, says):
    with pytest.raises(Hl7Problem, match=says):
        parse(raw)


@given(st.binary(max_size=300))
def test_junk_never_raises_anything_but_a_problem_in_words(junk):
    for raw in (junk, b"MSH" + junk, b"MSH|^~\\&|" + junk):
        try:
            message = parse(raw)
        except Hl7Problem:
            continue
        for segment in message.segments:
            for field in range(30):
                segment.text(field, 2, 2)
                segment.subcomponents(field, 1, 1)


@given(st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF), max_size=40).map(str.strip))
def test_escaping_and_reading_gives_the_text_back(text):
    assert first_obx("x" + escape(text)).text(5) == "x" + text


def test_every_field_of_the_real_messages_reads_as_in_the_peer_library():
    compared = 0
    for file in sorted(shared_data("hl7").glob("*.hl7")):
        text = file.read_bytes().decode("utf-8")
        theirs, ours = peer.parse(text), parse(text.encode("utf-8"))
        assert len(theirs) == len(ours.segments), file.name
        for their_segment, our_segment in zip(theirs, ours.segments, strict=True):
            for field in range(1, len(their_segment)):
                assert str(their_segment(field)) == our_segment.raw(field), (file.name, our_segment.name, field)
                compared += 1
    assert compared > 800


FIELD_TEXT = st.text("abc 019^~&.-", max_size=12)


@given(st.lists(st.lists(FIELD_TEXT, min_size=1, max_size=6), min_size=1, max_size=5))
def test_components_and_repetitions_read_as_in_the_peer_library(rows):
    text = "\r".join([HEADER, *("ZZZ|" + "|".join(["x", *row, "end"]) for row in rows)])
    theirs, ours = peer.parse(text), parse(text.encode())
    for their_segment, our_segment in zip(list(theirs)[1:], ours.segments[1:], strict=True):
        for field in range(2, len(their_segment)):
            for number, repetition in enumerate(their_segment(field), start=1):
                wanted = [repetition] if isinstance(repetition, str) else [str(c) for c in repetition]
                assert (our_segment.components(field, number) or [""]) == wanted
