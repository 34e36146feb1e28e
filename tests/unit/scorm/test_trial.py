"""Trial runs without a browser: what its events come to, what is said of them, and what keeps a run within bounds."""

from __future__ import annotations

import json
import os
import queue
from contextlib import contextmanager
from dataclasses import replace

import pytest

from engine.settings import read as settings_of
from scorm.packaging import imsmanifest
from scorm.trial import chromium, running, stage, telling, trying, watching
from scorm.trial.devtools import DevTools, Gone
from scorm.trial.records import MOST_SEEN, Request, Seen, Trial
from scorm.trial.running import Bounds
from scorm.trial.telling import Look
from scorm.trial.watching import MOST_DIALOGS, Watch
from tests import odd_packages

REPORTING = Seen(part="one", title="One", asked=("API",), called={"Initialize": 1}, initialised=True, seconds=4)


def watched(*events, own=()):
    answered = []
    watch = Watch(lambda *words, **more: answered.append((*words, more)), own=own)
    for method, params in events:
        watch.hear({"method": method, "params": params, "sessionId": "S"})
    return watch, answered


def saw(*what):
    return "Runtime.bindingCalled", {"name": watching.BINDING, "payload": json.dumps(what)}


def test_dialogs_are_answered_until_there_are_too_many():
    opened = ("Page.javascriptDialogOpening", {"message": "Begin again?"})

    watch, answered = watched(*[opened] * (MOST_DIALOGS + 5))

    assert (watch.dialogs, watch.dialog, watch.endless) == (MOST_DIALOGS + 5, "Begin again?", True)
    assert len(answered) == MOST_DIALOGS - 1
    assert answered[0] == ("Page.handleJavaScriptDialog", "S", {"accept": True})


def test_errors_of_scripts_are_kept_with_their_place_once():
    details = {"exception": {"description": "TypeError: x is null\n at a"}, "lineNumber": 6}
    ours = {**details, "url": "http://h/content/KEY/js/app.js?v=1"}
    thrown = [("Runtime.exceptionThrown", {"exceptionDetails": one}) for one in (ours, ours, details, {"text": "Lost"})]

    watch, _ = watched(*thrown)

    assert list(watch.errors) == ["TypeError: x is null (js/app.js, line 7)", "TypeError: x is null", "Lost"]


def test_requests_that_fail_are_kept_without_the_key_in_their_address():
    def asked(number, address):
        return "Network.requestWillBeSent", {"requestId": number, "request": {"url": address}}

    watch, _ = watched(
        asked("1", "http://h/content/KEY/lost.png"),
        ("Network.responseReceived", {"response": {"status": 404, "url": "http://h/content/KEY/lost.png"}}),
        ("Network.responseReceived", {"response": {"status": 200, "url": "http://h/content/KEY/here.png"}}),
        ("Network.responseReceived", {"response": {"status": 404, "url": "http://h/favicon.ico"}}),
        ("Network.responseReceived", {"response": {"status": 403, "url": "http://home/x"}}),
        asked("2", "https://cdn.example/a.js"),
        ("Network.loadingFailed", {"requestId": "2", "errorText": "net::ERR_TUNNEL_CONNECTION_FAILED"}),
        ("Network.loadingFailed", {"requestId": "1", "errorText": "net::ERR_ABORTED"}),
        ("Network.loadingFailed", {"requestId": "2", "errorText": "", "blockedReason": "csp"}),
        ("Network.loadingFailed", {"requestId": "unknown", "errorText": "net::ERR_FAILED"}),
        own=["http://home/"],
    )

    assert watch.failed == {"lost.png": "404", "https://cdn.example/a.js": "net::ERR_TUNNEL_CONNECTION_FAILED"}


def test_what_the_spy_tells_is_sorted_and_what_the_content_says_in_its_name_is_not_believed():
    watch, _ = watched(
        saw("asked", "API", ""),
        saw("blocked", "https://cdn.example/a.js", "script-src-elem"),
        saw("window", "popup.html", ""),
        ("Runtime.bindingCalled", {"name": watching.BINDING, "payload": "{"}),
        ("Runtime.bindingCalled", {"name": watching.BINDING, "payload": "[1]"}),
        ("Runtime.bindingCalled", {"name": "another", "payload": "{}"}),
        ("Page.loadEventFired", {}),
    )

    assert list(watch.asked) == ["API"]
    assert watch.blocked == {"https://cdn.example/a.js": "script-src-elem"}
    assert (list(watch.windows), watch.windows_asked) == (["popup.html"], 1)


def test_a_window_that_opens_after_all_is_closed():
    info = {"targetId": "T", "openerId": "O", "url": "http://h/content/KEY/popup.html"}

    nameless = {"targetId": "N", "openerId": "O", "url": ""}

    watch, answered = watched(*[("Target.targetCreated", {"targetInfo": one}) for one in (nameless, info, {})])

    assert list(watch.windows) == ["popup.html"]
    assert answered == [("Target.closeTarget", "", {"targetId": one}) for one in "NT"]


def test_so_much_of_everything_is_kept_only():
    watch, _ = watched(*[saw("asked", str(number), "") for number in range(100)], ("Inspector.targetCrashed", {}))

    assert len(watch.asked) == MOST_SEEN
    assert watch.crashed


@pytest.mark.parametrize(
    ("seen", "edition", "look", "said"),
    [
        (REPORTING, "1.2", Look.GOOD, "It finds the SCORM API, calls Initialize and sets nothing."),
        (
            replace(REPORTING, elements=tuple("abcdef")),
            "1.2",
            Look.GOOD,
            "It finds the SCORM API, calls Initialize and sets a, b, c, d and 2 more.",
        ),
        (REPORTING, "1.2", Look.GOOD, "did not report completion within 4 s, which is normal for content that waits"),
        (REPORTING, "1.2", Look.GOOD, "It did not call Terminate when it was left"),
        (replace(REPORTING, ended="leaving", exit="suspend"), "1.2", Look.GOOD, "when it is left, with exit=suspend."),
        (replace(REPORTING, ended="itself"), "1.2", Look.GOOD, "It ended by itself."),
        (
            replace(REPORTING, completion="completed", success="passed", score="80", counted=True),
            "1.2",
            Look.GOOD,
            "It reported completed and passed, with a score of 80 with nobody doing anything",
        ),
        (replace(REPORTING, completion="incomplete"), "1.2", Look.GOOD, "It reported incomplete; it did not report"),
        (
            Seen(part="p", asked=("API",), counted=True),
            "2004 4th Edition",
            Look.BAD,
            "counts it as done by having been",
        ),
        (Seen(part="p", asked=("API",), seconds=4), "1.2", Look.DOUBTFUL, "did not call Initialize within 4 s."),
        (
            Seen(part="p", called={"Terminate": 1}),
            "1.2",
            Look.DOUBTFUL,
            "It calls Terminate without having called Init",
        ),
        (Seen(part="p", kind="asset"), "1.2", Look.GOOD, "It is an asset, which reports nothing"),
        (Seen(part="p"), "1.2", Look.BAD, "It never looked for the SCORM API"),
        (
            Seen(part="p", asked=("API_1484_11",)),
            "1.2",
            Look.BAD,
            "API of SCORM 2004 while its manifest says SCORM 1.2",
        ),
        (
            Seen(part="p", asked=("API",)),
            "2004 3rd Edition",
            Look.BAD,
            "API of SCORM 1.2 while its manifest says SCORM 2004",
        ),
        (
            Seen(part="p", kind="au", asked=("API",)),
            "AICC 4.0",
            Look.GOOD,
            "It looks for the SCORM API and did not call",
        ),
        (Seen(part="p", stopped="memory", seconds=3), "1.2", Look.BAD, "more memory than a trial run may"),
        (Seen(part="p", stopped="hung"), "1.2", Look.BAD, "a script in it runs without end"),
        (Seen(part="p", stopped="crash", seconds=3), "1.2", Look.BAD, "crashed after 3 s"),
        (Seen(part="p", stopped="time", seconds=3), "1.2", Look.BAD, "was stopped after 3 s"),
        (replace(REPORTING, errors=("TypeError",)), "1.2", Look.DOUBTFUL, "Scripts stopped with errors: TypeError."),
        (replace(REPORTING, refused=(("cmi.x", "401"),)), "1.2", Look.DOUBTFUL, "The API refused cmi.x (error 401)."),
        (replace(REPORTING, failed=(("a.png", "404"),)), "1.2", Look.DOUBTFUL, "Not found or failed: a.png (404)."),
        (replace(REPORTING, blocked=(("https://x", "y"),)), "1.2", Look.DOUBTFUL, "or not allowed: https://x."),
        (replace(REPORTING, dialogs=2, dialog="Hi"), "1.2", Look.DOUBTFUL, "It opened 2 dialogs; the first says “Hi”."),
        (replace(REPORTING, dialogs=MOST_DIALOGS), "1.2", Look.DOUBTFUL, "It opens dialogs without end"),
        (replace(REPORTING, windows_asked=1), "1.2", Look.DOUBTFUL, "windows of its own (no address)"),
    ],
)
def test_what_was_seen_is_told_in_plain_sentences(seen, edition, look, said):
    assert said in " ".join(telling.sentences(seen, edition))
    assert telling.look(seen, edition) is look


def test_a_trial_is_summed_up():
    assert "1 part was opened in a browser" in telling.summary(Trial(seen=(REPORTING,)))
    assert "2 parts were opened" in telling.summary(Trial(seen=(REPORTING, REPORTING), left_out=3))
    assert "3 more were left out" in telling.summary(Trial(left_out=3))
    assert telling.summary(Trial(trouble="No.")) == "No."


def test_a_trial_survives_json():
    trial = Trial(seen=(replace(REPORTING, refused=(("a", "1"),), failed=(("b", "404"),)),), left_out=1)

    assert Trial.recorded(json.loads(json.dumps(trial.as_dict()))) == trial


@pytest.mark.parametrize("edition", ["1.2", "2004 4th Edition"])
def test_a_part_is_tried_by_itself(edition):
    pages = {"one": "", "two": ""}
    xml = odd_packages.manifest(pages, edition=edition)
    whole = imsmanifest.parse(xml.encode(), [f"{name}.html" for name in pages])

    found = stage.alone(whole, "two")

    assert [(sco.identifier, sco.path) for sco in found.scos] == [("two", "two.html")]
    assert found.course is None or [one["identifier"] for one in found.course["root"]["children"]] == ["two"]


def test_all_but_the_content_is_refused():
    said = []
    app = stage.only("a.example", lambda _environment, _start: [b"yes"])

    def answer(**environment):
        return list(app({"REQUEST_METHOD": "GET", **environment}, lambda status, _headers: said.append(status)))

    assert answer(HTTP_HOST="a.example") == [b"yes"]
    assert answer(HTTP_HOST="b.example") == answer(HTTP_HOST="a.example", REQUEST_METHOD="CONNECT")
    assert said == ["403 Forbidden"] * 2


class Pipes:
    """What a browser would say, and a place for what it is told."""

    def __init__(self):
        self.reading, self.says = os.pipe()
        self.hears, self.writing = os.pipe()
        self.heard = []
        self.tools = DevTools(self.reading, self.writing, self.heard.append)

    def say(self, *messages):
        os.write(self.says, b"".join(json.dumps(one).encode() + b"\0" for one in messages))

    def close(self):
        for end in (self.reading, self.says, self.hears, self.writing):
            os.close(end)


@pytest.fixture
def pipes():
    made = Pipes()
    yield made
    made.close()


def test_an_answer_is_found_among_events_and_answers_to_others(pipes):
    pipes.say({"id": 7, "result": {}}, {"method": "A.b", "params": {}}, {"id": 1, "result": {"x": 1}})

    assert pipes.tools.ask("Browser.getVersion", "S", deep=True) == {"x": 1}
    assert pipes.heard == [{"method": "A.b", "params": {}}]
    assert json.loads(os.read(pipes.hears, 999).rstrip(b"\0")) == {
        "id": 1,
        "method": "Browser.getVersion",
        "params": {"deep": True},
        "sessionId": "S",
    }


def test_no_answer_in_time_is_none(pipes):
    assert pipes.tools.ask("Browser.getVersion", seconds=0) is None


def test_a_browser_that_ends_is_gone(pipes):
    os.close(pipes.says)
    pipes.says = os.open(os.devnull, os.O_RDONLY)

    with pytest.raises(Gone):
        pipes.tools.ask("Browser.getVersion")


def test_a_browser_that_hears_nothing_is_gone(pipes):
    os.close(pipes.hears)
    pipes.hears = os.open(os.devnull, os.O_RDONLY)

    with pytest.raises(Gone):
        pipes.tools.tell("Browser.getVersion")


def test_a_message_without_end_is_not_read(pipes, monkeypatch):
    monkeypatch.setattr("scorm.trial.devtools._LONGEST", 10)
    os.write(pipes.says, b"x" * 20)

    with pytest.raises(Gone):
        pipes.tools.listen(5)


def asked(parts):
    pages = dict.fromkeys(parts, "")
    whole = imsmanifest.parse(odd_packages.manifest(pages).encode(), [f"{name}.html" for name in pages])
    record = whole.as_record()
    return Request(
        package="0" * 64, title="", manifest=record, files=(), data_dir="", parts=(), chromium="", now="", seconds=1
    )


def a_child(monkeypatch, *rounds):
    """Let the child print these lines, one list a round; None is its end."""
    left = list(rounds)

    @contextmanager
    def started(_request):
        lines = queue.Queue()
        for line in left.pop(0):
            lines.put(line)
        yield type("Process", (), {"pid": 0})(), lines

    monkeypatch.setattr(running, "_started", started)
    monkeypatch.setattr(running, "_LOOK", 0.001)


def done(part):
    return [{"begins": part}, {"seen": Seen(part=part).as_dict()}]


def test_every_part_is_told_when_it_is_done(monkeypatch):
    a_child(monkeypatch, [*done("a"), *done("b"), None])
    told = []

    trial = running.run(asked("ab"), told=told.append)

    assert [(one.part, one.title, one.stopped) for one in trial.seen] == [("a", "a", ""), ("b", "b", "")]
    assert [len(one.seen) for one in told] == [1, 2]


def test_a_part_that_takes_the_browser_with_it_is_said_and_the_others_go_on(monkeypatch):
    a_child(monkeypatch, [{"begins": "a"}, None], [*done("b"), None])

    assert [(one.part, one.stopped) for one in running.run(asked("ab")).seen] == [("a", "crash"), ("b", "")]


@pytest.mark.parametrize(("bounds", "why"), [(Bounds(memory=-1), "memory"), (Bounds(), "time")])
def test_a_part_that_asks_for_too_much_is_stopped_and_the_others_go_on(monkeypatch, bounds, why):
    a_child(monkeypatch, [{"begins": "a"}], [*done("b"), None])
    monkeypatch.setattr(running, "_GRACE", -1.0)

    assert [(one.part, one.stopped) for one in running.run(asked("ab"), bounds).seen] == [("a", why), ("b", "")]


@pytest.mark.parametrize("lines", [[None], []])
def test_a_browser_that_does_not_start_is_said(monkeypatch, lines):
    a_child(monkeypatch, lines)

    assert running.run(asked("a"), Bounds(start=0)) == Trial(trouble=running.BROKEN)


def test_only_so_many_parts_are_opened(monkeypatch):
    names = [f"p{number}" for number in range(running.MOST_PARTS + 2)]
    a_child(monkeypatch, [*(line for name in names[: running.MOST_PARTS] for line in done(name)), None])

    assert running.run(asked(names)).left_out == 2


def test_the_memory_of_a_group_is_that_of_its_processes():
    assert running.memory_of(os.getpgid(0)) > 1 << 20
    assert running.memory_of(-1) == 0


def test_why_there_is_no_trial_run_is_said(tmp_path, monkeypatch):
    chosen = settings_of({"PRECEPTOR_DATA_DIR": str(tmp_path), "PRECEPTOR_CHROMIUM": "no-such-browser"})
    strict = replace(chosen, chromium="/bin/sh", environment="production")
    monkeypatch.setattr(chromium.os, "geteuid", lambda: 0)

    assert trying.trouble(chosen) == trying.try_zip(tmp_path / "x.zip", chosen, None, 1).trouble == chromium.ABSENT
    assert trying.trouble(strict) == chromium.UNSAFE
    assert trying.trouble(replace(strict, environment="development")) == ""


def test_chromium_is_found_by_its_name_or_its_setting(monkeypatch):
    monkeypatch.setattr(chromium.shutil, "which", lambda name: f"/bin/{name}" if name == "google-chrome" else None)

    assert (chromium.find(), chromium.find("google-chrome"), chromium.find("x")) == (
        "/bin/google-chrome",
        "/bin/google-chrome",
        "",
    )
