"""The browser's half and the server's half of the run-time give the same answers to the same calls."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page

import scorm
from scorm.runtime import elements
from scorm.runtime.session import Launch, Session

pytestmark = pytest.mark.browser

_FOLDER = Path(scorm.__file__).parent
_ORIGIN = "http://player.localhost"
_ANSWERS = ("learner_response", "correct_responses.0.pattern")
_WHO = {"student_id": "p1", "student_name": "Okafor, Ngozi", "max_time_allowed": "PT1H"}
_GIVEN = {
    "cmi.comments_from_lms.0.comment": "{lang=en}Well begun",
    "cmi.comments_from_lms.0.timestamp": "2026-11-22T09:00:00",
    "cmi.objectives.0.id": "o0",
    "cmi.objectives.0.success_status": "passed",
    **{f"adl.data.{index}.id": f"store{index}" for index in range(3)},
    "adl.data.0.store": "",
    "adl.data.1.store": "kept",
    "adl.nav.request_valid.continue": "true",
    "adl.nav.request_valid.choice.{target=}": "false",
    "adl.nav.request_valid.choice.{target=i.2}": "true",
}
_KINDS = (
    *("true-false", "choice", "fill-in", "long-fill-in", "likert"),
    *("matching", "performance", "sequencing", "numeric", "other"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Standard:
    """One table with a session over it: what was launched, what earlier sessions left, and values that types take."""

    launch: Launch
    data: dict[str, str]
    values: tuple[str, ...]
    names: tuple[str, ...] = ()

    @property
    def model(self) -> elements.Model:
        return elements.model(self.launch.model)

    @property
    def table(self) -> dict[str, Any]:
        return json.loads((_FOLDER / "model" / f"{self.launch.model}.json").read_text())

    def function(self, verb: str) -> str:
        return next(name for name, function in self.model.functions.items() if function.verb == verb)


_OLD = _Standard(
    launch=Launch(model="scorm12", mastery_score="80", **_WHO),
    data={"cmi.suspend_data": "page=3", "cmi.comments": "first", "cmi.objectives.0.id": "o1"},
    values=("00:00:00", "0000:00:00.00", "9999:59:59.9", "1:00:00", "23:59:59.99", "24:00:00", "00:00:00.123"),
)
_NEW = _Standard(
    launch=Launch(
        model="scorm2004",
        completion_threshold="0.8",
        scaled_passing_score="0.5",
        given=_GIVEN,
        access={"adl.data.1.store": "r", "adl.data.2.store": "w"},
        **_WHO,
    ),
    data={
        "cmi.suspend_data": "page=3",
        **{f"cmi.interactions.{at}.id": f"urn:x:q{at}" for at in range(10)},
        **{f"cmi.interactions.{at}.type": kind for at, kind in enumerate(_KINDS)},
    },
    values=(
        *("PT0S", "P1Y2M3DT4H5M6.78S", "P", "PT", "P1S", "PT1.234S", "1970", "2038-02-29", "2039", "2026-02-30"),
        *("2026-11-22T09", "2026-11-22T09:00:00.5Z", "2026-11-22T09:00:00Z", "2026-11-22T09:00:00.55+01:30"),
        *("urn:", "urn:a:b", "URN:-:b", "o0", "o1", "i%20d", "i%2", "i d", "{lang=en-GB}hi", "{lang=}hi", "{lang=e}"),
        *("a[,]b", "b[,]a", "a[,]a", "a[.]b", "a[.]b[,]c[.]d", "[,]", "[.]b", "1[:]2", "2[:]1", "[:]", "1[:]", "[:]2"),
        *("{case_matters=true}x", "{order_matters=false}{case_matters=true}x[,]y", "{case_matters=maybe}x"),
        *("{order_matters=true}a[.]1[,]b", "{case_matters=true}{lang=fr}x", "{target=i.2}choice", "{target=}jump"),
    ),
    names=(
        *("adl.nav.request_valid.choice.{target=i.2}", "adl.nav.request_valid.jump.{target=x}", "adl.data.2.store"),
        *("adl.nav.request_valid.choice.{target=i.3}", "adl.nav.request_valid.choice.{other=i}", "adl.data.01.store"),
    ),
)
_STANDARDS = pytest.mark.parametrize("standard", [_OLD, _NEW], ids=["1.2", "2004"])

_ODD_NAMES = (
    *("", "n", ".", "cmi.", ".cmi", "cmi.constructor", "constructor", "__proto__", "x._children", "._count", "_count"),
    *("cmi.objectives.00.id", "cmi.objectives.n.id", "cmi.objectives.4999.id", "cmi.objectives.5000.id"),
    *("cmi.objectives.1234567890.id", "cmi.objectives.0.id.", "cmi.core._version", "cmi\n._children", "cmi.core\n"),
    *(
        "cmi.suspend_data._children",
        "cmi.suspend_data._count",
        "cmi.index",
        "cmi.objectives.index",
        "cmi.objectives._version",
        "0",
        "0.id",
        "cmi.{n=1}",
        "cmi.objectives.٣.id",
    ),
)

_PLAY = """([model, launch, data, runs]) => import("/static/api.js").then(({ Session }) => runs.map((calls) => {
  const session = new Session(model, launch, data);
  return calls.map(([fn, args]) => { const { answer, error } = session.call(fn, args); return [answer, error]; });
}))"""


@_STANDARDS
def test_random_calls_are_answered_alike_by_browser_and_server(page: Page, standard: _Standard) -> None:
    runs = _drawn(_runs(standard), 150)
    _serve(page)

    browsers = page.evaluate(_PLAY, [standard.table, standard.launch.as_dict(), standard.data, runs])

    assert browsers == [_answers(standard, calls) for calls in runs]


@_STANDARDS
def test_every_element_and_error_is_answered_alike_by_browser_and_server(page: Page, standard: _Standard) -> None:
    begin, end = [standard.function("initialise"), [""]], [standard.function("finish"), [""]]
    names = [name.replace(".n.", ".0.") for name in standard.model.elements]
    names += [name.replace(".0.", ".1.") for name in names]
    names += [f"cmi.interactions.{at}.{leaf}" for at in range(len(_KINDS)) for leaf in _ANSWERS if standard is _NEW]
    read = [[standard.function("get"), [name]] for name in (*names, *_ODD_NAMES, *standard.names)]
    commit = [standard.function("commit"), ["null"]]
    runs = [[*read, commit, end, begin, begin, *read, commit, end, end, begin, *read, commit]]
    runs += [[begin, *([standard.function("set"), [name, value]] for value in _samples(standard))] for name in names]
    odd = [
        [standard.function("set"), [name, ""]] for name in ("", "cmi", "cmi.x", "cmi._count", "cmi.interactions.99.id")
    ]
    runs.append([*odd, begin, *odd, [standard.function("set"), ["cmi.interactions.10.type", "other"]], end, *odd])
    _serve(page)

    browsers = page.evaluate(_PLAY, [standard.table, standard.launch.as_dict(), standard.data, runs])

    assert browsers == [_answers(standard, calls) for calls in runs]
    assert {error for answers in browsers for _, error in answers} >= _raised(standard)


def test_long_values_are_judged_alike_by_browser_and_server(page: Page) -> None:
    values = ["x" * 63_999, "x" * 64_000, "x" * 64_001, "\N{GRINNING FACE}" * 32_000, "\N{GRINNING FACE}" * 32_001]
    runs = [[["LMSInitialize", [""]], ["LMSSetValue", ["cmi.suspend_data", value]]] for value in values]
    _serve(page)

    browsers = page.evaluate(_PLAY, [_OLD.table, _OLD.launch.as_dict(), _OLD.data, runs])

    assert [answers[-1][1] for answers in browsers] == ["0", "0", "405", "0", "405"]
    assert browsers == [_answers(_OLD, calls) for calls in runs]


def test_the_longest_values_of_2004_take_no_time_and_are_judged_alike(page: Page) -> None:
    values = ["x" * 129_999, "x" * 130_000, "a[,]" * 32_000 + "b", "a[.]b[,]" * 16_000 + "c[.]d", "{lang=" * 20_000]
    names = ["cmi.suspend_data", *(f"cmi.interactions.{at}.{leaf}" for at in range(10) for leaf in _ANSWERS)]
    runs = [[["Initialize", [""]], *(["SetValue", [name, value]] for value in values)] for name in names]
    _serve(page)

    browsers = page.evaluate(_PLAY, [_NEW.table, _NEW.launch.as_dict(), _NEW.data, runs])

    assert [error for _, error in browsers[0]] == ["0", "0", "406", "0", "0", "0"]
    assert browsers == [_answers(_NEW, calls) for calls in runs]


def _raised(standard: _Standard) -> set[str]:
    """Every error code that some call can meet."""
    model = standard.model
    refused = {code for function in model.functions.values() for code in function.refused.values()}
    return {"0", model.argument, *model.missing.values(), *model.refusals.values(), *refused}


def _drawn(strategy: st.SearchStrategy[Any], count: int) -> list[Any]:
    """Draw the same examples every time, so that one visit to the browser answers them all."""
    found: list[Any] = []

    @settings(max_examples=count, derandomize=True, database=None, deadline=None)
    @given(strategy)
    def collect(example: Any) -> None:
        found.append(example)

    collect()
    return found


def _runs(standard: _Standard) -> st.SearchStrategy[list[Any]]:
    """Some calls too early, then a session; a rare call may end it."""
    begin = st.just([[standard.function("initialise"), [""]]])
    call = _call(standard)
    parts = st.tuples(st.lists(call, max_size=3), begin, st.lists(call, min_size=10, max_size=40))
    return parts.map(lambda drawn: [call for part in drawn for call in part])


def _call(standard: _Standard) -> st.SearchStrategy[list[Any]]:
    """Most calls read or write names of the model, with values that some type takes."""
    names = _names(standard)
    values = st.one_of(st.sampled_from(_samples(standard)), st.text(max_size=12))
    write = st.tuples(st.just(standard.function("set")), st.tuples(names, values))
    read = st.tuples(st.just(standard.function("get")), st.tuples(names))
    argument = st.one_of(st.just(""), st.sampled_from(sorted(standard.model.errors)), names)
    functions = st.sampled_from(sorted(standard.model.functions.items()))
    other = functions.flatmap(lambda row: st.tuples(st.just(row[0]), st.tuples(*[argument] * row[1].takes)))
    return st.one_of(write, write, write, read, read, other).map(lambda call: [call[0], list(call[1])])


def _names(standard: _Standard) -> st.SearchStrategy[str]:
    model = standard.model
    indexed = st.tuples(st.sampled_from(sorted(model.elements)), st.integers(0, 2)).map(
        lambda drawn: drawn[0].replace(".n.", f".{drawn[1]}.")
    )
    keyword = st.tuples(indexed, st.sampled_from(["_children", "_count", "_version"])).map(".".join)
    container = st.sampled_from(sorted(model.containers)).map(lambda pattern: pattern.replace(".n", ".0"))
    container_keyword = st.tuples(container, st.sampled_from(["_children", "_count"])).map(".".join)
    odd = st.sampled_from([*_ODD_NAMES, *standard.names])
    return st.one_of(indexed, indexed, indexed, keyword, container, container_keyword, odd)


def _samples(standard: _Standard) -> list[str]:
    spoken = sorted({value for rules in standard.table["types"].values() for value in rules.get("values", ())})
    edges = ["0", "-0", "+5", "100", "100.0", "100.01", "5.", ".5", ".", "1e2", "٣", "-1", "-100", "-101", "101", " 5"]
    texts = ["", "a b", "x" * 255, "x" * 256, "x" * 4096, "é\n", "\N{GRINNING FACE}", "\ud83d", "\ude00", "passed\n"]
    return [*spoken, *edges, *texts, *standard.values]


def _answers(standard: _Standard, calls: list[Any]) -> list[list[str]]:
    session = Session.open(standard.launch, standard.data)
    return [list(session.call(function, args, "2026-11-22T09:00:00.000Z")) for function, args in calls]


def _serve(page: Page) -> None:
    """Open a page of an origin that serves the script as it is in the repository."""
    script = (_FOLDER / "static" / "api.js").read_text()
    page.route("**/*", lambda route: route.fulfill(body="<!doctype html>", content_type="text/html"))
    page.route("**/static/api.js", lambda route: route.fulfill(body=script, content_type="text/javascript"))
    page.goto(_ORIGIN)
