"""ADL's conformance cases beside the repository, the loop that plays them and the judge of every answer."""

import importlib.util
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of one case: `why` it failed, "" where it passed."""

    case: str
    why: str

    @property
    def group(self) -> str:
        """The group of the suite that the case belongs to, such as `RU` for rollup."""
        return self.case.partition("-")[0]


def played(lms: Any, shared: Path, names: Iterable[str] = ()) -> Iterator[Verdict]:
    """Play cases on a system, in the suite's order for one learner: those of these names, or all there are."""
    loop, folder, wanted = _loop(shared), folder_of(shared), set(names)
    for name in json.loads((folder / "index.json").read_text("utf-8"))["run_order"]:
        if not wanted or name in wanted:
            case = json.loads((folder / f"{name}.json").read_text("utf-8"))
            passed, why = loop.verdict(case, loop.run_case(case, lms))
            yield Verdict(case=name, why="" if passed else why or "it did not pass")


def folder_of(shared: Path) -> Path:
    """Return where the cases are."""
    return shared / "scorm" / "adl"


def _loop(shared: Path) -> ModuleType:
    _loaded(shared / "scorm" / "judge.py")
    return _loaded(shared / "scorm" / "replay.py")


def _loaded(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module
