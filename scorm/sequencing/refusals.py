"""Why a request cannot be granted: the exception codes of the SN pseudo-code, each with a sentence of our own. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from scorm.errors import ScormError

SENTENCES: Mapping[str, str] = {
    "NB.2.1-1": "This course is already open.",
    "NB.2.1-2": "Nothing of this course has been opened yet.",
    "NB.2.1-3": "There is nothing to resume.",
    "NB.2.1-4": "Here the course wants you to choose what comes next.",
    "NB.2.1-5": "You cannot go back from here.",
    "NB.2.1-6": "There is nothing before the beginning of the course.",
    "NB.2.1-7": "The course asked for a move that SCORM does not have.",
    "NB.2.1-8": "You have to finish the part you are in before you choose another.",
    "NB.2.1-9": "There is no way from here to what was chosen.",
    "NB.2.1-10": "This cannot be chosen directly: the course leads you to it.",
    "NB.2.1-11": "There is no such part in this course.",
    "NB.2.1-12": "This part is already closed.",
    "NB.2.1-13": "The course asked for a move that SCORM does not have.",
    "TB.2.3-1": "Nothing is open that could be closed.",
    "TB.2.3-2": "This part is already closed.",
    "TB.2.3-3": "Nothing is open that could be put aside.",
    "TB.2.3-4": "The course asked to leave what lies above its beginning.",
    "TB.2.3-5": "Nothing is open that could be put aside.",
    "TB.2.3-6": "Nothing is open that could be abandoned.",
    "TB.2.3-7": "The course asked for an end that SCORM does not have.",
    "SB.2.1-2": "There is nothing in this part to open.",
    "SB.2.1-3": "There is nothing before the beginning of the course.",
    "SB.2.1-4": "In this part you can only go forward.",
    "SB.2.2-1": "Here the course does not lead on by itself: choose what comes next.",
    "SB.2.2-2": "What comes next is not available now.",
    "SB.2.4-1": "You have to finish an earlier part first.",
    "SB.2.4-2": "In this part you can only go forward.",
    "SB.2.4-3": "There is nothing before the beginning of the course.",
    "SB.2.5-1": "This course is already open.",
    "SB.2.6-1": "This course is already open.",
    "SB.2.6-2": "There is nothing to resume.",
    "SB.2.7-1": "Nothing of this course has been opened yet.",
    "SB.2.7-2": "Here the course wants you to choose what comes next.",
    "SB.2.8-1": "Nothing of this course has been opened yet.",
    "SB.2.8-2": "Here the course wants you to choose what comes next.",
    "SB.2.9-1": "Nothing was chosen.",
    "SB.2.9-2": "This is not part of the course as it was put together for you.",
    "SB.2.9-3": "This cannot be chosen now.",
    "SB.2.9-4": "This cannot be chosen directly: the course leads you to it.",
    "SB.2.9-5": "There is no way from here to what was chosen.",
    "SB.2.9-6": "This part has to be begun from its beginning, not in its middle.",
    "SB.2.9-7": "You have to finish the part you are in before you choose another.",
    "SB.2.9-8": "From here only what comes just before or after can be chosen.",
    "SB.2.9-9": "There is nothing in this part that can be opened now.",
    "SB.2.10-1": "Nothing is open that could be begun again.",
    "SB.2.10-2": "This part is still open, so it cannot be begun again.",
    "SB.2.10-3": "There is nothing in this part that can be opened now.",
    "SB.2.11-1": "Nothing is open that could be closed.",
    "SB.2.11-2": "This part is still open.",
    "SB.2.12-1": "The course asked for a move that SCORM does not have.",
    "SB.2.13-1": "Nothing of this course has been opened yet.",
    "SB.2.13-2": "This is not part of the course as it was put together for you.",
    "DB.1.1-1": "This is a heading and cannot be opened itself.",
    "DB.1.1-2": "There is nothing to open.",
    "DB.1.1-3": "This is not available now.",
    "DB.2-1": "This part is already open.",
}
"""By code, as in SN Appendix C; what the pseudo-code leaves without a code of its own is not here."""


class Refusal(ScormError):
    """The course does not allow this now."""

    def __init__(self, code: str, *, ends: bool = False, at: int | None = None) -> None:
        """Keep the code of the pseudo-code, whether the sequencing session ends with it (SB.2.1 3.1), and where it was.

        `at` is the number of the activity that stands in the way, where that is not the one that was asked for.
        """
        self.code = code
        self.ends = ends
        self.at = at
        super().__init__(SENTENCES[code])
