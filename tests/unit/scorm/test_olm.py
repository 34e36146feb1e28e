"""The words of the older content-server adapter: what is read is what was meant, flaws and all."""

from __future__ import annotations

import pytest

from scorm.relays import olm
from scorm.relays.olm import Action, Error
from scorm.runtime.session import Launch, Session


def message(**values: str) -> str:
    private = "oracle.apps.ota.private."
    head = {"action": "PutParam", f"{private}scorm_version": "SCORM 1.2", f"{private}sessionId": "s-1", "key1": "7"}
    return olm.written({**head, **{f"cmi.{name.replace('__', '.')}": value for name, value in values.items()}})


def test_a_unit_is_three_digits_of_base_36():
    assert olm.written({"a": "b"}) == "02P01P02Q"


@pytest.mark.parametrize(
    "value",
    [
        "",
        "a=b",
        "café ~olmota~ more",
        "a~olmota~b=c",
        "emoji \N{GRINNING FACE}\N{FIRE} and on",
        "한",
        "1\n2",
        "a한글b\uffee",
        "हिन्दी और 中文 \N{FIRE}\N{FIRE}\N{FIRE}",
        "\N{FIRE}" * 50 + '{"p":1}',
    ],
    ids=range(10),
)
def test_a_value_is_read_as_it_was_put(value):
    read = olm.read(message(suspend_data=value, core__lesson_status="C"))

    assert read.values == (("cmi.suspend_data", value), ("cmi.core.lesson_status", "C"))
    assert (read.action, read.session) == (Action.PUT_PARAM, "s-1")


@pytest.mark.parametrize("encoded", ["02", "02p", "0?P", "02P0"])
def test_what_is_no_message_is_refused(encoded):
    with pytest.raises(olm.Unreadable):
        olm.read(encoded)


def test_what_says_nothing_is_a_message_without_an_action():
    assert olm.read("") == olm.Message(action=None, session="")


def test_an_answer_is_a_pair_a_line_whatever_is_in_a_value():
    said = olm.answer(Error.NONE, {"cmi.suspend_data": "first\r\nerror=5", "x": "1"})

    assert said == "error=0\ncmi.suspend_data=first error=5\nx=1\n"


def test_words_are_told_by_their_first_letters():
    launch = Launch(model="aicc", student_id="p-17", student_name="Okafor, Ada", entry="resume")
    session = Session.open(launch, {"cmi.core.lesson_status": "incomplete", "cmi.suspend_data": "incomplete"})

    told = olm.told(session)

    assert (told["cmi.core.lesson_status"], told["cmi.core.entry"], told["cmi.core.credit"]) == ("I", "R", "C")
    assert (told["cmi.suspend_data"], told["cmi.core.student_name"]) == ("incomplete", "Okafor, Ada")
