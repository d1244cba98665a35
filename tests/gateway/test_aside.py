"""What was set aside, on a real disk: listed without a patient, delivered once, removed only after the commit."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from glimmer.gateway.aside import Aside, CannotDeliver, SetAside, chosen
from glimmer.gateway.forward import StoreAndForward
from glimmer.gateway.framing import framed
from glimmer.gateway.sink import SinkUnavailable
from glimmer.gateway.spool import Spool
from tests.gateway.test_forward import Database, play, say
from tests.support.gateway_story import Device, until, vitals

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def refusing(folder: Path, *control_ids: str) -> Database:
    """Let the gateway receive these messages while the database refuses each; return that database, mended."""
    database = Database()
    database.refuses = lambda received: received.message.control_id in control_ids

    async def story(device: Device, database: Database, forward: StoreAndForward) -> None:
        database.away = True
        await say(device, "good", *control_ids)
        database.away = False
        await until(lambda: forward.spool.waiting == 0)
        assert forward.spool.set_aside == len(control_ids)

    play(folder, story, database)
    database.refuses = lambda _: False
    return database


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "aside").iterdir())


def test_the_list_says_when_who_which_why_and_how_much_and_names_no_patient(tmp_path: Path) -> None:
    began = datetime.now(UTC)
    refusing(tmp_path, "bad-1", "bad-2")
    first, second = Aside(tmp_path / "aside").entries()
    assert {first.control_id, second.control_id} == {"bad-1", "bad-2"}
    assert first.sender == "MON"
    assert began < first.received_at <= second.received_at
    assert first.size == len(vitals("bad-1"))
    assert "Glimmer failed on it (ValueError)" in first.reason
    told = f"{first}{second}" + "".join(path.read_text() for path in (tmp_path / "aside").glob("*.json"))
    for words in ("9990000018", "Example", "Zed", "is refused"):
        assert words not in told


def test_once_the_database_takes_it_a_message_is_stored_as_it_arrived_and_its_files_go(tmp_path: Path) -> None:
    database = refusing(tmp_path, "bad")
    aside, now = Aside(tmp_path / "aside"), datetime.now(UTC) + timedelta(hours=1)
    (entry,) = aside.entries()
    assert aside.deliver(entry, database.sink(), now).status == "charted"
    assert database.control_ids == ["good", "bad"]
    stored = database.rows[-1]
    assert (stored.raw, stored.received_at, stored.delivered_at) == (vitals("bad"), entry.received_at, now)
    assert stored.key == stored.message.fingerprint
    assert left(tmp_path) == []
    assert Spool(tmp_path, most_bytes=1000).set_aside == 0


def test_what_is_refused_again_stays_with_its_newest_reason(tmp_path: Path) -> None:
    database = refusing(tmp_path, "bad")
    aside = Aside(tmp_path / "aside")
    (entry,) = aside.entries()

    class Full:
        def store(self, batch: object) -> object:
            raise type("DataError", (Exception,), {})("9990000018 is too long")

    with pytest.raises(CannotDeliver, match="cannot hold one of its values"):
        aside.deliver(entry, Full(), NOON)
    (again,) = aside.entries()
    assert again.reason.startswith("The database cannot hold one of its values")
    assert (again.received_at, again.control_id) == (entry.received_at, "bad")
    assert aside.deliver(again, database.sink(), NOON).status == "charted"
    assert left(tmp_path) == []


def test_a_database_that_is_away_leaves_everything_as_it_is(tmp_path: Path) -> None:
    database = refusing(tmp_path, "bad")
    database.away = True
    aside, before = Aside(tmp_path / "aside"), {path: path.read_bytes() for path in (tmp_path / "aside").iterdir()}
    with pytest.raises(SinkUnavailable):
        aside.deliver(aside.entries()[0], database.sink(), NOON)
    assert {path: path.read_bytes() for path in (tmp_path / "aside").iterdir()} == before


def test_killed_between_the_commit_and_the_removal_it_is_not_stored_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = refusing(tmp_path, "bad")
    aside = Aside(tmp_path / "aside")

    def killed(self: Path, missing_ok: bool = False) -> None:
        raise KeyboardInterrupt

    (entry,) = aside.entries()
    with monkeypatch.context() as power:
        power.setattr(Path, "unlink", killed)
        with pytest.raises(KeyboardInterrupt):
            aside.deliver(entry, database.sink(), NOON)
    assert database.control_ids == ["good", "bad"]
    (entry,) = aside.entries()
    assert aside.deliver(entry, database.sink(), NOON).status == "duplicate"
    assert database.control_ids == ["good", "bad"]
    assert left(tmp_path) == []


def test_an_unconfirmed_commit_is_known_again_for_bytes_that_have_no_fingerprint(tmp_path: Path) -> None:
    database = Database()
    junk = b"GET / HTTP/1.1\r\n\r\n"

    async def story(device: Device, database: Database, forward: StoreAndForward) -> None:
        database.refuses = lambda received: received.raw == junk
        database.away = True
        device.sends(junk + framed(vitals("1")))
        await device.hears()
        database.away = False
        await until(lambda: forward.spool.waiting == 0)

    play(tmp_path, story, database)
    database.refuses = lambda _: False
    aside = Aside(tmp_path / "aside")
    (entry,) = aside.entries()
    database.breaks_after_commit = True
    with pytest.raises(SinkUnavailable):
        aside.deliver(entry, database.sink(), NOON)
    # Files of earlier versions have the key in their name alone.
    about = tmp_path / "aside" / f"{entry.name}.json"
    kept = json.loads(about.read_text())
    assert kept.pop("key").startswith("own:")
    about.write_text(json.dumps(kept))
    assert aside.deliver(entry, database.sink(), NOON).status == "duplicate"
    assert [row.raw for row in database.rows] == [vitals("1"), junk]


def test_what_the_gateway_held_against_the_bytes_holds_when_they_are_delivered(tmp_path: Path) -> None:
    database = Database()
    unfinished = b"\x0b" + vitals("half")

    async def story(device: Device, database: Database, forward: StoreAndForward) -> None:
        database.refuses = lambda received: True
        device.sends(unfinished)
        device.writer.write_eof()
        await until(lambda: forward.spool.set_aside == 1)

    play(tmp_path, story, database)
    database.refuses = lambda _: False
    aside = Aside(tmp_path / "aside")
    aside.deliver(aside.entries()[0], database.sink(), NOON)
    (stored,) = database.rows
    assert stored.problem
    assert stored.message.quarantine == stored.problem
    assert stored.message.readings == ()


@pytest.mark.parametrize(
    ("name", "about", "says"),
    [
        ("damaged-000000000001-0", {"why": "A piece of the spool is damaged."}, "no whole message"),
        ("refused-abc", None, "When it arrived is not known"),
        ("refused-abc", {"why": "DataError", "received_at": "yesterday"}, "When it arrived is not known"),
        ("letter", {"received_at": NOON.isoformat()}, "no whole message"),
    ],
)
def test_what_cannot_be_judged_is_listed_and_never_delivered(
    tmp_path: Path, name: str, about: dict | None, says: str
) -> None:
    (tmp_path / f"{name}.hl7").write_bytes(vitals("1"))
    if about is not None:
        (tmp_path / f"{name}.json").write_text(json.dumps(about))
    aside, database = Aside(tmp_path), Database()
    (entry,) = aside.entries()
    assert entry.reason
    with pytest.raises(CannotDeliver, match=says):
        aside.deliver(entry, database.sink(), NOON)
    assert database.rows == []
    assert (tmp_path / f"{name}.hl7").read_bytes() == vitals("1")


def test_what_somebody_took_away_meanwhile_is_no_fault(tmp_path: Path) -> None:
    database = refusing(tmp_path, "bad")
    aside = Aside(tmp_path / "aside")
    (entry,) = aside.entries()
    (tmp_path / "aside" / f"{entry.name}.hl7").unlink()
    assert aside.deliver(entry, database.sink(), NOON) is None
    assert aside.entries() == []


def test_a_name_chooses_one_and_all_chooses_all() -> None:
    entries = [SetAside(name, NOON, "", "", "", 1) for name in ("refused-1", "refused-2")]
    assert chosen(entries, "all") == entries
    assert chosen(entries, "refused-2.hl7") == chosen(entries, "refused-2") == entries[1:]
    assert chosen(entries, "../refused-2") == chosen(entries, "refused") == []
