"""The conformance cases of ADL's test suite for SCORM 2004 4th Edition, played by the pure engine."""

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.conformance.adl import Adapter


def loaded(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def replay(shared: Path) -> ModuleType:
    loaded(shared / "scorm" / "judge.py")
    return loaded(shared / "scorm" / "replay.py")


def test_every_case_passes_in_order_for_one_learner(shared: Path, replay: ModuleType) -> None:
    folder = shared / "scorm" / "adl"
    lms = Adapter(str(folder))
    order = json.loads((folder / "index.json").read_text("utf-8"))["run_order"]

    failed = {}
    for name in order:
        case = json.loads((folder / f"{name}.json").read_text("utf-8"))
        passed, why = replay.verdict(case, replay.run_case(case, lms))
        if not passed:
            failed[name] = why

    assert failed == {}
    assert len(order) == 94
