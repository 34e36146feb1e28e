"""Small cases of the engine's own workflows, on which they are explored before they run. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from engine import incident
from engine.approvals import approval
from engine.approvals.approval import Approval
from engine.exploring import Examples
from engine.incident import Failure, Incident, Source
from engine.letters import Recipient, Subject
from engine.machine import Actor
from engine.wording import notices, template_version
from engine.wording.template_version import TemplateVersion

_NOW: Final = datetime(2027, 1, 4, 9, 30, tzinfo=UTC)
_ABOUT: Final = Subject(kind="transfer", trust="trust", id="transfer")
_ROLE: Final = "role"
_HOLDER: Final = Actor(id="holder", name="Holder", person="holder", grants=frozenset({(_ROLE, "ward")}))
_COLLEAGUE: Final = Actor(id="colleague", name="Colleague", person="colleague")
_APPROVAL: Final = Approval(
    trust="trust",
    id="approval",
    organisation="ward",
    subject=_ABOUT,
    subject_revision=1,
    subject_person="learner",
    title="May this be?",
    role=_ROLE,
    choices=("ACCEPT", "REJECT"),
    opened_at=_NOW,
    due_at=_NOW + timedelta(days=14),
    lapse="LAPSE",
    told=("holder",),
    reminders=2,
    remind_minutes=60,
    above=(_ROLE, "trust"),
)
_SHARED: Final = replace(
    _APPROVAL, owner="holder", delegate="colleague", asked_by="holder", asked_of="colleague", reminded=2, above=None
)
_ENDLESS: Final = replace(_APPROVAL, due_at=None, above=None)
_INCIDENT: Final = Incident(
    trust="trust",
    id="incident",
    failure=Failure(
        trust="trust",
        organisation="ward",
        source=Source.TIMER,
        cause="timer/transfer/LAPSE",
        title="A step failed when it was due",
        message="Something is missing.",
        parked="The step waits.",
        about=_ABOUT,
    ),
    organisations=("ward", "trust"),
    origin="https://learn.trust.example",
)
_ELSEWHERE: Final = Recipient(name="Robin Holder", email="robin@trust.example", person="robin")
_NATIONAL: Final = notices.notice("LRN-01-joining-instructions").source
_TEXT: Final = TemplateVersion(
    trust="trust",
    id="version",
    organisation="ward",
    organisations=("ward", "trust"),
    at="ward",
    place="Ward 7",
    origin="https://learn.trust.example",
    notice="LRN-01-joining-instructions",
    title="Joining instructions (LRN-01)",
    number=2,
    language="en",
    author="author",
    author_name="Ann Author",
    author_person="ann",
    comment="Warmer words",
    source=replace(_NATIONAL, subject="Welcome to {{ course }}"),
    before=_NATIONAL,
    former="former",
    administrators=(("robin", _ELSEWHERE),),
)

EXAMPLES: Final = {
    approval.KIND: Examples(
        records=(_APPROVAL, _SHARED, _ENDLESS),
        now=_NOW,
        actors=(_HOLDER, _COLLEAGUE),
        facts={
            approval.Trigger.OPEN: ({}, {"holders": ["holder"]}),
            approval.Trigger.ANSWER: ({"choice": "ACCEPT"}, {"choice": "NEITHER"}),
            approval.Trigger.DELEGATE: ({}, {"to": "somebody", "comment": "Please."}),
            approval.Trigger.TRANSFER: ({}, {"to": "somebody"}),
            approval.Trigger.ASK: ({}, {"of": "somebody", "question": "Which?"}),
            approval.Trigger.REPLY: ({}, {"answer": "That one."}),
            approval.Trigger.COMMENT: ({}, {"comment": "I look at it."}),
        },
    ),
    template_version.KIND: Examples(
        records=(_TEXT, replace(_TEXT, second_person=True, restores=1, former=None)),
        now=_NOW,
        facts={trigger: ({}, {"reason": "It is too long."}) for trigger in template_version.Trigger},
    ),
    incident.KIND: Examples(
        records=(_INCIDENT,), now=_NOW, facts={incident.Trigger.SKIP: ({}, {"reason": "It is not needed."})}
    ),
}
