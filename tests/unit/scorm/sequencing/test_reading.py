"""The organisation of a manifest: what SCORM 2004 says of items, read leniently and with its defaults."""

import json

from scorm import markup
from scorm.sequencing import reading
from scorm.sequencing.definition import (
    Action,
    Aspect,
    ChildSet,
    Circumstance,
    Organisation,
    Required,
    Settings,
    Timing,
)

SPACES = (
    'xmlns="http://www.imsglobal.org/xsd/imscp_v1p1" xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_v1p3" '
    'xmlns:adlseq="http://www.adlnet.org/xsd/adlseq_v1p3" xmlns:adlnav="http://www.adlnet.org/xsd/adlnav_v1p3" '
    'xmlns:imsss="http://www.imsglobal.org/xsd/imsss"'
)
SCO = '<item identifier="a" identifierref="r"><title>A</title>{}</item>'


def read(items: str, *, attributes: str = "", collection: str = "") -> tuple[Organisation | None, tuple[str, ...]]:
    xml = (
        f"<manifest {SPACES}><metadata><schemaversion>2004 3rd Edition</schemaversion></metadata>"
        '<organizations default="o">'
        '<organization identifier="x"><item identifier="z" identifierref="r"/></organization>'
        f'<organization identifier="o" {attributes}><title>Course</title>{items}</organization></organizations>'
        f"<imsss:sequencingCollection>{collection}</imsss:sequencingCollection></manifest>"
    )
    return reading.read(markup.read(xml.encode())[0])


def settings(sequencing: str, **more: str) -> Settings:
    organisation, doubts = read(SCO.format(f"<imsss:sequencing>{sequencing}</imsss:sequencing>"), **more)
    assert organisation is not None
    assert doubts == ()
    return organisation.root.children[0].settings


def test_the_default_organisation_is_read_with_its_items() -> None:
    organisation, _ = read(
        '<item identifier="m"><title>M</title>' + SCO.format("") + SCO.replace('"a"', '"b"').format("") + "</item>"
    )

    assert organisation is not None
    assert (organisation.root.identifier, organisation.root.title, organisation.edition) == (
        "o",
        "Course",
        "2004 3rd Edition",
    )
    assert [one.identifier for one in organisation.root.children[0].children] == ["a", "b"]
    assert (organisation.global_objectives, organisation.global_data) == (True, True)


def test_a_course_may_keep_to_itself_what_others_share() -> None:
    organisation, _ = read(
        SCO.format(""), attributes='adlseq:objectivesGlobalToSystem="false" adlcp:sharedDataGlobalToSystem="0"'
    )

    assert organisation is not None
    assert (organisation.global_objectives, organisation.global_data) == (False, False)


def test_a_course_of_a_single_leaf_begins_by_itself() -> None:
    organisation, _ = read(SCO.format(""))

    assert organisation is not None
    assert (organisation.root.settings.flow, organisation.root.settings.choice) == (True, False)


def test_what_an_item_says_of_itself_is_read() -> None:
    organisation, doubts = read(
        '<item identifier=" a  b " identifierref=" r " isvisible="false" parameters="?x=1">'
        "<title> A </title><adlcp:dataFromLMS>data</adlcp:dataFromLMS>"
        "<adlcp:timeLimitAction>exit,message</adlcp:timeLimitAction>"
        '<adlcp:data><adlcp:map targetID="t"/><adlcp:map targetID="u" readSharedData="false" writeSharedData="0"/>'
        "</adlcp:data>"
        "<adlnav:presentation><adlnav:navigationInterface><adlnav:hideLMSUI>continue</adlnav:hideLMSUI>"
        "<adlnav:hideLMSUI> exitAll </adlnav:hideLMSUI></adlnav:navigationInterface></adlnav:presentation></item>"
    )

    assert organisation is not None
    item = organisation.root.children[0]
    assert (item.identifier, item.resource, item.visible, item.parameters) == ("a b", "r", False, "?x=1")
    assert (item.launch_data, item.time_limit_action) == ("data", "exit,message")
    assert [(one.target, one.reads, one.writes) for one in item.stores] == [("t", True, True), ("u", False, False)]
    assert item.hidden_controls == {"continue", "exitAll"}
    assert doubts == ()


def test_the_4th_edition_states_a_threshold_by_attributes_and_the_3rd_by_its_text() -> None:
    fourth, _ = read(
        SCO.format(
            '<adlcp:completionThreshold completedByMeasure="true" minProgressMeasure="0.8" progressWeight="0.5"/>'
        )
    )
    third, _ = read(SCO.format("<adlcp:completionThreshold>0.7</adlcp:completionThreshold>"))
    unsaid, _ = read(SCO.format('<adlcp:completionThreshold minProgressMeasure="0.8"/>'))

    assert fourth is not None
    assert third is not None
    assert unsaid is not None
    found = [one.root.children[0].settings for one in (fourth, third, unsaid)]
    assert [(one.by_progress, one.minimum_progress) for one in found] == [(True, 0.8), (True, 0.7), (False, 0.8)]
    assert found[0].progress_weight == 0.5


def test_every_part_of_the_sequencing_is_read() -> None:
    read_ = settings(
        '<imsss:controlMode choice="false" choiceExit="0" flow="true" forwardOnly="true" '
        'useCurrentAttemptObjectiveInfo="false" useCurrentAttemptProgressInfo="false"/>'
        '<imsss:limitConditions attemptLimit="2" attemptAbsoluteDurationLimit="PT1H"/>'
        '<imsss:rollupRules rollupObjectiveSatisfied="false" rollupProgressCompletion="false" '
        'objectiveMeasureWeight="0.25">'
        '<imsss:rollupRule childActivitySet="atLeastCount" minimumCount="2"><imsss:rollupConditions '
        'conditionCombination="all">'
        '<imsss:rollupCondition condition="attempted" operator="not"/></imsss:rollupConditions>'
        '<imsss:rollupAction action="completed"/></imsss:rollupRule></imsss:rollupRules>'
        '<imsss:randomizationControls selectionTiming="once" selectCount="3" randomizationTiming="onEachNewAttempt" '
        'reorderChildren="true"/>'
        '<imsss:deliveryControls tracked="false" completionSetByContent="true" objectiveSetByContent="true"/>'
        '<adlseq:constrainedChoiceConsiderations preventActivation="true" constrainChoice="true"/>'
        '<adlseq:rollupConsiderations requiredForSatisfied="ifAttempted" requiredForIncomplete="ifNotSkipped" '
        'measureSatisfactionIfActive="false"/>'
    )

    assert (read_.choice, read_.choice_exit, read_.flow, read_.forward_only) == (False, False, True, True)
    assert (read_.current_objectives, read_.current_progress) == (False, False)
    assert (read_.attempt_limit, read_.duration_limit) == (2, "PT1H")
    assert (read_.rollup_satisfied, read_.rollup_completion, read_.measure_weight) == (False, False, 0.25)
    (rolled,) = read_.rollup_rules
    assert (rolled.child_set, rolled.count, rolled.every) == (ChildSet.AT_LEAST_COUNT, 2, True)
    assert (rolled.conditions[0].circumstance, rolled.conditions[0].negated) == (Circumstance.ATTEMPTED, True)
    assert (read_.select, read_.select_count, read_.randomise, read_.reorder) == (
        Timing.ONCE, 3, Timing.EACH_NEW_ATTEMPT, True,
    )  # fmt: skip
    assert (read_.tracked, read_.completion_by_content, read_.objective_by_content) == (False, True, True)
    assert (read_.prevent_activation, read_.constrain_choice) == (True, True)
    assert (read_.required_satisfied, read_.required_incomplete) == (Required.IF_ATTEMPTED, Required.IF_NOT_SKIPPED)
    assert read_.satisfaction_while_active is False


def test_rules_are_read_with_their_conditions() -> None:
    read_ = settings(
        '<imsss:sequencingRules><imsss:preConditionRule><imsss:ruleConditions conditionCombination="any">'
        '<imsss:ruleCondition referencedObjective=" o " condition="objectiveMeasureLessThan" measureThreshold="-0.5"/>'
        '</imsss:ruleConditions><imsss:ruleAction action="skip"/></imsss:preConditionRule>'
        '<imsss:exitConditionRule><imsss:ruleConditions><imsss:ruleCondition condition="always"/>'
        "</imsss:ruleConditions>"
        '<imsss:ruleAction action="exit"/></imsss:exitConditionRule></imsss:sequencingRules>'
    )

    skip, leave = read_.rules
    assert (skip.action, skip.every, leave.action, leave.every) == (Action.SKIP, False, Action.EXIT, True)
    assert (skip.conditions[0].objective, skip.conditions[0].threshold) == ("o", -0.5)


def test_objectives_are_read_with_the_maps_of_both_namespaces() -> None:
    read_ = settings(
        '<imsss:objectives><imsss:primaryObjective objectiveID="p" satisfiedByMeasure="true">'
        "<imsss:minNormalizedMeasure> 0.6 </imsss:minNormalizedMeasure>"
        '<imsss:mapInfo targetObjectiveID=" a%20%20b " readNormalizedMeasure="false" writeSatisfiedStatus="true"/>'
        '</imsss:primaryObjective><imsss:objective objectiveID="q"/><imsss:objective/></imsss:objectives>'
        '<adlseq:objectives><adlseq:objective objectiveID="q"><adlseq:mapInfo targetObjectiveID="g" '
        'readRawScore="false" writeProgressMeasure="true"/></adlseq:objective></adlseq:objectives>'
    )

    assert (read_.primary.identifier, read_.primary.by_measure, read_.primary.minimum_measure) == ("p", True, 0.6)
    (mapped,) = read_.primary.maps
    assert (mapped.target, mapped.reads, mapped.writes) == ("a b", {Aspect.SATISFIED}, {Aspect.SATISFIED})
    (other,) = read_.objectives
    assert other.maps[0].writes == {Aspect.PROGRESS}
    assert other.maps[0].reads == {Aspect.MINIMUM, Aspect.MAXIMUM, Aspect.COMPLETION, Aspect.PROGRESS}


def test_a_collection_lends_the_parts_that_an_item_does_not_have_itself() -> None:
    collection = (
        '<imsss:sequencing ID=" c "><imsss:controlMode flow="true" forwardOnly="true"/>'
        '<imsss:limitConditions attemptLimit="5"/></imsss:sequencing>'
    )
    organisation, doubts = read(
        SCO.format('<imsss:sequencing IDRef="c"><imsss:controlMode choice="false"/></imsss:sequencing>'),
        collection=collection,
    )

    assert organisation is not None
    own = organisation.root.children[0].settings
    assert (own.choice, own.flow, own.forward_only, own.attempt_limit) == (False, False, False, 5)
    assert doubts == ()


def test_what_is_not_legal_is_left_out_and_said() -> None:
    organisation, doubts = read(
        SCO.format(
            '<imsss:sequencing IDRef="nowhere"><imsss:controlMode choice="maybe"/><imsss:limitConditions '
            'attemptLimit="-1"/>'
            '<imsss:rollupRules objectiveMeasureWeight="7"><imsss:rollupRule><imsss:rollupAction action="x"/>'
            "</imsss:rollupRule>"
            '</imsss:rollupRules><imsss:deliveryControls tracked=""/><imsss:randomizationControls '
            'selectionTiming="often"/>'
            "<imsss:sequencingRules><imsss:preConditionRule><imsss:ruleConditions><imsss:ruleCondition "
            'condition="odd"/>'
            '</imsss:ruleConditions><imsss:ruleAction action="skip"/></imsss:preConditionRule><imsss:postConditionRule>'
            '<imsss:ruleAction action="skip"/></imsss:postConditionRule></imsss:sequencingRules><imsss:objectives>'
            "<imsss:primaryObjective><imsss:minNormalizedMeasure>much</imsss:minNormalizedMeasure></imsss:primaryObjective>"
            "</imsss:objectives></imsss:sequencing>"
        )
        + SCO.format("")
        + '<item identifier="empty"/>'
    )

    assert organisation is not None
    first, second = organisation.root.children
    assert (first.settings.choice, first.settings.attempt_limit, first.settings.measure_weight) == (True, None, 1.0)
    assert first.settings.rollup_rules == ()
    assert [one.conditions for one in first.settings.rules] == [()]
    assert second.identifier == "a#2"
    assert len(doubts) == 10


def test_a_manifest_without_anything_to_launch_has_no_organisation() -> None:
    nothing, _ = read('<item identifier="m"/>')
    none, _ = reading.read(markup.read(f"<manifest {SPACES}/>".encode())[0])

    assert nothing is none is None


def test_an_organisation_survives_a_journey_through_json() -> None:
    organisation, _ = read(
        SCO.format(
            "<imsss:sequencing><imsss:objectives><imsss:primaryObjective objectiveID='p'>"
            "<imsss:mapInfo targetObjectiveID='g'/></imsss:primaryObjective></imsss:objectives>"
            "</imsss:sequencing>"
        )
    )
    assert organisation is not None

    kept = json.loads(json.dumps(organisation.as_record()))

    assert Organisation.recorded(kept) == organisation
