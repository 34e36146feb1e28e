"""The pure engine as an LMS that plays conformance cases: courses by package and learner, one SCO open at a time."""

import json
from collections.abc import Callable
from pathlib import Path

from scorm import markup
from scorm.coupling import Learner
from scorm.course import Click, Course, Shared
from scorm.runtime.session import Session
from scorm.sequencing import reading
from scorm.sequencing.overall import Result
from scorm.sequencing.refusals import Refusal
from scorm.sequencing.requests import Request

AT = "2026-11-22T09:00:00Z"
LEARNERS = {
    "L1": Learner(identifier="learner1", name="Learner One"),
    "L2": Learner(identifier="learner2", name="Learner Two"),
}
CLICKS = {
    "continue": Request.CONTINUE,
    "previous": Request.PREVIOUS,
    "choice": Request.CHOICE,
    "exit_all": Request.EXIT_ALL,
    "suspend_all": Request.SUSPEND_ALL,
    "leave": Request.EXIT_ALL,
}


class Adapter:
    """An LMS without a browser: each learner's courses, and what they share between courses."""

    def __init__(self, cases: str) -> None:
        self.manifests = Path(cases) / "manifests"
        self.courses: dict[tuple[str, str], Course] = {}
        self.shared = {name: Shared() for name in LEARNERS}
        self.learner = "L1"
        self.package = ""
        self.session: Session | None = None

    @property
    def course(self) -> Course:
        return self.courses[self.package, self.learner]

    def open(self, package: str, learner: str, how: str, target: str | None, fallback: str | None) -> None:
        self.package, self.learner = package, learner
        self.courses[package, learner] = self._course(package, learner)
        if how == "choice" and target:
            self._do(lambda: self.course.request(Click(Request.CHOICE, target)))
            return
        self._do(self.course.start)
        if self.course.delivered is None and fallback:
            self._do(lambda: self.course.request(Click(Request.CHOICE, fallback)))

    def _course(self, package: str, learner: str) -> Course:
        organisation, _ = reading.read(markup.read((self.manifests / package / "imsmanifest.xml").read_bytes())[0])
        assert organisation is not None
        before = self.courses.get((package, learner))
        if before is None:
            return Course.begin(organisation, LEARNERS[learner], seed="1", shared=self.shared[learner])
        kept = json.loads(json.dumps(before.snapshot()))
        return Course.restore(organisation, LEARNERS[learner], kept, shared=self.shared[learner])

    def _do(self, act: Callable[[], Result]) -> None:
        try:
            result = act()
        except Refusal:
            return
        self.shared[self.learner] = self.course.shared
        delivery = self.course.delivery(AT) if result.delivered is not None else None
        if delivery is not None:
            self.session = Session.open(delivery.launch, delivery.data)

    def delivered(self) -> str | None:
        return self.course.delivered

    def api(self, method: str, *args: str) -> str:
        assert self.session is not None
        return self.session.call(method, args, AT)[0]

    def after_terminate(self) -> None:
        session = self.session
        assert session is not None
        self._do(lambda: self.course.terminated(session))

    def click(self, action: str, target: str | None, unload: Callable[[], None] | None) -> None:
        if unload is not None:
            unload()
        session = self.session if unload is not None else None
        click = Click(CLICKS[action], target or "")
        if session is not None:
            self._do(lambda: self.course.terminated(session, click))
        else:
            self._do(lambda: self.course.request(click))

    def choose_in_session(self, target: str) -> None:
        self._do(lambda: self.course.request(Click(Request.CHOICE, target)))

    def ui(self, check: str, target: str | None) -> bool | None:
        name, _, how = check.partition(".")
        if name in ("continue", "previous"):
            enabled = self.course.controls().get(Request(name), "hidden") is None
            return enabled is (how == "enabled")
        entries = {one.identifier: one for one in self.course.contents()}
        if check == "toc.enabled":
            return any(one.visible and one.why is None for one in entries.values())
        found = entries.get(target or "")
        if found is None or not found.visible:
            return False
        return how == "visible" or found.why is None

    def session_ended(self) -> bool:
        return not self.course.alive
