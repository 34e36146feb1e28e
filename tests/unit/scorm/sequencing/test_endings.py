"""How activities end: SN [TB.2.1] to [TB.2.3], [UP.3], [UP.4], [SB.2.10], [SB.2.11], [DB.2] and [DB.2.1]."""

import pytest

from scorm.sequencing.definition import Action, Circumstance
from scorm.sequencing.refusals import Refusal
from scorm.sequencing.requests import Request
from tests.trees import Walk, cluster, objective, rule, sco, when

DONE = when(Circumstance.COMPLETED)


def module(*rules: object, leaf: tuple[object, ...] = ()) -> Walk:
    inner = cluster("m", sco("a", rules=leaf), sco("b"), rules=rules)
    return Walk(cluster("root", inner, sco("c")))


def test_content_that_says_nothing_is_done_when_it_is_left() -> None:
    walk = module()
    walk.start()
    walk.forward()

    assert walk.status("a") == (True, True)


def test_content_that_must_say_so_itself_stays_unknown() -> None:
    walk = Walk(cluster("root", sco("a", completion_by_content=True, objective_by_content=True), sco("b")))
    walk.start()
    walk.forward()

    assert walk.status("a") == (None, None)


def test_where_a_measure_decides_its_absence_is_no_success() -> None:
    walk = Walk(cluster("root", sco("a", primary=objective(minimum=0.5), by_progress=True), sco("b")))
    walk.start()
    walk.forward()

    assert walk.status("a") == (None, None)


def test_what_is_not_tracked_records_nothing() -> None:
    walk = Walk(cluster("root", sco("a", tracked=False), sco("b")))
    walk.start()
    walk.forward()

    assert (walk.status("a"), walk.attempts("a")) == ((None, None), 0)


def test_a_suspended_activity_goes_on_with_the_same_attempt() -> None:
    walk = module()
    walk.start()
    walk.suspend()
    walk.forward()

    assert walk.choose("a") == "a"
    assert (walk.attempts("a"), walk.status("a")) == (1, (None, None))


def test_suspend_all_puts_the_whole_path_aside_and_resume_all_brings_it_back() -> None:
    walk = module()
    walk.start()
    walk.forward()
    walk.suspend()

    ended = walk.ask(Request.SUSPEND_ALL)
    resumed = walk.go(Request.RESUME_ALL)

    assert ended.over
    assert (resumed, walk.attempts("b"), walk.attempts("root")) == ("b", 1, 1)


def test_a_new_start_forgets_what_was_put_aside() -> None:
    walk = module()
    walk.start()
    walk.forward()
    walk.suspend()
    walk.ask(Request.SUSPEND_ALL)

    assert walk.start() == "a"
    assert walk.refused(Request.RESUME_ALL) == "NB.2.1-1"
    assert not walk.state.standing[walk.tree.numbers["b"]].suspended


def test_exit_all_ends_everything_and_the_session() -> None:
    walk = module()
    walk.start()

    ended = walk.ask(Request.EXIT_ALL)

    assert (ended.over, walk.state.current) == (True, None)
    assert not any(one.active for one in walk.state.standing)


def test_exit_leaves_the_learner_in_the_course_with_nothing_open() -> None:
    walk = module()
    walk.start()

    ended = walk.ask(Request.EXIT)

    assert (ended.over, ended.delivered, walk.open) == (False, None, None)
    assert walk.refused(Request.EXIT) == "NB.2.1-12"
    assert walk.forward() == "b"


@pytest.mark.parametrize("request_", [Request.ABANDON, Request.ABANDON_ALL])
def test_what_is_abandoned_is_not_concluded(request_: Request) -> None:
    walk = module()
    walk.start()

    walk.ask(request_)

    assert (walk.status("a"), walk.open) == ((None, None), None)


def test_an_exit_rule_of_an_ancestor_ends_the_ancestor() -> None:
    walk = module(rule(Action.EXIT, when(Circumstance.ALWAYS)))
    walk.start()

    assert walk.forward() == "c"


@pytest.mark.parametrize(
    ("action", "opened"),
    [(Action.RETRY, "a"), (Action.CONTINUE, "b"), (Action.EXIT_PARENT, "c"), (Action.RETRY_ALL, "a")],
)
def test_a_post_condition_takes_the_place_of_what_was_asked(action: Action, opened: str) -> None:
    walk = module(leaf=(rule(action, DONE),))
    walk.start()
    walk.report(completed=True)

    assert walk.forward() == opened


def test_a_post_condition_may_go_back() -> None:
    walk = Walk(cluster("root", sco("a"), sco("b", rules=(rule(Action.PREVIOUS, DONE),)), sco("c")))
    walk.choose("b")
    walk.report(completed=True)

    assert walk.forward() == "a"


def test_exit_all_as_a_post_condition_ends_the_session() -> None:
    walk = module(leaf=(rule(Action.EXIT_ALL),))
    walk.start()

    assert walk.ask(Request.CONTINUE).over


def test_post_conditions_wait_while_the_activity_is_suspended() -> None:
    walk = module(leaf=(rule(Action.RETRY),))
    walk.start()
    walk.suspend()

    assert walk.forward() == "b"


def test_a_cluster_that_is_retried_begins_a_new_attempt() -> None:
    walk = module(rule(Action.RETRY, when(Circumstance.ATTEMPTED)), leaf=(rule(Action.EXIT_PARENT),))
    walk.start()
    walk.report(satisfied=False)

    assert walk.forward() == "a"
    assert (walk.attempts("m"), walk.attempts("a")) == (2, 2)


def test_a_retry_that_leads_nowhere_says_so() -> None:
    blocked = cluster(
        "m",
        sco("a", rules=(rule(Action.EXIT_PARENT), rule(Action.DISABLED, when(Circumstance.ATTEMPTED)))),
        rules=(rule(Action.RETRY),),
    )
    walk = Walk(cluster("root", blocked, sco("c")))
    walk.start()

    assert walk.refused(Request.CONTINUE) == "SB.2.10-3"


def test_a_root_that_wants_to_leave_its_parent_has_none_and_nothing_changes() -> None:
    walk = Walk(cluster("root", sco("a", rules=(rule(Action.EXIT_PARENT),)), rules=(rule(Action.EXIT_PARENT),)))
    walk.start()
    before = walk.state.snapshot()

    with pytest.raises(Refusal) as raised:
        walk.ask(Request.CONTINUE)

    assert raised.value.code == "TB.2.3-4"
    assert walk.state.snapshot() == before


def test_whoever_leaves_for_good_from_a_closed_part_puts_its_parent_aside() -> None:
    walk = module()
    walk.start()
    walk.ask(Request.EXIT)

    walk.ask(Request.SUSPEND_ALL)

    assert walk.state.suspended == walk.tree.numbers["m"]
    assert walk.refused(Request.RESUME_ALL) == "DB.1.1-1"


def test_a_root_that_is_neither_open_nor_put_aside_cannot_be_suspended() -> None:
    walk = Walk(cluster("root", sco("a"), sco("b"), rules=(rule(Action.EXIT),)))
    walk.start()
    walk.ask(Request.ABANDON)
    walk.state.current = 0
    walk.state.stand(0, active=False)

    assert walk.refused(Request.SUSPEND_ALL) == "TB.2.3-3"


def test_an_attempt_limit_closes_an_activity() -> None:
    walk = Walk(cluster("root", sco("a", attempt_limit=1), sco("b")))
    walk.start()
    walk.forward()

    assert walk.refused(Request.CHOICE, "a") == "DB.1.1-3"


def test_a_suspended_attempt_is_not_over_its_limit() -> None:
    walk = Walk(cluster("root", sco("a", attempt_limit=1), sco("b")))
    walk.start()
    walk.suspend()
    walk.forward()

    assert walk.choose("a") == "a"
