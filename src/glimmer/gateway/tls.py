"""TLS for the bedside network, with certificates on both sides where an authority for the devices is named.

IHE ATNA (ITI TF-1, section 9) asks that both nodes prove who they are. TLS 1.2 is the lowest version taken, as its
current profiles and NIST SP 800-52r2 ask.
"""

import contextlib
import ssl
import time
from pathlib import Path

OUT_OF_DATE = {
    10: "has expired: put a renewed one in its place",
    9: "is not valid yet: put the present one in its place, or set this machine's clock",
}
"""X509_V_ERR_CERT_HAS_EXPIRED and X509_V_ERR_CERT_NOT_YET_VALID of OpenSSL."""


class TlsProblem(ValueError):
    """The gateway cannot speak TLS with these files; the message says which, and why."""


def tls_context(certificate: str, key: str = "", client_authority: str = "") -> ssl.SSLContext | None:
    """Return what the gateway needs to speak TLS, or None where no certificate is named.

    All are names of PEM files. With `client_authority` a device needs a certificate of that authority.
    Raise TlsProblem in words, also where a certificate has expired: no device would have to take it.
    """
    if not certificate:
        if key or client_authority:
            raise TlsProblem("a key or an authority is set, but no certificate (GLIMMER_GATEWAY_TLS_CERTIFICATE)")
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    _load_certificate(context, certificate, key)
    _refuse_out_of_date(context, certificate)
    if client_authority:
        _load_authority(context, client_authority)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def _load_certificate(context: ssl.SSLContext, certificate: str, key: str) -> None:
    _refuse_unreadable("certificate", certificate)
    if key:
        _refuse_unreadable("key", key)
    try:
        # An empty password, never a question on the terminal of a service.
        context.load_cert_chain(certificate, key or None, password="")
    except ssl.SSLError as problem:
        if problem.reason == "KEY_VALUES_MISMATCH":
            raise TlsProblem(f"the TLS key {key} does not belong to the certificate {certificate}") from problem
        raise TlsProblem(
            f"the TLS certificate {certificate} with the key {key or 'in the same file'} cannot be used: "
            "both have to be PEM, the key without a password"
        ) from problem


def _refuse_out_of_date(ours: ssl.SSLContext, certificate: str) -> None:
    """Shake hands with ourselves as a device would that trusts exactly this certificate: only its dates can fail."""
    device = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    device.check_hostname = False
    device.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    device.load_verify_locations(certificate)
    to_us, to_device = ssl.MemoryBIO(), ssl.MemoryBIO()
    here, there = ours.wrap_bio(to_us, to_device, server_side=True), device.wrap_bio(to_device, to_us)
    try:
        for side in (there, here, there, here):
            with contextlib.suppress(ssl.SSLWantReadError):
                side.do_handshake()
    except ssl.SSLCertVerificationError as problem:
        if why := OUT_OF_DATE.get(problem.verify_code):
            raise TlsProblem(f"the TLS certificate {certificate} {why}") from problem
    except ssl.SSLError:
        return  # Nothing about dates; whether a device takes it, the device will say.


def _load_authority(context: ssl.SSLContext, authority: str) -> None:
    _refuse_unreadable("authority", authority)
    try:
        context.load_verify_locations(authority)
    except ssl.SSLError as problem:
        raise TlsProblem(f"the TLS authority {authority} is not a certificate in PEM") from problem
    ends = [ssl.cert_time_to_seconds(str(one["notAfter"])) for one in context.get_ca_certs()]
    if ends and max(ends) < time.time():
        raise TlsProblem(f"the TLS authority {authority} has expired: put a renewed one in its place")


def _refuse_unreadable(what: str, name: str) -> None:
    try:
        with Path(name).open("rb"):
            pass
    except OSError as problem:
        raise TlsProblem(f"the TLS {what} {name} cannot be read ({problem.strerror})") from problem
