"""What the texts of a package say before any of them runs: what will not work, where, and what to do about it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict

import pytest

from scorm import blobs
from scorm.packaging import confined, imsmanifest, package
from scorm.packaging.inspection import findings, inspecting, reader, references
from scorm.packaging.inspection.findings import Finding, Kind
from scorm.packaging.inspection.reader import Request, Result
from scorm.packaging.inspection.survey import MOST_OF_A_FILE, Survey
from scorm.packaging.manifest import Item, Manifest

NAMES = ["index.html", "pages/one.html", "js/app.js", "img/Fire Exit.png", "film.wmv"]


def found(text, name="index.html", names=NAMES):
    return [(one.kind, one.line, one.target) for one in Survey(names, ["index.html"]).read(name, text)]


@pytest.mark.parametrize(
    ("text", "kind", "target"),
    [
        ("<script src='https://cdn.example/a.js'></script>", Kind.SCRIPT, "cdn.example"),
        ("<SCRIPT SRC=//cdn.example/a.js></SCRIPT>", Kind.SCRIPT, "cdn.example"),
        ("<link rel='stylesheet' href='http://cdn.example/a.css'>", Kind.STYLE, "cdn.example"),
        ("<link href='http://cdn.example/a.ico' rel=icon>", Kind.MEDIA, "cdn.example"),
        ("<style>@import url(//fonts.example/css?family=Lato);</style>", Kind.STYLE, "fonts.example"),
        ("<style>@import '//fonts.example/css';</style>", Kind.STYLE, "fonts.example"),
        ("<style>@font-face { src: url('https://fonts.example/a.woff') }</style>", Kind.FONT, "fonts.example"),
        (
            "<div style='x'></div><style>p { background: url(https://img.example/a.png) }</style>",
            Kind.MEDIA,
            "img.example",
        ),
        ("<iframe width=1 src='https://player.example/video/1'></iframe>", Kind.FRAME, "player.example"),
        ("<video poster='https://img.example/a.png'></video>", Kind.MEDIA, "img.example"),
        ("<a href='http://intranet.example/policy'>Policy</a>", Kind.LINK, "intranet.example"),
        ("<script>fetch('https://api.example/x')</script>", Kind.REQUEST, "api.example"),
        ('<script>s.src = "//api.example/x.js"</script>', Kind.REQUEST, "api.example"),
        ("<script>x.open('GET', 'https://api.example/x')</script>", Kind.REQUEST, "api.example"),
        ("<script>document.domain = 'nhs.uk'</script>", Kind.DOMAIN, ""),
        ("<script>window.open('page.html')</script>", Kind.WINDOW, ""),
        ("<script>top.location.href = 'end.html'</script>", Kind.TOP, ""),
        ("<script>new ActiveXObject('Word.Application')</script>", Kind.ACTIVEX, ""),
        ("<script language='VBScript'></script>", Kind.ACTIVEX, ""),
        ("<object classid='clsid:6BF52A52-394A-11D3-B153-00C04F79FAA6'></object>", Kind.ACTIVEX, ""),
        ("<object classid='clsid:D27CDB6E-AE6D-11cf-96B8-444553540000'></object>", Kind.FLASH, ""),
        ("<object><param name='movie' value='quiz.swf?a=1'></object>", Kind.FLASH, "quiz.swf"),
        ("<embed src='quiz.swf'>", Kind.FLASH, "quiz.swf"),
        ("<script>swfobject.embedSWF('quiz.swf', 'x')</script>", Kind.FLASH, "quiz.swf"),
        ("<applet code='Quiz.class'></applet>", Kind.APPLET, ""),
        ("<object type='application/x-silverlight-2' data='a.xap'></object>", Kind.APPLET, "a.xap"),
        ("<object data='https://tube.example/v'></object>", Kind.FRAME, "tube.example"),
        ("<video src='film.wmv'></video>", Kind.FORMAT, "film.wmv"),
        ("<object data='film.wmv'></object>", Kind.FORMAT, "film.wmv"),
        ("<img src='img/lost.png'>", Kind.MISSING, "img/lost.png"),
        ("<script src='js/lost.js?v=1'></script>", Kind.MISSING, "js/lost.js"),
        ("<img src='/img/Fire Exit.png'>", Kind.ABSOLUTE, "/img/Fire Exit.png"),
    ],
)
def test_what_will_not_work_is_found_in_a_page(text, kind, target):
    assert found(f"<html>\n{text}") == [(kind, 2, target)]


@pytest.mark.parametrize(
    "text",
    [
        "<img src='img/Fire%20Exit.png'><img src='IMG/fire exit.PNG'><img src=img\\Fire%20Exit.png>",
        "<a href='pages/'></a><a href='.'></a><a href='#top'></a><a href='?page=2'></a>",
        "<img src='data:image/png;base64,AAAA'><a href='mailto:a@b.example'></a><a href='javascript:void(0)'></a>",
        "<!-- <script src='https://cdn.example/a.js'></script> --><p>",
        "<!-- never ended <script src='https://cdn.example/a.js'></script>",
        "<script>var html = \"<img src='lost.png'>\"; // https://docs.example/</script>",
        "<img src='{{ picture }}'><img src='${a}.png'><a href='<%= x %>'>",
        "<script>if (document.domain == 'x') new ActiveXObject('Microsoft.XMLHTTP')</script>",
        "<base href='pages/'><img src='lost.png'>",
        "<a href='https://[bad'>x</a><a href='http://{host}/x'>y</a><a href='file:///C:/x'>z</a>",
        "<object></object><link rel='alternate' href='https://x.example'><param value='x'><p src='x'>",
        "<script>never ended",
    ],
)
def test_what_works_or_cannot_be_known_is_not_told(text):
    assert found(text) == []


def test_what_a_page_of_a_folder_uses_is_looked_for_beside_it_and_beside_what_is_opened_first():
    assert found("<img src='../img/Fire Exit.png'><script src='js/app.js'></script>", "pages/one.html") == []


def test_a_page_that_only_names_missing_things_is_cut_short():
    assert len(found("<img src='lost.png'>" * 1000)) == MOST_OF_A_FILE


def test_a_package_is_cut_short_too():
    survey = Survey(NAMES, [])

    every = [one for _ in range(20) for one in survey.read("index.html", "<img src='lost.png'>" * 1000)]

    assert len(every) == 500


def test_letters_that_grow_when_they_are_small_do_not_shift_what_is_read():
    assert found("İ<SCRIPT>x</script><img src='lost.png'>") == [(Kind.MISSING, 1, "lost.png")]


@pytest.mark.parametrize(
    "text", ["<a " * 200_000, '<a "' * 200_000, "url(" * 200_000, "@font-face{" * 100_000, '"' * 500_000]
)
def test_text_made_to_be_slow_is_read(text):
    assert list(references.in_page(f"<style>{text}</style>{text}")) == []


def test_styles_and_scripts_are_read_as_such():
    survey = Survey(NAMES, [])

    sheet = list(survey.read("a.css", "p {}\nq { background: url('lost.png') }"))
    script = list(survey.read("js/app.js", "importScripts('https://api.example/w.js')"))

    assert [(one.kind, one.line, one.target) for one in sheet + script] == [
        (Kind.MISSING, 2, "lost.png"),
        (Kind.REQUEST, 1, "api.example"),
    ]


def test_what_is_opened_first_may_be_no_page_at_all():
    opened = list(Survey(["a.php", "b.swf", "c.html"], ["a.php", "b.swf", "c.html"]).opened())

    assert [(one.kind, one.target) for one in opened] == [(Kind.SERVER_PAGE, "a.php"), (Kind.FLASH, "b.swf")]


def test_a_sentence_names_three_places_and_says_what_to_do():
    places = [Finding(kind=Kind.SCRIPT, file="a.html", line=n, target="cdn.example") for n in range(1, 6)]
    looks = Finding(kind=Kind.FONT, file="a.css", target="fonts.example")

    said = findings.sentences([looks, *places])

    assert [one.partition(" is not loaded")[0] for one in said] == [
        "A script from cdn.example",
        "A font from fonts.example",
    ]
    assert "(a.html, line 1; a.html, line 2; a.html, line 3 and 2 more places). Put a copy of it" in said[0]


def test_every_kind_has_its_sentence():
    said = findings.sentences(Finding(kind=kind, file="a.html", line=1, target="x.example") for kind in Kind)

    assert len(said) == len(set(said)) == len(Kind)


def test_a_zip_is_read_with_its_pages_first(zipped, course):
    page = "<script src='https://cdn.example/a.js'></script>".encode("utf-16")
    path = zipped(course | {"index.html": page, "a.js": b"document.domain = 'x'", "b.css": b"p { color: red }"})
    verdict = package.examine(path)

    all_of_it = inspecting.of_zip(path, verdict.manifest)
    some = inspecting.read(Request(path=str(path), launched=("index.html",), bytes_of_all=20))

    assert ([one.kind for one in all_of_it.findings], all_of_it.read) == ([Kind.SCRIPT, Kind.DOMAIN], 3)
    assert (some.read, some.unread) == (1, 2)
    assert "2 of its texts were not read" in inspecting.warnings(some)[-1]


def test_files_that_are_kept_are_read_as_those_of_a_zip_are(tmp_path):
    page = b"<script src='https://cdn.example/a.js'></script>"
    digest = hashlib.sha256(page).hexdigest()
    blobs.place(tmp_path, digest).parent.mkdir()
    blobs.place(tmp_path, digest).write_bytes(page)
    manifest = Manifest(items=(Item(identifier="I", title="", path="a.html"),))

    result = inspecting.of_files(tmp_path, [("a.html", digest, len(page))], manifest)

    assert result == Result(findings=(Finding(kind=Kind.SCRIPT, file="a.html", line=1, target="cdn.example"),), read=1)


def test_a_damaged_text_is_read_as_far_as_it_goes(zipped, course):
    path = zipped(course, method=0)
    path.write_bytes(path.read_bytes().replace(b"<h1>Fire", b"<h1>Wire"))

    assert reader.inspect(Request(path=str(path))).read == 1


def test_reading_that_takes_too_long_is_said(monkeypatch):
    monkeypatch.setattr(confined, "run", lambda *_request: (b"", -9))

    result = inspecting.read(Request(path="x"))

    assert result is None
    assert inspecting.warnings(result) == (inspecting.STOPPED,)


def test_the_child_answers_on_its_output(zipped, course, monkeypatch, capsys):
    monkeypatch.setattr(confined, "restrict", lambda **_limits: None)
    asked = asdict(Request(path=str(zipped(course))))

    assert reader.main([json.dumps(asked)]) == 0
    assert json.loads(capsys.readouterr().out)["read"] == 1


def test_a_child_without_memory_says_so(monkeypatch):
    def starved(_request):
        raise MemoryError

    monkeypatch.setattr(confined, "restrict", lambda **_limits: None)
    monkeypatch.setattr(reader, "inspect", starved)

    assert reader.main([json.dumps({"files": [], "launched": []})]) == confined.OUT_OF_MEMORY


def test_a_package_of_flash_alone_is_refused_with_what_to_do():
    manifest = """<manifest xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_rootv1p2"><organizations><organization>
      <item identifier="i" identifierref="r"/></organization></organizations>
      <resources><resource identifier="r" href="quiz.swf" adlcp:scormtype="sco"/></resources></manifest>"""

    refused = imsmanifest.parse(manifest.encode(), ["quiz.swf"])

    assert "All that it opens is Flash ('quiz.swf')" in refused.reasons[0]


def test_an_answer_is_read_to_its_end():
    assert Result.recorded(json.loads('{"findings": [], "read": 3, "unread": 1}')) == Result(read=3, unread=1)
