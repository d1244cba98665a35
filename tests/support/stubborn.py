"""Senders that never give up: what is not acknowledged is sent again until it is, through any number of crashes."""

import http.client
import random
import re
import threading
import time
import urllib.parse
from typing import Any

from tests.support.monitor_line import MonitorLine, vitals


class StubbornMonitor(threading.Thread):
    """A monitor that speaks, waits for its answer, and sends again what got none. `sent` maps control id to pressure.

    `pause_seconds` lies between two messages; `heard` counts the acknowledgements.
    """

    def __init__(self, number: int, port: int, place: dict[str, Any], pause_seconds: float = 0) -> None:
        super().__init__(daemon=True)
        self.number, self.place, self.pause_seconds = number, place, pause_seconds
        self.line = MonitorLine(port)
        self.stopping = threading.Event()
        self.sent: dict[str, int] = {}
        self.heard = threading.Semaphore(0)

    def run(self) -> None:
        try:
            self._speak()
        finally:
            self.line.close()

    def _speak(self) -> None:
        waiting: bytes | None = None
        while not self.stopping.is_set() or waiting is not None:
            try:
                self.line.connect()
                while not self.stopping.is_set() or waiting is not None:
                    if waiting is None:
                        waiting = self._next()
                    self.line.send(waiting)
                    if self.line.answer() != "AA":
                        # "Send it again": the gateway could not store it and says so.
                        time.sleep(0.1)
                        continue
                    waiting = None
                    self.heard.release()
                    if self.pause_seconds:
                        time.sleep(self.pause_seconds)
            except OSError:
                self.line.close()

    def _next(self) -> bytes:
        count = len(self.sent) + 1
        control_id = f"m{self.number}-{count}"
        self.sent[control_id] = 110 + count % 40
        return vitals(control_id, self.place["monitor"], self.place["local_number"], self.sent[control_id])


class StubbornNurse(threading.Thread):
    """A nurse who writes note after note on a session's page, and presses again with the same form until it is taken.

    `written` are the notes that the page confirmed.
    """

    def __init__(self, port: int, session: int, username: str, password: str, pause_seconds: float = 0.05) -> None:
        super().__init__(daemon=True)
        self.port, self.session = port, session
        self.username, self.password, self.pause_seconds = username, password, pause_seconds
        self.stopping = threading.Event()
        self.written: list[str] = []
        self._cookies: dict[str, str] = {}
        self._chance = random.Random(session)

    def run(self) -> None:
        count = 0
        while not self.stopping.is_set():
            count += 1
            text, token = f"Note {count} of the trial", f"trial-{self.session}-{count}"
            while not self._press(text, token):
                if self.stopping.is_set():
                    return
                time.sleep(0.1)
            self.written.append(text)
            time.sleep(self.pause_seconds)

    def _press(self, text: str, token: str) -> bool:
        """Press once; say whether the page confirmed it."""
        try:
            if "sessionid" not in self._cookies and not self._sign_in():
                return False
            form = {"text": text, "form_token": token, "csrfmiddlewaretoken": self._cookies["csrftoken"]}
            status, _ = self._ask("POST", f"/sessions/{self.session}/note", form)
        except (OSError, http.client.HTTPException):
            return False
        if status in (401, 403):
            self._cookies.clear()
        return status == 302

    def _sign_in(self) -> bool:
        _, page = self._ask("GET", "/sign-in")
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        if found is None:
            return False
        form = {"username": self.username, "password": self.password, "csrfmiddlewaretoken": found[1]}
        status, _ = self._ask("POST", "/sign-in", form)
        return status == 302 and "sessionid" in self._cookies

    def _ask(self, method: str, path: str, form: dict[str, str] | None = None) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
            headers = {"Cookie": cookies, "Content-Type": "application/x-www-form-urlencoded"}
            connection.request(method, path, urllib.parse.urlencode(form) if form else None, headers)
            answer = connection.getresponse()
            body = answer.read().decode(errors="replace")
            for name, value in answer.getheaders():
                if name.lower() == "set-cookie":
                    key, _, rest = value.partition("=")
                    self._cookies[key] = rest.split(";")[0]
            return answer.status, body
        finally:
            connection.close()
