"""A browser's ear for tests: signs in over HTTP and listens to server-sent events, written from their standard."""

import json
import re
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from http.cookiejar import CookieJar
from typing import Any


@dataclass(frozen=True)
class Heard:
    """One event: its name, its id ("" for none), its data as JSON."""

    event: str
    id: str
    data: dict[str, Any]


class Listener:
    """One person at one browser. `open` listens to an address; `get` and `post` are plain pages."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.cookies = CookieJar()
        self._browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))

    def sign_in(self, username: str, password: str) -> "Listener":
        self.post("/sign-in", "/sign-in", username=username, password=password)
        assert any(cookie.name == "sessionid" for cookie in self.cookies), f"{username} could not sign in"
        return self

    def get(self, path: str) -> str:
        with self._browser.open(self.url + path, timeout=20) as answer:
            return answer.read().decode()  # type: ignore[no-any-return]

    def post(self, path: str, page: str, **data: str) -> str:
        """Post a form with the token that stands on `page`."""
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.get(page))
        assert found, f"{page} holds no form"
        body = urllib.parse.urlencode({"csrfmiddlewaretoken": found[1], **data}).encode()
        with self._browser.open(self.url + path, body, timeout=20) as answer:
            return answer.read().decode()  # type: ignore[no-any-return]

    def open(self, path: str, last_event_id: str = "") -> "Stream":
        """Start listening; the stream must be closed."""
        headers = {"Accept": "text/event-stream", **({"Last-Event-ID": last_event_id} if last_event_id else {})}
        request = urllib.request.Request(self.url + path, headers=headers)
        return Stream(self._browser.open(request, timeout=20))


class Stream:
    """An open event stream. Reading waits at most 20 s for a line."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.headers = answer.headers

    def __enter__(self) -> "Stream":
        return self

    def __exit__(self, *failure: object) -> None:
        self.answer.close()

    def __iter__(self) -> Iterator[Heard]:
        fields: dict[str, str] = {}
        for line in self._lines():
            if line:
                name, _, value = line.partition(": ")
                fields[name] = value
            elif fields:
                yield Heard(fields.get("event", "message"), fields.get("id", ""), json.loads(fields["data"]))
                fields = {}

    def _lines(self) -> Iterator[str]:
        while True:
            try:
                line = self.answer.readline()
            except TimeoutError:
                raise AssertionError("The stream said nothing for 20 s.") from None
            if not line:
                return
            yield line.decode().rstrip("\r\n")

    def until(self, wanted: Any) -> Heard:
        """Return the first event for which `wanted(event)` holds; fail when the stream ends before."""
        for heard in self:
            if wanted(heard):
                return heard
        raise AssertionError("The stream ended before what was waited for.")
