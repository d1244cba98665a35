"""The spool on a real disk: in order, nothing lost, a torn end is dropped, damage is kept aside and told."""

import logging
import os
import random
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from glimmer.gateway.spool import Spool, SpoolFull
from glimmer.gateway.spool_record import HEADER_BYTES, packed, pieces

MUCH = 10_000_000


def a_spool(folder: Path, **options: int) -> Spool:
    return Spool(folder, **{"most_bytes": MUCH, **options})


def drained(spool: Spool, most: int = 7) -> list[bytes]:
    out: list[bytes] = []
    while taken := spool.take(most):
        out += taken.contents
        spool.delivered(taken)
    return out


def named(count: int, start: int = 0) -> list[bytes]:
    return [b"message %d" % number for number in range(start, start + count)]


def test_what_is_added_comes_back_in_order_and_leaves_nothing_behind(tmp_path: Path) -> None:
    spool = a_spool(tmp_path / "spool", file_bytes=200)
    for start in range(0, 100, 10):
        spool.add(named(10, start))
    assert spool.waiting == 100
    assert drained(spool) == named(100)
    assert spool.waiting == 0
    assert list((tmp_path / "spool").iterdir()) == []


def test_a_power_cut_cannot_take_away_the_folder_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[Path] = []
    sync = os.fsync

    def watched(opened: int) -> None:
        synced.append(Path(os.readlink(f"/proc/self/fd/{opened}")))
        sync(opened)

    monkeypatch.setattr(os, "fsync", watched)
    spool = a_spool(tmp_path / "data" / "spool")
    spool.add(named(1))
    spool.put_aside("refused-1", b"MSH", b"{}")
    # Each new name is kept by the folder that it stands in.
    assert {tmp_path, tmp_path / "data", tmp_path / "data" / "spool", tmp_path / "data" / "spool" / "aside"} <= set(
        synced
    )
    assert synced.count(tmp_path / "data" / "spool") >= 2


def test_adding_and_taking_may_alternate(tmp_path: Path) -> None:
    chance, spool = random.Random(7), a_spool(tmp_path, file_bytes=300)
    given, got = 0, []
    for _ in range(300):
        if chance.random() < 0.5:
            count = chance.randint(1, 9)
            spool.add(named(count, given))
            given += count
        elif taken := spool.take(chance.randint(1, 9)):
            got += taken.contents
            spool.delivered(taken)
    assert got + drained(spool) == named(given)


def test_what_was_not_delivered_is_there_after_a_restart_before_what_comes_later(tmp_path: Path) -> None:
    spool = a_spool(tmp_path)
    spool.add(named(5))
    again = a_spool(tmp_path)
    assert again.waiting == 5
    again.add(named(5, 5))
    assert drained(again) == named(10)


def test_what_was_taken_and_not_confirmed_comes_again(tmp_path: Path) -> None:
    spool = a_spool(tmp_path)
    spool.add(named(5))
    assert spool.take(3)
    assert drained(a_spool(tmp_path)) == named(5)


@pytest.mark.parametrize("cut", [1, 5, HEADER_BYTES - 1, HEADER_BYTES, HEADER_BYTES + 3])
def test_a_record_that_was_never_finished_is_dropped_with_a_word(
    tmp_path: Path, cut: int, caplog: pytest.LogCaptureFixture
) -> None:
    spool = a_spool(tmp_path)
    spool.add(named(3))
    (path,) = tmp_path.glob("*.spool")
    path.write_bytes(path.read_bytes() + packed(b"never acknowledged")[:cut])
    again = a_spool(tmp_path)
    assert again.waiting == 3
    with caplog.at_level(logging.WARNING):
        assert drained(again) == named(3)
    assert "never finished" in caplog.text
    assert again.set_aside == 0


def test_a_length_without_its_bytes_after_a_power_cut_is_a_torn_end(tmp_path: Path) -> None:
    spool = a_spool(tmp_path)
    spool.add(named(3))
    (path,) = tmp_path.glob("*.spool")
    path.write_bytes(path.read_bytes() + bytes(500))
    again = a_spool(tmp_path)
    assert drained(again) == named(3)
    assert again.set_aside == 0


def test_damage_costs_its_own_record_only_and_is_kept_aside(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for place in range(HEADER_BYTES + len(b"message 1")):
        folder = tmp_path / str(place)
        spool = a_spool(folder)
        spool.add(named(3))
        (path,) = folder.glob("*.spool")
        data = bytearray(path.read_bytes())
        data[len(packed(b"message 0")) + place] ^= 0x41
        path.write_bytes(data)
        again = a_spool(folder)
        assert again.waiting == 2
        assert drained(again) == [b"message 0", b"message 2"]
        assert again.set_aside == 1
        (kept,) = (folder / "aside").glob("damaged-*.hl7")
        assert kept.read_bytes() == bytes(data[len(packed(b"message 0")) : -len(packed(b"message 2"))])


def test_damage_in_the_last_record_is_kept_too_for_it_was_acknowledged(tmp_path: Path) -> None:
    spool = a_spool(tmp_path)
    spool.add(named(2))
    (path,) = tmp_path.glob("*.spool")
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    again = a_spool(tmp_path)
    assert drained(again) == named(1)
    assert again.set_aside == 1


def test_damage_that_comes_after_the_start_is_not_waited_for(tmp_path: Path) -> None:
    a_spool(tmp_path / "spool").add(named(1))
    spool = a_spool(tmp_path / "spool")
    (file,) = (tmp_path / "spool").glob("*.spool")
    data = bytearray(file.read_bytes())
    data[-1] ^= 0xFF
    file.write_bytes(data)
    assert spool.waiting == 1
    assert drained(spool) == []
    assert (spool.waiting, spool.set_aside, spool.wait(0)) == (0, 1, False)


def test_the_pieces_of_any_bytes_join_up(tmp_path: Path) -> None:
    chance = random.Random(11)
    for _ in range(300):
        data = bytearray(b"".join(packed(chance.randbytes(chance.randint(0, 40))) for _ in range(4)))
        for _ in range(chance.randint(0, 4)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        data = data[: chance.randint(0, len(data))]
        found = list(pieces(bytes(data)))
        assert [piece.start for piece in found] == [0, *(piece.end for piece in found)][: len(found)]
        assert (found[-1].end if found else 0) == len(data)


def test_a_full_spool_says_so_and_keeps_what_it_has(tmp_path: Path) -> None:
    spool = a_spool(tmp_path, most_bytes=3 * len(packed(b"message 0")))
    spool.add(named(3))
    with pytest.raises(SpoolFull):
        spool.add(named(1, 3))
    assert drained(spool) == named(3)
    spool.add(named(1, 3))
    assert drained(spool) == named(1, 3)


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from glimmer.gateway.spool import Spool
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
spool = Spool(Path(sys.argv[1]), most_bytes=10**9, file_bytes=10**9)
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, resource.RLIM_INFINITY))
kept = 0
try:
    while True:
        spool.add([b"x" * 300, b"y" * 300])
        kept += 2
except OSError as problem:
    print(kept, problem.errno)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
spool.add([b"after"])
print(spool.waiting)
"""


def test_a_write_that_the_system_cuts_off_leaves_no_half_batch_and_the_spool_goes_on(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path)], capture_output=True, text=True, check=True, env=os.environ
    )
    kept, waiting = int(done.stdout.split()[0]), int(done.stdout.split()[2])
    assert kept >= 10
    assert waiting == kept + 1
    contents = drained(a_spool(tmp_path))
    assert len(contents) == kept + 1
    assert contents[-1] == b"after"
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY


def test_the_same_thing_is_set_aside_once(tmp_path: Path) -> None:
    spool = a_spool(tmp_path)
    for _ in range(2):
        spool.put_aside("refused-1", b"MSH|", b"{}")
    assert spool.set_aside == 1
