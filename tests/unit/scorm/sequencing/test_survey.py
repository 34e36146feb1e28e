"""What could be asked for now, and the table of contents."""

from scorm.sequencing import contents
from scorm.sequencing.definition import Action, Circumstance
from scorm.sequencing.requests import Request
from tests.trees import Walk, cluster, rule, sco, when


def modules() -> Walk:
    hidden = sco("c", rules=(rule(Action.HIDDEN_FROM_CHOICE),))
    return Walk(cluster("root", cluster("m", sco("a"), sco("b")), cluster("n", hidden, sco("d")), sco("e")))


def test_a_survey_changes_nothing() -> None:
    walk = modules()
    walk.start()
    before = walk.state.snapshot()

    walk.survey()

    assert walk.state.snapshot() == before


def test_before_the_beginning_one_may_start_or_choose() -> None:
    survey = modules().survey()

    assert survey.moves[Request.START] is None
    assert survey.moves[Request.CONTINUE] is not None
    assert [index for index, why in enumerate(survey.choices) if why is None] == [1, 2, 3, 4, 6, 7]


def test_in_the_middle_every_move_is_judged_as_if_what_is_open_ended_now() -> None:
    walk = modules()
    walk.choose("b")
    survey = walk.survey()

    assert survey.moves[Request.PREVIOUS] is None
    assert survey.moves[Request.CONTINUE] is None
    assert str(survey.moves[Request.START]) == "This course is already open."
    assert survey.jumps[walk.tree.numbers["c"]] is None
    assert survey.jumps[walk.tree.numbers["n"]] is not None


def test_the_last_step_is_known_to_end_the_session() -> None:
    walk = modules()
    walk.choose("e")

    assert Request.CONTINUE in walk.survey().ends


def test_continue_is_offered_where_the_course_flows_though_nothing_would_come_of_it() -> None:
    walk = Walk(cluster("root", sco("a"), cluster("m", sco("b"), flow=False)))
    walk.start()
    survey = walk.survey()

    assert survey.offers[Request.CONTINUE] is None
    assert str(survey.moves[Request.CONTINUE]) == "Here the course does not lead on by itself: choose what comes next."


def test_what_a_rule_would_do_with_the_end_decides_on_what_may_follow() -> None:
    stuck = sco("a", rules=(rule(Action.EXIT_PARENT),))
    walk = Walk(cluster("root", stuck, sco("b"), rules=(rule(Action.EXIT_PARENT),)))
    walk.start()
    survey = walk.survey()

    assert {getattr(survey.choices[at], "code", None) for at in range(3)} == {"TB.2.3-4"}
    assert survey.jumps[2] is not None


def test_the_contents_say_how_each_part_stands_and_why_it_cannot_be_chosen() -> None:
    walk = modules()
    walk.start()
    walk.forward()

    entries = {one.identifier: one for one in contents.entries(walk.state, walk.survey())}

    assert [(one.identifier, one.depth) for one in entries.values()] == [
        ("root", 0), ("m", 1), ("a", 2), ("b", 2), ("n", 1), ("c", 2), ("d", 2), ("e", 1),
    ]  # fmt: skip
    assert (entries["a"].completed, entries["a"].satisfied, entries["a"].attempted) == (True, True, True)
    assert [name for name, one in entries.items() if one.current] == ["b"]
    assert [name for name, one in entries.items() if not one.visible] == ["c"]
    assert str(entries["c"].why) == "This cannot be chosen now."
    assert entries["d"].why is None


def test_the_contents_leave_out_what_was_not_selected() -> None:
    walk = modules()
    walk.start()
    walk.state.available[walk.tree.numbers["m"]] = (walk.tree.numbers["a"],)

    assert "b" not in [one.identifier for one in contents.entries(walk.state, walk.survey())]


def test_everything_that_is_surveyed_as_possible_is_possible() -> None:
    closed = sco("d", rules=(rule(Action.DISABLED, when(Circumstance.ATTEMPTED)),))
    walk = Walk(cluster("root", cluster("m", sco("a"), sco("b"), forward_only=True), cluster("n", sco("c"), closed)))
    walk.choose("d")
    for target in ("c", "b", "a", "d"):
        promised = walk.survey().choices[walk.tree.numbers[target]]

        refused = walk.refused(Request.CHOICE, target)

        assert refused == (promised.code if promised else None)
