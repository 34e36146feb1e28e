"""A learner's attempt at a whole package: what SCOs are told, what comes of what they say, and what is kept."""

import json
from dataclasses import replace

import pytest

from scorm.coupling import Learner
from scorm.course import Click, Course, Shared
from scorm.runtime.session import Session
from scorm.sequencing.definition import Action, Aspect, Circumstance, Map, Node, Objective, Organisation, Store
from scorm.sequencing.refusals import Refusal
from scorm.sequencing.requests import Request
from scorm.sequencing.tracking import Progress
from tests.trees import cluster, objective, rule, sco, when

AT = "2026-11-22T09:00:00Z"
LEARNER = Learner(identifier="L7", name="Okafor, Ada")
ALL = tuple(Aspect)


def begun(root: Node, shared: Shared | None = None, **more: object) -> Course:
    course = Course.begin(Organisation(root=root, **more), LEARNER, seed="1", shared=shared or Shared())
    course.start()
    return course


def opened(course: Course) -> Session:
    delivery = course.delivery(AT)
    assert delivery is not None
    session = Session.open(delivery.launch, delivery.data)
    session.call("LMSInitialize" if delivery.launch.model == "scorm12" else "Initialize", [""], AT)
    return session


def said(session: Session, **values: str) -> Session:
    """Set elements (`success_status` is cmi.success_status), then terminate."""
    for name, value in values.items():
        element = {"request": "adl.nav.request"}.get(name, f"cmi.{name.replace('__', '.')}")
        assert session.call("SetValue", [element, value], AT) == ("true", "0")
    assert session.call("Terminate", [""], AT) == ("true", "0")
    return session


def course_of(*leaves: Node, **settings: object) -> Node:
    return cluster("root", *leaves, **settings)


def test_a_sco_is_told_what_the_manifest_and_the_learner_give_it() -> None:
    told = replace(
        sco("a", duration_limit="PT1H", by_progress=True, minimum_progress=0.8, primary=objective("p", minimum=0.75)),
        launch_data="data",
        time_limit_action="exit,message",
    )
    session = opened(begun(course_of(told, sco("b"))))

    read = {
        name: session.value(f"cmi.{name}")
        for name in (
            "learner_id", "learner_name", "launch_data", "max_time_allowed", "time_limit_action", "credit", "mode",
            "completion_threshold", "scaled_passing_score", "entry", "total_time",
        )
    }  # fmt: skip

    assert read == {
        "learner_id": "L7",
        "learner_name": "Okafor, Ada",
        "launch_data": "data",
        "max_time_allowed": "PT1H",
        "time_limit_action": "exit,message",
        "credit": "credit",
        "mode": "normal",
        "completion_threshold": "0.8",
        "scaled_passing_score": "0.75",
        "entry": "ab-initio",
        "total_time": "PT0H0M0S",
    }


def test_what_a_sco_asks_for_is_done_when_it_terminates() -> None:
    course = begun(course_of(sco("a"), sco("b"), sco("c")))

    course.terminated(said(opened(course), request="{target=c}choice"))
    chosen = course.delivered
    course.terminated(said(opened(course), request="{target=a}jump"))

    assert (chosen, course.delivered) == ("c", "a")


def test_a_sco_that_asks_for_nothing_stays_on_the_screen_with_what_it_reported() -> None:
    course = begun(course_of(sco("a"), sco("b")))

    result = course.terminated(said(opened(course), completion_status="completed", success_status="passed"))

    assert (result.delivered, result.over, course.delivered) == (None, False, "a")
    assert course.contents()[1].completed is True
    assert course.request(Click(Request.CONTINUE)).delivered == 2


def test_the_learners_click_beats_what_the_sco_asks_for() -> None:
    course = begun(course_of(sco("a"), sco("b"), sco("c")))

    course.terminated(said(opened(course), request="continue"), Click(Request.CHOICE, " c "))

    assert course.delivered == "c"


@pytest.mark.parametrize("way", ["time-out", "logout"])
def test_a_time_out_or_log_out_ends_everything(way: str) -> None:
    course = begun(course_of(sco("a"), sco("b")))

    result = course.terminated(said(opened(course), exit=way, request="continue"), Click(Request.CONTINUE))

    assert (result.over, course.alive, course.delivered) == (True, False, None)


def test_what_cannot_be_done_is_told_and_the_sco_stays() -> None:
    course = begun(course_of(sco("a"), sco("b")))

    result = course.terminated(said(opened(course), request="previous"))

    assert result.refusal is not None
    assert result.refusal.sentence == "There is nothing before the beginning of the course."


def test_a_suspended_sco_goes_on_where_it_was() -> None:
    course = begun(course_of(sco("a"), sco("b")))
    course.terminated(
        said(
            opened(course),
            exit="suspend",
            location="7",
            suspend_data="x=1",
            session_time="PT1M30.5S",
            request="continue",
        )
    )
    course.request(Click(Request.CHOICE, "a"))

    session = opened(course)

    assert [session.value(f"cmi.{name}") for name in ("entry", "location", "suspend_data", "total_time")] == [
        "resume", "7", "x=1", "PT0H1M30.50S",
    ]  # fmt: skip


def test_a_sco_that_was_left_normally_begins_again() -> None:
    course = begun(course_of(sco("a"), sco("b")))
    course.terminated(said(opened(course), location="7", session_time="PT1M", request="continue"))
    course.request(Click(Request.CHOICE, "a"))

    session = opened(course)

    assert [session.value(f"cmi.{name}") for name in ("entry", "location", "total_time")] == [
        "ab-initio", "", "PT0H0M0S",
    ]  # fmt: skip


def test_a_window_that_is_closed_puts_everything_aside_and_a_later_start_resumes() -> None:
    course = begun(course_of(sco("a"), sco("b")))
    course.request(Click(Request.CONTINUE))
    session = opened(course)
    session.call("SetValue", ["cmi.location", "3"], AT)

    result = course.left(session)
    again = Course.restore(
        course.tree.organisation, LEARNER, json.loads(json.dumps(course.snapshot())), shared=course.shared
    )
    again.start()

    assert result.over
    assert again.delivered == "b"
    assert [opened(again).value(f"cmi.{name}") for name in ("entry", "location")] == ["resume", "3"]


def test_a_sco_that_ended_normally_is_done_though_the_window_was_closed_after_it() -> None:
    course = begun(course_of(sco("a"), sco("b")))
    course.terminated(said(opened(course)))
    kept = json.loads(json.dumps(course.snapshot()))
    course = Course.restore(course.tree.organisation, LEARNER, kept, shared=course.shared)

    course.left()

    assert course.contents()[1].completed is True
    assert course.start().delivered == 1


def test_a_sco_that_was_cut_off_is_not_done() -> None:
    course = begun(course_of(sco("a"), sco("b")))

    course.left(opened(course))

    assert course.contents()[1].completed is None


def test_a_course_that_was_left_between_two_parts_begins_from_its_beginning() -> None:
    course = begun(course_of(sco("a"), sco("b")))
    course.terminated(said(opened(course), request="exit"))
    course.left()

    course.start()

    assert course.delivered == "a"


def test_what_a_sco_has_said_so_far_can_be_foreseen_without_ending_it() -> None:
    course = begun(course_of(sco("a", primary=Objective(identifier="p")), sco("b", prerequisites="a")))
    session = opened(course)
    session.call("SetValue", ["cmi.completion_status", "completed"], AT)
    session.call("SetValue", ["cmi.success_status", "passed"], AT)
    before = course.snapshot()

    foreseen = course.foreseen(session)

    assert foreseen.contents()[1].completed is True
    assert foreseen.delivered == "a"
    assert course.snapshot() == before


def test_leaving_what_is_not_open_does_nothing() -> None:
    course = Course.begin(Organisation(root=course_of(sco("a"))), LEARNER, seed="1", shared=Shared())

    assert course.left().over
    assert course.delivery(AT) is None


def test_suspend_all_means_suspend_whatever_the_sco_says() -> None:
    course = begun(course_of(sco("a"), sco("b")))
    course.terminated(said(opened(course), exit="normal", location="4"), Click(Request.SUSPEND_ALL))
    course.start()

    assert [opened(course).value(f"cmi.{name}") for name in ("entry", "location")] == ["resume", "4"]


@pytest.mark.parametrize("request_", ["abandon", "abandonAll"])
def test_what_is_abandoned_counts_for_nothing(request_: str) -> None:
    course = begun(course_of(sco("a"), sco("b")))

    course.terminated(said(opened(course), completion_status="completed", request=request_))

    assert course.contents()[1].completed is None


def test_objectives_are_told_to_the_sco_and_taken_from_it() -> None:
    shared = Shared(objectives={"g": Progress(satisfied=False, measure=0.25, raw=7.0, completion=True, progress=0.5)})
    first = sco("a", objectives=(objective("o", reads="g", aspects=ALL), objective("w", writes="h", aspects=ALL)))
    course = begun(course_of(first, sco("b")), shared)
    session = opened(course)
    told = [
        session.value(f"cmi.objectives.0.{name}")
        for name in ("id", "success_status", "completion_status", "score.scaled", "score.raw", "progress_measure")
    ]
    reported = {
        "success_status": "passed", "completion_status": "incomplete", "score.scaled": "-0.5", "score.raw": "3",
        "score.min": "1", "score.max": "9", "progress_measure": "0.125",
    }  # fmt: skip
    for name, value in reported.items():
        assert session.call("SetValue", [f"cmi.objectives.1.{name}", value], AT)[0] == "true"

    course.terminated(said(session, request="continue"))

    assert told == ["o", "failed", "completed", "0.25", "7", "0.5"]
    assert course.shared.objectives["h"] == Progress(
        satisfied=True, measure=-0.5, raw=3.0, minimum=1.0, maximum=9.0, progress=0.125, completion=False
    )


def test_a_status_that_is_said_to_be_unknown_is_so_for_everybody() -> None:
    course = begun(
        course_of(sco("a", objectives=(objective("o", reads="g", writes="g"),))),
        Shared(objectives={"g": Progress(satisfied=True)}),
    )
    session = opened(course)
    session.call("SetValue", ["cmi.objectives.0.success_status", "unknown"], AT)

    course.terminated(said(session))

    assert course.shared.objectives["g"].satisfied is None


@pytest.mark.parametrize(("amount", "completed"), [("0.9", True), ("0.2", False)])
def test_progress_decides_where_there_is_a_threshold(amount: str, *, completed: bool) -> None:
    course = begun(course_of(sco("a", by_progress=True, minimum_progress=0.5), sco("b")))

    course.terminated(said(opened(course), progress_measure=amount, completion_status="completed", request="continue"))

    assert course.contents()[1].completed is completed


def test_a_status_that_the_content_left_unknown_on_purpose_stays_so() -> None:
    course = begun(course_of(sco("a", primary=Objective(identifier="p")), sco("b")))
    session = opened(course)
    session.call("SetValue", ["cmi.objectives.0.success_status", "unknown"], AT)

    course.terminated(said(session, completion_status="unknown", request="continue"))

    assert (course.contents()[1].completed, course.contents()[1].satisfied) == (None, None)


def test_what_is_not_tracked_reports_nothing_but_shares_its_data() -> None:
    stores = (Store(target="t"), Store(target="u", reads=False), Store(target="v", writes=False))
    first = replace(sco("a", tracked=False), stores=stores)
    course = begun(course_of(first, replace(sco("b"), stores=stores)), Shared(stores={"v": "old"}))
    session = opened(course)
    for entry, answer in enumerate(("true", "true", "false")):
        assert session.call("SetValue", [f"adl.data.{entry}.store", f"new{entry}"], AT)[0] == answer

    course.terminated(said(session, completion_status="completed", request="continue"))
    later = opened(course)

    assert course.contents()[1].completed is None
    assert later.call("GetValue", ["adl.data.0.store"], AT) == ("new0", "0")
    assert later.call("GetValue", ["adl.data.1.store"], AT) == ("", "405")
    assert later.call("GetValue", ["adl.data.2.store"], AT) == ("old", "0")
    assert course.shared.stores == {"t": "new0", "u": "new1", "v": "old"}


def test_a_store_that_was_emptied_has_no_value() -> None:
    course = begun(course_of(replace(sco("a"), stores=(Store(target="t"),)), sco("b")))
    session = opened(course)
    session.call("SetValue", ["adl.data.0.store", "x"], AT)
    session.call("SetValue", ["adl.data.0.store", ""], AT)

    assert session.call("GetValue", ["adl.data.0.store"], AT) == ("", "403")


def test_a_course_may_keep_its_objectives_and_data_to_itself() -> None:
    before = Shared(objectives={"g": Progress(satisfied=True)}, stores={"t": "theirs"})
    first = replace(sco("a", primary=objective("o", reads="g", writes="g")), stores=(Store(target="t"),))
    course = begun(course_of(first, sco("b")), before, global_objectives=False, global_data=False)
    session = opened(course)
    session.call("SetValue", ["adl.data.0.store", "ours"], AT)
    course.terminated(said(session, success_status="failed", request="continue"))

    again = Course.restore(course.tree.organisation, LEARNER, course.snapshot(), shared=before)

    assert course.shared == before
    assert again.snapshot() == course.snapshot()
    assert again.state.shared["g"].satisfied is False


def test_the_sco_learns_what_may_be_asked_for() -> None:
    course = begun(course_of(sco("a"), sco("b", rules=(rule(Action.HIDDEN_FROM_CHOICE),))))
    session = opened(course)

    def valid(what: str) -> str:
        return session.call("GetValue", [f"adl.nav.request_valid.{what}"], AT)[0]

    assert [valid("continue"), valid("previous")] == ["true", "false"]
    assert [valid("choice.{target=a}"), valid("choice.{target=b}"), valid("choice.{target=x}")] == [
        "true",
        "false",
        "false",
    ]
    assert [valid("jump.{target=b}"), valid("jump.{target=root}")] == ["true", "false"]


def test_controls_that_the_content_hides_are_not_offered() -> None:
    course = begun(course_of(replace(sco("a"), hidden_controls=frozenset({"continue", "exitAll"})), sco("b")))

    controls = course.controls()

    assert Request.CONTINUE not in controls
    assert Request.EXIT_ALL not in controls
    assert controls[Request.SUSPEND_ALL] is None
    assert controls[Request.PREVIOUS] is not None


def test_a_course_of_one_activity_has_no_table_of_contents() -> None:
    assert begun(sco("only")).contents() == ()


def test_the_outcome_is_that_of_the_root() -> None:
    root = course_of(sco("a"), sco("b"), primary=objective(minimum=0.5))
    course = begun(root)
    course.terminated(said(opened(course), score__scaled="0.9", progress_measure="0.5", request="continue"))
    course.terminated(said(opened(course), score__scaled="0.3", request="exitAll"))

    outcome = course.outcome()

    assert (outcome.completed, outcome.satisfied) == (True, True)
    assert (outcome.measure, outcome.progress) == (pytest.approx(0.6), pytest.approx(0.25))


def test_a_click_that_is_not_valid_is_refused_and_what_was_reported_is_kept() -> None:
    course = begun(course_of(sco("a"), sco("b")))
    course.terminated(said(opened(course), completion_status="completed"))

    with pytest.raises(Refusal):
        course.request(Click(Request.CHOICE, "nowhere"))

    assert course.contents()[1].completed is True
    assert course.delivered == "a"


def twelve(*leaves: Node) -> Course:
    return begun(course_of(*leaves), edition="1.2")


def test_scorm_1_2_plays_several_scos_on_the_same_engine() -> None:
    course = twelve(replace(sco("a"), mastery_score="80", maximum_time="01:00:00"), sco("b", prerequisites="a"))
    session = opened(course)
    told = [session.value(f"cmi.{name}") for name in ("core.entry", "student_data.mastery_score", "core.total_time")]
    locked = course.contents()[2].why
    for name, value in {"score.raw": "85", "session_time": "00:10:00", "lesson_status": "completed"}.items():
        assert session.call("LMSSetValue", [f"cmi.core.{name}", value], AT)[0] == "true"
    session.call("LMSFinish", [""], AT)

    course.terminated(session)
    passed = course.contents()[1]
    course.request(Click(Request.CONTINUE))

    assert told == ["ab-initio", "80", "0000:00:00.00"]
    assert locked is None
    assert (passed.completed, passed.satisfied, course.delivered) == (True, True, "b")
    assert course.tree.activities[1].identifier == "a"


def test_a_sco_of_scorm_1_2_that_failed_keeps_the_next_one_locked() -> None:
    course = twelve(replace(sco("a"), mastery_score="80"), sco("b", prerequisites="a"))
    session = opened(course)
    session.call("LMSSetValue", ["cmi.core.score.raw", "10"], AT)
    session.call("LMSSetValue", ["cmi.core.session_time", "00:10:00"], AT)
    session.call("LMSSetValue", ["cmi.core.exit", "suspend"], AT)
    session.call("LMSFinish", [""], AT)
    course.terminated(session)
    course.request(Click(Request.CHOICE, "a"))
    again = opened(course)
    again.call("LMSSetValue", ["cmi.core.lesson_status", "failed"], AT)
    again.call("LMSFinish", [""], AT)
    course.terminated(again)

    why = course.contents()[2].why

    assert (again.value("cmi.core.entry"), again.value("cmi.core.total_time")) == ("resume", "0000:10:00.00")
    assert why is not None
    assert why.sentence == "This is not available now."


def test_rules_see_what_the_sco_reported() -> None:
    pretest = sco("a", primary=Objective(identifier="p", maps=(Map(target="g", writes=frozenset({Aspect.SATISFIED})),)))
    content = sco(
        "b",
        primary=objective("p", reads="g"),
        rules=(rule(Action.SKIP, when(Circumstance.SATISFIED)),),
    )
    course = begun(course_of(pretest, content, sco("c")))

    course.terminated(said(opened(course), success_status="passed", request="continue"))

    assert course.delivered == "c"
