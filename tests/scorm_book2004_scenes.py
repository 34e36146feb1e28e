"""What several calls together come to in SCORM 2004 (RTE 3.1 and 4), by scene: the data it opens on, and the calls."""

from collections.abc import Mapping, Sequence

from tests.scorm_sheet import Step

Scene = tuple[Mapping[str, str], Sequence[Step]]


def put(name: str, value: str, error: str = "0") -> Step:
    return ("SetValue", (name, value), "true" if error == "0" else "false", error)


def got(name: str, value: str = "", error: str = "0") -> Step:
    return ("GetValue", (name,), value, error)


def _asked(kind: str) -> dict[str, str]:
    return {"cmi.interactions.0.id": "q1", "cmi.interactions.0.type": kind}


_PATTERN = "cmi.interactions.0.correct_responses.{}.pattern"
EARLY: Sequence[Step] = [("Commit", ("",), "false", "142"), ("Terminate", ("",), "false", "112")]
SCENES: dict[str, Scene] = {
    "the session goes from Initialize to Terminate once": (
        {},
        [
            ("Initialize", ("",), "false", "103"),
            ("Commit", ("x",), "false", "201"),
            ("Commit", ("",), "true", "0"),
            ("Terminate", ("",), "true", "0"),
            ("Initialize", ("",), "false", "104"),
            ("Commit", ("",), "false", "143"),
            ("Terminate", ("",), "false", "113"),
        ],
    ),
    "a name that is none, or points beside the model, says how": (
        {"cmi.objectives.4999.id": "o"},
        [
            got("", "", "301"),
            put("", "x", "351"),
            got("cmi", "", "401"),
            put("cmi.objectives", "x", "401"),
            got("cmi.mood", "", "401"),
            put("cmi.mood", "x", "401"),
            got("cmi.location._children", "", "301"),
            got("cmi.location._count", "", "301"),
            got("cmi.objectives._version", "", "301"),
            got("cmi.index", "", "401"),
            put("cmi.objectives.5000.id", "p", "351"),
            put("cmi.objectives.4998.id", "p"),
            got("cmi.objectives._count", "5000"),
            got("cmi.objectives.n.id", "", "401"),
        ],
    ),
    "an array grows by the next entry, whatever zeros lead its number": (
        {},
        [
            put("cmi.interactions.01.id", "q1", "351"),
            put("cmi.interactions.00.id", "q0"),
            put("cmi.interactions.01.id", "q1"),
            got("cmi.interactions._count", "2"),
            got("cmi.interactions.1.id", "q1"),
        ],
    ),
    "what cannot be kept makes no entry": (
        {},
        [
            put("cmi.objectives.0.id", "", "406"),
            put("cmi.objectives.0.description", "x", "408"),
            got("cmi.objectives._count", "0"),
            got("cmi.objectives.0.id", "", "301"),
        ],
    ),
    "an objective's identifier is its own, and stays (RTE 4.2.17)": (
        {"cmi.objectives.0.id": "o0"},
        [
            put("cmi.objectives.0.id", "o0"),
            put("cmi.objectives.0.id", "other", "351"),
            put("cmi.objectives.1.id", "o0", "351"),
            put("cmi.objectives.1.id", "o1"),
        ],
    ),
    "an interaction names each objective once, and may be named as another (RTE 4.2.9)": (
        {"cmi.interactions.0.id": "q1", "cmi.interactions.0.objectives.0.id": "o0"},
        [
            put("cmi.interactions.0.objectives.1.id", "o0", "351"),
            put("cmi.interactions.0.objectives.0.id", "o9"),
            put("cmi.interactions.0.objectives.1.id", "o0"),
            put("cmi.interactions.1.id", "q1"),
            put("cmi.interactions.1.objectives.0.id", "o0"),
        ],
    ),
    "a response needs the type as well as the identifier": (
        {"cmi.interactions.0.id": "q1"},
        [put("cmi.interactions.0.learner_response", "true", "408"), put(_PATTERN.format(0), "true", "408")],
    ),
    **{
        f"{kind} has one pattern only": (
            _asked(kind),
            [put(_PATTERN.format(0), one), put(_PATTERN.format(1), two, "351")],
        )
        for kind, one, two in (
            ("true-false", "true", "false"),
            ("likert", "a", "b"),
            ("numeric", "1[:]2", "3[:]4"),
            ("other", "a", "b"),
        )
    },
    "no two patterns of a choice are the same set": (
        _asked("choice"),
        [
            put(_PATTERN.format(0), "a[,]b"),
            put(_PATTERN.format(1), "b[,]a", "351"),
            put(_PATTERN.format(1), "b"),
            put(_PATTERN.format(0), "b[,]a"),
        ],
    ),
    "no two patterns of a sequence are the same": (
        _asked("sequencing"),
        [put(_PATTERN.format(0), "a[,]b"), put(_PATTERN.format(1), "b[,]a"), put(_PATTERN.format(2), "a[,]b", "351")],
    ),
    "the LMS alone makes the stores of adl.data (RTE 4.3.1)": (
        {},
        [put("adl.data.1.store", "x", "351"), put("adl.data.0.store", "x"), got("adl.data.0.store", "x")],
    ),
    "a store that was emptied has no value": (
        {},
        [
            put("adl.data.0.store", "x"),
            put("adl.data.0.store", ""),
            got("adl.data.0.store", "", "403"),
            put("adl.data.0.store", "y"),
            got("adl.data.0.store", "y"),
        ],
    ),
    "without thresholds the statuses are what the SCO said (RTE 4.2.4.1, 4.2.22.1)": (
        {"cmi.completion_threshold": "", "cmi.scaled_passing_score": ""},
        [
            put("cmi.progress_measure", "0.1"),
            put("cmi.score.scaled", "-1"),
            got("cmi.completion_status", "unknown"),
            got("cmi.success_status", "unknown"),
            put("cmi.completion_status", "completed"),
            put("cmi.success_status", "passed"),
            got("cmi.completion_status", "completed"),
            got("cmi.success_status", "passed"),
        ],
    ),
    "the threshold judges the progress, once there is any (RTE 4.2.4.1)": (
        {},
        [
            put("cmi.completion_status", "completed"),
            got("cmi.completion_status", "completed"),
            put("cmi.progress_measure", "0.79"),
            got("cmi.completion_status", "incomplete"),
            put("cmi.progress_measure", "0.80"),
            put("cmi.completion_status", "incomplete"),
            got("cmi.completion_status", "completed"),
        ],
    ),
    "the passing score judges the score, and nothing else does (RTE 4.2.22.1)": (
        {},
        [
            put("cmi.success_status", "passed"),
            got("cmi.success_status", "unknown"),
            put("cmi.score.scaled", "0.49"),
            got("cmi.success_status", "failed"),
            put("cmi.score.scaled", "0.5"),
            put("cmi.success_status", "failed"),
            got("cmi.success_status", "passed"),
        ],
    ),
    "a target may have any dots and braces in its name": (
        {},
        [
            got("adl.nav.request_valid.jump.{target=a.{b}.c}", "unknown"),
            got("adl.nav.request_valid.jump", "", "401"),
            got("adl.nav.request_valid.jump.{other=a}", "", "401"),
            put("adl.nav.request_valid.jump.{target=a}", "true", "404"),
        ],
    ),
    "what asks about errors leaves the last one": (
        {},
        [
            put("cmi.entry", "", "404"),
            ("GetLastError", (), "404", "404"),
            ("GetErrorString", ("0",), "No error", "404"),
            ("GetDiagnostic", ("",), "The SCO may not change this element; nothing was stored.", "404"),
            ("GetDiagnostic", ("mood",), "", "404"),
        ],
    ),
}
