"""Every error the SCORM run-time raises, as one tree; the class docstring is the sentence a person reads. Pure.

ScormError
├── UnknownModel       no data model of this name is known
├── UnknownFunction    the API has no function of this name
├── PackageRefused     a zip is not a package that can be played, with every reason
│   └── CheckStopped   looking at it took more than it may take
├── PackageNotStored   the package is good, but there was no room or no way to keep it
├── BatchMalformed     what was sent as calls is none
├── BatchGap           calls are missing before those that were sent
├── AttemptMissing     there is no such attempt, or nothing of it was opened
├── PackageMissing     this trust has no such package, or nothing of that name in it can be launched
├── SystemUnheard      a remote learning management system did not take what it was told
└── Refusal            a course does not allow a request now (sequencing/refusals.py)
"""

from __future__ import annotations

from collections.abc import Sequence


class ScormError(Exception):
    """Something in the SCORM run-time went wrong."""

    @property
    def sentence(self) -> str:
        """Return what a person reads."""
        return str(self) or (self.__doc__ or "")


class UnknownModel(ScormError):
    """No data model of this name is known."""

    def __init__(self, model: str) -> None:
        """Keep the name that was asked for."""
        self.model = model
        super().__init__(f"{type(self).__doc__} It was asked for as {model!r}.")


class UnknownFunction(ScormError):
    """The API has no function of this name."""

    def __init__(self, function: str) -> None:
        """Keep the name that was called."""
        self.function = function
        super().__init__(f"{type(self).__doc__} It was called as {function[:60]!r}.")


class PackageRefused(ScormError):
    """This package cannot be used."""

    def __init__(self, reasons: Sequence[str]) -> None:
        """Take every reason, each a whole sentence."""
        self.reasons = tuple(reasons)
        super().__init__(f"{type(self).__doc__} {' '.join(self.reasons)}")


class CheckStopped(PackageRefused):
    """This package asks for more time or memory than looking at it may take."""


class PackageNotStored(ScormError):
    """This package could not be kept, and nothing of it was recorded."""

    def __init__(self, cause: str) -> None:
        """Keep what the system said."""
        self.cause = cause
        super().__init__(f"{type(self).__doc__} The system says: {cause}.")


class BatchMalformed(ScormError):
    """What was sent as calls of a course cannot be read."""

    def __init__(self, cause: str) -> None:
        """Keep what is wrong with it."""
        self.cause = cause
        super().__init__(f"{type(self).__doc__} The batch is refused because {cause}.")


class BatchGap(ScormError):
    """Calls are missing before those that were sent."""

    def __init__(self, expected: int) -> None:
        """Keep the number of the call that comes next."""
        self.expected = expected
        super().__init__(f"{type(self).__doc__} The next one is number {expected}.")


class AttemptMissing(ScormError):
    """There is no such attempt."""


class PackageMissing(ScormError):
    """There is no such package, or nothing of that name in it can be launched."""


class SystemUnheard(ScormError):
    """The learning management system did not take what it was told."""

    def __init__(self, cause: str) -> None:
        """Keep what it answered."""
        self.cause = cause
        super().__init__(f"{type(self).__doc__} {cause.rstrip('.')}.")
