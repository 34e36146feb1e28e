"""Whatever SCOs say and learners click in any course: it is done or refused, kept in JSON, and the outcome is sound."""

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scorm.coupling import Learner
from scorm.course import Click, Course, Shared
from scorm.runtime.session import Session
from scorm.sequencing.definition import Organisation
from scorm.sequencing.refusals import Refusal
from scorm.sequencing.requests import Request
from tests.wild_trees import nodes, numbered

AT = "2026-11-22T09:00:00Z"
LEARNER = Learner(identifier="l", name="L")
NAMES = ("r", "r.0", "r.1", "r.0.0", "r.2.1", "nowhere")

values = st.sampled_from(
    [
        ("cmi.completion_status", "completed"),
        ("cmi.completion_status", "unknown"),
        ("cmi.success_status", "failed"),
        ("cmi.success_status", "passed"),
        ("cmi.score.scaled", "0.5"),
        ("cmi.score.scaled", "-1"),
        ("cmi.progress_measure", "0.75"),
        ("cmi.objectives.0.success_status", "passed"),
        ("cmi.objectives.0.score.scaled", "0.25"),
        ("cmi.objectives.1.id", "own"),
        ("cmi.exit", "suspend"),
        ("cmi.exit", "time-out"),
        ("cmi.location", "here"),
        ("cmi.session_time", "PT10M"),
        ("adl.nav.request", "continue"),
        ("adl.nav.request", "exitAll"),
        ("adl.nav.request", "abandon"),
        ("adl.nav.request", "{target=r.1}choice"),
        ("adl.nav.request", "{target=r.0}jump"),
    ]
)
clicks = st.builds(Click, st.sampled_from(Request), st.sampled_from(NAMES))
visits = st.lists(st.tuples(st.lists(values, max_size=4), st.none() | clicks, st.booleans()), max_size=8)


def played(course: Course, said: list[tuple[str, str]], click: Click | None, *, cut_off: bool) -> None:
    delivery = course.delivery(AT)
    if delivery is None:
        course.request(click or Click(Request.START))
        return
    session = Session.open(delivery.launch, delivery.data)
    session.call("Initialize", [""], AT)
    for element, value in said:
        session.call("SetValue", [element, value], AT)
    course.foreseen(session)
    if cut_off:
        course.left(session)
        return
    session.call("Terminate", [""], AT)
    course.terminated(session, click)


@given(node=nodes, visited=visits)
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_any_visits_of_any_course_are_done_or_refused(
    node: object, visited: list[tuple[list[tuple[str, str]], Click | None, bool]]
) -> None:
    organisation = Organisation(root=numbered(node))
    course = Course.begin(organisation, LEARNER, seed="1", shared=Shared())
    refused: list[str] = []

    for said, click, cut_off in visited:
        try:
            played(course, said, click, cut_off=cut_off)
        except Refusal as refusal:
            refused.append(refusal.sentence)
        course.contents()
        course.controls()
        kept = json.loads(json.dumps(course.snapshot()))
        course = Course.restore(organisation, LEARNER, kept, shared=course.shared)
        assert course.snapshot() == kept

    assert all(refused)
    outcome = course.outcome()
    assert outcome.measure is None or -1.0 <= outcome.measure <= 1.0
    assert outcome.progress is None or 0.0 <= outcome.progress <= 1.0
