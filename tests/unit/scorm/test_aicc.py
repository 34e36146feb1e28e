"""HACP as text: messages and answers, groups, values, and the calls that say the same."""

from __future__ import annotations

import pytest

from scorm.hacp import aicc, aicc_calls, aicc_tables, aicc_told, aicc_values
from scorm.hacp.aicc import Command, Error, Message
from scorm.runtime.session import Launch, Session

LAUNCH = Launch(model="aicc", student_id="p-17", student_name="Okafor, Ada", launch_data="a=1\nb=2", entry="")
AT = "2026-11-22T09:00:00.000Z"


def session(**data: str) -> Session:
    return Session.open(LAUNCH, {f"cmi.{name.replace('__', '.')}": value for name, value in data.items()})


def after(data: str, command: Command = Command.PUT_PARAM, on: Session | None = None) -> dict[str, str]:
    """Return what is known once a message has been taken."""
    played = (on or session()).copied()
    for call in aicc_calls.calls(Message(command=command, session="", data=data), played, 1, AT):
        played.call(call.fn, call.args, AT)
    return dict(played.data)


@pytest.mark.parametrize("command", list(Command))
@pytest.mark.parametrize("data", ["", "[Core]\r\nLesson_Location=a&b=c+d é \N{GRINNING FACE}%41\r\n"])
def test_a_message_that_is_written_is_read_as_it_was(command, data):
    message = Message(command=command, session="a/b+c=", data=data, password="s p")

    assert aicc.read(aicc.written(message)) == message


def test_a_message_without_a_command_is_not_written():
    with pytest.raises(ValueError, match="without a command"):
        aicc.written(Message(command=None, session="1"))


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"command", b"&".join([b"a=b"] * 50)])
def test_what_is_no_message_has_no_command(body):
    assert aicc.read(body) == Message(command=None, session="")


@pytest.mark.parametrize("error", list(Error))
def test_an_answer_that_is_written_is_read_as_it_was(error):
    read = aicc.reply(aicc.answer(error, "[Core_Lesson]\r\n\r\nerror=1\r\naicc_data=2\r\n"))

    assert (read.error, read.data) == (error, "[Core_Lesson]\r\n\r\nerror=1\r\naicc_data=2\r\n\r\n")


def test_the_answer_of_another_system_may_be_in_any_order_and_case():
    read = aicc.reply("ERROR_TEXT = Fine\nVersion=2\nError=0\nAICC_Data=[core]\nx=y")

    assert (read.error, read.text, read.data) == (0, "Fine", "[core]\nx=y")
    assert aicc.reply("<html>Start</html>").error is None


@pytest.mark.parametrize(
    ("text", "groups"),
    [
        ("[Core]\r\na=1\r\n[CORE_LESSON]\r\nx\r\n", {"core": "a=1", "core_lesson": "x"}),
        ("[core lesson]\n[1]\n[x]\n\ny\n[ Core ]\na=1", {"core_lesson": "[1]\n[x]\n\ny", "core": "a=1"}),
        ("[core]\ra=1\r[core_lesson]\rx", {"core": "a=1", "core_lesson": "x"}),
        ("[core]\na=1\n[other]\nb=2\n[core]\nc=3", {"core": "a=1\nc=3", "other": "b=2"}),
        ("a=1", {}),
        ("", {}),
    ],
)
def test_groups_are_told_apart(text, groups):
    assert aicc_tables.groups(text) == groups


@pytest.mark.parametrize(
    "lesson",
    [
        "a=b=c",
        "1\r\n2\n\n3",
        "[1,2]\r\n[true]",
        "; a remark",
        "  [x y]  \n=",
        "x" * 60_000,
        "\N{GRINNING FACE}\t\x0b\u2028",
    ],
)
def test_suspend_data_is_kept_to_the_last_character(lesson):
    put = after(f"[Core]\r\nLesson_Status=I\r\n[Core_Lesson]\r\n{lesson}\r\n")
    told = aicc_tables.groups(aicc_told.told(session(suspend_data=put["cmi.suspend_data"])))

    assert (put["cmi.suspend_data"], told["core_lesson"]) == (lesson, lesson)


@pytest.mark.parametrize(
    ("said", "status", "exit_"),
    [
        ("passed", "passed", None),
        ("P", "passed", None),
        ("Complete, Suspend", "completed", "suspend"),
        ("f,t", "failed", "time-out"),
        ("incomplete,L", "incomplete", "logout"),
        ("b,N", "browsed", ""),
        ("not attempted", None, None),
        ("", None, None),
        ("?", None, None),
    ],
)
def test_a_status_is_read_by_its_first_letter_and_its_flag(said, status, exit_):
    data = after(f"[Core]\nLesson_Status={said}\n")

    assert (data.get("cmi.core.lesson_status"), data.get("cmi.core.exit")) == (status, exit_)


def test_a_status_without_a_flag_takes_an_earlier_flag_back():
    suspended = session(core__exit="suspend")

    assert after("[Core]\nLesson_Status=I\n", on=suspended)["cmi.core.exit"] == ""
    assert after("[Core]\nTime=00:00:01\n", on=suspended)["cmi.core.exit"] == "suspend"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("85", ("85", "", "")),
        ("85,100,0", ("85", "100", "0")),
        (" 8 , 10 ", ("8", "10", "")),
        ("150,200", ("75", "100", "0")),
        ("0,10,-10", ("50", "100", "0")),
        ("250,200,0", ("100", "100", "0")),
        ("5,-1", ("5", "-1", "")),
        ("much", ("much", "", "")),
    ],
)
def test_a_score_is_raw_most_and_least(said, kept):
    assert aicc_values.score(said) == kept


@pytest.mark.parametrize(
    ("said", "kept"),
    [("1:02:03", "0001:02:03"), ("0010:00:00.123", "0010:00:00.12"), ("05:30", "0000:05:30"), ("soon", "soon")],
)
def test_a_time_is_written_as_a_timespan(said, kept):
    assert aicc_values.timespan(said) == kept


def test_what_is_empty_erases_a_place_and_no_result():
    before = session(core__lesson_location="7", core__score__raw="80", core__lesson_status="passed")

    data = after("[Core]\nLesson_Location=\nScore=\nTime=\nLesson_Status=\n", on=before)

    assert (data["cmi.core.lesson_location"], data["cmi.core.score.raw"]) == ("", "80")
    assert data["cmi.core.lesson_status"] == "passed"


def test_objectives_and_preferences_are_told_as_they_were_put():
    put = (
        "[Objectives_Status]\nJ_ID.1=o1\nJ_Score.1=80,100\nJ_Status.1=P\nJ_ID.2=o2\nJ_ID.3=\n"
        "[Student_Preferences]\nAudio=-1\nLanguage=cy\nText_Colour=red\n[Student_Data]\nMastery_Score=9\n"
    )

    data = after(put)
    told = aicc_tables.groups(aicc_told.told(Session.open(LAUNCH, data)))

    assert aicc_tables.keys(told["objectives_status"]) == {
        "j_id.1": "o1",
        "j_score.1": "80,100",
        "j_status.1": "passed",
        "j_id.2": "o2",
        "j_score.2": "",
        "j_status.2": "",
    }
    assert aicc_tables.keys(told["student_preferences"])["audio"] == "-1"
    assert told["core_vendor"] == "a=1\nb=2"


def test_comments_are_added_once_with_their_place():
    table = 'c,s,l,2026/11/22,9:00:00,page 2,"Too ""long"""\nc,s,l,2026/11/22,9:00:00,,Good\n'

    once = after(table, Command.PUT_COMMENTS)

    assert once["cmi.comments"] == 'page 2: Too "long"Good'
    assert after(table, Command.PUT_COMMENTS, on=Session.open(LAUNCH, once)) == once


@pytest.mark.parametrize(
    ("command", "element"),
    [
        (Command.PUT_PATH, "aicc.path"),
        (Command.PUT_PERFORMANCE, "aicc.performance"),
        (Command.PUT_INTERACTIONS, "aicc.interaction_id"),
    ],
)
def test_what_has_no_place_stands_in_the_log(command, element):
    made = aicc_calls.calls(Message(command=command, session="", data='"open'), session(), 1, AT)

    (kept,) = [call for call in made if call.fn == "LMSSetValue"]
    assert (kept.args, kept.error) == ((element, '"open'), "401")


def test_a_message_comes_to_a_bounded_number_of_calls():
    keys = "".join(f"k{n}=v\n" for n in range(3000))

    made = aicc_calls.calls(Message(command=Command.PUT_PARAM, session="", data=f"[Core]\n{keys}"), session(), 5, AT)

    assert (len(made), made[0].seq, made[-1].seq) == (aicc_calls.MOST_CALLS, 5, 4 + aicc_calls.MOST_CALLS)
