"""Courses that were made to break something: refused with a reason, or read with what is wrong left out."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from scorm.coupling import Learner
from scorm.course import Click, Course, Shared
from scorm.hacp import aicc_calls
from scorm.hacp.aicc import Command, Message
from scorm.packaging import aicc_files, imsmanifest, items
from scorm.packaging.manifest import Item, Manifest
from scorm.runtime.launch import Launch
from scorm.runtime.session import Session
from scorm.sequencing.requests import Request
from tests import aicc, journeys

NAMES = ("imsmanifest.xml", "part.html")
NUMBERS = ("1e400", "-1e400", "NaN", "inf", "9" * 5_000, "0." + "1" * 5_000, "-5", "", "1,5", "0x10", "1_000")
SHAPES: dict[str, str] = {
    "measure": '<imsss:objectives><imsss:primaryObjective satisfiedByMeasure="true"><imsss:minNormalizedMeasure>{}'
    "</imsss:minNormalizedMeasure></imsss:primaryObjective></imsss:objectives>",
    "weight": '<imsss:rollupRules objectiveMeasureWeight="{}"/>',
    "limit": '<imsss:limitConditions attemptLimit="{}" attemptAbsoluteDurationLimit="{}"/>',
    "selection": '<imsss:randomizationControls selectionTiming="once" selectCount="{}" reorderChildren="true"/>',
    "threshold": "<imsss:sequencingRules><imsss:preConditionRule><imsss:ruleConditions><imsss:ruleCondition "
    'condition="objectiveMeasureGreaterThan" measureThreshold="{}"/></imsss:ruleConditions>'
    '<imsss:ruleAction action="skip"/></imsss:preConditionRule></imsss:sequencingRules>',
    "share": '<imsss:rollupRules><imsss:rollupRule childActivitySet="atLeastCount" minimumCount="{}" '
    'minimumPercent="{}"><imsss:rollupConditions><imsss:rollupCondition condition="completed"/>'
    '</imsss:rollupConditions><imsss:rollupAction action="completed"/></imsss:rollupRule></imsss:rollupRules>',
}


def ruled(condition: str, action: str, kind: str) -> str:
    return (
        f"<imsss:sequencingRules><imsss:{kind}><imsss:ruleConditions><imsss:ruleCondition {condition}/>"
        f'</imsss:ruleConditions><imsss:ruleAction action="{action}"/></imsss:{kind}></imsss:sequencingRules>'
    )


RULES = {
    "unknown condition": ruled('condition="moonIsFull"', "skip", "preConditionRule"),
    "unknown action": ruled('condition="always"', "explode", "preConditionRule"),
    "unknown objective": ruled('condition="satisfied" referencedObjective="gone"', "skip", "preConditionRule"),
    "retried for ever": ruled('condition="always"', "retryAll", "postConditionRule"),
    "all skipped": ruled('condition="always"', "skip", "preConditionRule"),
    "all disabled": ruled('condition="always"', "disabled", "preConditionRule"),
    "left at once": ruled('condition="always"', "exitAll", "exitConditionRule"),
    "on without end": ruled('condition="always"', "continue", "postConditionRule"),
}


def read(xml: str) -> Manifest:
    return imsmanifest.parse(xml.encode(), NAMES)


def sequenced(said: str) -> str:
    """Return a manifest of three parts, all with this sequencing, and the course as well."""
    whole = journeys.NEW.replace("</item>", f"<imsss:sequencing>{said}</imsss:sequencing></item>")
    return whole.replace("</imsss:sequencing>\n", f"{said}</imsss:sequencing>\n")


def units(files: dict[str, bytes]) -> Manifest:
    found = aicc_files.found(files)
    assert found is not None
    return aicc_files.parse({end: files[name] for end, name in found.files.items()}, tuple(files), found)


def travelled(manifest: Manifest) -> Course:
    """Open a course and press every control, as often as it has parts, whatever comes of it."""
    organisation = items.course(Manifest.recorded(manifest.as_record()))
    assert organisation is not None
    course = Course.begin(organisation, Learner(identifier="l", name="L"), seed="1", shared=Shared())
    for request in (Request.CONTINUE, Request.PREVIOUS, Request.EXIT_ALL, Request.CONTINUE, Request.SUSPEND_ALL):
        if not course.alive and course.survey().moves[Request.START] is None:
            course.start()
        course.contents()
        delivery = course.delivery("2026-11-22T09:00:00+00:00")
        if delivery is not None:
            course.terminated(Session.open(delivery.launch, delivery.data), None)
        if course.survey().moves[request] is None:
            course.request(Click(request))
    return course


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("number", NUMBERS, ids=range(len(NUMBERS)))
def test_a_number_that_is_none_is_left_out_and_the_course_plays(shape: str, number: str) -> None:
    manifest = read(sequenced(SHAPES[shape].replace("{}", number)))

    assert manifest.reasons == ()
    assert travelled(manifest).outcome() is not None


@pytest.mark.parametrize("rule", RULES)
def test_a_course_whose_rules_lead_nowhere_can_be_opened_and_left(rule: str) -> None:
    manifest = read(sequenced(RULES[rule]))

    assert manifest.reasons == ()
    assert travelled(manifest).outcome().completed is not True


def test_sequencing_that_refers_to_itself_is_read_once() -> None:
    cycle = '<imsss:sequencingCollection><imsss:sequencing ID="s" IDRef="t"/><imsss:sequencing ID="t" IDRef="s"/>'
    whole = journeys.NEW.replace("</item>", '<imsss:sequencing IDRef="s"/></item>')

    manifest = read(whole.replace("</manifest>", f"{cycle}</imsss:sequencingCollection></manifest>"))

    assert (manifest.reasons, len(manifest.scos)) == ((), 3)


def test_parts_of_one_name_are_told_apart() -> None:
    manifest = read(journeys.NEW.replace('"two"', '"one"').replace('"three"', '"one"'))

    assert len({one.identifier for one in manifest.scos}) == 3
    assert len({entry.identifier for entry in travelled(manifest).contents()}) == 4


@pytest.mark.parametrize("whole", [journeys.OLD, journeys.NEW], ids=["1.2", "2004"])
def test_more_parts_than_can_be_shown_are_refused(whole: str) -> None:
    many = '<item identifier="x" identifierref="R"><title>x</title></item>' * 1_001

    manifest = read(whole.replace('<item identifier="one"', f'{many}<item identifier="one"'))

    assert manifest.reasons == ("The manifest has 1,004 items; a course can have 1,000 at most.",)


def test_more_units_than_can_be_shown_are_refused() -> None:
    rows = "".join(f"A{number},fire/start.html\n" for number in range(1_001))

    manifest = units(aicc.course(au=f"System_ID,File_Name\n{rows}".encode(), cst=None))

    assert manifest.reasons == ("It has 1001 units and blocks; a course can have 1000 at most.",)


def test_an_endless_prerequisite_is_not_read() -> None:
    files = {**aicc.several(), "fire.pre": b'Structure_Element,Prerequisite\nA2,"' + b"A1|" * 40_000 + b'A1"\n'}

    manifest = units(files)

    assert manifest.reasons == ()
    assert "cannot be read and lock nothing" in items.doubts(manifest)[0]


def test_a_table_that_no_tool_writes_is_a_reason() -> None:
    manifest = units({**aicc.several(), "fire.pre": b'"' + b"A" * 200_000 + b'"\n'})

    assert "'fire.pre' cannot be read" in manifest.reasons[0]


def test_what_nobody_sees_is_no_part_of_a_name() -> None:
    manifest = units(aicc.course(au="System_ID,File_Name,Core_Vendor\nA\u202e1\x07,fire/start.html,a\0b\n".encode()))

    assert [(one.identifier, one.launch_data) for one in manifest.scos] == [("A1", "ab")]


def part(identifier: str, prerequisites: str = "") -> Item:
    return Item(identifier=identifier, title=identifier, kind="sco", path="p.html", prerequisites=prerequisites)


@pytest.mark.parametrize(
    ("contents", "named"),
    [
        ((part("a", "b"), part("b", "a"), part("c")), "'a', 'b'"),
        ((part("a", "a"), part("c")), "'a'"),
        ((Item(identifier="h", title="H", items=(part("a"), part("b")), prerequisites="b"), part("c")), "'a', 'b'"),
        ((Item(identifier="h", title="H", items=(part("a", "c"),), prerequisites="a"), part("c")), "'a'"),
        ((part("a", "c"), part("b", "a"), part("c")), ""),
        ((part("a", "~a"), part("b", "c=failed"), part("c")), ""),
    ],
    ids=["each other", "itself", "its heading", "both", "in another order", "how it ended"],
)
def test_parts_that_wait_for_themselves_are_named(contents: tuple[Item, ...], named: str) -> None:
    doubts = items.doubts(Manifest(edition="1.2", items=contents))

    waits = [f"What stands before {named} can never be met, for it waits for them: they cannot be opened."]
    assert list(doubts) == (waits if named else [])


def message(command: Command, data: str) -> Callable[[], int]:
    session = Session.open(Launch(model="aicc", student_id="s", student_name="S"), {})
    said = Message(command=command, session="s", data=data)
    return lambda: len(aicc_calls.calls(said, session, 1, "2026-11-22T09:00:00.000Z"))


@pytest.mark.parametrize(
    ("command", "data", "made"),
    [
        (Command.PUT_PARAM, "[a]\n" * 100_000, 2),
        (Command.PUT_PARAM, "[core]\n" + "".join(f"k{n}=v\n" for n in range(10_000)), 2_000),
        (Command.PUT_INTERACTIONS, "interaction_id\n" + "".join(f"i{n % 900}\n" for n in range(50_000)), 902),
        (Command.PUT_COMMENTS, "comment\n" + "a\n" * 100_000, 3),
    ],
    ids=["groups", "keys", "interactions", "comments"],
)
def test_a_message_of_many_thousand_lines_comes_to_few_calls(command: Command, data: str, made: int) -> None:
    assert message(command, data)() == made
