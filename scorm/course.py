"""One learner's attempt at a whole package of any number of activities: what plays, what may follow, what it came to.

Pure: time and the seed of randomisation are passed in. A page server uses it like this:

    course = Course.begin(organisation, learner, seed="…", shared=shared)     or Course.restore(…, snapshot, …)
    course.start()                              begins or resumes; `course.delivered` may still be None: let them choose
    delivery = course.delivery(at)              what to show, and the Launch and data that its Session opens on
    course.terminated(session)                  the SCO called Terminate: acts on what it asked for, if anything
    course.terminated(session, click)           … after the learner had clicked: the click wins
    course.request(Click(Request.CONTINUE))     a click while no SCO is open (it has terminated, or is an asset)
    course.left(session)                        the window is gone in any other way: everything is put aside as it is
    course.foreseen(session)                    the course as it would be if the SCO ended now: its survey, its outcome
    course.survey(), .contents(), .controls()   what is possible now, and why not
    course.outcome()                            what the whole course came to
    course.snapshot(), course.shared            to be stored: the first with the attempt, the second with the learner

Each request gives a `Result`: what is delivered, whether the session is over, or the Refusal for which nothing is.
A request that is not valid raises its Refusal and has changed nothing, except that what the SCO reported is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from scorm import coupling
from scorm.coupling import NOTHING_KEPT, Kept, Learner
from scorm.runtime.launch import Launch
from scorm.runtime.session import Session
from scorm.runtime.session import State as Ended
from scorm.sequencing import attempts, contents, overall, records, rollup
from scorm.sequencing.contents import Entry
from scorm.sequencing.definition import Aspect, Node, Organisation
from scorm.sequencing.overall import Result
from scorm.sequencing.refusals import Refusal
from scorm.sequencing.requests import Request
from scorm.sequencing.survey import Survey, survey
from scorm.sequencing.tracking import Progress, State, Value
from scorm.sequencing.tree import ROOT, Tree

DISCARDING = (Request.ABANDON, Request.ABANDON_ALL)
"""The requests with which nothing of what the SCO reported is kept (SN 4.4)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What outlives a course for the same learner: shared objectives and adl.data, each by identifier."""

    objectives: Mapping[str, Progress] = field(default_factory=dict)
    stores: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Click:
    """A navigation request; `target` is the identifier of an activity, for choice and jump."""

    request: Request
    target: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """An activity to show: its item, and the launch and data of a new session of it."""

    identifier: str
    node: Node
    launch: Launch
    data: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseOutcome:
    """What the course came to, from the root of its tree; None is not known, measures are -1 to 1 and 0 to 1."""

    completed: bool | None
    satisfied: bool | None
    measure: float | None
    progress: float | None


class Course:
    """A learner's attempt at a package; it changes with every call that reports or requests."""

    def __init__(self, tree: Tree, learner: Learner, state: State, stores: Mapping[str, str], outside: Shared) -> None:
        """Use `begin` or `restore`."""
        self._outside = outside
        self.tree = tree
        self.learner = learner
        self.state = state
        self._stores = dict(stores)
        self._kept: dict[str, Kept] = {}
        self._entry = "ab-initio"
        self._delivered = self._finished = False
        self._survey: Survey | None = None

    @classmethod
    def begin(cls, played: Organisation | Tree, learner: Learner, *, seed: str, shared: Shared) -> Self:
        """Begin a new attempt; what the learner shares with other courses is left aside where this one says so."""
        tree = Tree.grown(played)
        objectives = shared.objectives if tree.organisation.global_objectives else {}
        stores = shared.stores if tree.organisation.global_data else {}
        return cls(tree, learner, State(tree, seed, objectives), stores, shared)

    @classmethod
    def restore(
        cls, played: Organisation | Tree, learner: Learner, snapshot: Mapping[str, Any], *, shared: Shared
    ) -> Self:
        """Go on from what `snapshot` gave, with what the learner shares with other courses as it is by now."""
        tree = Tree.grown(played)
        state = State.restore(tree, snapshot["state"])
        if tree.organisation.global_objectives:
            state.shared = {**state.shared, **shared.objectives}
        stores = {**snapshot["stores"], **(shared.stores if tree.organisation.global_data else {})}
        course = cls(tree, learner, state, stores, shared)
        course._kept = {name: records.read(Kept, one) for name, one in snapshot["kept"].items()}
        course._entry, course._delivered = snapshot["entry"], snapshot["delivered"]
        course._finished = snapshot["finished"]
        return course

    def snapshot(self) -> dict[str, Any]:
        """Give all that changes, ready for JSON."""
        return {
            "state": self.state.snapshot(),
            "stores": dict(self._stores),
            "kept": {name: asdict(one) for name, one in self._kept.items()},
            "entry": self._entry,
            "delivered": self._delivered,
            "finished": self._finished,
        }

    @property
    def shared(self) -> Shared:
        """What the learner's other courses may know of by now; what this one keeps to itself is as it was before."""
        organisation = self.tree.organisation
        return Shared(
            objectives=dict(self.state.shared) if organisation.global_objectives else self._outside.objectives,
            stores=dict(self._stores) if organisation.global_data else self._outside.stores,
        )

    @property
    def delivered(self) -> str | None:
        """The identifier of the activity that is on the screen."""
        current = self.state.current
        return self.tree.activities[current].identifier if self._delivered and current is not None else None

    @property
    def alive(self) -> bool:
        """Is a sequencing session in progress, so that there is something to choose from or to go on with?"""
        return self.state.current is not None

    def start(self) -> Result:
        """Begin the course, or go on where it was put aside, unless nothing was open that could be opened again."""
        aside = self.state.suspended
        resumable = aside is not None and not self.tree.activities[aside].children
        return self.request(Click(Request.RESUME_ALL if resumable else Request.START))

    def delivery(self, at: str) -> Delivery | None:
        """Say what to show and what its session opens on; `at` is the server's time, as the launch will tell it."""
        if not self._delivered or self.state.current is None:
            return None
        activity = self.tree.activities[self.state.current]
        before = self._kept.get(activity.identifier, NOTHING_KEPT)
        told = coupling.launch(
            self.state,
            activity,
            self.learner,
            before,
            entry=self._entry,
            survey=self.survey(),
            stores=self._stores,
            server_time=at,
        )
        data = coupling.opened_on(before, told)
        return Delivery(identifier=activity.identifier, node=activity.node, launch=told, data=data)

    def request(self, click: Click) -> Result:
        """Do what the learner or the content asked for, now that no SCO is open; Refusal if it is not valid."""
        before = [one.suspended for one in self.state.standing]
        self._survey = None
        if click.request is Request.SUSPEND_ALL and self.state.current is not None:
            self._put_aside(self.state.current)
        result = overall.request(self.state, click.request, self._target(click))
        self._delivered, self._finished = result.delivered is not None, False
        if result.delivered is not None:
            self._begin(result.delivered, resumed=before[result.delivered])
        return result

    def terminated(self, session: Session, click: Click | None = None) -> Result:
        """Take what the SCO reported, then do what follows from its end; `click` is what the learner had asked for."""
        asked = _following(session, click)
        if asked is None or asked.request not in DISCARDING:
            self._report(session)
        if asked is None:
            return Result()
        try:
            return self.request(asked)
        except Refusal as refusal:
            return Result(refusal=refusal)

    def left(self, session: Session | None = None) -> Result:
        """Put everything aside as it is: the window was closed, or the learner went elsewhere."""
        if session is not None:
            self._report(session)
        if self._finished and self.state.current is not None:
            # The SCO itself has ended normally: what it left unsaid is done, though nobody clicked after it.
            attempts.conclude(self.state, self.state.current)
        return self.request(Click(Request.SUSPEND_ALL)) if self.alive else Result(over=True)

    def foreseen(self, session: Session) -> Course:
        """Give this course as it would be with what an open SCO has said so far; this one stays as it is."""
        (course := self.copied())._hear(session)  # noqa: SLF001 - it is a course too
        return course

    def copied(self) -> Course:
        """Make one that can go its own way."""
        course = Course(self.tree, self.learner, self.state.copied(), self._stores, self._outside)
        course._kept, course._entry = dict(self._kept), self._entry
        course._delivered, course._finished = self._delivered, self._finished
        return course

    def survey(self) -> Survey:
        """Say of everything that could be asked for why it is not possible now."""
        self._survey = self._survey or survey(self.state)
        return self._survey

    def contents(self) -> tuple[Entry, ...]:
        """Give the table of contents, in the order that this learner has; a course of one activity needs none."""
        if sum(not one.children for one in self.tree.activities) == 1:
            return ()
        return contents.entries(self.state, self.survey())

    def controls(self) -> Mapping[Request, Refusal | None]:
        """Give the controls that the content does not hide, each with why it cannot be used now, None where it can.

        Continue is there wherever the course leads on by itself; what would come of it, `survey().moves` says.
        """
        current = self.state.current
        hidden = self.tree.activities[current].node.hidden_controls if current is not None else frozenset()
        return {move: why for move, why in self.survey().offers.items() if move not in hidden}

    def outcome(self) -> CourseOutcome:
        """Say what the course has come to so far."""
        primary = self.tree.activities[ROOT].primary
        return CourseOutcome(
            completed=_flag(self.state.read(primary, Aspect.COMPLETION)),
            satisfied=_flag(self.state.read(primary, Aspect.SATISFIED)),
            measure=self.state.read(primary, Aspect.MEASURE),
            progress=self.state.read(primary, Aspect.PROGRESS),
        )

    def _target(self, click: Click) -> int | None:
        return self.tree.numbers.get(" ".join(click.target.split()))

    def _begin(self, index: int, *, resumed: bool) -> None:
        self._entry = "resume" if resumed else "ab-initio"
        if not resumed:
            self._kept.pop(self.tree.activities[index].identifier, None)

    def _put_aside(self, current: int) -> None:
        # RTE 4.2.8: Suspend All means cmi.exit = suspend, whatever the SCO has said.
        if self._delivered and self.state.standing[current].active:
            self.state.stand(current, suspended=True)

    def _report(self, session: Session) -> None:
        if self.state.current is not None:
            self._hear(session)
            identifier = self.tree.activities[self.state.current].identifier
            self._kept[identifier] = coupling.kept(session, self._kept.get(identifier, NOTHING_KEPT))

    def _hear(self, session: Session) -> None:
        if (current := self.state.current) is None:
            return
        self._survey = None
        coupling.report(self.state, activity := self.tree.activities[current], session)
        self._stores.update(coupling.stored(activity, session))
        # RTE 1.2 knows of one attempt at an item, however often it is left.
        suspended = coupling.old(session) or coupling.leaving(session) == "suspend"
        self._finished = session.state is Ended.FINISHED and not suspended
        self.state.stand(current, suspended=suspended)
        rollup.overall(self.state, current)


def _following(session: Session, click: Click | None) -> Click | None:
    """RTE 4.2.8 and 4.4.1: a time-out or log-out ends all; else the learner's click; else what the SCO asked for."""
    if coupling.ends_all(session):
        return Click(Request.EXIT_ALL)
    if click is not None:
        return click
    wanted = coupling.asked(session)
    if wanted == "_none_":
        return None
    if wanted.startswith("{target="):
        target, _, way = wanted.removeprefix("{target=").rpartition("}")
        return Click(Request(way), target)
    return Click(Request(wanted))


def _flag(value: Value) -> bool | None:
    return None if value is None else bool(value)
