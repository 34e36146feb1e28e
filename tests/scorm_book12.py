"""The data model of SCORM 1.2 as its book says (RTE 1.2 3.4), written by hand and not read from scorm/model."""

from scorm.runtime.session import Launch
from tests.scorm_sheet import LONG, Book, Row

LAUNCH = Launch(
    model="scorm12",
    student_id="p-17",
    student_name="Okafor, Ada",
    launch_data="theme=dark",
    mastery_score="80",
    max_time_allowed="0001:00:00.00",
    time_limit_action="continue,message",
    total_time="0000:10:00.00",
    comments_from_lms="Take your time.",
)
SCORES = (("0", "100", "66.67", "", "85.", ".5"), ("eighty", " 5", "1e1", "٣"), ("-1", "100.01"))
TIMESPANS = (("00:00:00", "0123:59:59.99", "9999:99:99.9"), ("", "1:00:00", "00:00", "00:00:00.123", "PT1M"), ())
TEXT = (("", "a" * 255), ("a" * 256,), ())
IDENTIFIERS = (("q1", "Scene1_Slide2.MCQ/0"), ("", "two words", "x" * 256, "line\n"), ())
DECIMALS = (("1", "-0.5", "0.333333333333333315"), ("", "one", "0x1", "1,5"), ())
STATUSES = ("passed", "completed", "failed", "incomplete", "browsed")

# element, access, what it gives before anything was set, (legal values, illegal values, values out of range)
_ELEMENTS = [
    ("cmi.core.student_id", "r", "p-17", None),
    ("cmi.core.student_name", "r", "Okafor, Ada", None),
    ("cmi.core.lesson_location", "rw", "", (("page 3", "é" * 1000, ""), ("x" * 1001,), ())),
    ("cmi.core.credit", "r", "credit", None),
    ("cmi.core.lesson_status", "rw", "not attempted", (STATUSES, ("not attempted", "Passed", "", "bogus"), ())),
    ("cmi.core.entry", "r", "ab-initio", None),
    ("cmi.core.score.raw", "rw", "", SCORES),
    ("cmi.core.score.min", "rw", "", SCORES),
    ("cmi.core.score.max", "rw", "", SCORES),
    ("cmi.core.total_time", "r", "0000:10:00.00", None),
    ("cmi.core.lesson_mode", "r", "normal", None),
    ("cmi.core.exit", "w", "!write_only", (("time-out", "suspend", "logout", ""), ("normal", "bogus"), ())),
    ("cmi.core.session_time", "w", "!write_only", TIMESPANS),
    ("cmi.suspend_data", "rw", "", (("", "x" * 64_000, "😀" * 32_000, "a\nb\0c"), ("x" * 64_001, "😀" * 32_001), ())),
    ("cmi.launch_data", "r", "theme=dark", None),
    ("cmi.comments", "rw", "", (("", "Fine\n", "x" * 4096), ("x" * 4097,), ())),
    ("cmi.comments_from_lms", "r", "Take your time.", None),
    ("cmi.objectives.0.id", "rw", "!index", IDENTIFIERS),
    ("cmi.objectives.0.score.raw", "rw", "!index", SCORES),
    ("cmi.objectives.0.score.min", "rw", "!index", SCORES),
    ("cmi.objectives.0.score.max", "rw", "!index", SCORES),
    ("cmi.objectives.0.status", "rw", "!index", ((*STATUSES, "not attempted"), ("", "bogus"), ())),
    ("cmi.student_data.mastery_score", "r", "80", None),
    ("cmi.student_data.max_time_allowed", "r", "0001:00:00.00", None),
    ("cmi.student_data.time_limit_action", "r", "continue,message", None),
    ("cmi.student_preference.audio", "rw", "0", (("-1", "0", "100"), ("1.5", ""), ("-2", "101"))),
    ("cmi.student_preference.language", "rw", "", TEXT),
    ("cmi.student_preference.speed", "rw", "0", (("-100", "100"), ("fast", ""), ("-101", "101"))),
    ("cmi.student_preference.text", "rw", "0", (("-1", "0", "1"), ("", "0.5"), ("2", "-2"))),
    ("cmi.interactions.0.id", "w", "!index", IDENTIFIERS),
    ("cmi.interactions.0.objectives.0.id", "w", "!index", IDENTIFIERS),
    ("cmi.interactions.0.time", "w", "!index", (("23:59:59", "00:00:00.5"), ("24:00:00", "9:00:00", ""), ())),
    (
        "cmi.interactions.0.type",
        "w",
        "!index",
        (
            ("true-false", "choice", "fill-in", "matching", "performance", "sequencing", "likert", "numeric"),
            ("long-fill-in", "", "bogus"),
            (),
        ),
    ),
    ("cmi.interactions.0.correct_responses.0.pattern", "w", "!index", (("a", "{a,b}", ""), ("x" * 4097, LONG), ())),
    ("cmi.interactions.0.weighting", "w", "!index", DECIMALS),
    ("cmi.interactions.0.student_response", "w", "!index", (("t", "blue, green", ""), ("x" * 4097,), ())),
    (
        "cmi.interactions.0.result",
        "w",
        "!index",
        (("correct", "wrong", "unanticipated", "neutral", "0.5"), ("incorrect", "", "bogus"), ()),
    ),
    ("cmi.interactions.0.latency", "w", "!index", TIMESPANS),
]
KEYWORDS = {
    "cmi._version": "3.4",
    "cmi.core._children": (
        "student_id,student_name,lesson_location,credit,lesson_status,entry,score,total_time,lesson_mode,exit,session_time"
    ),
    "cmi.core.score._children": "raw,min,max",
    "cmi.objectives._children": "id,score,status",
    "cmi.objectives._count": "0",
    "cmi.objectives.0.score._children": "raw,min,max",
    "cmi.student_data._children": "mastery_score,max_time_allowed,time_limit_action",
    "cmi.student_preference._children": "audio,language,speed,text",
    "cmi.interactions._children": (
        "id,objectives,time,type,correct_responses,weighting,student_response,result,latency"
    ),
    "cmi.interactions._count": "0",
    "cmi.interactions.0.objectives._count": "0",
    "cmi.interactions.0.correct_responses._count": "0",
}
ERRORS = {
    "0": "No error",
    "101": "General exception",
    "201": "Invalid argument error",
    "202": "Element cannot have children",
    "203": "Element not an array. Cannot have count",
    "301": "Not initialized",
    "401": "Not implemented error",
    "402": "Invalid set value, element is a keyword",
    "403": "Element is read only",
    "404": "Element is write only",
    "405": "Incorrect data type",
}
SCENES = {
    "remarks are put one behind the other": (
        {"cmi.comments": "a"},
        [("LMSSetValue", ("cmi.comments", "b"), "true", "0"), ("LMSGetValue", ("cmi.comments",), "ab", "0")],
    ),
    "a name that is none, or points beside the model, says how": (
        {"cmi.objectives.4999.id": "o", "cmi.objectives.0.id": "o"},
        [
            ("LMSGetValue", ("",), "", "201"),
            ("LMSSetValue", ("", "x"), "false", "201"),
            ("LMSGetValue", ("cmi.core",), "", "201"),
            ("LMSSetValue", ("cmi.core", "x"), "false", "201"),
            ("LMSGetValue", ("cmi.core.mood",), "", "401"),
            ("LMSSetValue", ("cmi.core.mood", "x"), "false", "401"),
            ("LMSGetValue", ("cmi.core.student_id._children",), "", "202"),
            ("LMSGetValue", ("cmi.core._count",), "", "203"),
            ("LMSGetValue", ("cmi.objectives._count",), "5000", "0"),
            ("LMSSetValue", ("cmi.objectives.4998.id", "x"), "true", "0"),
            ("LMSSetValue", ("cmi.objectives.5000.id", "x"), "false", "201"),
            ("LMSSetValue", ("cmi.interactions.1.id", "x"), "false", "201"),
        ],
    ),
    "the session goes from Initialize to Finish once": (
        {},
        [
            ("LMSInitialize", ("",), "false", "101"),
            ("LMSCommit", ("x",), "false", "201"),
            ("LMSFinish", ("",), "true", "0"),
            ("LMSInitialize", ("",), "false", "101"),
            ("LMSCommit", ("",), "false", "301"),
            ("LMSFinish", ("",), "false", "301"),
        ],
    ),
}
EARLY = [("LMSCommit", ("",), "false", "301"), ("LMSFinish", ("",), "false", "301")]

BOOK = Book(
    launch=LAUNCH,
    functions={
        "initialise": "LMSInitialize",
        "finish": "LMSFinish",
        "get": "LMSGetValue",
        "set": "LMSSetValue",
        "error_string": "LMSGetErrorString",
    },
    codes={
        **{f"{verb} {when}": "301" for verb in ("get", "set") for when in ("before", "after")},
        "index": "201",
        "keyword": "402",
        "read_only": "403",
        "write_only": "404",
        "type": "405",
        "range": "405",
    },
    rows=[
        Row(name=name, access=access, initial=initial, legal=legal, illegal=illegal, outside=outside)
        for name, access, initial, values in _ELEMENTS
        for legal, illegal, outside in [values or ((), (), ())]
    ],
    keywords=KEYWORDS,
    entries={"cmi.objectives.0.id": "o1", "cmi.interactions.0.id": "q1"},
    urgent=frozenset({"cmi.core.lesson_status", "cmi.core.score.raw"}),
    passing=frozenset({"cmi.core.exit", "cmi.core.session_time"}),
    texts=ERRORS,
    bare={"cmi.core.total_time": ("0000:00:00.00", "0"), "cmi.core.entry": ("", "0"), "cmi.launch_data": ("", "0")},
    early=EARLY,
    scenes=SCENES,
)
