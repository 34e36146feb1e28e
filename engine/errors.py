"""Every error the engine raises, as one tree; the class docstring is the sentence a person reads.

EngineError
├── Refused            a step exists, but its guards or its permissions say no
├── NotDeclared        no step for this trigger in this state
├── NotAllowed         the actor does not hold what the step asks for
├── Conflict           somebody else moved the subject first
│   └── Decided        and answered what was asked, or it is not asked any more
├── Missing            there is no such record in this trust
├── TooDeep            effects fire one another without end
├── Invalid            what was sent cannot be used as it is
├── SettingError       a setting is missing or wrong
├── Undeclared         what is stored is not declared any more
├── NotVouched         the identity provider's answer leads to no account here
├── ProviderAway       the identity provider cannot be used now
├── NoHolder           a role is allocated here, but nobody active holds it
├── TemplateError      a template cannot be used
│   └── TemplateLimit  a template asked for more time or text than it may have
├── Garbled            the message built is not the message meant
└── Undelivered        the mail server did not take a message
    ├── Permanent      and never will
    └── Passing        but may do so later
        ├── Unreachable    for there is no mail server to talk to
        └── Uncertain      or has, but its answer was lost
"""

from __future__ import annotations

from typing import Any


class EngineError(Exception):
    """Something in the engine went wrong."""

    def __init__(self, sentence: str = "", **facts: Any) -> None:
        """Keep the sentence for a person and the facts for a program."""
        self.sentence = sentence or (type(self).__doc__ or "").strip()
        self.facts = facts
        super().__init__(self.sentence)


class Refused(EngineError):
    """This step is refused."""

    def __init__(self, *reasons: str, **facts: Any) -> None:
        """Take each reason as a whole sentence."""
        self.reasons = reasons
        super().__init__(" ".join(reasons), **facts)


class NotDeclared(EngineError):
    """There is no such step from this state."""


class NotAllowed(EngineError):
    """You do not have permission to do this."""


class Conflict(EngineError):
    """Somebody else changed this first. Nothing of yours was kept: look at it again."""


class Decided(Conflict):
    """Somebody answered this first."""


class Missing(EngineError):
    """There is no such record."""


class TooDeep(EngineError):
    """The effects of this step fire one another without end, so nothing was kept."""


class Invalid(EngineError):
    """What was sent cannot be used as it is."""


class SettingError(EngineError):
    """A setting is missing or wrong."""


class NotVouched(EngineError):
    """The sign-in there does not lead to an account here."""


class ProviderAway(EngineError):
    """Your organisation's sign-in cannot be reached. Try again, or use your password here."""


class Undeclared(EngineError):
    """What is stored is not declared any more."""


class NoHolder(EngineError):
    """The role is allocated here, but nobody active holds it."""


class TemplateError(EngineError):
    """This template cannot be used."""


class TemplateLimit(TemplateError):
    """This template asks for more time or text than a message may have."""


class Garbled(EngineError):
    """The message that was built is not the one that was meant, so it was not sent."""


class Undelivered(EngineError):
    """The mail server did not take this message."""

    def __init__(self, code: int, answer: str, **facts: Any) -> None:
        """Keep the server's code (0 where it never answered) and its answer, which may name an address."""
        self.code = code
        self.answer = answer
        super().__init__("", **facts)


class Permanent(Undelivered):
    """The mail server refused this message for good."""


class Passing(Undelivered):
    """The mail server did not take this message yet."""


class Unreachable(Passing):
    """The mail server cannot be reached."""


class Uncertain(Passing):
    """The connection broke after the message was handed over, so nobody knows whether it was taken."""
