"""What was seen in a trial run, in plain sentences: evidence, not a verdict, for nobody pressed anything. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Final

from scorm.trial.records import Seen, Trial
from scorm.trial.watching import MOST_DIALOGS

_NAMED: Final = 4
_OF_12, _OF_2004 = "API", "API_1484_11"
_STOPPED: Final[Mapping[str, str]] = {
    "memory": "It used more memory than a trial run may, and was stopped after {seconds:g} s. Learners' browsers may "
    "stop it too.",
    "time": "It kept the browser from going on, and was stopped after {seconds:g} s.",
    "crash": "The page or the browser crashed after {seconds:g} s.",
    "hung": "The page stopped answering: a script in it runs without end.",
}


class Look(StrEnum):
    """How a part looks by what was seen of it."""

    GOOD = "GOOD"
    DOUBTFUL = "DOUBTFUL"
    BAD = "BAD"


def look(seen: Seen, edition: str) -> Look:
    """Say how a part looks: BAD where it cannot report, DOUBTFUL where something went wrong or nothing was seen."""
    if seen.stopped or _wrong(seen, edition) or (seen.kind == "sco" and not seen.asked and not seen.called):
        return Look.BAD
    trouble = seen.errors or seen.failed or seen.blocked or seen.refused or seen.windows_asked or seen.dialogs
    silent = seen.kind == "sco" and not seen.initialised
    return Look.DOUBTFUL if trouble or silent else Look.GOOD


def sentences(seen: Seen, edition: str) -> tuple[str, ...]:
    """Say what a part did, in the order in which it matters."""
    return (*_began(seen, edition), *_reported(seen), *_went_wrong(seen))


def summary(trial: Trial) -> str:
    """Say what a trial run is worth in one sentence."""
    if trial.trouble:
        return trial.trouble
    left = f" {trial.left_out} more were left out." if trial.left_out else ""
    parts = f"{len(trial.seen)} part{'s were' if len(trial.seen) != 1 else ' was'}"
    return f"{parts} opened in a browser, each for a short while; nobody pressed anything.{left}"


def _began(seen: Seen, edition: str) -> Iterator[str]:
    if seen.stopped:
        yield _STOPPED[seen.stopped].format(seconds=seen.seconds)
    if wrong := _wrong(seen, edition):
        yield wrong
    elif seen.initialised:
        sets = f"sets {_listed(seen.elements)}" if seen.elements else "sets nothing"
        yield f"It finds the SCORM API, calls Initialize and {sets}."
    elif seen.called:
        made = _listed(list(seen.called))
        yield f"It calls {made} without having called Initialize, so nothing of it counts."
    elif seen.asked:
        yield f"It looks for the SCORM API and did not call Initialize within {seen.seconds:g} s."
    elif seen.kind == "asset":
        yield "It is an asset, which reports nothing: having opened it is all there is to do."
    elif not seen.stopped:
        yield f"It never looked for the SCORM API within {seen.seconds:g} s: by itself it will not be completed."


def _reported(seen: Seen) -> Iterator[str]:
    said = " and ".join(filter(None, (seen.completion, seen.success)))
    score = f", with a score of {seen.score}" if seen.score else ""
    if seen.counted and said:
        yield f"It reported {said}{score} with nobody doing anything: whoever opens it has done it."
    elif seen.counted:
        yield "It reported no status, and SCORM counts it as done by having been opened."
    elif seen.initialised:
        status = f"reported {said}{score}; it " if said else ""
        yield (
            f"It {status}did not report completion within {seen.seconds:g} s, which is normal for content that waits "
            "for the learner."
        )
    if seen.ended == "itself":
        yield "It ended by itself."
    elif seen.ended:
        yield f"It calls Terminate when it is left{f', with exit={seen.exit}' if seen.exit else ''}."
    elif seen.initialised and not seen.stopped:
        yield "It did not call Terminate when it was left; what it reported until then is kept all the same."


def _went_wrong(seen: Seen) -> Iterator[str]:
    if seen.refused:
        yield f"The API refused {_listed([f'{name} (error {error})' for name, error in seen.refused])}."
    if seen.errors:
        yield f"Scripts stopped with errors: {_listed(seen.errors, '; ')}."
    if seen.blocked:
        yield f"Not loaded, for it is on another server or not allowed: {_listed([one for one, _ in seen.blocked])}."
    if seen.failed:
        yield f"Not found or failed: {_listed([f'{one} ({why})' for one, why in seen.failed])}."
    if seen.dialogs >= MOST_DIALOGS:
        yield f"It opens dialogs without end; the first says “{seen.dialog}”."
    elif seen.dialogs:
        yield f"It opened {seen.dialogs} dialog{'s' if seen.dialogs > 1 else ''}; the first says “{seen.dialog}”."
    if seen.windows_asked:
        names = _listed([one for one in seen.windows if one] or ["no address"])
        yield f"It tried to open windows of its own ({names}), which browsers may block and nobody can follow."


def _wrong(seen: Seen, edition: str) -> str:
    """Say that it looks for the API of another version than its manifest states."""
    ours, other = (_OF_12, _OF_2004) if edition == "1.2" else (_OF_2004, _OF_12)
    if not edition or edition.startswith("AICC") or seen.initialised or other not in seen.asked or ours in seen.asked:
        return ""
    says, means = ("SCORM 1.2", "SCORM 2004") if edition == "1.2" else (f"SCORM {edition}", "SCORM 1.2")
    return (
        f"It looks for the API of {means} while its manifest says {says}, so it finds none and cannot report. Publish "
        f"it again as {means}, or mend the manifest."
    )


def _listed(names: Sequence[str], comma: str = ", ") -> str:
    left = len(names) - _NAMED
    return comma.join(names[:_NAMED]) + (f" and {left} more" if left > 0 else "")
