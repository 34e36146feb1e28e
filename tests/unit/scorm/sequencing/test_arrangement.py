"""Selection and randomisation: SN 3.12, 3.13, [SR.1] and [SR.2]."""

from scorm.sequencing.definition import Timing
from scorm.sequencing.requests import Request
from tests.trees import Walk, cluster, sco

LEAVES = "abcdefgh"


def pool(seed: str = "1", **settings: object) -> Walk:
    return Walk(cluster("root", cluster("m", *map(sco, LEAVES), **settings), sco("end")), seed=seed)


def test_so_many_children_are_selected_in_their_order() -> None:
    walk = pool(select=Timing.ONCE, select_count=3)
    walk.start()

    chosen = walk.children("m")

    assert len(chosen) == 3
    assert chosen == sorted(chosen)
    assert [walk.open, walk.forward(), walk.forward(), walk.forward()] == [*chosen, "end"]


def test_children_are_put_in_an_order_that_the_seed_decides() -> None:
    orders = []
    for seed in ("1", "2", "1"):
        walk = pool(seed, randomise=Timing.ONCE, reorder=True)
        walk.start()
        orders.append("".join(walk.children("m")))

    assert sorted(orders[0]) == list(LEAVES)
    assert orders[0] == orders[2] != orders[1]


def test_once_means_for_good() -> None:
    walk = pool(select=Timing.ONCE, select_count=3, randomise=Timing.ONCE, reorder=True)
    walk.start()
    first = walk.children("m")
    walk.ask(Request.EXIT_ALL)
    walk.start()

    assert walk.children("m") == first


def test_each_new_attempt_draws_anew_and_a_resumed_one_does_not() -> None:
    walk = pool(select=Timing.EACH_NEW_ATTEMPT, select_count=4, randomise=Timing.EACH_NEW_ATTEMPT, reorder=True)
    walk.start()
    first = walk.children("m")
    walk.suspend()
    walk.ask(Request.SUSPEND_ALL)
    walk.go(Request.RESUME_ALL)
    resumed = walk.children("m")
    walk.ask(Request.EXIT_ALL)
    walk.start()

    assert resumed == first
    assert walk.children("m") != first


def test_what_a_survey_promises_of_the_next_draw_is_kept() -> None:
    walk = pool(select=Timing.EACH_NEW_ATTEMPT, select_count=2)
    walk.choose("end")
    choosable = [one for one in walk.choosable() if one in LEAVES]

    assert choosable == walk.children("m")


def test_more_than_there_are_means_all_and_no_count_means_no_selection() -> None:
    many, none = pool(select=Timing.ONCE, select_count=99), pool(select=Timing.ONCE)
    many.start()
    none.start()

    assert "".join(many.children("m")) == "".join(none.children("m")) == LEAVES


def test_nothing_is_reordered_where_nobody_asks() -> None:
    walk = pool(randomise=Timing.ONCE)
    walk.start()

    assert "".join(walk.children("m")) == LEAVES
