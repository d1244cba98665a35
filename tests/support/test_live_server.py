"""The clinic that the tests start is the one a visitor starts: one process, real ports, data that outlive it."""

import socket
import urllib.error
import urllib.request

import pytest


def test_clinic_answers_on_its_page_and_its_bedside_port(new_clinic):
    clinic = new_clinic()
    with urllib.request.urlopen(f"{clinic.url}/sign-in") as page:
        assert "Glimmer" in page.read().decode()
    socket.create_connection(("127.0.0.1", clinic.gateway_port), timeout=5).close()


def test_killed_clinic_starts_again_on_the_same_ports_and_data(new_clinic):
    clinic = new_clinic()
    secret = (clinic.data_dir / "secret-key").read_text()
    clinic.kill()
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"{clinic.url}/health")
    clinic.start()
    assert urllib.request.urlopen(f"{clinic.url}/health").status == 200
    assert (clinic.data_dir / "secret-key").read_text() == secret


def test_stopped_clinic_prints_no_error(new_clinic):
    clinic = new_clinic()
    clinic.stop()
    assert "Traceback" not in clinic.log()
    assert clinic.process.returncode in {0, -15}
