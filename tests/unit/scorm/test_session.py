"""Sessions, snapshots and replays."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scorm.errors import UnknownFunction, UnknownModel
from scorm.runtime.session import Call, Divergence, Launch, Session, State, replay

LAUNCH = Launch(model="scorm12", student_id="p-17", student_name="Okafor, Ada")
AT = "2026-03-02T09:00:00.000Z"
SCRIPT = [
    ("LMSInitialize", ("",)),
    ("LMSGetValue", ("cmi.core.lesson_status",)),
    ("LMSSetValue", ("cmi.core.lesson_status", "incomplete")),
    ("LMSSetValue", ("cmi.core.lesson_location", "3")),
    ("LMSSetValue", ("cmi.interactions.0.id", "q1")),
    ("LMSSetValue", ("cmi.core.student_id", "somebody-else")),
    ("LMSGetLastError", ()),
    ("LMSCommit", ("",)),
]
NAMES = st.sampled_from(
    [
        "",
        "cmi.core.lesson_status",
        "cmi.core.lesson_location",
        "cmi.suspend_data",
        "cmi.comments",
        "cmi.objectives.0.id",
        "cmi.objectives.1.id",
        "cmi.objectives._count",
        "cmi.interactions.0.objectives.0.id",
        "cmi.interactions.0.objectives._count",
    ]
)
CALLS = st.one_of(
    st.tuples(st.sampled_from(["LMSInitialize", "LMSFinish", "LMSCommit"]), st.tuples(st.just(""))),
    st.tuples(st.just("LMSGetValue"), st.tuples(NAMES)),
    st.tuples(st.just("LMSSetValue"), st.tuples(NAMES, st.one_of(st.sampled_from(["passed", "o1"]), st.text()))),
)


def logged(session, script, first=1):
    return [
        Call(seq=seq, at=AT, fn=fn, args=args, answer=answer, error=error)
        for seq, (fn, args) in enumerate(script, first)
        for answer, error in [session.call(fn, args, AT)]
    ]


def test_a_replay_of_an_honest_log_has_no_divergence_and_ends_the_same():
    browser = Session.open(LAUNCH, {})
    log = logged(browser, SCRIPT)

    played, divergences = replay(Session.open(LAUNCH, {}), log)

    assert divergences == []
    assert played.snapshot() == browser.snapshot()


def test_a_corrupted_answer_is_one_divergence_with_both_answers():
    log = logged(Session.open(LAUNCH, {}), SCRIPT)
    wrong = log[1]
    log[1] = Call(seq=2, at=AT, fn=wrong.fn, args=wrong.args, answer="completed", error="0")

    _, divergences = replay(Session.open(LAUNCH, {}), log)

    assert divergences == [
        Divergence(seq=2, fn=wrong.fn, args=wrong.args, ours=("not attempted", "0"), theirs=("completed", "0"))
    ]


def test_a_replay_leaves_the_session_it_began_with_alone():
    session = Session.open(LAUNCH, {})

    replay(session, logged(Session.open(LAUNCH, {}), SCRIPT))

    assert session.snapshot() == Session.open(LAUNCH, {}).snapshot()


def test_a_snapshot_says_when_the_session_began_and_was_last_heard():
    session = Session.open(LAUNCH, {})
    session.call("LMSInitialize", [""], "2026-03-02T09:00:00.000Z")
    session.call("LMSCommit", [""], "2026-03-02T09:00:05.000Z")

    snapshot = session.snapshot()

    assert snapshot["state"] == "running"
    assert snapshot["began"] == "2026-03-02T09:00:00.000Z"
    assert snapshot["last"] == "2026-03-02T09:00:05.000Z"


@given(st.lists(CALLS, max_size=30), st.integers(0, 30))
def test_a_log_may_be_cut_into_batches_anywhere(script, cut):
    script = [("LMSInitialize", ("",)), *script]
    log = logged(Session.open(LAUNCH, {}), script)
    whole, _ = replay(Session.open(LAUNCH, {}), log)

    first, _ = replay(Session.open(LAUNCH, {}), log[:cut])
    stored = json.loads(json.dumps(first.snapshot()))
    second, divergences = replay(Session.restore(LAUNCH, stored), log[cut:])

    assert divergences == []
    assert second.snapshot() == whole.snapshot()


def test_arrays_grow_by_one_entry_at_a_time():
    session = Session.open(LAUNCH, {})
    session.call("LMSInitialize", [""], AT)

    assert session.call("LMSSetValue", ["cmi.objectives.1.id", "o2"], AT) == ("false", "201")
    session.call("LMSSetValue", ["cmi.objectives.0.id", "o1"], AT)
    session.call("LMSSetValue", ["cmi.objectives.1.id", "o2"], AT)
    assert session.call("LMSGetValue", ["cmi.objectives._count"], AT) == ("2", "0")
    assert session.call("LMSGetValue", ["cmi.objectives.1.id"], AT) == ("o2", "0")
    assert session.call("LMSGetValue", ["cmi.objectives.1.status"], AT) == ("", "0")
    assert session.call("LMSGetValue", ["cmi.objectives.2.id"], AT) == ("", "201")


def test_an_array_inside_an_entry_counts_for_that_entry_alone():
    session = Session.open(LAUNCH, {})
    session.call("LMSInitialize", [""], AT)
    session.call("LMSSetValue", ["cmi.interactions.0.objectives.0.id", "o1"], AT)
    session.call("LMSSetValue", ["cmi.interactions.1.id", "q2"], AT)

    assert session.call("LMSGetValue", ["cmi.interactions._count"], AT) == ("2", "0")
    assert session.call("LMSGetValue", ["cmi.interactions.0.objectives._count"], AT) == ("1", "0")
    assert session.call("LMSGetValue", ["cmi.interactions.1.objectives._count"], AT) == ("0", "0")


def test_a_second_comment_is_put_behind_the_first():
    session = Session.open(LAUNCH, {})
    session.call("LMSInitialize", [""], AT)
    session.call("LMSSetValue", ["cmi.comments", "Slide 2: typo. \ud83d"], AT)

    session.call("LMSSetValue", ["cmi.comments", "\ude00 Slide 9: broken link."], AT)

    assert session.call("LMSGetValue", ["cmi.comments"], AT)[0] == "Slide 2: typo. 😀 Slide 9: broken link."


def test_comments_together_are_held_to_the_limit():
    session = Session.open(LAUNCH, {})
    session.call("LMSInitialize", [""], AT)
    session.call("LMSSetValue", ["cmi.comments", "x" * 4000], AT)

    assert session.call("LMSSetValue", ["cmi.comments", "y" * 97], AT) == ("false", "405")


def test_what_earlier_sessions_kept_is_there_when_the_next_begins():
    session = Session.open(LAUNCH, {"cmi.suspend_data": "p=3", "cmi.objectives.0.id": "o1"})
    session.call("LMSInitialize", [""], AT)

    assert session.call("LMSGetValue", ["cmi.suspend_data"], AT) == ("p=3", "0")
    assert session.call("LMSGetValue", ["cmi.objectives._count"], AT) == ("1", "0")


def test_a_launch_survives_json():
    assert Launch.from_dict(json.loads(json.dumps(LAUNCH.as_dict()))) == LAUNCH


def test_a_launch_that_was_stored_before_scorm_2004_is_read():
    fields = LAUNCH.as_dict()
    for later in ("given", "access", "completion_threshold", "scaled_passing_score"):
        del fields[later]

    assert Launch.from_dict({**fields, "total_time": "0000:00:00.00"}).given == {}


def test_what_the_launch_gives_of_single_elements_is_read_but_never_kept_as_said():
    launch = Launch(
        model="scorm2004",
        student_id="p-17",
        student_name="Okafor, Ada",
        given={"adl.data.0.id": "a", "adl.data.0.store": "x", "adl.data.1.id": "b", "cmi.objectives.0.id": "o1"},
        access={"adl.data.0.store": "r", "adl.data.1.store": "w"},
    )
    session = Session.open(launch, {})
    session.call("Initialize", [""], AT)

    assert session.call("GetValue", ["adl.data.0.store"], AT) == ("x", "0")
    assert session.call("SetValue", ["adl.data.0.store", "y"], AT) == ("false", "404")
    assert session.call("SetValue", ["adl.data.1.store", "y"], AT) == ("true", "0")
    assert session.call("GetValue", ["adl.data.1.store"], AT) == ("", "405")
    assert session.call("SetValue", ["cmi.objectives.0.id", "o2"], AT) == ("false", "351")
    assert session.count("cmi.objectives") == 1
    assert session.data == {"adl.data.1.store": "y"}


def test_a_function_that_the_version_does_not_have_is_an_error_of_the_caller():
    session = Session.open(LAUNCH, {})

    with pytest.raises(UnknownFunction) as caught:
        session.call("Initialize", [""], AT)

    assert caught.value.function == "Initialize"
    assert session.state is State.IDLE


def test_a_model_that_nobody_wrote_is_refused():
    with pytest.raises(UnknownModel) as caught:
        Session.open(Launch(model="../errors", student_id="p", student_name="P"), {})

    assert caught.value.model == "../errors"
