"""A part that is tried by itself: nothing that other parts decide stands in its way."""

import pytest

from scorm.coupling import Learner
from scorm.course import Course, Shared
from scorm.packaging import items, package
from scorm.packaging.manifest import Manifest
from scorm.trial import stage

LEARNER = Learner(identifier="trial", name="Trial, Run")


@pytest.mark.parametrize(
    "name",
    [
        "SequencingForcedSequential_SCORM20043rdEdition",
        "SequencingPostTestRollup4thEd_SCORM20044thEdition",
        "SequencingSimpleRemediation_SCORM20043rdEdition",
    ],
)
def test_every_part_of_a_course_with_rules_opens_by_itself(shared, tmp_path, name):
    kept = package.read(shared / "scorm" / "packages" / f"golf_{name}.zip", tmp_path)
    whole = Manifest.recorded(kept.manifest)

    for sco in whole.scos:
        course = Course.begin(items.course(stage.alone(whole, sco.identifier)), LEARNER, seed="1", shared=Shared())
        course.start()

        assert course.delivered == sco.identifier
