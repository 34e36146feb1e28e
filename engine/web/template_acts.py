"""What can be done with a version of a text on its page, by the state in which it stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from engine import drafts
from engine.drafts import Place
from engine.errors import Missing
from engine.transaction import Transaction
from engine.wording.template_version import State, Trigger
from engine.wording.trial import Trial

_STANDS: Final[Mapping[State, str]] = {
    State.PUBLISHED: "Version {} is published. Messages that are queued from now on use it.",
    State.SUBMITTED: "Version {} waits for a second person, who publishes it or sends it back.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What can be done with a version in some states, and how that is put; `tries` where it is tried out first."""

    title: str
    states: tuple[State, ...]
    label: str
    do: Callable[[Transaction, Place, int, str, Trial | None], str]
    hint: str = ""
    needed: bool = False
    tries: bool = False
    warning: bool = False


def _publish(tx: Transaction, place: Place, number: int, _reason: str, tried: Trial | None) -> str:
    return _STANDS[drafts.publish(tx, place, number, faults=_faults(tried))].format(number)


def _approve(tx: Transaction, place: Place, number: int, reason: str, tried: Trial | None) -> str:
    drafts.decide(tx, place, number, Trigger.APPROVE, reason=reason, faults=_faults(tried))
    return _STANDS[State.PUBLISHED].format(number)


def _send_back(tx: Transaction, place: Place, number: int, reason: str, _tried: Trial | None) -> str:
    drafts.decide(tx, place, number, Trigger.REJECT, reason=reason)
    return f"Version {number} is a draft again."


def _roll_back(tx: Transaction, place: Place, number: int, reason: str, tried: Trial | None) -> str:
    if tried is None:
        raise Missing("There is nothing to go back to.")
    new, stands = drafts.roll_back(tx, place, number, reason=reason, tried=tried)
    return f"Version {new} has the text of version {number}. {_STANDS[stands].format(new)}"


def _withdraw(tx: Transaction, place: Place, number: int, reason: str, _tried: Trial | None) -> str:
    drafts.withdraw(tx, place, number, reason=reason)
    return f"Version {number} is out of use. The text from above applies."


def _discard(tx: Transaction, place: Place, number: int, _reason: str, _tried: Trial | None) -> str:
    drafts.discard(tx, place, number)
    return f"Draft {number} is thrown away."


ACTS: Final[Mapping[str, Act]] = {
    "publish": Act(title="Publish it", states=(State.DRAFT,), label="", do=_publish, tries=True),
    "approve": Act(
        title="Approve and publish it",
        states=(State.SUBMITTED,),
        label="Comment (optional)",
        do=_approve,
        tries=True,
    ),
    "send-back": Act(
        title="Send it back",
        states=(State.SUBMITTED,),
        label="What should change",
        hint="Its author reads this.",
        do=_send_back,
        needed=True,
    ),
    "roll-back": Act(
        title="Go back to this text",
        states=(State.RETIRED,),
        label="Why (optional)",
        hint="Its text becomes a new version, so that nothing of what was sent is lost.",
        do=_roll_back,
        tries=True,
    ),
    "withdraw": Act(
        title="Take it out of use",
        states=(State.PUBLISHED,),
        label="Why",
        hint="The text from above applies instead.",
        do=_withdraw,
        needed=True,
        warning=True,
    ),
    "discard": Act(
        title="Throw the draft away", states=(State.DRAFT, State.SUBMITTED), label="", do=_discard, warning=True
    ),
}


def for_approval(act: Act) -> Act:
    """Return publishing as it is put where a second person does it."""
    return Act(title="Send it for approval", states=act.states, label="", do=act.do, tries=True)


def _faults(tried: Trial | None) -> int:
    return len(tried.errors) if tried else 0
