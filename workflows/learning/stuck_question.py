"""How the question about a stuck e-learning is shown and answered in the worklist."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection, select

from engine.approvals.approval import Approval
from engine.errors import Missing
from engine.web.presenting import Reading, Typed, View
from scorm import recorder
from scorm import store as runtime
from scorm.runtime import verdict
from scorm.runtime.stuck import SENTENCES, Sign
from workflows.learning.stuck import Trigger
from workflows.learning.tables import stuck_attempts
from workflows.people import store as people

_CHOICES: Final[Mapping[str, str]] = {
    Trigger.RECORD: "Record as completed: the learner has done it",
    Trigger.LEAVE: "Leave it: it is not finished, or not yet clear",
    Trigger.RESET: "Reset the attempt: the next launch begins anew, and this one stays to be read",
}


class StuckQuestion:
    """The presenter of stuck e-learning (`engine.web.presenting.Presenter`)."""

    choices = _CHOICES

    def view(self, connection: Connection, approval: Approval) -> View:
        """Show what shows that it may be done, what the recorder says, and the way to every call."""
        subject = approval.subject
        mine = (stuck_attempts.c.trust == subject.trust, stuck_attempts.c.id == subject.id)
        item = connection.execute(select(stuck_attempts).where(*mine)).mappings().one_or_none()
        attempt = runtime.attempt(connection, subject.trust, item["attempt"]) if item else None
        if item is None or attempt is None:
            raise Missing("There is no such attempt.")
        context = {
            "item": item,
            "learner": people.person(connection, subject.trust, item["person"]),
            "shows": SENTENCES[Sign(item["sign"])],
            "verdict": verdict.judge(recorder.story(connection, attempt)),
        }
        return View(template="learning/_stuck.html", context=context, choices=_CHOICES)

    def facts(self, connection: Connection, approval: Approval, typed: Typed) -> Reading:  # noqa: ARG002
        """Read nothing but the choice and its comment; what is recorded or reset needs one."""
        needs = typed.get("choice") in {Trigger.RECORD, Trigger.RESET}
        if needs and not typed.get("comment", "").strip():
            return Reading(problems={"comment": "Say why: the reason is kept, and the learner can read it."})
        return Reading()
