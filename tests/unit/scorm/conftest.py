"""A small course and a way to zip it, honestly or with a twist."""

from __future__ import annotations

import zipfile

import pytest

MANIFEST = b"""<?xml version="1.0" encoding="UTF-8"?>
<manifest identifier="fire" version="1" xmlns="http://www.imsproject.org/xsd/imscp_rootv1p1p2"
  xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_rootv1p2">
  <metadata><schema>ADL SCORM</schema><schemaversion>1.2</schemaversion></metadata>
  <organizations default="o">
    <organization identifier="o">
      <title>Fire safety</title>
      <item identifier="i" identifierref="r"><title>Begin</title>
        <adlcp:masteryscore>80</adlcp:masteryscore></item>
    </organization>
  </organizations>
  <resources>
    <resource identifier="r" type="webcontent" adlcp:scormtype="sco" href="index.html">
      <file href="index.html"/></resource>
  </resources>
</manifest>"""


@pytest.fixture
def course():
    """The files of a good package, by name."""
    return {
        "imsmanifest.xml": MANIFEST,
        "index.html": b"<h1>Fire safety</h1>",
        "media/alarm.bin": bytes(range(256)) * 40,
    }


@pytest.fixture
def zipped(tmp_path):
    """Zip (name, bytes) pairs or a dict of them, in order and as they are."""

    def build(files, name="course.zip", method=zipfile.ZIP_DEFLATED):
        path = tmp_path / name
        with zipfile.ZipFile(path, "w", method) as target:
            for file, content in files.items() if isinstance(files, dict) else files:
                target.writestr(zipfile.ZipInfo(file) if file.endswith("/") else file, content)
        return path

    return build
