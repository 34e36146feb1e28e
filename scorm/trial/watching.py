"""What a browser says while a part plays -> what went wrong, and what it tried. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from scorm.trial.records import MOST_SEEN

BINDING: Final = "preceptorSaw"
MOST_DIALOGS: Final = 100
"""Dialogs after which a part is taken for one that opens them without end."""

_LONGEST: Final = 300
_ABORTED: Final = "net::ERR_ABORTED"
_NOT_FOUND: Final = 400

SPY: Final = """(() => {
  const told = new Set();
  const saw = (kind, what, more) => {
    const line = JSON.stringify([kind, String(what).slice(0, 300), String(more ?? "").slice(0, 100)]);
    if (told.size < 200 && !told.has(line)) { told.add(line); globalThis.preceptorSaw?.(line); }
  };
  addEventListener("securitypolicyviolation", (event) => saw("blocked", event.blockedURI, event.effectiveDirective));
  const open = window.open;
  window.open = function (...words) { saw("window", words[0] ?? ""); return open.apply(this, words); };
  if (window !== window.top) return;
  for (const name of ["API", "API_1484_11"]) {
    let given;
    const get = () => { saw("asked", name); return given; };
    Object.defineProperty(window, name, { configurable: true, get, set: (value) => { given = value; } });
  }
})();"""
"""Runs in every page before its own scripts: tells which API is looked for, which windows are asked for, and so on."""


class Watch:
    """Gathers from the events of DevTools what one part did; `answer` says something to the browser."""

    def __init__(self, answer: Callable[..., object], own: Sequence[str] = ()) -> None:
        """Know the addresses that are ours, which are no matter of the content's."""
        self._answer = answer
        self._own = tuple(own)
        self._addresses: dict[str, str] = {}
        self.asked: dict[str, None] = {}
        self.errors: dict[str, None] = {}
        self.failed: dict[str, str] = {}
        self.blocked: dict[str, str] = {}
        self.windows: dict[str, None] = {}
        self.windows_asked = 0
        self.dialogs = 0
        self.dialog = ""
        self.crashed = False
        self.shown = False
        self.active = 0

    @property
    def endless(self) -> bool:
        """Say whether it opens dialogs without end."""
        return self.dialogs >= MOST_DIALOGS

    def hear(self, event: Mapping[str, Any]) -> None:
        """Take one event of the page."""
        known = getattr(self, _HEARD.get(event["method"], ""), None)
        if known:
            known(event.get("params", {}), event.get("sessionId", ""))

    def _dialog(self, said: Mapping[str, Any], session: str) -> None:
        self.dialogs += 1
        self.dialog = self.dialog or said.get("message", "")[:_LONGEST]
        if not self.endless:
            self._answer("Page.handleJavaScriptDialog", session, accept=True)

    def _thrown(self, said: Mapping[str, Any], _session: str) -> None:
        details = said.get("exceptionDetails", {})
        whole = details.get("exception", {}).get("description") or details.get("text", "")
        where = _file(details.get("url", ""))
        line = f" ({where}, line {details.get('lineNumber', 0) + 1})" if where else ""
        _keep(self.errors, f"{whole.partition(chr(10))[0][:_LONGEST]}{line}")

    def _requested(self, said: Mapping[str, Any], _session: str) -> None:
        self.active += 1
        if len(self._addresses) < 10_000:  # noqa: PLR2004 - a page that asks for more is not better known for it
            self._addresses[said["requestId"]] = said["request"]["url"][:2000]

    def _answered(self, said: Mapping[str, Any], _session: str) -> None:
        response = said["response"]
        self.shown = self.shown or "/content/" in response["url"]
        if response["status"] >= _NOT_FOUND:
            self._fail(response["url"], f"{response['status']}")

    def _lost(self, said: Mapping[str, Any], _session: str) -> None:
        self.active += 1
        if said.get("errorText") != _ABORTED and not said.get("blockedReason"):
            self._fail(self._addresses.get(said["requestId"], ""), said.get("errorText", ""))

    def _fail(self, address: str, why: str) -> None:
        if address and not address.endswith("/favicon.ico") and not address.startswith(self._own):
            _keep(self.failed, _short(address), why)

    def _bound(self, said: Mapping[str, Any], _session: str) -> None:
        if said.get("name") != BINDING:
            return
        try:
            kind, what, more = json.loads(said["payload"])
        except (ValueError, TypeError):
            return  # the content called it itself
        if kind == "asked":
            _keep(self.asked, what)
        elif kind == "blocked":
            _keep(self.blocked, _short(what), more)
        else:
            self.windows_asked += 1
            _keep(self.windows, _short(what))

    def _crash(self, _said: Mapping[str, Any], _session: str) -> None:
        self.crashed = True

    def _opened(self, said: Mapping[str, Any], _session: str) -> None:
        """Close a window that was opened after all: what it shows cannot be told from the course."""
        target = said["targetInfo"]
        if target.get("openerId"):
            self.windows_asked += not self.windows
            if target.get("url"):
                _keep(self.windows, _short(target["url"]))
            self._answer("Target.closeTarget", "", targetId=target["targetId"])


def _keep(found: dict[str, Any], what: str, why: str | None = None) -> None:
    if len(found) < MOST_SEEN:
        found.setdefault(what, why)


def _short(address: str) -> str:
    """Write an address of the content's own without its key and origin."""
    _, mark, path = address.partition("/content/")
    return (path.partition("/")[2] if mark else address)[:_LONGEST]


def _file(address: str) -> str:
    return _short(address).partition("?")[0] if "/content/" in address else ""


_HEARD: Final[Mapping[str, str]] = {
    "Page.javascriptDialogOpening": "_dialog",
    "Runtime.exceptionThrown": "_thrown",
    "Network.requestWillBeSent": "_requested",
    "Network.responseReceived": "_answered",
    "Network.loadingFailed": "_lost",
    "Runtime.bindingCalled": "_bound",
    "Inspector.targetCrashed": "_crash",
    "Target.targetCreated": "_opened",
}
