"""The browser's half and the server's half of the run-time give the same answers to the same calls."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page

import scorm
from scorm import elements
from scorm.session import Launch, Session

pytestmark = pytest.mark.browser

_FOLDER = Path(scorm.__file__).parent
_TABLE = json.loads((_FOLDER / "model" / "scorm12.json").read_text())
_MODEL = elements.model("scorm12")
_ORIGIN = "http://player.localhost"
_LAUNCH = Launch(model="scorm12", student_id="p1", student_name="Okafor, Ngozi", mastery_score="80")
_DATA = {"cmi.suspend_data": "page=3", "cmi.comments": "first", "cmi.objectives.0.id": "o1"}

_ODD_NAMES = (
    *("", "n", ".", "cmi.", ".cmi", "cmi.constructor", "constructor", "__proto__", "x._children", "._count", "_count"),
    *("cmi.objectives.00.id", "cmi.objectives.n.id", "cmi.objectives.4999.id", "cmi.objectives.5000.id"),
    *("cmi.objectives.1234567890.id", "cmi.objectives.0.id.", "cmi.core._version", "cmi\n._children", "cmi.core\n"),
)

_PLAY = """([model, launch, data, runs]) => import("/static/api.js").then(({ Session }) => runs.map((calls) => {
  const session = new Session(model, launch, data);
  return calls.map(([fn, args]) => { const { answer, error } = session.call(fn, args); return [answer, error]; });
}))"""


def test_random_calls_are_answered_alike_by_browser_and_server(page: Page) -> None:
    runs = _drawn(_runs(), 200)
    _serve(page)

    browsers = page.evaluate(_PLAY, [_TABLE, _LAUNCH.as_dict(), _DATA, runs])

    assert browsers == [_answers(calls) for calls in runs]
    assert {error for answers in browsers for _, error in answers} == set(_TABLE["errors"])


def test_long_values_are_judged_alike_by_browser_and_server(page: Page) -> None:
    values = ["x" * 63_999, "x" * 64_000, "x" * 64_001, "\N{GRINNING FACE}" * 32_000, "\N{GRINNING FACE}" * 32_001]
    runs = [[["LMSInitialize", [""]], ["LMSSetValue", ["cmi.suspend_data", value]]] for value in values]
    _serve(page)

    browsers = page.evaluate(_PLAY, [_TABLE, _LAUNCH.as_dict(), {}, runs])

    assert [answers[-1][1] for answers in browsers] == ["0", "0", "405", "0", "405"]
    assert browsers == [_answers(calls, {}) for calls in runs]


def _drawn(strategy: st.SearchStrategy[Any], count: int) -> list[Any]:
    """Draw the same examples every time, so that one visit to the browser answers them all."""
    found: list[Any] = []

    @settings(max_examples=count, derandomize=True, database=None, deadline=None)
    @given(strategy)
    def collect(example: Any) -> None:
        found.append(example)

    collect()
    return found


def _runs() -> st.SearchStrategy[list[Any]]:
    """Some calls too early, then a session; a rare call may end it."""
    begin = st.just([["LMSInitialize", [""]]])
    parts = st.tuples(st.lists(_call(), max_size=3), begin, st.lists(_call(), min_size=10, max_size=40))
    return parts.map(lambda drawn: [call for part in drawn for call in part])


def _call() -> st.SearchStrategy[list[Any]]:
    """Most calls read or write names of the model, with values that some type takes."""
    write = st.tuples(st.just("LMSSetValue"), st.tuples(_names(), _values()))
    read = st.tuples(st.just("LMSGetValue"), st.tuples(_names()))
    other = st.sampled_from(sorted(_MODEL.functions)).flatmap(_any_arguments)
    return st.one_of(write, write, write, read, read, other).map(lambda call: [call[0], list(call[1])])


def _any_arguments(function: str) -> st.SearchStrategy[tuple[str, tuple[str, ...]]]:
    argument = st.one_of(st.just(""), st.sampled_from(sorted(_TABLE["errors"])), _names())
    takes = _MODEL.functions[function].takes
    return st.tuples(st.just(function), st.tuples(*[argument] * takes))


def _names() -> st.SearchStrategy[str]:
    indexed = st.tuples(st.sampled_from(sorted(_MODEL.elements)), st.integers(0, 2)).map(
        lambda drawn: drawn[0].replace(".n", f".{drawn[1]}")
    )
    keyword = st.tuples(indexed, st.sampled_from(["_children", "_count", "_version"])).map(".".join)
    container = st.sampled_from(sorted(_MODEL.containers)).map(lambda pattern: pattern.replace(".n", ".0"))
    container_keyword = st.tuples(container, st.sampled_from(["_children", "_count"])).map(".".join)
    return st.one_of(indexed, indexed, indexed, keyword, container, container_keyword, st.sampled_from(_ODD_NAMES))


def _values() -> st.SearchStrategy[str]:
    spoken = sorted({value for rules in _TABLE["types"].values() for value in rules.get("values", ())})
    edges = ["0", "-0", "+5", "100", "100.0", "100.01", "5.", ".5", ".", "1e2", "٣", "-1", "-100", "-101", "101", " 5"]
    times = ["00:00:00", "0000:00:00.00", "9999:59:59.9", "1:00:00", "23:59:59.99", "24:00:00", "00:00:00.123"]
    texts = ["", "a b", "x" * 255, "x" * 256, "x" * 4096, "é\n", "\N{GRINNING FACE}", "\ud83d", "\ude00", "passed\n"]
    return st.one_of(st.sampled_from([*spoken, *edges, *times, *texts]), st.text(max_size=12))


def _answers(calls: list[Any], data: dict[str, str] | None = None) -> list[list[str]]:
    session = Session.open(_LAUNCH, _DATA if data is None else data)
    return [list(session.call(function, args, "2026-11-22T09:00:00.000Z")) for function, args in calls]


def _serve(page: Page) -> None:
    """Open a page of an origin that serves the script as it is in the repository."""
    script = (_FOLDER / "static" / "api.js").read_text()
    page.route("**/*", lambda route: route.fulfill(body="<!doctype html>", content_type="text/html"))
    page.route("**/static/api.js", lambda route: route.fulfill(body=script, content_type="text/javascript"))
    page.goto(_ORIGIN)
