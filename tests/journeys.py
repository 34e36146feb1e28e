"""Small courses of several parts, of SCORM 1.2 and 2004, on the stage of tests/course.py."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from scorm import library, store
from scorm.packaging import package
from tests.course import TRUST, Learner, Stage, call, set_up

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Part</title></head>
<body><h1>Part</h1><button id="done">I have read it</button> <button id="end">End</button>
<button id="on">End and go on</button>
<script>
  let view = window;
  while (!view.API && !view.API_1484_11 && view.parent !== view) view = view.parent;
  if (!view.API && !view.API_1484_11 && window.opener) view = window.opener;
  const old = view.API;
  const api = view.API_1484_11 || old;
  const call = (fn, ...args) => api[(old ? "LMS" : "") + fn](...args);
  const end = () => { call(old ? "Finish" : "Terminate", ""); };
  call("Initialize", "");
  document.getElementById("done").onclick = () => {
    if (old) return call("SetValue", "cmi.core.lesson_status", "completed");
    call("SetValue", "cmi.success_status", "passed");
    call("SetValue", "cmi.completion_status", "completed");
  };
  document.getElementById("end").onclick = end;
  document.getElementById("on").onclick = () => { call("SetValue", "adl.nav.request", "continue"); end(); };
  addEventListener("unload", end);
</script></body></html>
"""

_OLD = """<manifest identifier="M" xmlns="http://www.imsproject.org/xsd/imscp_rootv1p1p2"
    xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_rootv1p2">
  <metadata><schema>ADL SCORM</schema><schemaversion>1.2</schemaversion></metadata>
  <organizations default="O"><organization identifier="O"><title>Moving people</title>
    <item identifier="one" identifierref="R"><title>Before</title></item>
    <item identifier="two" identifierref="R"><title>During</title>
      <adlcp:prerequisites type="aicc_script">one</adlcp:prerequisites></item>
    <item identifier="three" identifierref="R"><title>After</title></item>
  </organization></organizations>
  <resources><resource identifier="R" type="webcontent" adlcp:scormtype="sco" href="part.html"/></resources>
</manifest>"""

_NEW = """<manifest identifier="M" xmlns="http://www.imsglobal.org/xsd/imscp_v1p1"
    xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_v1p3" xmlns:imsss="http://www.imsglobal.org/xsd/imsss">
  <metadata><schema>ADL SCORM</schema><schemaversion>2004 4th Edition</schemaversion></metadata>
  <organizations default="O"><organization identifier="O"><title>Moving people</title>
    <item identifier="one" identifierref="R"><title>Before</title></item>
    <item identifier="two" identifierref="R"><title>During</title></item>
    <item identifier="three" identifierref="R"><title>After</title></item>
    <imsss:sequencing><imsss:controlMode choice="true" flow="true" FORWARD/></imsss:sequencing>
  </organization></organizations>
  <resources><resource identifier="R" type="webcontent" adlcp:scormType="sco" href="part.html"/></resources>
</manifest>"""

_BUCKET = '<adlcp:data><adlcp:map targetID="notes"/></adlcp:data>'
OLD = _OLD
NEW = _NEW.replace("FORWARD", "")
FORWARD = _NEW.replace("FORWARD", 'forwardOnly="true"')
SHARING = NEW.replace("<title>Before</title>", f"<title>Before</title>{_BUCKET}")
CHOOSE = _NEW.replace('flow="true" FORWARD', 'flow="false"')
SINGLE = NEW.replace('<item identifier="two" identifierref="R"><title>During</title></item>', "").replace(
    '<item identifier="three" identifierref="R"><title>After</title></item>', ""
)


PASSED = (
    call(1, "Initialize", ""),
    call(2, "SetValue", "cmi.success_status", "passed"),
    call(3, "SetValue", "cmi.completion_status", "completed"),
)
END = call(4, "Terminate", "")


def zipped(folder: Path, manifest: str) -> Path:
    """Write the package."""
    path = folder / "journey.zip"
    with ZipFile(path, "w") as course:
        course.writestr("imsmanifest.xml", manifest)
        course.writestr("part.html", PAGE)
    return path


def stage_of(
    url: str, folder: Path, clock: Callable[[], datetime], course: Path, *, port: int = 8000, attempt: str = "attempt-2"
) -> Stage:
    """Import a package and open an attempt at it."""
    stage = set_up(url, folder, clock, port=port)
    imported = package.read(course, stage.settings.blobs)
    with stage.engine.transaction() as tx:
        stored = library.add(tx.connection, TRUST, imported, tx.now)
        mine = replace(stage.attempt, id=attempt, package=stored.hash, sco=stored.manifest.scos[0].identifier)
        store.add_attempt(tx.connection, mine)
    stage.attempt = mine
    return stage


@contextmanager
def stages(url: str, folder: Path, clock: Callable[[], datetime]) -> Iterator[Callable[[str], Stage]]:
    """Give what sets up the course of a manifest, and close what it opened in the end."""
    built: list[Stage] = []

    def build(manifest: str) -> Stage:
        built.append(stage_of(url, folder, clock, zipped(folder, manifest)))
        return built[-1]

    yield build
    for stage in built:
        stage.engine.database.dispose()


def status(answer: Any) -> dict[str, str]:
    """Return how each part stands, as the contents say."""
    return {line["id"]: line["status"] for line in answer["course"]["contents"]}


def statuses(stage: Stage) -> list[str]:
    """Return the status of every outcome that was told."""
    return [outcome.lesson_status for _, outcome in stage.told]


class Traveller(Learner):
    """Somebody who plays a course of several parts by hand."""

    def move(
        self, request: str = "", target: str = "", *, calls: Sequence[list[Any]] = (), key: str = "", **changes: Any
    ) -> Any:
        """Send a move from the window that is open, go on in the one that opens, and return the response."""
        body = {
            "attempt": self.opened["attempt"],
            "epoch": self.opened["epoch"],
            "key": key or secrets.token_urlsafe(32),
            "click": {"request": request, "target": target} if request else None,
            "first": calls[0][0] if calls else None,
            "calls": list(calls),
        }
        answer = self.post(self.opened["navigate_url"], json={**body, **changes})
        if answer.status_code == 200 and "epoch" in answer.get_json():
            self.opened = answer.get_json()
        return answer
