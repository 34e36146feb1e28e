"""The data model of SCORM 2004 4th Edition as its book says (RTE 4), written by hand, not read from scorm/model."""

from collections.abc import Sequence

from scorm.runtime.session import Launch
from tests.scorm_book2004_scenes import EARLY, SCENES
from tests.scorm_book2004_values import (
    COMPLETION,
    IDENTIFIER,
    INTERVAL,
    KINDS,
    LANGUAGES,
    MEASURE,
    NAVIGATION,
    NO_LANGUAGES,
    NO_REALS,
    NOT_NEGATIVE,
    PATTERNS,
    REAL,
    RESPONSES,
    SCALED,
    SPOKEN,
    SUCCESS,
    TEXT,
    TIME,
    Values,
)
from tests.scorm_sheet import Book, Row

LAUNCH = Launch(
    model="scorm2004",
    student_id="p-17",
    student_name="Okafor, Ada",
    credit="no-credit",
    lesson_mode="review",
    entry="resume",
    launch_data="theme=dark",
    completion_threshold="0.8",
    scaled_passing_score="0.5",
    max_time_allowed="PT1H",
    time_limit_action="exit,message",
    total_time="PT10M",
    server_time="2026-03-02T09:00:00.000Z",
    given={
        "cmi.comments_from_lms.0.comment": "{lang=en}Well begun",
        "cmi.comments_from_lms.0.location": "page 3",
        "cmi.comments_from_lms.0.timestamp": "2026-03-01",
        "adl.data.0.id": "urn:store:0",
        "adl.nav.request_valid.continue": "true",
        "adl.nav.request_valid.choice.{target=}": "false",
    },
)
ID, TYPE = "cmi.interactions.0.id", "cmi.interactions.0.type"


def _row(
    name: str, access: str, initial: str, values: Values = ((), (), ()), first: Sequence[tuple[str, str]] = ()
) -> Row:
    legal, illegal, outside = values
    return Row(name=name, access=access, initial=initial, legal=legal, illegal=illegal, outside=outside, first=first)


def _interaction() -> list[Row]:
    begun = [(ID, "q1")]
    rows = [
        _row(ID, "rw", "!index", IDENTIFIER),
        _row(TYPE, "rw", "!unset", ((*KINDS, "other"), ("", "bogus"), ()), begun),
        _row("cmi.interactions.0.objectives.0.id", "rw", "!index", IDENTIFIER, begun),
        _row("cmi.interactions.0.timestamp", "rw", "!unset", TIME, begun),
        _row("cmi.interactions.0.weighting", "rw", "!unset", REAL, begun),
        _row(
            "cmi.interactions.0.result",
            "rw",
            "!unset",
            (("correct", "incorrect", "unanticipated", "neutral", "0.5"), (*NO_REALS, "bogus"), ()),
            begun,
        ),
        _row("cmi.interactions.0.latency", "rw", "!unset", INTERVAL, begun),
        _row("cmi.interactions.0.description", "rw", "!unset", SPOKEN, begun),
    ]
    for kind, response in RESPONSES.items():
        first = [*begun, (TYPE, kind)]
        rows.append(_row("cmi.interactions.0.learner_response", "rw", "!unset", response, first))
        rows.append(_row("cmi.interactions.0.correct_responses.0.pattern", "rw", "!index", PATTERNS[kind], first))
    return rows


def _objective() -> list[Row]:
    begun = [("cmi.objectives.0.id", "o1")]
    leaves = [("score.scaled", SCALED), ("score.raw", REAL), ("score.min", REAL), ("score.max", REAL)]
    leaves += [("progress_measure", MEASURE), ("description", SPOKEN)]
    return [
        _row("cmi.objectives.0.id", "rw", "!index", IDENTIFIER),
        _row("cmi.objectives.0.success_status", "rw", "unknown", SUCCESS, begun),
        _row("cmi.objectives.0.completion_status", "rw", "unknown", COMPLETION, begun),
        *(_row(f"cmi.objectives.0.{leaf}", "rw", "!unset", values, begun) for leaf, values in leaves),
    ]


ROWS = [
    _row("cmi.comments_from_learner.0.comment", "rw", "!index", SPOKEN),
    _row("cmi.comments_from_learner.0.location", "rw", "!index", TEXT),
    _row("cmi.comments_from_learner.0.timestamp", "rw", "!index", TIME),
    _row("cmi.comments_from_lms.0.comment", "r", "{lang=en}Well begun"),
    _row("cmi.comments_from_lms.0.location", "r", "page 3"),
    _row("cmi.comments_from_lms.0.timestamp", "r", "2026-03-01"),
    _row("cmi.completion_status", "rw", "unknown", COMPLETION),
    _row("cmi.completion_threshold", "r", "0.8"),
    _row("cmi.credit", "r", "no-credit"),
    _row("cmi.entry", "r", "resume"),
    _row("cmi.exit", "w", "!write_only", (("time-out", "suspend", "logout", "normal", ""), ("bogus", "Suspend"), ())),
    *_interaction(),
    _row("cmi.launch_data", "r", "theme=dark"),
    _row("cmi.learner_id", "r", "p-17"),
    _row("cmi.learner_name", "r", "Okafor, Ada"),
    _row("cmi.learner_preference.audio_level", "rw", "1", NOT_NEGATIVE),
    _row("cmi.learner_preference.language", "rw", "", (("", *LANGUAGES), NO_LANGUAGES, ())),
    _row("cmi.learner_preference.delivery_speed", "rw", "1", NOT_NEGATIVE),
    _row("cmi.learner_preference.audio_captioning", "rw", "0", (("-1", "0", "1"), ("", "2", "0.5", "bogus"), ())),
    _row("cmi.location", "rw", "!unset", TEXT),
    _row("cmi.max_time_allowed", "r", "PT1H"),
    _row("cmi.mode", "r", "review"),
    *_objective(),
    _row("cmi.progress_measure", "rw", "!unset", MEASURE),
    _row("cmi.scaled_passing_score", "r", "0.5"),
    _row("cmi.score.scaled", "rw", "!unset", SCALED),
    *(_row(f"cmi.score.{leaf}", "rw", "!unset", REAL) for leaf in ("raw", "min", "max")),
    _row("cmi.session_time", "w", "!write_only", INTERVAL),
    _row("cmi.success_status", "rw", "unknown", ((), SUCCESS[1], ())),
    _row("cmi.suspend_data", "rw", "!unset", TEXT),
    _row("cmi.time_limit_action", "r", "exit,message"),
    _row("cmi.total_time", "r", "PT10M"),
    _row("adl.data.0.id", "r", "urn:store:0"),
    _row("adl.data.0.store", "rw", "!unset", (TEXT[0][1:], *TEXT[1:])),
    _row("adl.nav.request", "rw", "_none_", NAVIGATION),
    _row("adl.nav.request_valid.continue", "r", "true"),
    _row("adl.nav.request_valid.previous", "r", "unknown"),
    _row("adl.nav.request_valid.choice.{target=i.1}", "r", "false"),
    _row("adl.nav.request_valid.jump.{target=i.1}", "r", "unknown"),
]
COMMENT = "comment,location,timestamp"
KEYWORDS = {
    "cmi._version": "1.0",
    "cmi.comments_from_learner._children": COMMENT,
    "cmi.comments_from_learner._count": "0",
    "cmi.comments_from_lms._children": COMMENT,
    "cmi.comments_from_lms._count": "1",
    "cmi.interactions._children": (
        "id,type,objectives,timestamp,correct_responses,weighting,learner_response,result,latency,description"
    ),
    "cmi.interactions._count": "0",
    "cmi.interactions.0.objectives._count": "0",
    "cmi.interactions.0.correct_responses._count": "0",
    "cmi.learner_preference._children": "audio_level,language,delivery_speed,audio_captioning",
    "cmi.objectives._children": "id,score,success_status,completion_status,progress_measure,description",
    "cmi.objectives._count": "0",
    "cmi.objectives.0.score._children": "scaled,raw,min,max",
    "cmi.score._children": "scaled,raw,min,max",
    "adl.data._children": "id,store",
    "adl.data._count": "1",
}
ERRORS = {
    "0": "No error",
    "101": "General exception",
    "102": "General initialization failure",
    "103": "Already initialized",
    "104": "Content instance terminated",
    "111": "General termination failure",
    "112": "Termination before initialization",
    "113": "Termination after termination",
    "122": "Retrieve data before initialization",
    "123": "Retrieve data after termination",
    "132": "Store data before initialization",
    "133": "Store data after termination",
    "142": "Commit before initialization",
    "143": "Commit after termination",
    "201": "General argument error",
    "301": "General get failure",
    "351": "General set failure",
    "391": "General commit failure",
    "401": "Undefined data model element",
    "402": "Unimplemented data model element",
    "403": "Data model element value not initialized",
    "404": "Data model element is read only",
    "405": "Data model element is write only",
    "406": "Data model element type mismatch",
    "407": "Data model element value out of range",
    "408": "Data model dependency not established",
    "999": "",
}
BOOK = Book(
    launch=LAUNCH,
    functions={
        "initialise": "Initialize",
        "finish": "Terminate",
        "get": "GetValue",
        "set": "SetValue",
        "error_string": "GetErrorString",
    },
    codes={
        "get before": "122",
        "get after": "123",
        "set before": "132",
        "set after": "133",
        "index": "301",
        "unset": "403",
        "keyword": "404",
        "read_only": "404",
        "write_only": "405",
        "type": "406",
        "range": "407",
        "needs": "408",
    },
    rows=ROWS,
    keywords=KEYWORDS,
    entries={"cmi.objectives.0.id": "o1", "cmi.interactions.0.id": "q1"},
    urgent=frozenset(
        {"cmi.completion_status", "cmi.success_status", "cmi.progress_measure", "cmi.score.scaled", "cmi.score.raw"}
    ),
    passing=frozenset({"cmi.exit", "cmi.session_time", "adl.nav.request"}),
    texts=ERRORS,
    bare={
        "cmi.completion_threshold": ("", "403"),
        "cmi.entry": ("", "0"),
        "cmi.launch_data": ("", "403"),
        "cmi.learner_name": ("", "0"),
        "cmi.max_time_allowed": ("", "403"),
        "cmi.scaled_passing_score": ("", "403"),
        "cmi.time_limit_action": ("continue,no message", "0"),
        "cmi.total_time": ("PT0S", "0"),
        "adl.nav.request_valid.continue": ("unknown", "0"),
        "adl.nav.request_valid.choice.{target=i.1}": ("unknown", "0"),
    },
    early=EARLY,
    scenes=SCENES,
)
