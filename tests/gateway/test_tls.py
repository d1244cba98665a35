"""TLS with real certificates, made here: who may speak, and what an operator is told when the files are wrong."""

import asyncio
import logging
import os
import ssl
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from glimmer.gateway.framing import framed
from glimmer.gateway.server import Gateway, Limits
from glimmer.gateway.tls import TlsProblem, tls_context
from tests.support.gateway_story import Device, Memory, vitals

HOST = "127.0.0.1"


class Files:
    """The hospital's authority, its gateway's certificate, and a device's; and a stranger's."""

    def __init__(self, folder: Path) -> None:
        self.authority, self.stranger = trustme.CA(), trustme.CA()
        self.certificate, self.key = str(folder / "gateway.pem"), str(folder / "gateway.key")
        self.authority_file = str(folder / "authority.pem")
        issued = self.authority.issue_cert(HOST)
        Path(self.certificate).write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
        issued.private_key_pem.write_to_path(self.key)
        self.authority.cert_pem.write_to_path(self.authority_file)

    def device(self, issuer: trustme.CA | None = None) -> ssl.SSLContext:
        """Return what a device brings: trust in the hospital's authority, and its own certificate if it has one."""
        context = ssl.create_default_context()
        self.authority.configure_trust(context)
        if issuer is not None:
            issuer.issue_cert("monitor-1.example").configure_cert(context)
        return context


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return Files(tmp_path_factory.mktemp("tls"))


def play(context: ssl.SSLContext | None, story: Callable[[Gateway], Awaitable[None]], **limits: float) -> Memory:
    sink = Memory()

    async def run() -> None:
        gateway = Gateway(sink, port=0, tls=context, limits=Limits(**limits))
        await gateway.start()
        try:
            await story(gateway)
        finally:
            await gateway.stop()

    asyncio.run(run())
    return sink


async def speaks(gateway: Gateway, tls: ssl.SSLContext | None, control_id: str = "1") -> list[tuple[str, str]]:
    reader, writer = await asyncio.open_connection(*gateway.address, ssl=tls)
    try:
        device = Device(reader, writer)
        device.sends(framed(vitals(control_id)))
        return await device.hears()
    finally:
        writer.transport.abort()
        await asyncio.sleep(0)


def test_a_device_speaks_over_tls_and_is_answered(files: Files) -> None:
    async def story(gateway: Gateway) -> None:
        assert await speaks(gateway, files.device()) == [("CA", "1")]

    assert len(play(tls_context(files.certificate, files.key), story).stored) == 1


def test_with_an_authority_only_its_devices_may_speak(files: Files, caplog: pytest.LogCaptureFixture) -> None:
    failures: list[int] = []

    async def story(gateway: Gateway) -> None:
        assert await speaks(gateway, files.device(files.authority)) == [("CA", "1")]
        for stranger in (files.device(), files.device(files.stranger)):
            with pytest.raises((ssl.SSLError, ConnectionError, AssertionError)):
                await speaks(gateway, stranger, "2")
        failures.append(gateway.counts.failed_handshakes)

    context = tls_context(files.certificate, files.key, files.authority_file)
    with caplog.at_level(logging.WARNING, logger="glimmer.gateway"):
        sink = play(context, story)
    assert [received.message.control_id for received in sink.stored] == ["1"]
    assert failures == [2]
    assert "PEER_DID_NOT_RETURN_A_CERTIFICATE" in caplog.text
    assert "CERTIFICATE_VERIFY_FAILED" in caplog.text


def test_an_old_tls_and_plain_text_are_not_taken(files: Files) -> None:
    async def story(gateway: Gateway) -> None:
        old = files.device()
        with pytest.warns(DeprecationWarning, match="TLSv1"):
            old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await speaks(gateway, old)
        with pytest.raises((AssertionError, ConnectionError)):
            await speaks(gateway, None)
        assert await speaks(gateway, files.device(), "3") == [("CA", "3")]

    sink = play(tls_context(files.certificate, files.key), story)
    assert [received.message.control_id for received in sink.stored] == ["3"]


def test_back_pressure_holds_under_tls_too(files: Files) -> None:
    async def story(gateway: Gateway) -> None:
        reader, writer = await asyncio.open_connection(*gateway.address, ssl=files.device())
        device = Device(reader, writer)
        device.sends(b"".join(framed(vitals(str(number), filler="x" * 2000)) for number in range(500)))
        assert await device.hears(500) == [("CA", str(number)) for number in range(500)]
        writer.transport.abort()

    sink = play(tls_context(files.certificate, files.key), story, queued_messages=20)
    assert len(sink.stored) == 500


def test_without_a_certificate_there_is_no_tls() -> None:
    assert tls_context("") is None


def written(folder: Path, issued: trustme.LeafCert) -> tuple[str, str, str]:
    """Write a certificate and its key into one folder; return what `tls_context` takes."""
    certificate, key = folder / "some.pem", folder / "some.key"
    certificate.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    issued.private_key_pem.write_to_path(str(key))
    return str(certificate), str(key), ""


def old_authority() -> bytes:
    """Return an authority that has expired, as PEM: trustme makes none."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Hospital of before")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = (
        builder.serial_number(7).not_valid_before(now - timedelta(days=9)).not_valid_after(now - timedelta(days=1))
    )
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


@contextmanager
def as_another_user(path: Path) -> Iterator[None]:
    """Be somebody who may not read a file: root may read anything, so the tests of root become nobody for a moment."""
    path.chmod(0o000)
    if os.geteuid() == 0:
        os.seteuid(65_534)
        try:
            yield
        finally:
            os.seteuid(0)
    else:
        yield


def test_key_that_this_user_may_not_read_is_named_in_words(files: Files, tmp_path: Path) -> None:
    certificate, key, _ = written(tmp_path, files.authority.issue_cert(HOST))
    with as_another_user(Path(key)), pytest.raises(TlsProblem, match=r"cannot be read \(Permission denied\)"):
        tls_context(certificate, key)


def test_certificate_in_one_file_with_its_key_and_chain_is_taken(files: Files, tmp_path: Path) -> None:
    issued = files.authority.create_child_ca().issue_cert(HOST)
    together = tmp_path / "together.pem"
    together.write_bytes(issued.private_key_and_cert_chain_pem.bytes())

    async def story(gateway: Gateway) -> None:
        assert await speaks(gateway, files.device()) == [("CA", "1")]

    play(tls_context(str(together)), story)


def broken(files: Files, tmp_path: Path, what: str) -> tuple[str, str, str]:
    if what in ("expired", "not yet valid"):
        now = datetime.now(UTC)
        days = {"expired": (-9, -1), "not yet valid": (1, 9)}[what]
        begin, end = (now + timedelta(days=number) for number in days)
        return written(tmp_path, files.authority.issue_cert(HOST, not_before=begin, not_after=end))
    text = tmp_path / "letter.pem"
    text.write_text("Dear colleague,")
    other, old = tmp_path / "other.key", tmp_path / "old.pem"
    old.write_bytes(old_authority())
    files.stranger.issue_cert(HOST).private_key_pem.write_to_path(str(other))
    return {
        "missing certificate": (str(tmp_path / "nowhere.pem"), files.key, ""),
        "missing key": (files.certificate, str(tmp_path / "nowhere.key"), ""),
        "other key": (files.certificate, str(other), ""),
        "no key": (files.certificate, "", ""),
        "not PEM": (str(text), files.key, ""),
        "authority not PEM": (files.certificate, files.key, str(text)),
        "missing authority": (files.certificate, files.key, str(tmp_path / "nowhere.pem")),
        "authority expired": (files.certificate, files.key, str(old)),
        "key alone": ("", files.key, ""),
        "a folder": (str(tmp_path), files.key, ""),
    }[what]


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("missing certificate", "nowhere.pem cannot be read (No such file or directory)"),
        ("missing key", "nowhere.key cannot be read"),
        ("other key", "other.key does not belong to the certificate"),
        ("no key", "the key in the same file cannot be used"),
        ("not PEM", "letter.pem with the key"),
        ("authority not PEM", "letter.pem is not a certificate in PEM"),
        ("missing authority", "the TLS authority"),
        ("authority expired", "old.pem has expired: put a renewed one in its place"),
        ("expired", "some.pem has expired: put a renewed one in its place"),
        ("not yet valid", "some.pem is not valid yet"),
        ("key alone", "but no certificate"),
        ("a folder", "cannot be read (Is a directory)"),
    ],
)
def test_files_that_do_not_serve_are_named_in_words(files: Files, tmp_path: Path, what: str, says: str) -> None:
    with pytest.raises(TlsProblem) as told:
        tls_context(*broken(files, tmp_path, what))
    assert says in str(told.value)
