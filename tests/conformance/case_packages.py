"""Packages made of the manifests of conformance cases: every page of them is a SCO that performs what it is given."""

import hashlib
import io
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree as ET
from zipfile import ZIP_STORED, ZipFile

from scorm import blobs
from scorm.packaging import child, package
from scorm.packaging.child import Request
from scorm.packaging.package import ImportedPackage

_BASE = "{http://www.w3.org/XML/1998/namespace}base"

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Case</title></head>
<body><h1>Case</h1>
<script>
  let view = window;
  while (!view.API_1484_11 && view.parent !== view) view = view.parent;
  const api = view.API_1484_11;
  const heard = [];
  const call = (method, ...args) => {
    const answer = String(api[method](...args));
    heard.push([method, args, answer]);
    return answer;
  };
  const count = (collection) => Number(call("GetValue", collection + "._count")) || 0;
  const place = ({ collection, id }) => {
    const entries = count(collection);
    for (let n = 0; n < entries; n++) if (call("GetValue", `${collection}.${n}.id`) === id) return n;
    return -1;
  };
  const perform = ({ method, args, resolve }) => {
    if (method === "CompareObjectiveIds") {
      const entries = count("cmi.objectives");
      for (let n = 0; n < entries; n++) call("GetValue", `cmi.objectives.${n}.id`);
      return;
    }
    const found = resolve ? place(resolve) : 0;
    if (found < 0) return;
    const [name, ...rest] = args;
    call(method, ...(resolve ? [name.replaceAll("{n}", found), ...rest] : args));
    call("GetLastError");
  };
  const performed = (calls) => {
    calls.forEach(perform);
    return heard.splice(0);
  };
  let last = [];
  addEventListener("unload", () => last.forEach(([method, args]) => api[method](...args)));
</script></body></html>
"""


def imported(manifest: Path, folder: Path) -> ImportedPackage:
    """Import the package of a manifest as an upload is, but in this process; its files are kept below `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "case.zip"
    path.write_bytes(_zipped(manifest))
    with path.open("rb") as file:
        result = child.inspect(file, Request(path=str(path)))
    assert result.reasons == ()
    files = tuple(_kept(path, folder))
    return ImportedPackage(
        hash=package.identity(files),
        title=result.manifest.title,
        manifest=result.manifest.as_record(),
        files=files,
        warnings=result.warnings,
    )


def _zipped(manifest: Path) -> bytes:
    written = io.BytesIO()
    with ZipFile(written, "w", ZIP_STORED) as course:
        course.write(manifest, "imsmanifest.xml")
        for name in sorted(set(_named(manifest))):
            course.writestr(name, PAGE if name.endswith((".htm", ".html")) else json.dumps(name))
    return written.getvalue()


def _named(manifest: Path) -> Iterator[str]:
    """Name every file of every resource."""
    root = ET.parse(manifest).getroot()  # noqa: S314 - the suite's own file
    for resources in root.iter(root.tag.replace("manifest", "resources")):
        for resource in resources:
            base = "".join(one.get(_BASE, "") for one in (root, resources, resource))
            for part in (resource, *resource):
                if "href" in part.attrib:
                    yield unquote(base + part.attrib["href"].partition("?")[0])


def _kept(path: Path, folder: Path) -> Iterator[tuple[str, str, int]]:
    with ZipFile(path) as course:
        for name in course.namelist():
            data = course.read(name)
            hashed = hashlib.sha256(data).hexdigest()
            blob = blobs.place(folder, hashed)
            blob.parent.mkdir(parents=True, exist_ok=True)
            blob.write_bytes(data)
            yield name, hashed, len(data)
