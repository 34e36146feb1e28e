"""From a zip to files kept by their hashes, or to a refusal that keeps nothing."""

from __future__ import annotations

import hashlib
import io
import json
import os
import resource
import zipfile
from dataclasses import asdict
from pathlib import Path

import pytest

from scorm import blobs
from scorm.errors import CheckStopped, PackageNotStored, PackageRefused
from scorm.packaging import child, confined, package
from scorm.packaging.archive import Limits
from scorm.packaging.child import Bounds, Request, Result
from scorm.packaging.manifest import Manifest


def kept(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def inspected(path, **changes):
    with path.open("rb") as file:
        return child.inspect(file, Request(path=str(path), **changes))


def test_a_good_package_is_accepted_with_its_launch_page(zipped, course):
    verdict = package.examine(zipped(course))

    assert verdict.accepted
    assert (verdict.standard, verdict.edition, verdict.title) == ("SCORM", "1.2", "Fire safety")
    assert verdict.launch == "index.html"
    assert verdict.files == 3
    assert verdict.size == sum(map(len, course.values()))


def test_a_verdict_is_a_report(zipped, course):
    report = json.loads(json.dumps(package.examine(zipped(course)).as_dict()))

    assert report["accepted"] is True
    assert report["scos"][0]["mastery_score"] == "80"
    assert report["reasons"] == []


def test_every_file_is_kept_by_its_hash(zipped, course, tmp_path):
    found = package.read(zipped(course), tmp_path / "blobs")

    assert [(name, size) for name, _, size in found.files] == sorted((n, len(c)) for n, c in course.items())
    for name, digest, _ in found.files:
        assert blobs.place(tmp_path / "blobs", digest).read_bytes() == course[name]
        assert digest == hashlib.sha256(course[name]).hexdigest()
    assert len(kept(tmp_path / "blobs")) == 3


def test_the_record_of_the_manifest_can_be_read_again(zipped, course, tmp_path):
    found = package.read(zipped(course), tmp_path / "blobs")

    assert found.title == "Fire safety"
    assert Manifest.recorded(json.loads(json.dumps(found.manifest))).scos[0].path == "index.html"


def test_the_same_contents_are_the_same_version_however_they_were_zipped(zipped, course, tmp_path):
    first = package.read(zipped(course), tmp_path / "blobs")
    before = {path: path.stat().st_ino for path in kept(tmp_path / "blobs")}

    turned = dict(reversed(course.items()))
    second = package.read(zipped(turned, "again.zip", zipfile.ZIP_STORED), tmp_path / "blobs")

    assert second == first
    assert {path: path.stat().st_ino for path in kept(tmp_path / "blobs")} == before


def test_other_contents_are_another_version_that_shares_what_is_the_same(zipped, course, tmp_path):
    first = package.read(zipped(course), tmp_path / "blobs")

    second = package.read(zipped(course | {"index.html": b"<h1>New</h1>"}, "new.zip"), tmp_path / "blobs")

    assert second.hash != first.hash
    assert len(kept(tmp_path / "blobs")) == 4


def test_a_large_file_is_kept_once_though_it_is_there_twice(zipped, course, tmp_path):
    film = os.urandom(64) * (3 << 14)

    found = package.read(zipped(course | {"film.mp4": film, "copy.mp4": film}), tmp_path / "blobs")

    digests = {name: digest for name, digest, _ in found.files}
    assert digests["film.mp4"] == digests["copy.mp4"] == hashlib.sha256(film).hexdigest()
    assert len(kept(tmp_path / "blobs")) == 4


def test_nothing_is_kept_of_a_package_that_is_refused(zipped, course, tmp_path):
    del course["index.html"]

    with pytest.raises(PackageRefused) as caught:
        package.read(zipped(course), tmp_path / "blobs")

    assert caught.value.reasons == ("Its page 'index.html' is not in the zip.",)
    assert list((tmp_path / "blobs").iterdir()) == []


def test_reasons_from_manifest_and_files_come_together(zipped, course):
    path = zipped(course | {"imsmanifest.xml": b"<manifest"}, method=zipfile.ZIP_STORED)
    path.write_bytes(path.read_bytes().replace(b"<h1>Fire", b"<h1>Wire"))

    reasons = package.examine(path).reasons

    assert "not well-formed" in reasons[0]
    assert "'index.html' is damaged" in reasons[1]


def test_a_damaged_manifest_is_named_once(zipped, course):
    path = zipped(course, method=zipfile.ZIP_STORED)
    path.write_bytes(path.read_bytes().replace(b"Fire safety", b"Wire safety", 1))

    reasons = package.examine(path).reasons

    assert len(reasons) == 1
    assert "'imsmanifest.xml' is damaged" in reasons[0]


def test_a_zip_with_endless_damage_names_twenty_files(zipped, course):
    files = course | {f"f{n:03}": b"sound" for n in range(100)}
    path = zipped(files, method=zipfile.ZIP_STORED)
    path.write_bytes(path.read_bytes().replace(b"sound", b"faint"))

    assert len(package.examine(path).reasons) == child.MOST_DAMAGES + 1


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (["index.html"], "There is no imsmanifest.xml in the zip"),
        (["tincan.xml"], "This is xAPI content; only SCORM and AICC"),
        (["cmi5.xml"], "This is cmi5 content; only SCORM and AICC"),
        (["course.AU", "course.crs"], "The file 'course.crs' has no group [Course]"),
        (["sounds/bell.au"], "There is no imsmanifest.xml in the zip"),
        (["a/imsmanifest.xml", "b/imsmanifest.xml"], "The zip has 2 manifests in its folders"),
        (["a/b/imsmanifest.xml", "a/c/imsmanifest.xml"], "The zip has 2 manifests in its folders"),
        (["__MACOSX/imsmanifest.xml", "a/._imsmanifest.xml"], "There is no imsmanifest.xml in the zip"),
        (["course.zip", "read me.txt"], "The zip has no course in it but another zip, 'course.zip'."),
        (["imsmanifest.xml.txt"], "There is no imsmanifest.xml in the zip, so it is not a SCORM package; 'imsm"),
        (["course.csf"], "This is SCORM 1.1, which players of today do not play."),
    ],
)
def test_a_zip_without_one_manifest_says_what_it_is(zipped, names, reason):
    verdict = package.examine(zipped(dict.fromkeys(names, b"x")))

    assert verdict.reasons[0].startswith(reason)


def test_a_package_in_a_folder_is_taken_with_a_warning(zipped, course):
    verdict = package.examine(zipped({f"fire/{name}": content for name, content in course.items()}))

    assert verdict.accepted
    assert verdict.launch == "fire/index.html"
    assert "lies in a folder" in verdict.warnings[0]


def test_a_package_may_lie_in_folders_of_folders(zipped, course):
    verdict = package.examine(zipped({f"out/fire/{name}": content for name, content in course.items()}))

    assert (verdict.accepted, verdict.launch) == (True, "out/fire/index.html")


def test_the_outermost_manifest_counts(zipped, course):
    verdict = package.examine(zipped(course | {"old/imsmanifest.xml": b"<manifest/>"}))

    assert verdict.launch == "index.html"
    assert "other manifests" in verdict.warnings[0]


def test_a_manifest_may_shout(zipped, course):
    course["IMSMANIFEST.XML"] = course.pop("imsmanifest.xml")

    assert package.examine(zipped(course)).accepted


def test_a_manifest_may_be_so_large_only(zipped, course):
    verdict = package.examine(zipped(course), Limits(manifest=100))

    assert "which is more than 100" in verdict.reasons[0]


def test_a_file_that_is_not_there_is_a_verdict_and_a_refusal(tmp_path):
    assert "There is no file" in package.examine(tmp_path / "gone.zip").reasons[0]
    with pytest.raises(PackageRefused):
        package.read(tmp_path / "gone.zip", tmp_path / "blobs")


def test_looking_that_takes_too_long_is_stopped_and_keeps_nothing(zipped, course, tmp_path):
    with pytest.raises(CheckStopped) as caught:
        package.read(zipped(course), tmp_path / "blobs", bounds=Bounds(seconds=0))

    assert caught.value.reasons == ("Looking at it takes more time or memory than it may have.",)
    assert list((tmp_path / "blobs").iterdir()) == []


def test_looking_that_takes_too_much_memory_is_stopped(zipped, course):
    verdict = package.examine(zipped(course | {"film.mp4": bytes(8 << 20)}), bounds=Bounds(memory=1 << 20))

    assert verdict.reasons == ("Looking at it takes more time or memory than it may have.",)


def test_a_child_that_fails_is_a_refusal_too(zipped, course, monkeypatch):
    monkeypatch.setattr(confined, "run", lambda *_request: (b"", 1))

    assert package.examine(zipped(course)).reasons == ("Looking at it ended in an error of ours.",)


def test_a_file_beyond_what_may_be_written_is_not_stored(zipped, course, tmp_path):
    with zipped(course).open("rb") as file:
        data = file.read()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "staging").write_text("not a folder")

    result = child.inspect(
        io.BytesIO(data), Request(path="", staging=str(tmp_path / "full" / "staging"), blobs=str(tmp_path / "full"))
    )

    assert result.unstored == "Not a directory"
    assert result.files == ()


def test_no_room_to_keep_files_is_told_as_such(zipped, course, tmp_path):
    (tmp_path / "blobs").write_text("a file where the folder should be")

    with pytest.raises(PackageNotStored) as caught:
        package.read(zipped(course), tmp_path / "blobs")

    assert caught.value.cause == "File exists"


def test_a_child_that_could_not_store_is_told_as_such(zipped, course, tmp_path, monkeypatch):
    answer = json.dumps(asdict(Result(manifest=Manifest(), unstored="No space left on device"))).encode()
    monkeypatch.setattr(confined, "run", lambda *_request: (answer, 0))

    with pytest.raises(PackageNotStored, match="No space left on device"):
        package.read(zipped(course), tmp_path / "blobs")


def test_the_child_limits_itself_before_it_looks(zipped, course, monkeypatch, capsys):
    limited = {}
    monkeypatch.setattr(resource, "setrlimit", lambda kind, most: limited.update({kind: most[0]}))
    request = Request(path=str(zipped(course)), bounds=Bounds(processor=7, memory=99))

    code = child.main([json.dumps(asdict(request))])

    assert code == 0
    assert (limited[resource.RLIMIT_CPU], limited[resource.RLIMIT_AS]) == (7, 99)
    assert Result.read(capsys.readouterr().out.encode()).manifest.title == "Fire safety"


def test_a_child_that_is_refused_memory_says_so_by_its_code(zipped, course, monkeypatch):
    def starved(_file, _request):
        raise MemoryError

    monkeypatch.setattr(resource, "setrlimit", lambda _kind, _most: None)
    monkeypatch.setattr(child, "inspect", starved)

    assert child.main([json.dumps(asdict(Request(path=str(zipped(course)))))]) == confined.OUT_OF_MEMORY


def test_the_child_is_not_told_our_settings(zipped, course, monkeypatch, tmp_path):
    seen = tmp_path / "seen"
    (tmp_path / "spy").write_text(f"#!/bin/sh\nenv > {seen}\nexit 3\n")
    (tmp_path / "spy").chmod(0o755)
    monkeypatch.setenv("PRECEPTOR_SECRET_KEY", "open sesame")
    monkeypatch.setattr(confined.sys, "executable", str(tmp_path / "spy"))

    verdict = package.examine(zipped(course))

    assert not verdict.accepted
    assert "PATH" in seen.read_text()
    assert "sesame" not in seen.read_text()


def test_an_answer_without_end_is_cut_off(zipped, course, monkeypatch, tmp_path):
    (tmp_path / "chatter").write_text("#!/bin/sh\nexec yes\n")
    (tmp_path / "chatter").chmod(0o755)
    monkeypatch.setattr(confined, "LONGEST_ANSWER", 1 << 16)
    monkeypatch.setattr(confined.sys, "executable", str(tmp_path / "chatter"))

    assert not package.examine(zipped(course)).accepted


def test_files_that_only_a_verdict_needs_are_not_hashed(zipped, course):
    result = inspected(zipped(course))

    assert {digest for _, digest, _ in result.files} == {""}


def test_what_was_staged_before_a_refusal_goes_away(tmp_path):
    with blobs.staging(tmp_path / "blobs") as stage:
        blobs.stage([b"hello"], stage, tmp_path / "blobs")
        assert kept(stage)

    assert kept(tmp_path / "blobs") == []


def test_what_a_killed_process_had_staged_is_cleared_away_and_what_a_living_one_has_is_not(tmp_path):
    folder = tmp_path / "blobs"
    (folder / ".staging-left").mkdir(parents=True)
    (folder / ".staging-left" / "part").write_bytes(b"half")

    with blobs.staging(folder) as first, blobs.staging(folder) as second:
        assert sorted(folder.iterdir()) == sorted([first, second])


def test_an_empty_file_is_a_file(tmp_path):
    with blobs.staging(tmp_path / "blobs") as stage:
        digest, size = blobs.stage([], stage, tmp_path / "blobs")
        blobs.publish([digest], stage, tmp_path / "blobs")

    assert size == 0
    assert blobs.place(tmp_path / "blobs", digest).read_bytes() == b""


def test_a_publication_that_was_cut_short_is_finished_by_the_next(tmp_path):
    folder = tmp_path / "blobs"
    with blobs.staging(folder) as stage:
        digests = [blobs.stage([content], stage, folder)[0] for content in (b"one", b"two")]
        blobs.publish(digests[:1], stage, folder)

    with blobs.staging(folder) as stage:
        again = [blobs.stage([content], stage, folder)[0] for content in (b"one", b"two")]
        blobs.publish(again, stage, folder)

    assert [blobs.place(folder, digest).read_bytes() for digest in digests] == [b"one", b"two"]


def test_without_syncfs_each_file_is_synced(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(blobs.ctypes, "CDLL", lambda *_args, **_more: object())
    monkeypatch.setattr(
        blobs.os, "fsync", lambda descriptor: synced.append(Path(f"/proc/self/fd/{descriptor}").readlink())
    )

    with blobs.staging(tmp_path / "blobs") as stage:
        digest, _ = blobs.stage([b"hello"], stage, tmp_path / "blobs")
        blobs.publish([digest], stage, tmp_path / "blobs")

    assert synced[0].name == digest


def test_a_disk_that_fails_to_sync_is_an_error(tmp_path, monkeypatch):
    class Failing:
        def syncfs(self, _descriptor):
            blobs.ctypes.set_errno(5)
            return -1

    monkeypatch.setattr(blobs.ctypes, "CDLL", lambda *_args, **_more: Failing())

    with blobs.staging(tmp_path / "blobs") as stage, pytest.raises(OSError, match="Input/output error"):
        blobs.publish([], stage, tmp_path / "blobs")


@pytest.mark.parametrize(
    ("name", "edition"),
    [
        ("ContentPackagingMetadata_SCORM20043rdEdition", "2004 3rd Edition"),
        ("RunTimeAdvancedCalls_SCORM20043rdEdition", "2004 3rd Edition"),
        ("SequencingForcedSequential_SCORM20043rdEdition", "2004 3rd Edition"),
        ("SequencingPostTestRollup4thEd_SCORM20044thEdition", "2004 4th Edition"),
        ("SequencingSimpleRemediation_SCORM20043rdEdition", "2004 3rd Edition"),
    ],
)
def test_the_scorm_2004_samples_can_be_played(shared, name, edition):
    verdict = package.examine(shared / "scorm" / "packages" / f"golf_{name}.zip")

    assert (verdict.edition, verdict.reasons) == (edition, ())
    assert all(sco.path == "shared/launchpage.html" for sco in verdict.scos)


def test_the_sample_with_one_sco_is_imported(shared, tmp_path):
    found = package.read(shared / "scorm" / "packages" / "golf_RuntimeBasicCalls_SCORM12.zip", tmp_path / "blobs")

    assert found.title == "Golf Explained - Run-time Basic Calls"
    assert len(found.files) == 44
    assert found.warnings == ()
    assert Manifest.recorded(found.manifest).scos[0].path == "shared/launchpage.html"


@pytest.mark.parametrize("name", ["ContentPackagingOneFilePerSCO", "RuntimeMinimumCalls"])
def test_the_samples_with_several_parts_can_be_played(shared, name):
    verdict = package.examine(shared / "scorm" / "packages" / f"golf_{name}_SCORM12.zip")

    assert (len(verdict.scos), verdict.reasons) == (18, ())
