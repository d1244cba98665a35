"""E-mail through a real mail server on this machine."""

import asyncio
import socket
from collections.abc import Iterator
from email import message_from_bytes, policy
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from glimmer.actions.delivery import EMAIL, TEXT, Parcel, SendingFailed
from glimmer.exchange.mail import Smtp

PARCEL = Parcel(
    "glimmer-7-1", EMAIL, "amina.sample@example.org", "", "Eich dolen", "Helo,\n\nMae'n gweithio – hyd 5 Mai.", 1
)


class Box:
    """Takes what comes, or answers as it is told."""

    def __init__(self) -> None:
        self.letters: list[Any] = []
        self.answer = "250 OK"
        self.answer_to_rcpt = "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self.answer_to_rcpt.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.answer_to_rcpt

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.answer.startswith("250"):
            self.letters.append((envelope.rcpt_tos, message_from_bytes(envelope.content, policy=policy.default)))
        return self.answer


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def box(settings: Any) -> Iterator[Box]:
    found = Box()
    loop = asyncio.new_event_loop()
    server = Controller(found, hostname="127.0.0.1", port=free_port(), loop=loop)
    server.start()
    set_to = {
        "mail_host": "127.0.0.1", "mail_port": server.port, "mail_security": "none",
        "mail_from": "Clinic <clinic@example.org>",
    }  # fmt: skip
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update=set_to)
    yield found
    server.stop()


def test_mail_server_gets_the_words_as_they_are_with_a_lasting_identifier(box: Box) -> None:
    Smtp().send(PARCEL)
    ((to, letter),) = box.letters
    assert to == ["amina.sample@example.org"]
    assert letter["From"] == "Clinic <clinic@example.org>"
    assert letter["Subject"] == "Eich dolen"
    assert letter["Message-ID"] == "<glimmer-7-1@example.org>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter.get_content().replace("\r\n", "\n").strip() == PARCEL.words


@pytest.mark.parametrize(("says", "is_final"), [("550 No such user", True), ("450 Busy", False)])
def test_refused_address_is_final_only_where_the_server_says_never(box: Box, says: str, is_final: bool) -> None:
    box.answer_to_rcpt = says
    with pytest.raises(SendingFailed) as failed:
        Smtp().send(PARCEL)
    assert failed.value.is_final is is_final
    assert "amina" not in str(failed.value)


def test_letter_that_the_server_does_not_take_is_tried_again(box: Box) -> None:
    box.answer = "452 Insufficient storage"
    with pytest.raises(SendingFailed, match="452") as failed:
        Smtp().send(PARCEL)
    assert not failed.value.is_final
    assert box.letters == []


def test_server_that_is_away_is_tried_again(box: Box, settings: Any) -> None:
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"mail_port": free_port()})
    with pytest.raises(SendingFailed, match="could not be reached") as failed:
        Smtp().send(PARCEL)
    assert not failed.value.is_final


def test_text_message_is_said_to_be_beyond_a_mail_server() -> None:
    text = Parcel("glimmer-8-1", TEXT, "01632960100", "", "", "Words", 1)
    with pytest.raises(SendingFailed, match="text messages") as failed:
        Smtp().send(text)
    assert failed.value.is_final
