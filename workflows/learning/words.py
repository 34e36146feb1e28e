"""The states of learning as people say them, and the colour of the tag beside the word. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from workflows.learning.classes import Trigger as ClassTrigger
from workflows.learning.enrolment import Trigger as EnrolmentTrigger
from workflows.learning.records import ClassState, EnrolmentState, PerformanceState


class Said(NamedTuple):
    """A state in plain words; the colour only repeats what the words say."""

    text: str
    colour: str


class Asked(NamedTuple):
    """A step as a button, and as the page that asks for confirmation says it."""

    button: str
    title: str
    what: str


ENROLMENTS: Final[Mapping[EnrolmentState, Said]] = {
    EnrolmentState.REQUESTED: Said("Waiting for approval", "yellow"),
    EnrolmentState.WAITLISTED: Said("On the waitlist", "yellow"),
    EnrolmentState.CONFIRMED: Said("Place confirmed", "blue"),
    EnrolmentState.ATTENDED: Said("Attended", "green"),
    EnrolmentState.DID_NOT_ATTEND: Said("Did not attend", "red"),
    EnrolmentState.WITHDRAWN: Said("Withdrawn", "grey"),
    EnrolmentState.CANCELLED: Said("Cancelled", "grey"),
}

CLASSES: Final[Mapping[ClassState, Said]] = {
    ClassState.PLANNED: Said("Being planned", "grey"),
    ClassState.NORMAL: Said("Open", "green"),
    ClassState.FULL: Said("Full", "yellow"),
    ClassState.CLOSED: Said("Closed", "blue"),
    ClassState.CANCELLED: Said("Cancelled", "red"),
}

PERFORMANCES: Final[Mapping[PerformanceState, Said]] = {
    PerformanceState.NOT_ATTEMPTED: Said("Not started", "grey"),
    PerformanceState.INCOMPLETE: Said("Started, not finished", "yellow"),
    PerformanceState.BROWSED: Said("Looked at, not started", "grey"),
    PerformanceState.COMPLETED: Said("Completed", "green"),
    PerformanceState.PASSED: Said("Passed", "green"),
    PerformanceState.FAILED: Said("Not passed yet", "red"),
}

ENROLLED: Final[Mapping[EnrolmentState, str]] = {
    EnrolmentState.CONFIRMED: "Confirmed: {who} a place on {title}.",
    EnrolmentState.WAITLISTED: "{title} is full: {who} position {position} on the waitlist.",
    EnrolmentState.REQUESTED: "A place on {title} needs approval. The request is sent.",
}


def done(trigger: EnrolmentTrigger, name: str, state: EnrolmentState | None) -> str:
    """Say what became of somebody's enrolment by a step."""
    if trigger is EnrolmentTrigger.REPAIR:
        return f"{name} is sent the meeting again, as it stands now."
    return f"{name}: {ENROLMENTS[state or EnrolmentState.REQUESTED].text.lower()}."


ENROLMENT_STEPS: Final[Mapping[EnrolmentTrigger, Asked]] = {
    EnrolmentTrigger.APPROVE: Asked("Approve", "Approve", "They get a place, or join the waitlist."),
    EnrolmentTrigger.REJECT: Asked("Reject", "Reject the request of", "They do not get a place."),
    EnrolmentTrigger.PICK: Asked("Give a place", "Give a place to", "They leave the waitlist and are invited."),
    EnrolmentTrigger.WITHDRAW: Asked(
        "Withdraw", "Withdraw", "They are told, and a meeting that they had accepted is taken out of their calendar."
    ),
    EnrolmentTrigger.ATTEND: Asked("Attended", "Mark as attended:", "They get the competence that this class gives."),
    EnrolmentTrigger.DID_NOT_ATTEND: Asked(
        "Did not attend", "Mark as not attended:", "A competence that they got for this class is taken back."
    ),
    EnrolmentTrigger.REPAIR: Asked(
        "Send the meeting again", "Send the meeting again to", "Their calendar is put right, if it is not."
    ),
}

CLASS_DONE: Final[Mapping[ClassTrigger, str]] = {
    ClassTrigger.OPEN: "{title} is open for enrolment.",
    ClassTrigger.CLOSE: "{title} is closed.",
    ClassTrigger.REOPEN: "{title} is open again.",
    ClassTrigger.CANCEL: "{title} is cancelled. Everybody whom it concerns is told.",
    ClassTrigger.SET_BACK: "{title} is set back to planning.",
}

CLASS_STEPS: Final[Mapping[ClassTrigger, Asked]] = {
    ClassTrigger.OPEN: Asked("Open for enrolment", "Open for enrolment:", "Learners can find it and enrol."),
    ClassTrigger.CLOSE: Asked(
        "Close", "Close", "Nobody can enrol any more. Requests that wait for approval are turned down."
    ),
    ClassTrigger.REOPEN: Asked("Open again", "Open again:", "Learners can enrol again."),
    ClassTrigger.CANCEL: Asked(
        "Cancel this class", "Cancel", "Everybody who has a place, waits or asked for one is told. This is final."
    ),
    ClassTrigger.SET_BACK: Asked(
        "Set back to planning",
        "Set back to planning:",
        "Those who have a place go to the waitlist, and their meetings are taken back.",
    ),
}


def called(course: str, offering: str) -> str:
    """Write an offering's title below its course's; once where they are the same, as a package's are."""
    return course if course == offering else f"{course}: {offering}"
