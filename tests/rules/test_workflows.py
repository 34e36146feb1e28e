"""Conventions of the bundle of workflows: a workflow with a dead end, or anything like it, cannot be merged."""

import inspect
import re
from pathlib import Path

import pytest

from engine.checking.findings import Checked, Severity
from engine.checking.soundness import check
from engine.settings import Settings
from workflows.bundle import BUNDLE

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def checked() -> Checked:
    return check(BUNDLE)


def test_the_bundle_of_workflows_is_sound(checked):
    assert checked.errors == ()
    assert checked.cases.keys() == {workflow.kind for workflow in BUNDLE.workflows}


def test_every_workflow_brings_examples():
    assert BUNDLE.examples.keys() == {workflow.kind for workflow in BUNDLE.workflows}


def test_some_example_takes_every_step_and_satisfies_every_guard(checked):
    warnings = [finding for finding in checked.findings if finding.severity is Severity.WARNING]

    assert warnings == []


def test_every_setting_is_documented():
    readme = (ROOT / "README.md").read_text()
    read = set(re.findall(r"PRECEPTOR_[A-Z_]+", (ROOT / "engine" / "settings.py").read_text()))

    assert {name for name in read if f"`{name}`" not in readme} == set()
    assert len(read) >= len(inspect.signature(Settings).parameters)
