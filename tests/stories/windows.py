"""What stands before the site: a person's browser without scripts, and a program with a token; both over real HTTP."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_MOST_REDIRECTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One response; `address` is where it came from."""

    status: int
    address: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def html(self) -> str:
        """Return the body as text."""
        return self.body.decode()

    @property
    def json(self) -> Any:
        """Return the body as JSON."""
        return json.loads(self.body)

    @property
    def text(self) -> str:
        """Return what a reader sees, in one line."""
        return _read(self).text

    @property
    def forms(self) -> list[Form]:
        """Return the forms of the page."""
        return _read(self).forms

    def link(self, words: str) -> str:
        """Return where the first link with these words leads."""
        return next(address for address, text in _read(self).links if words in text)

    @property
    def path(self) -> str:
        """Return the path of the address."""
        return urlsplit(self.address).path

    def form(self, action: str = "", **holding: str) -> Form:
        """Return the only form that goes to such an address and holds these values."""
        wanted = [
            form
            for form in self.forms
            if re.search(action, form.action) and holding.items() <= form.fields.items() and form.method == "post"
        ]
        wanted = [form for form in wanted if not form.action.endswith("/sign-out")] if not action else wanted
        assert len(wanted) == 1, f"{len(wanted)} such forms on {self.address}: {[form.action for form in self.forms]}"
        return wanted[0]


@dataclass(kw_only=True)
class Form:
    """A form as it was shown: what it sends if nothing is touched, and the names that can be filled in."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)

    def filled(self, values: Mapping[str, str | None]) -> str:
        """Return the body with some fields filled in, and those that are None left out."""
        unknown = set(values) - self.names
        assert not unknown, f"the form has no {unknown}, only {self.names}"
        return urlencode({name: value for name, value in {**self.fields, **values}.items() if value is not None})


def ask(port: int, method: str, address: str, headers: Mapping[str, str], body: str | bytes | None = None) -> Answer:
    """Send one request to a port of the loopback, whatever host the address names."""
    parts = urlsplit(address)
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connection.request(method, path, body, {"Host": parts.netloc, **headers})
        response = connection.getresponse()
        got = {name.lower(): value for name, value in response.getheaders()}
        return Answer(status=response.status, address=address, headers=got, body=response.read())
    finally:
        connection.close()


class Window:
    """A person's browser window: keeps cookies, follows redirects, and sends the forms that it was shown."""

    def __init__(self, origin: str) -> None:
        self._port = urlsplit(origin).port or 80
        self._here = f"{origin}/"
        self._cookies: dict[str, dict[str, str]] = {}

    def open(self, address: str) -> Answer:
        """Open an address, absolute or relative to where the window is."""
        return self._go("GET", address)

    def send(self, form: Form, values: Mapping[str, str | None] | None = None) -> Answer:
        """Send a form with some fields filled in; an old one may be sent again."""
        return self._go("POST", form.action, form.filled(values or {}))

    def _go(self, method: str, address: str, body: str | None = None) -> Answer:
        for _ in range(_MOST_REDIRECTS):
            answer = self._ask(method, urljoin(self._here, address), body)
            if answer.status not in {302, 303}:
                return answer
            method, address, body = "GET", answer.headers["location"], None
        raise AssertionError(f"{self._here} leads in circles")

    def _ask(self, method: str, address: str, body: str | None) -> Answer:
        mine = self._cookies.setdefault(urlsplit(address).netloc, {})
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in mine.items()), **(_FORM if body else {})}
        answer = ask(self._port, method, address, headers, body)
        self._here = address
        for name, morsel in SimpleCookie(answer.headers.get("set-cookie", "")).items():
            mine[name] = morsel.value
        return answer


class Program:
    """A program that calls the API with a token."""

    def __init__(self, origin: str, token: str) -> None:
        self._port = urlsplit(origin).port or 80
        self._base = f"{origin}/api/v1"
        self._token = token

    def get(self, path: str, **query: str) -> Any:
        """Return what a resource says; it must be there."""
        answer = self.call("GET", f"{path}?{urlencode(query)}" if query else path)
        assert answer.status == 200, answer.html
        return answer.json

    def all(self, path: str, **query: str) -> Iterator[Any]:
        """Yield every item of a list, page after page."""
        more: dict[str, str] = {}
        while True:
            page = self.get(path, **query, **more)
            yield from page["items"]
            if page["next"] is None:
                return
            more = {"cursor": page["next"]}

    def post(self, path: str, body: Any = None, key: str = "") -> Answer:
        """Post JSON, under an idempotency key if one is given."""
        return self.call("POST", path, body, {"Idempotency-Key": key} if key else {})

    def patch(self, path: str, body: Any) -> Answer:
        """Change a resource."""
        return self.call("PATCH", path, body)

    def call(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
        """Send one request, and return the answer whatever it is."""
        said = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json", **(headers or {})}
        return ask(self._port, method, f"{self._base}{path}", said, None if body is None else json.dumps(body))


class _Reader(HTMLParser):
    """Reads the forms and the visible text of a page."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self._address = address
        self._silent = 0
        self._linked = False
        self._words: list[str] = []
        self._select = ""
        self._textarea = ""
        self.forms: list[Form] = []
        self.links: list[tuple[str, str]] = []

    @property
    def text(self) -> str:
        return " ".join("".join(self._words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag in {"script", "style", "template"}:
            self._silent += 1
        elif tag == "a":
            self.links.append((said.get("href", ""), ""))
            self._linked = True
        elif tag == "form":
            action = urljoin(self._address, said.get("action", ""))
            self.forms.append(Form(action=action, method=said.get("method", "get").lower()))
        elif self.forms and tag in {"input", "select", "option", "textarea", "button"}:
            getattr(self, f"_{tag}_begins")(self.forms[-1], said)

    def handle_endtag(self, tag: str) -> None:
        if tag in {"script", "style", "template"}:
            self._silent -= 1
        elif tag == "a":
            self._linked = False
        elif tag == "textarea":
            self._textarea = ""
        elif tag == "select":
            self._select = ""
        self._words.append(" ")

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self.forms[-1].fields[self._textarea] += data.removeprefix("\n")
        elif not self._silent:
            self._words.append(data)
            if self._linked:
                self.links[-1] = (self.links[-1][0], self.links[-1][1] + data)

    def _input_begins(self, form: Form, said: dict[str, str]) -> None:
        name, kind = said.get("name", ""), said.get("type", "text")
        if not name or kind in {"submit", "button"}:
            return
        form.names.add(name)
        if kind not in {"checkbox", "radio"} or "checked" in said:
            form.fields[name] = said.get("value", "on" if kind == "checkbox" else "")

    def _button_begins(self, form: Form, said: dict[str, str]) -> None:
        form.names |= {said["name"]} if "name" in said else set()

    def _select_begins(self, form: Form, said: dict[str, str]) -> None:
        self._select = said["name"]
        form.names.add(self._select)

    def _option_begins(self, form: Form, said: dict[str, str]) -> None:
        if "selected" in said or self._select not in form.fields:
            form.fields[self._select] = said.get("value", "")

    def _textarea_begins(self, form: Form, said: dict[str, str]) -> None:
        self._textarea = said["name"]
        form.names.add(self._textarea)
        form.fields[self._textarea] = ""


def _read(answer: Answer) -> _Reader:
    reader = _Reader(answer.address)
    reader.feed(answer.html)
    return reader
